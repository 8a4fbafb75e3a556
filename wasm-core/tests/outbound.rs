//! From slots to packets: numbers, padding, limits, and refusals before a number is taken.

mod support;

use culvert_core::aead::{SALT_LEN, kinds};
use culvert_core::border as core;
use culvert_core::layout::*;
use culvert_core::report::status::Status;
use support::esp::Sa;
use support::outbound::{Bench, inner};
use support::{frames, packet};

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
fn ivs_are_the_numbers_behind_an_offset() {
    for (esn, iv_offset) in [
        (false, 0),
        (false, u64::MAX - 1),
        (true, 0xfedc_ba98_7654_3210),
    ] {
        let bench = Bench::with(|sa| (sa.esn, sa.iv_offset) = (esn, iv_offset));
        bench
            .gate
            .slots(0, &[inner(40, 1), inner(41, 2), inner(42, 3)]);
        let sent = bench.gate.transmit(0, 2.0);
        let packets: Vec<_> = sent.iter().flat_map(|(_, wire)| frames(wire)).collect();
        assert_eq!(packets.len(), 3);
        for (seq, packet) in (1..).zip(&packets) {
            assert_eq!(
                packet[4..8],
                (seq as u32).to_be_bytes(),
                "the low half of the number"
            );
            let iv = iv_offset.wrapping_add(seq);
            assert_eq!(packet[8..16], iv.to_be_bytes(), "{iv_offset:#x}");
            assert!(bench.out.open(seq, packet).is_some(), "{iv_offset:#x}");
        }
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
        let counted = |field| bench.gate.u64(bench.gate.sa(bench.id, field));
        assert_eq!(counted("SA_PACKETS"), 3, "{name}");
        assert_eq!(
            counted("SA_OCTETS"),
            3 * 44,
            "{name}: what was sealed alone"
        );
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
fn each_soft_limit_warns_once_outbound() {
    let bench = Bench::with(|sa| {
        (sa.soft_packets, sa.soft_octets, sa.soft_seconds) = (2, 3 * 44, 5.0);
    });
    let shell = bench.gate.limits.lanes;
    assert_eq!(bench.send(&vec![inner(40, 1); 5], 1).len(), 5);
    let expected = [MEASURE_PACKETS, MEASURE_OCTETS];
    assert_eq!(bench.gate.measures_of(0, EVENT_SOFT_LIMIT), expected);
    core::sa_sweep(shell, 5_000.0);
    core::sa_sweep(shell, 6_000.0);
    let told = bench.gate.measures_of(shell, EVENT_SOFT_LIMIT);
    assert_eq!(told, [MEASURE_SECONDS], "without a packet");
}

#[test]
fn numbers_that_come_to_their_end_warn_long_before() {
    let start = u64::from(u32::MAX) - (1 << 26) - 1;
    let bench = Bench::with(|sa| sa.initial = start);
    bench.send(&[inner(40, 1)], start + 1);
    assert_eq!(bench.gate.measures_of(0, EVENT_SOFT_LIMIT), [0; 0]);
    bench.send(&[inner(40, 1), inner(40, 1)], start + 2);
    let told = bench.gate.measures_of(0, EVENT_SOFT_LIMIT);
    assert_eq!(told, [MEASURE_SEQUENCE]);
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
fn dummies_take_a_number_and_look_like_any_packet() {
    let bench = Bench::new();
    let dummy = |row: u32, number: f64, octets| core::dummy_in(0, row, number, octets);
    let number = bench.gate.u64(bench.gate.sa(bench.id, "SA_NUMBER")) as f64;
    assert_eq!(dummy(bench.id, number, 64), 1);
    let sent = bench.gate.transmit(0, 2.0);
    let packet = &frames(&sent[0].1)[0];
    let plaintext = bench.out.open(1, packet).expect("authentic");
    assert_eq!(plaintext, [&[0; 64][..], &[1, 2, 2, 59]].concat());
    assert_eq!(dummy(bench.id, number, 0), 1, "at least one octet");
    let sent = bench.gate.transmit(0, 2.0);
    assert_eq!(
        bench
            .out
            .open(2, &frames(&sent[0].1)[0])
            .expect("authentic"),
        [0, 1, 1, 59]
    );
    let inbound = bench.gate.sa_of(bench.path.spi);
    for row in [inbound, 0, 31, 9999] {
        assert_eq!(dummy(row, 1.0, 64), -(Status::NoPolicy as i32));
    }
    // Another SA in the same row is none of its business.
    assert_eq!(core::sa_remove(0, bench.id), 1);
    let mut other = Sa::new(bench.out.spi, SA_OUTBOUND, 1);
    other.remote = vec![(vec![0; 4], 0)];
    assert_eq!(other.installed(&bench.gate), bench.id);
    assert_eq!(dummy(bench.id, number, 64), -(Status::NoPolicy as i32));
    assert!(bench.gate.transmit(0, 2.0).is_empty());
}

#[test]
fn every_key_size_and_aead_seals() {
    for (algorithm, key_len) in kinds() {
        let len = (key_len + SALT_LEN) as u8;
        let bench = Bench::with(|sa| {
            sa.algorithm = algorithm.number();
            sa.material = (0..len).map(|i| i * 7).collect();
        });
        assert_eq!(bench.send(&[inner(333, 9)], 1)[0][..333], inner(333, 9));
    }
}
