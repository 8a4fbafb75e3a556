//! Lanes seal and open while the shell installs, replaces and removes keys.

mod support;

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use culvert_core::aead::{Context, soft};
use culvert_core::layout::lane::LaneBlock;
use culvert_engine::exports as engine;
use support::{Algorithm, BLOCK, Packet, Shared, filler};

const LANES: u32 = 3;
/// Not a multiple of 3, so the last key is not removed.
const ROUNDS: u32 = 500;
const LEN: u32 = 200;
const SA: u32 = 7;

/// Every lane has its own block after the shell's.
fn block_of(lane: u32) -> u32 {
    BLOCK + (lane + 1) * (size_of::<LaneBlock>() as u32).next_multiple_of(4096)
}

fn room_of(lane: u32) -> u32 {
    block_of(LANES) + lane * 65_536
}

fn packet(lane: u32, spi: u32) -> Packet {
    let source = room_of(lane);
    Packet {
        sa: SA,
        nonce: [3; 12],
        aad: [spi.to_be_bytes(), [0, 0, 0, 1]].concat(),
        source,
        data: source + 1024,
        len: LEN,
        tag: source + 1024 + LEN,
    }
}

fn key_of(spi: u32) -> [u8; 16] {
    core::array::from_fn(|i| (spi as u8).wrapping_add(i as u8))
}

/// Whether the packet in the lane's room was sealed with the key of `spi`.
fn is_sealed_by(shared: &Shared, packet: &Packet, spi: u32) -> bool {
    let mut context = Context::empty();
    assert!(soft::install(
        &mut context,
        Algorithm::AesGcm16,
        &key_of(spi)
    ));
    let mut data = shared.read(packet.data, LEN as usize);
    let tag = shared.read(packet.tag, 16).try_into().expect("16 octets");
    soft::open(&context, &packet.nonce, &packet.aad, &mut data, &tag)
        && data == filler(LEN as usize)
}

/// The words between the shell and the lanes.
#[derive(Default)]
struct Orders {
    /// SPI of the SA that is installed, or was a moment ago.
    current: AtomicU32,
    /// Batches that the library has processed.
    done: AtomicU32,
    stop: AtomicBool,
}

/// Seals for the current SPI until it is told to stop.
fn run_lane(shared: &Shared, lane: u32, orders: &Orders) {
    shared.write(room_of(lane), &filler(LEN as usize));
    while !orders.stop.load(Ordering::Relaxed) {
        let spi = orders.current.load(Ordering::Relaxed);
        let packet = packet(lane, spi);
        shared.set_jobs(block_of(lane), std::slice::from_ref(&packet));
        if shared.seal(block_of(lane)) {
            orders.done.fetch_add(1, Ordering::Relaxed);
            assert!(
                is_sealed_by(shared, &packet, spi),
                "sealed with another SA's key"
            );
        }
    }
}

#[test]
fn keys_change_under_lanes_that_use_them() {
    let (shared, orders) = (Shared::new(32), Orders::default());
    thread::scope(|scope| {
        for lane in 0..LANES {
            let (shared, orders) = (&shared, &orders);
            scope.spawn(move || run_lane(shared, lane, orders));
        }
        for spi in 1..=ROUNDS {
            assert!(shared.install(SA, spi, Algorithm::AesGcm16, &key_of(spi)));
            orders.current.store(spi, Ordering::Relaxed);
            if spi % 3 == 0 {
                assert_eq!(engine::culvert_engine_remove(shared.handle, SA), 1);
                shared.set_jobs(BLOCK, &[packet(LANES, spi)]);
                assert!(!shared.seal(BLOCK), "removed");
            } else {
                thread::yield_now();
            }
        }
        // The last key stays, so that a late lane still finds it.
        while orders.done.load(Ordering::Relaxed) < LANES {
            thread::yield_now();
        }
        orders.stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn memories_come_and_go_beside_each_other() {
    thread::scope(|scope| {
        for seed in 0..4_u32 {
            scope.spawn(move || {
                for spi in 1..=50 {
                    let shared = Shared::new(32);
                    assert!(shared.install(SA, spi, Algorithm::AesGcm16, &key_of(spi + seed)));
                    let packet = packet(0, spi);
                    shared.write(packet.source, &filler(LEN as usize));
                    shared.set_jobs(BLOCK, std::slice::from_ref(&packet));
                    assert!(shared.seal(BLOCK));
                    assert!(is_sealed_by(&shared, &packet, spi + seed));
                }
            });
        }
    });
}
