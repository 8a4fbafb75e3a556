//! From slots to the wire: numbers, padding, limits, room, and what is counted.

mod support;

use culvert_core::exports as core;
use culvert_core::layout::*;
use culvert_core::status::Status;
use support::esp::Sa;
use support::{Gate, frame, frames, packet};

/// One gateway with one connection that is the path of peer 1, and its outbound SA.
struct Bench {
    gate: Gate,
    conn: u32,
    path: Sa,
    out: Sa,
    id: u32,
}

impl Bench {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Sa)) -> Self {
        let gate = Gate::new();
        let conn = gate.open(0, 7);
        let path = Sa::inbound(0x1000);
        path.installed(&gate);
        let mut out = Sa::outbound(0x2000);
        change(&mut out);
        let id = out.installed(&gate);
        let bench = Self {
            gate,
            conn,
            path,
            out,
            id,
        };
        bench.move_path(conn, 1);
        bench.gate.events(0);
        bench
    }

    fn move_path(&self, conn: u32, seq: u64) {
        let outcome = self
            .gate
            .receive(0, conn, &frame(&self.path.seal(seq, &inner(20, 0))), 1.0);
        assert_eq!(outcome.fresh, 1);
    }

    /// Plaintexts of what leaves for `packets`, opened under the numbers from `first` on.
    fn send(&self, packets: &[Vec<u8>], first: u64) -> Vec<Vec<u8>> {
        self.gate.slots(0, packets);
        let wire: Vec<u8> = self
            .gate
            .transmit(0, 2.0)
            .into_iter()
            .flat_map(|(_, wire)| wire)
            .collect();
        let packets = frames(&wire).into_iter().enumerate();
        let opened = packets.map(|(i, packet)| self.out.open(first + i as u64, &packet));
        opened
            .map(|plaintext| plaintext.expect("authentic"))
            .collect()
    }
}

fn inner(len: usize, tag: u8) -> Vec<u8> {
    packet::v4([10, 0, 0, 1], [10, 0, 1, 2], len, tag)
}

#[test]
fn numbers_count_from_1_and_padding_is_1_2_3() {
    for esn in [false, true] {
        let bench = Bench::with(|sa| sa.esn = esn);
        let packets: Vec<_> = (20..28).map(|len| inner(len, 1)).collect();
        for (plaintext, packet) in bench.send(&packets, 1).iter().zip(&packets) {
            let (payload, trailer) = plaintext.split_at(packet.len());
            assert_eq!(payload, packet);
            let pad = trailer.len() - 2;
            assert!(pad < 4 && plaintext.len() % 4 == 0);
            let expected: Vec<u8> = (1..=pad as u8).chain([pad as u8, 4]).collect();
            assert_eq!(trailer, expected);
        }
        assert_eq!(bench.gate.u64(bench.gate.sa(bench.id, "SA_SEQUENCE")), 8);
        assert_eq!(bench.gate.u64(bench.gate.sa(bench.id, "SA_PACKETS")), 8);
    }
}

#[test]
fn ipv6_has_its_own_next_header() {
    let bench = Bench::new();
    let plaintexts = bench.send(&[packet::v6([1; 16], [2; 16], 60)], 1);
    assert_eq!(plaintexts[0].last(), Some(&41));
}

#[test]
fn the_numbers_end_and_none_is_used_twice() {
    let cases = [(false, u64::from(u32::MAX) - 1), (true, u64::MAX - 1)];
    for (esn, initial) in cases {
        let bench = Bench::with(|sa| (sa.esn, sa.initial) = (esn, initial));
        assert_eq!(
            bench.send(&[inner(40, 1)], initial + 1).len(),
            1,
            "the last number"
        );
        assert_eq!(bench.send(&[inner(40, 1), inner(40, 2)], 0).len(), 0);
        assert_eq!(bench.gate.counter(0, Status::SeqExhausted), 2);
        assert_eq!(
            bench.gate.counter(0, Status::SeqSoftLimit),
            1,
            "a rekey was due long before"
        );
        let told = bench.gate.events_of(0, EVENT_SA_EXPIRED);
        assert_eq!(told.len(), 1);
        assert_eq!(
            (told[0].1, told[0].3),
            (Status::SeqExhausted as u32, bench.out.spi)
        );
    }
}

#[test]
fn hard_limits_stop_it_before_the_packet_too_much() {
    type Change = fn(&mut Sa);
    let cases: [(&str, Change); 3] = [
        ("packets", |sa| (sa.hard_packets, sa.initial) = (3, 1000)),
        ("octets", |sa| {
            (sa.hard_octets, sa.initial) = (3 * 44 + 43, 1000)
        }),
        ("soft", |sa| {
            (sa.soft_packets, sa.hard_packets, sa.initial) = (2, 3, 1000)
        }),
    ];
    for (name, change) in cases {
        let bench = Bench::with(change);
        let packets = vec![inner(40, 1); 5];
        assert_eq!(bench.send(&packets, 1001).len(), 3, "{name}");
        assert_eq!(bench.gate.counter(0, Status::SaExpired), 2, "{name}");
        let events = bench.gate.events(0);
        let kinds: Vec<u32> = events
            .iter()
            .map(|event| event.0)
            .filter(|&k| k != EVENT_AUDIT)
            .collect();
        let soft = (name == "soft").then_some(EVENT_SOFT_LIMIT);
        assert_eq!(
            kinds,
            soft.into_iter()
                .chain([EVENT_SA_EXPIRED])
                .collect::<Vec<_>>(),
            "{name}"
        );
    }
}

#[test]
fn time_stops_it() {
    let bench = Bench::with(|sa| sa.hard_seconds = 0.002);
    assert_eq!(bench.send(&[inner(40, 1)], 1).len(), 0);
    assert_eq!(bench.gate.counter(0, Status::SaExpired), 1);
}

#[test]
fn without_policy_path_or_a_sound_header_no_number_is_taken() {
    let bench = Bench::with(|sa| sa.remote = vec![(vec![10, 0, 1, 0], 24)]);
    let elsewhere = packet::v4([10, 0, 0, 1], [10, 9, 9, 9], 40, 0);
    let mut malformed = inner(40, 0);
    malformed[3] = 41;
    assert_eq!(
        bench.send(&[elsewhere, malformed, vec![0x55; 40]], 1).len(),
        0
    );
    assert_eq!(bench.gate.counter(0, Status::NoPolicy), 1);
    assert_eq!(bench.gate.counter(0, Status::InnerInvalid), 2);
    bench.gate.close(0, bench.conn);
    assert_eq!(core::peer_path(1), 0);
    assert_eq!(bench.send(&[inner(40, 1)], 1).len(), 0);
    assert_eq!(bench.gate.counter(0, Status::NoPath), 1);
    assert_eq!(bench.gate.u64(bench.gate.sa(bench.id, "SA_SEQUENCE")), 0);
}

#[test]
fn a_row_used_again_is_not_the_path_of_before() {
    let bench = Bench::new();
    bench.gate.close(0, bench.conn);
    assert_eq!(bench.gate.open(0, 8), bench.conn, "the same row");
    assert_eq!(core::peer_path(1), 0);
    assert_eq!(bench.send(&[inner(40, 1)], 1).len(), 0);
    bench.move_path(bench.conn, 2);
    assert_eq!(bench.send(&[inner(40, 1)], 1).len(), 1);
}

#[test]
fn a_draining_connection_gets_no_new_esp() {
    let bench = Bench::new();
    core::conn_state(0, bench.conn, CONN_DRAINING);
    assert_eq!(core::peer_path(1), 0);
    assert_eq!(bench.send(&[inner(40, 1)], 1).len(), 0);
    assert_eq!(bench.gate.counter(0, Status::NoPath), 1);
}

#[test]
fn a_path_that_ends_between_policy_and_lock_drops_its_packets() {
    let bench = Bench::new();
    bench.gate.slots(0, &[inner(40, 1), inner(40, 2)]);
    // Another lane's entries were resolved; then the connection closed. The SAD has not changed since.
    assert_eq!(core::outbound_next(0, 1.0), bench.conn);
    core::outbound_seal(0);
    core::outbound_commit(0);
    core::tx_unlock(0, bench.conn);
    bench.gate.slots(0, &[inner(40, 1)]);
    bench.gate.close(0, bench.conn);
    assert_eq!(core::outbound_next(0, 1.0), 0);
    assert_eq!(bench.gate.counter(0, Status::NoPath), 1);
}

#[test]
fn paths_move_only_with_fresh_authentic_packets() {
    let bench = Bench::new();
    let other = bench.gate.open(0, 8);
    let replayed = bench.path.seal(1, &inner(20, 0));
    let mut forged = bench.path.seal(9, &inner(20, 0));
    forged[30] ^= 1;
    let unknown = Sa::inbound(0x9999).seal(1, &inner(20, 0));
    let ike = support::ike(1, 100);
    for payload in [&replayed[..], &forged, &unknown, &ike, &[0xff], &[]] {
        bench.gate.receive(0, other, &frame(payload), 1.0);
        assert_eq!(core::peer_path(1), bench.conn);
    }
    assert!(bench.gate.events_of(0, EVENT_PATH_MOVED).is_empty());
    bench.move_path(other, 9);
    assert_eq!(core::peer_path(1), other);
    let moved = bench.gate.events_of(0, EVENT_PATH_MOVED);
    assert_eq!(moved, [(EVENT_PATH_MOVED, 0, other, bench.path.spi, 1.0)]);
    bench.move_path(bench.conn, 10);
    assert_eq!(core::peer_path(1), bench.conn);
}

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
        // Nothing leaves: what came first has stayed for longer than the target for a whole interval.
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

/// RFC 7567 §4.2.1: who answers no mark finds the queue as bounded as who loses packets.
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
fn a_peer_on_two_connections_tells_of_its_path_once_a_second() {
    let bench = Bench::new();
    let conns = [bench.conn, bench.gate.open(0, 8)];
    // A packet on either connection in turns, ten a second.
    let turn = |seq: u64| {
        let packet = frame(&bench.path.seal(seq, &inner(20, 0)));
        let conn = conns[(seq % 2) as usize];
        bench.gate.receive(0, conn, &packet, 100.0 * seq as f64);
        assert_eq!(core::peer_path(1), conn);
    };
    bench.gate.events(0);
    (9..=30).for_each(turn);
    let told = bench.gate.suppressed(0);
    let moved = bench.gate.events_of(0, EVENT_PATH_MOVED);
    assert_eq!(moved.len(), 3, "{moved:?}");
    assert_eq!(told, [0, 9, 9]);
}

#[test]
fn a_peer_number_used_again_has_no_path() {
    let bench = Bench::new();
    assert_eq!(core::sa_remove(0, bench.path.spi), 1);
    assert_eq!(
        core::peer_path(1),
        bench.conn,
        "the outbound SA is still the peer's"
    );
    assert_eq!(core::sa_remove(0, bench.out.spi), 1);
    Sa::outbound(0x3000).installed(&bench.gate);
    assert_eq!(core::peer_path(1), 0);
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
fn dummies_take_a_number_and_look_like_any_packet() {
    let bench = Bench::new();
    assert_eq!(core::dummy_in(0, bench.out.spi, 64), 1);
    let sent = bench.gate.transmit(0, 2.0);
    let packet = &frames(&sent[0].1)[0];
    let plaintext = bench.out.open(1, packet).expect("authentic");
    assert_eq!(plaintext, [&[0; 64][..], &[1, 2, 2, 59]].concat());
    assert_eq!(core::dummy_in(0, bench.out.spi, 0), 1, "at least one octet");
    let sent = bench.gate.transmit(0, 2.0);
    assert_eq!(
        bench
            .out
            .open(2, &frames(&sent[0].1)[0])
            .expect("authentic"),
        [0, 1, 1, 59]
    );
    for spi in [bench.path.spi, 0, 31, 9999] {
        assert_eq!(core::dummy_in(0, spi, 64), -(Status::NoPolicy as i32));
    }
    // Another SA in the same row is none of its business.
    assert_eq!(core::sa_remove(0, bench.out.spi), 1);
    let mut other = Sa::new(bench.out.spi + 1, SA_OUTBOUND, 1);
    other.remote = vec![(vec![0; 4], 0)];
    assert_eq!(other.installed(&bench.gate), bench.id);
    assert_eq!(
        core::dummy_in(0, bench.out.spi, 64),
        -(Status::NoPolicy as i32)
    );
    assert!(bench.gate.transmit(0, 2.0).is_empty());
}

#[test]
fn every_key_size_and_aead_seals() {
    for (algorithm, len) in [
        (AEAD_AES_GCM_16, 20),
        (AEAD_AES_GCM_16, 28),
        (AEAD_AES_GCM_16, 36),
        (AEAD_CHACHA20_POLY1305, 36),
    ] {
        let bench = Bench::with(|sa| {
            sa.algorithm = algorithm;
            sa.material = (0..len).map(|i| i * 7).collect();
        });
        assert_eq!(bench.send(&[inner(333, 9)], 1)[0][..333], inner(333, 9));
    }
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

/// The originator has a path before its peer has sent anything, and loses it with the connection.
#[test]
fn a_path_that_is_chosen_carries_packets_until_its_connection_ends() {
    let gate = Gate::new();
    Sa::outbound(0x2000).installed(&gate);
    let inner = packet::v4([1; 4], [2; 4], 100, 1);
    let conn = gate.open(0, 7);
    gate.slots(0, std::slice::from_ref(&inner));
    assert!(gate.transmit(0, 1.0).is_empty());
    core::peer_use(1, conn);
    assert_eq!(core::peer_path(1), conn);
    gate.slots(0, std::slice::from_ref(&inner));
    assert_eq!(gate.transmit(0, 2.0).len(), 1);
    gate.close(0, conn);
    assert_eq!(core::peer_path(1), 0);
    assert_eq!(gate.counter(0, Status::NoPath), 1);
}
