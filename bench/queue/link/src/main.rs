//! A link between two TUN devices with delay, a bottleneck with its buffer, and seeded loss, in
//! both directions.
//!
//! ```text
//! culvert-bench-link NEAR FAR DELAY_MICROS LOSS_MILLIONTHS OCTETS_PER_SECOND BUFFER_MICROS SEED
//! ```
//!
//! The program creates the devices, and they end with it. Its caller moves them into namespaces and
//! gives them addresses.

mod lane;

use std::env;
use std::ffi::{c_int, c_ulong};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use lane::{Lane, Link};

unsafe extern "C" {
    fn ioctl(fd: c_int, request: c_ulong, ...) -> c_int;
}

const TUNSETIFF: c_ulong = 0x4004_54ca;
const IFF_TUN: u16 = 0x0001;
const IFF_NO_PI: u16 = 0x1000;
/// `struct ifreq`.
const IFREQ_LEN: usize = 40;
const IFNAMSIZ: usize = 16;

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let [near, far, numbers @ ..] = args.as_slice() else {
        panic!("too few arguments");
    };
    let numbers: Vec<u64> = numbers
        .iter()
        .map(|text| text.parse().expect("a number"))
        .collect();
    let [delay, loss, rate, buffer, seed] = numbers[..] else {
        panic!("five numbers");
    };
    let link = Link {
        delay: Duration::from_micros(delay),
        loss,
        rate,
        buffer: Duration::from_micros(buffer),
    };
    let (near, far) = (open_tun(near), open_tun(far));
    let start = Instant::now();
    let clone = |file: &File| file.try_clone().expect("a descriptor");
    carry((clone(&near), clone(&far)), Lane::new(link, seed), start);
    carry((clone(&far), clone(&near)), Lane::new(link, !seed), start);
    println!("link up");
    loop {
        thread::park();
    }
}

/// Carries packets one way, for ever. One thread takes them in as they come, the other releases
/// them when they are due.
fn carry((mut from, mut to): (File, File), mut lane: Lane, start: Instant) {
    let (sender, receiver) = mpsc::channel::<(Duration, Vec<u8>)>();
    thread::spawn(move || {
        let mut packet = vec![0; 65_536];
        // A device that is down gives an error. It ends only with the program.
        loop {
            match from.read(&mut packet) {
                Ok(len) => {
                    if let Some(at) = lane.pass(start.elapsed(), len) {
                        sender.send((at, packet[..len].to_vec())).expect("a writer");
                    }
                }
                Err(_) => thread::sleep(Duration::from_millis(1)),
            }
        }
    });
    thread::spawn(move || {
        for (at, packet) in receiver {
            thread::sleep(at.saturating_sub(start.elapsed()));
            // As on a wire, a packet that the host cannot take is lost.
            let _ = to.write(&packet);
        }
    });
}

fn open_tun(name: &str) -> File {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/net/tun")
        .expect("/dev/net/tun");
    let mut request = [0_u8; IFREQ_LEN];
    assert!(name.len() < IFNAMSIZ, "a short name");
    request[..name.len()].copy_from_slice(name.as_bytes());
    request[IFNAMSIZ..IFNAMSIZ + 2].copy_from_slice(&(IFF_TUN | IFF_NO_PI).to_ne_bytes());
    // SAFETY: the descriptor is open, and TUNSETIFF takes an ifreq, which has the length of the
    // array.
    let result = unsafe { ioctl(file.as_raw_fd(), TUNSETIFF, request.as_mut_ptr()) };
    assert!(result == 0, "Cannot make {name}");
    file
}
