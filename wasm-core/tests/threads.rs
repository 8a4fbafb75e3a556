//! Several lanes, as threads, on one memory.

mod support;

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use culvert_core::border as core;
use culvert_core::layout::plan::Limits;
use culvert_core::layout::*;
use culvert_core::report::status::Status;
use support::esp::Sa;
use support::{Gate, LIMITS, frame, frames, packet};

const THREADS: u32 = 8;

fn many_lanes() -> Gate {
    Gate::with(
        Limits {
            lanes: THREADS,
            connections: 32,
            rings: 40,
            ..LIMITS
        },
        0,
    )
}

/// RFC 4303 §3.4.3: test and mark are one step, even if other threads have the same packet in hand
/// (rule E27).
#[test]
fn eight_threads_open_the_same_packet_and_one_succeeds() {
    let gate = many_lanes();
    let sa = Sa {
        window: 4096,
        ..Sa::inbound(0x1000)
    };
    sa.installed(&gate);
    let conns: Vec<u32> = (0..THREADS).map(|lane| gate.open(lane, 7)).collect();
    let inner = packet::v4([1; 4], [2; 4], 40, 1);
    let until = Instant::now() + Duration::from_secs(4);
    // Rounds of many packets each: every thread offers the same ones, in the same order.
    let (mut first, mut rounds) = (1, 0_u64);
    while Instant::now() < until && rounds < 100_000 {
        let packets: Vec<Vec<u8>> = (first..first + 50)
            .map(|seq| frame(&sa.seal(seq, &inner)))
            .collect();
        let fresh: Vec<AtomicU32> = packets.iter().map(|_| AtomicU32::new(0)).collect();
        let barrier = Barrier::new(THREADS as usize);
        thread::scope(|scope| {
            for (lane, &conn) in (0..).zip(&conns) {
                let (gate, packets, fresh, barrier) = (&gate, &packets, &fresh, &barrier);
                scope.spawn(move || {
                    gate.attach();
                    for (packet, count) in packets.iter().zip(fresh) {
                        gate.feed(lane, conn, packet);
                        barrier.wait();
                        let outcome = gate.serve(lane, conn, 1.0);
                        count.fetch_add(outcome.fresh, Ordering::Relaxed);
                    }
                });
            }
        });
        assert!(
            fresh.iter().all(|count| count.load(Ordering::Relaxed) == 1),
            "from {first} on"
        );
        first += 50;
        rounds += 50;
    }
    assert!(rounds >= 1_000, "only {rounds} rounds");
    let opened: u64 = (0..THREADS)
        .map(|lane| gate.u64(gate.lane(lane, "LANE_ESP_PACKETS")))
        .sum();
    assert_eq!(opened, rounds);
}

/// Every lane seals on one SA towards one connection while its owner closes and reopens it and the
/// shell replaces SAs. No number is used twice, even if its packet is dropped (rule E14).
#[test]
fn lanes_seal_on_one_sa_without_a_number_used_twice() {
    let gate = many_lanes();
    let path = Sa::inbound(0x1000);
    path.installed(&gate);
    let out = Sa {
        esn: true,
        ..Sa::outbound(0x2000)
    };
    let id = out.installed(&gate);
    let conn = gate.open(0, 7);
    let inner = packet::v4([1; 4], [2; 4], 100, 1);
    gate.receive(0, conn, &frame(&path.seal(1, &inner)), 1.0);
    let batches = 300;
    let wires: Vec<Vec<u8>> = thread::scope(|scope| {
        let shell = scope.spawn(|| {
            gate.attach();
            for i in 0..batches {
                let other = Sa::new(0x9000 + i, i % 2, 2);
                let row = other.installed(&gate);
                assert_eq!(core::sa_remove(THREADS, row), 1);
            }
        });
        let lanes: Vec<_> = (0..THREADS)
            .map(|lane| {
                let (gate, inner) = (&gate, &inner);
                scope.spawn(move || {
                    gate.attach();
                    let mut sends = Vec::new();
                    for i in 0..batches as usize {
                        gate.slots(lane, &vec![inner.clone(); 1 + i % 7]);
                        sends.extend(gate.transmit(lane, 2.0));
                    }
                    sends
                })
            })
            .collect();
        shell.join().expect("no panic");
        let sends = lanes
            .into_iter()
            .flat_map(|lane| lane.join().expect("no panic"));
        sends.map(|(_, wire)| wire).collect()
    });
    // On a busy machine every batch may meet one of the shell's SAs. These are gone for the last
    // one.
    gate.slots(0, std::slice::from_ref(&inner));
    let last = gate.transmit(0, 2.0).into_iter().map(|(_, wire)| wire);
    let wires: Vec<Vec<u8>> = wires.into_iter().chain(last).collect();
    let mut numbers = BTreeSet::new();
    for packet in wires.iter().flat_map(|wire| frames(wire)) {
        let seq = u64::from_be_bytes(packet[8..16].try_into().expect("an IV"));
        assert!(numbers.insert(seq), "number {seq} twice");
        if seq % 16 == 0 {
            assert_eq!(out.open(seq, &packet).expect("authentic")[..100], inner);
        }
    }
    let sent = numbers.len() as u64;
    assert_eq!(numbers.last(), Some(&sent), "no gap");
    assert_eq!(gate.u64(gate.sa(id, "SA_SEQUENCE")), sent);
    // While one of the other SAs is there, it is the newest for these packets, and its peer has no
    // path.
    let dropped = [Status::TxRingFull, Status::NoPath];
    let of_lane = |lane| {
        dropped
            .map(|status| gate.counter(lane, status))
            .iter()
            .sum::<u64>()
    };
    let counted: u64 = (0..THREADS).map(of_lane).sum();
    assert_eq!(
        sent + counted,
        1 + u64::from(THREADS) * (0..u64::from(batches)).map(|i| 1 + i % 7).sum::<u64>()
    );
}

/// Opens, borrows and closes from many threads leave every row and every ring block free again.
#[test]
fn rows_and_rings_come_back_from_every_thread() {
    let gate = many_lanes();
    thread::scope(|scope| {
        for lane in 0..THREADS {
            let gate = &gate;
            scope.spawn(move || {
                gate.attach();
                for round in 0..2_000_u32 {
                    let conns: Vec<u32> = (0..3).map(|fd| gate.open(lane, fd)).collect();
                    for &conn in &conns {
                        assert!(core::rx_prepare(lane, conn) > 0);
                        gate.memory
                            .write(core::rx_at(conn).into(), &[lane as u8; 64]);
                    }
                    for &conn in &conns {
                        let seen = gate.memory.read(core::rx_at(conn).into(), 64);
                        assert_eq!(
                            seen, [lane as u8; 64],
                            "round {round}: nobody else has this block"
                        );
                        gate.close(lane, conn);
                    }
                }
            });
        }
    });
    for fd in 0..32 {
        let conn = gate.open(0, fd);
        assert_eq!(core::rx_prepare(0, conn), 1);
    }
    assert_eq!(gate.try_open(0, 9, [9; 4]), -(Status::RefusedTotal as i32));
    assert_eq!(gate.u32(gate.row(32, "ROW_STATE")), CONN_ENABLED);
}
