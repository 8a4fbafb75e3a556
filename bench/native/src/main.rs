//! Seals and opens single packets with each crate, as an ESP batch would: a different packet each
//! time, an AAD of eight octets, and sealed octets in another place than the plaintext.
//!
//! `main.ts` starts it with the number of rounds and a text that case names must contain. It reads
//! the output: `cases N`, then for each case `begin NAME`, a line of seconds per packet for each
//! crate, and `end NAME`.

use std::env;
use std::hint::black_box;
use std::time::Instant;

mod subjects;

use subjects::{Aead, Packet, Subject};

/// Packets of one batch, the gateway's `BATCH_MAX`.
const BATCH: usize = 64;
/// Octets that one round processes.
const ROUND_OCTETS: usize = 8 << 20;
const SIZES: [usize; 4] = [64, 576, 1400, 9000];
const OPERATIONS: [&str; 2] = ["seal", "open"];

fn main() {
    let mut args = env::args().skip(1);
    let rounds = args.next().and_then(|text| text.parse().ok()).unwrap_or(15);
    let only = args.next().unwrap_or_default();
    let pairs: Vec<(Aead, usize, Vec<usize>)> = Aead::ALL
        .into_iter()
        .flat_map(|aead| SIZES.map(|len| (aead, len, asked(aead, len, &only))))
        .filter(|(_, _, operations)| !operations.is_empty())
        .collect();
    let cases: usize = pairs
        .iter()
        .map(|(_, _, operations)| operations.len())
        .sum();
    println!("cases {cases}");
    for (aead, len, operations) in pairs {
        measure((aead, len), &operations, rounds);
    }
}

/// Indexes in `OPERATIONS` of the operations whose cases are asked for.
fn asked(aead: Aead, len: usize, only: &str) -> Vec<usize> {
    (0..OPERATIONS.len())
        .filter(|&at| name(OPERATIONS[at], aead, len).contains(only))
        .collect()
}

/// Measures both operations at one size, and prints those that are asked for. Crates take turns, so
/// that other load on the machine hits all of them alike.
fn measure((aead, len): (Aead, usize), operations: &[usize], rounds: usize) {
    let mut subjects = subjects::all(aead);
    let mut runs = vec![[const { Vec::new() }; 2]; subjects.len()];
    let names: Vec<String> = operations
        .iter()
        .map(|&at| name(OPERATIONS[at], aead, len))
        .collect();
    println!("begin {}", names[0]);
    for _ in 0..rounds {
        for (subject, runs) in subjects.iter_mut().zip(&mut runs) {
            let (seal, open) = round(subject.as_mut(), len);
            runs[0].push(seal);
            runs[1].push(open);
        }
    }
    for (place, (&at, name)) in operations.iter().zip(&names).enumerate() {
        if place > 0 {
            println!("begin {name}");
        }
        for (subject, runs) in subjects.iter().zip(&runs) {
            let seconds: Vec<String> = runs[at]
                .iter()
                .map(|ns| format!("{:e}", ns / 1e9))
                .collect();
            println!("{} {}", subject.name(), seconds.join(" "));
        }
        println!("end {name}");
    }
}

/// The case's name, the same as in the kernels bench.
fn name(operation: &str, aead: Aead, len: usize) -> String {
    format!("{operation} {} {len}", aead.name())
}

/// Nanoseconds per packet of one round, for seals and for opens.
fn round(subject: &mut dyn Subject, len: usize) -> (f64, f64) {
    let sources = vec![vec![7_u8; len]; BATCH];
    let mut packets = vec![Packet::new(len); BATCH];
    let batches = (ROUND_OCTETS / (len.max(256) * BATCH)).max(1);
    let mut nonce = 0_u64;
    let started = Instant::now();
    for _ in 0..batches {
        for (source, packet) in sources.iter().zip(&mut packets) {
            nonce += 1;
            packet.set_nonce(nonce);
            subject.seal(source, packet);
        }
        black_box(&mut packets);
    }
    let per_packet = |started: Instant, batches: usize| {
        started.elapsed().as_nanos() as f64 / (batches * BATCH) as f64
    };
    let seal = per_packet(started, batches);
    // Packets that were opened are sealed again while the clock is stopped.
    let mut open = 0.0;
    for _ in 0..batches {
        let started = Instant::now();
        for packet in &mut packets {
            assert!(subject.open(packet), "authentic");
        }
        open += per_packet(started, 1);
        for (source, packet) in sources.iter().zip(&mut packets) {
            assert!(packet.data == *source, "what was sealed");
            subject.seal(source, packet);
        }
    }
    (seal, open / batches as f64)
}
