//! The queue of frames that wait to leave: order, room, marks instead of drops, and the counters.

mod support;

use culvert_core::border as core;
use culvert_core::layout::*;
use culvert_core::report::status::Status;
use support::esp::Sa;
use support::outbound::{Bench, inner};
use support::{Gate, frame, frames, packet};

/// A packet with this ECN field and a checksum.
fn ecn_packet(field: u8) -> Vec<u8> {
    let mut packet = inner(1000, 1);
    packet[1] = 0xb8 | field;
    let checksum = packet::checksum(&packet[..20]);
    packet[10..12].copy_from_slice(&checksum.to_be_bytes());
    packet
}

#[test]
fn a_standing_queue_is_told_by_a_mark_where_the_packet_can_carry_one() {
    for (field, marks) in [(0b00, 0), (0b01, 1), (0b10, 1), (0b11, 1)] {
        let bench = Bench::new();
        // Nothing leaves: the first frame has stayed for longer than the target for a whole
        // interval.
        for now in [1.0, 300.0] {
            bench.gate.slots(0, &[ecn_packet(field)]);
            assert_eq!(core::outbound_next(0, now), bench.conn);
            core::outbound_seal(0);
            core::outbound_commit(0);
            core::tx_unlock(0, bench.conn);
            assert_eq!(core::outbound_next(0, now), 0);
        }
        bench.gate.slots(0, &[ecn_packet(field)]);
        let sent = bench.gate.transmit(0, 600.0);
        let marked = bench.gate.u64(bench.gate.lane(0, "LANE_ECN_MARKS"));
        let delayed = bench.gate.counter(0, Status::QueueDelay);
        assert_eq!((marked, delayed), (marks, 1 - marks), "{field}");
        let wire: Vec<u8> = sent.into_iter().flat_map(|(_, wire)| wire).collect();
        let packets = frames(&wire).into_iter().zip(1..);
        let opened: Vec<_> = packets
            .map(|(packet, seq)| bench.out.open(seq, &packet).expect("authentic"))
            .collect();
        let fields = [field, field, 0b11];
        assert_eq!(opened.len(), if marks == 0 { 0 } else { 3 });
        for (plaintext, field) in opened.iter().zip(fields) {
            assert_eq!(plaintext[..1000], ecn_packet(field));
        }
    }
}

/// RFC 7567 §4.2.1: for a sender that ignores marks the queue is as bounded as for one that loses
/// packets.
#[test]
fn a_flood_that_can_be_marked_fills_no_more_than_another() {
    let queued = [0b00, 0b10].map(|field| {
        let bench = Bench::new();
        for step in 0..2000 {
            bench.gate.slots(0, &[ecn_packet(field)]);
            if core::outbound_next(0, 1.0 + f64::from(step)) != 0 {
                core::outbound_seal(0);
                core::outbound_commit(0);
                core::tx_unlock(0, bench.conn);
                assert_eq!(core::outbound_next(0, 1.0 + f64::from(step)), 0);
            }
        }
        assert!(bench.gate.counter(0, Status::TxRingFull) > 1000);
        core::tx_plan(0, bench.conn)
    });
    assert_eq!(queued[0], queued[1]);
    assert!((1..=TX_QUEUE_MAX).contains(&queued[0]), "{queued:?}");
}

#[test]
fn entries_leave_by_connection_each_in_order() {
    let bench = Bench::new();
    let other = bench.gate.open(1, 8);
    let second = Sa::new(0x1001, SA_INBOUND, 2);
    second.installed(&bench.gate);
    let outcome = bench
        .gate
        .receive(1, other, &frame(&second.seal(1, &inner(20, 0))), 1.0);
    assert_eq!(outcome.fresh, 1);
    let mut out = Sa::new(0x2001, SA_OUTBOUND, 2);
    out.remote = vec![(vec![10, 0, 2, 0], 24)];
    out.installed(&bench.gate);
    let to = |host: u8, tag| packet::v4([10, 0, 0, 1], [10, 0, host, 2], 60, tag);
    bench
        .gate
        .slots(0, &[to(1, 1), to(2, 2), to(1, 3), to(2, 4), to(1, 5)]);
    let sent = bench.gate.transmit(0, 2.0);
    assert_eq!(
        sent.iter().map(|(conn, _)| *conn).collect::<Vec<_>>(),
        [bench.conn, other]
    );
    let tags = |sa: &Sa, wire: &[u8]| -> Vec<u8> {
        let numbered = frames(wire).into_iter().zip(1..);
        numbered
            .map(|(packet, seq)| sa.open(seq, &packet).expect("authentic")[20])
            .collect()
    };
    assert_eq!(tags(&bench.out, &sent[0].1), [1, 3, 5]);
    assert_eq!(tags(&out, &sent[1].1), [2, 4]);
}

#[test]
fn a_batch_larger_than_the_queue_leaves_in_several_sends() {
    let bench = Bench::new();
    let packets: Vec<_> = (0..64).map(|tag| inner(1400, tag)).collect();
    bench.gate.slots(0, &packets);
    let sends = bench.gate.transmit(0, 2.0);
    assert_eq!(sends.len(), 2, "64 x 1438 octets do not fit at once");
    let wire: Vec<u8> = sends.into_iter().flat_map(|(_, wire)| wire).collect();
    assert_eq!(frames(&wire).len(), 64);
    assert_eq!(bench.gate.counter(0, Status::TxRingFull), 0);
}

#[test]
fn a_full_queue_drops_before_a_number_is_taken() {
    let bench = Bench::new();
    let packets: Vec<_> = (0..64).map(|tag| inner(1400, tag)).collect();
    let fill = || {
        bench.gate.slots(0, &packets);
        let mut calls = 0;
        loop {
            let conn = core::outbound_next(0, 2.0);
            if conn == 0 {
                return calls;
            }
            calls += 1;
            core::outbound_seal(0);
            core::outbound_commit(0);
            // The kernel takes nothing.
            assert!(core::tx_plan(0, conn) > 0);
            core::tx_sent(0, conn, 0, 2.0);
            core::tx_unlock(0, conn);
        }
    };
    assert_eq!((fill(), fill()), (1, 0));
    let fit = u64::from(TX_QUEUE_MAX / 1438);
    assert_eq!(bench.gate.counter(0, Status::TxRingFull), 128 - fit);
    assert_eq!(bench.gate.u64(bench.gate.sa(bench.id, "SA_SEQUENCE")), fit);
    assert_eq!(
        bench.gate.u32(bench.gate.row(bench.conn, "ROW_TX_QUEUED")),
        fit as u32 * 1438
    );
    assert_eq!(
        bench
            .gate
            .f64(bench.gate.row(bench.conn, "ROW_TX_PARTIAL_AT")),
        2.0
    );
    let wire = bench.gate.send_all(0, bench.conn, 3.0);
    let numbered = frames(&wire).into_iter().zip(1..);
    let opened = numbered.filter(|(packet, seq)| bench.out.open(*seq, packet).is_some());
    assert_eq!(opened.count() as u64, fit, "no gap in the numbers");
    assert_eq!(
        bench
            .gate
            .f64(bench.gate.row(bench.conn, "ROW_TX_PARTIAL_AT")),
        0.0
    );
}

#[test]
fn without_a_ring_there_is_no_room() {
    let limits = culvert_core::layout::plan::Limits {
        rings: 1,
        ..support::LIMITS
    };
    let gate = Gate::with(limits, 0);
    let (a, b) = (gate.open(0, 7), gate.open(0, 8));
    let path = Sa::inbound(0x1000);
    path.installed(&gate);
    Sa::outbound(0x2000).installed(&gate);
    gate.receive(0, a, &frame(&path.seal(1, &inner(20, 0))), 1.0);
    gate.feed(0, b, &[0]);
    assert_eq!(
        core::rx_prepare(0, a),
        -1,
        "the other connection holds the only ring"
    );
    gate.slots(0, &[inner(40, 1)]);
    assert!(gate.transmit(0, 2.0).is_empty());
    assert_eq!(gate.counter(0, Status::TxRingFull), 1);
    gate.close(0, b);
    assert_eq!(core::rx_prepare(0, a), 1);
}

#[test]
fn octets_and_frames_count_when_the_last_octet_has_left() {
    let bench = Bench::new();
    bench.gate.slots(0, &[inner(100, 1), inner(100, 2)]);
    assert_eq!(core::outbound_next(0, 2.0), bench.conn);
    core::outbound_seal(0);
    core::outbound_commit(0);
    assert_eq!(
        bench.gate.u64(bench.gate.lane(0, "LANE_ESP_PACKETS") + 8),
        2
    );
    let len = 138;
    assert_eq!(core::tx_plan(0, bench.conn), 2 * len);
    assert_eq!(core::tx_sent(0, bench.conn, len - 1, 5.0), len + 1);
    let seen = || {
        (
            bench.gate.frames(0, OUTBOUND, KIND_ESP),
            bench.gate.octets(0, OUTBOUND, KIND_ESP),
        )
    };
    assert_eq!(seen(), (0, 0));
    assert_eq!(
        bench
            .gate
            .f64(bench.gate.row(bench.conn, "ROW_TX_PARTIAL_AT")),
        5.0
    );
    assert_eq!(core::tx_plan(0, bench.conn), len + 1);
    assert_eq!(core::tx_sent(0, bench.conn, 0, 6.0), len + 1);
    assert_eq!(
        bench
            .gate
            .f64(bench.gate.row(bench.conn, "ROW_TX_PARTIAL_AT")),
        5.0,
        "still stuck"
    );
    assert_eq!(core::tx_sent(0, bench.conn, 1, 7.0), len);
    assert_eq!(seen(), (1, 136));
    assert_eq!(
        bench
            .gate
            .f64(bench.gate.row(bench.conn, "ROW_TX_PARTIAL_AT")),
        7.0,
        "another frame"
    );
    assert_eq!(core::tx_sent(0, bench.conn, len, 8.0), 0);
    core::tx_unlock(0, bench.conn);
    assert_eq!(seen(), (2, 272));
}
