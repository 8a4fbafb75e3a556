//! From the wire to a device with offloads: neighbours of a flow become one packet. Cutting it
//! gives the same octets again.

mod support;

use culvert_core::border as core;
use culvert_core::layout::*;
use proptest::prelude::*;
use support::esp::Sa;
use support::flow::{ACK, ECE, FIN, Flow, PSH, Part, SYN, payload, split};
use support::{Gate, Outcome, frame};

/// A device with all offloads.
const ALL: u32 = OFFLOAD_HEADER | OFFLOAD_TCP | OFFLOAD_UDP;

/// The device's writes for inner packets that come in one batch.
fn deliver(offload: u32, packets: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let gate = Gate::new();
    core::inner_offload(0, offload);
    let conn = gate.open(0, 7);
    let sa = Sa::inbound(0x1000);
    sa.installed(&gate);
    let frames = packets.iter().zip(1..);
    let stream: Vec<u8> = frames
        .flat_map(|(packet, seq)| frame(&sa.seal(seq, packet)))
        .collect();
    let outcome = gate.receive(0, conn, &stream, 1.0);
    assert_eq!(outcome.fresh as usize, packets.len());
    if offload != OFFLOAD_NONE {
        check_refused(packets, &outcome);
    }
    outcome.inner
}

/// A device that refuses a call gets the packets of it one by one, each as it came.
fn check_refused(packets: &[Vec<u8>], Outcome { inner, singly, .. }: &Outcome) {
    assert_eq!(singly.len(), inner.len());
    for (write, (bit, calls)) in inner.iter().zip(singly) {
        assert_eq!(calls.len(), split(write).len());
        let protocol = match write[1] {
            0 => 0,
            5 => OFFLOAD_UDP,
            _ => OFFLOAD_TCP,
        };
        assert_eq!(*bit, protocol);
    }
    let mut calls: Vec<_> = singly.iter().flat_map(|(_, calls)| calls.clone()).collect();
    let with_header = |packet: &Vec<u8>| [&[0; 10], &packet[..]].concat();
    let mut expected: Vec<_> = packets.iter().map(with_header).collect();
    calls.sort();
    expected.sort();
    assert_eq!(calls, expected, "a plain header, then the packet");
}

/// How many packets each call gives to a device with all offloads. They must be the same packets.
fn joined(packets: &[Vec<u8>]) -> Vec<usize> {
    let writes = deliver(ALL, packets);
    let split: Vec<_> = writes.iter().map(|write| split(write)).collect();
    assert_eq!(split.concat(), packets, "the same octets in the same order");
    split.iter().map(Vec::len).collect()
}

/// `count` packets of a flow, each of `len` octets of payload, one behind the other.
fn run(flow: &Flow, count: usize, len: usize) -> Vec<Vec<u8>> {
    (0..count).map(|i| nth(flow, i, len, ACK)).collect()
}

/// Packet `i` of those.
fn nth(flow: &Flow, i: usize, len: usize, flags: u8) -> Vec<u8> {
    flow.packet(&Part {
        id: 65_530_u16.wrapping_add(i as u16),
        seq: 0xffff_f000_u32.wrapping_add((i * len) as u32),
        flags,
        payload: &payload(len, i as u8),
    })
}

fn udp() -> Flow {
    Flow {
        is_udp: true,
        ..Flow::default()
    }
}

#[test]
fn a_run_of_one_flow_is_one_packet() {
    for is_v6 in [false, true] {
        for is_udp in [false, true] {
            let flow = Flow {
                is_v6,
                is_udp,
                ..Flow::default()
            };
            assert_eq!(joined(&run(&flow, 20, 1300)), [20]);
            assert_eq!(joined(&run(&flow, 1, 1300)), [1]);
        }
    }
}

#[test]
fn a_shorter_packet_and_one_with_push_are_the_last() {
    let flow = Flow::default();
    let mut packets = run(&flow, 6, 1000);
    packets[2] = nth(&flow, 2, 1000, ACK | PSH);
    assert_eq!(joined(&packets), [3, 3]);
    packets[0] = nth(&flow, 0, 1000, ACK | PSH);
    assert_eq!(joined(&packets), [1, 2, 3]);
    let part = |id: u16, seq, len| {
        flow.packet(&Part {
            id,
            seq,
            flags: ACK,
            payload: &payload(len, 1),
        })
    };
    let short = [
        part(1, 0, 100),
        part(2, 100, 60),
        part(3, 160, 60),
        part(4, 220, 60),
    ];
    assert_eq!(joined(&short), [2, 2]);
    let long = [part(1, 0, 100), part(2, 100, 101), part(3, 201, 101)];
    assert_eq!(joined(&long), [1, 2]);
    let datagrams = [100, 100, 60, 60, 61].into_iter().zip(0..);
    let datagrams = datagrams.map(|(len, id)| {
        udp().packet(&Part {
            id,
            seq: 0,
            flags: 0,
            payload: &payload(len, 1),
        })
    });
    assert_eq!(joined(&datagrams.collect::<Vec<_>>()), [3, 1, 1]);
}

#[test]
fn a_gap_or_another_header_is_a_border() {
    let flow = Flow::default();
    let mut without = run(&flow, 6, 1000);
    without.remove(3);
    assert_eq!(joined(&without), [3, 2]);
    let mut twice = run(&flow, 4, 1000);
    twice.insert(2, twice[1].clone());
    assert_eq!(joined(&twice), [2, 3]);
    let changes: [fn(&mut Flow); 7] = [
        |flow| flow.ttl = 63,
        |flow| flow.tos = 1,
        |flow| flow.df = false,
        |flow| flow.ack = 8,
        |flow| flow.window = 501,
        |flow| flow.options[11] = 0,
        |flow| flow.options.truncate(4),
    ];
    for is_v6 in [false, true] {
        for (i, change) in changes.into_iter().enumerate() {
            let flow = Flow {
                is_v6,
                ..Flow::default()
            };
            let mut packets = run(&flow, 4, 1000);
            let mut other = flow.clone();
            change(&mut other);
            packets[2] = nth(&other, 2, 1000, ACK);
            packets[3] = nth(&other, 3, 1000, ACK);
            // IPv6 has no such flag.
            let expected: &[usize] = if is_v6 && i == 2 { &[4] } else { &[2, 2] };
            assert_eq!(joined(&packets), expected, "change {i}");
        }
    }
}

#[test]
fn what_is_more_than_data_goes_alone_and_keeps_its_place() {
    let flow = Flow::default();
    let bare = flow.packet(&Part {
        id: 1,
        seq: 0xffff_f000,
        flags: ACK,
        payload: &[],
    });
    for (odd, expected) in [
        (nth(&flow, 2, 1000, ACK | SYN), &[2, 1, 2][..]),
        (nth(&flow, 2, 1000, ACK | FIN), &[2, 1, 2]),
        (nth(&flow, 2, 1000, ACK | 0x20), &[2, 1, 2]),
        (nth(&flow, 2, 1000, ACK | 0x04), &[2, 1, 2]),
        (nth(&flow, 2, 1000, 0), &[2, 1, 2]),
        (nth(&flow, 2, 1000, ACK | ECE), &[2, 1, 2]),
        (bare, &[2, 1, 2]),
    ] {
        let mut packets = run(&flow, 5, 1000);
        packets[2] = odd;
        assert_eq!(joined(&packets), expected);
    }
}

#[test]
fn a_wrong_checksum_is_passed_on_as_it_is() {
    for flow in [Flow::default(), udp()] {
        for (at, i, expected) in [
            (flow.checksum_at(), 2, &[2, 1, 2][..]),
            (10, 2, &[2, 1, 2]),
            (flow.header_len() + 9, 0, &[1, 4]),
            (flow.header_len() + 999, 4, &[4, 1]),
        ] {
            let mut packets = run(&flow, 5, 1000);
            packets[i][at] ^= 0x10;
            assert_eq!(joined(&packets), expected);
        }
        let mut none = run(&udp(), 3, 1000);
        for packet in &mut none {
            packet[26..28].fill(0);
        }
        assert_eq!(joined(&none), [1, 1, 1]);
    }
}

#[test]
fn identifications_grow_by_one_or_mean_nothing() {
    let with_ids = |df: bool, ids: [u16; 4]| -> Vec<Vec<u8>> {
        let flow = Flow {
            df,
            ..Flow::default()
        };
        let parts = ids.into_iter().zip(0..).map(|(id, i)| Part {
            id,
            seq: 100 * i,
            flags: ACK,
            payload: &[7; 100],
        });
        parts.map(|part| flow.packet(&part)).collect()
    };
    assert_eq!(joined(&with_ids(true, [65_534, 65_535, 0, 1])), [4]);
    assert_eq!(joined(&with_ids(true, [1, 3, 5, 7])), [1, 1, 1, 1]);
    assert_eq!(joined(&with_ids(true, [1, 2, 2, 3])), [2, 2]);
    assert_eq!(joined(&with_ids(false, [0, 0, 0, 0])), [1, 1, 1, 1]);
    let all_zero = deliver(OFFLOAD_HEADER | OFFLOAD_TCP, &with_ids(true, [0, 0, 0, 0]));
    assert_eq!(all_zero.len(), 1, "RFC 6864: they mean nothing then");
}

#[test]
fn flows_are_told_apart_and_none_changes_its_order() {
    let flows: Vec<Flow> = (0..4)
        .map(|i| Flow {
            port: 40_000 + i / 2,
            is_udp: i % 2 == 1,
            ..Flow::default()
        })
        .collect();
    let mixed: Vec<_> = (0..10)
        .flat_map(|i| flows.iter().map(move |flow| nth(flow, i, 500, ACK)))
        .collect();
    let writes = deliver(ALL, &mixed);
    let expected: Vec<_> = flows.iter().map(|flow| run(flow, 10, 500)).collect();
    let split: Vec<_> = writes.iter().map(|write| split(write)).collect();
    assert_eq!(split, expected);
}

#[test]
fn a_fragment_may_belong_to_any_flow() {
    let mut packets = run(&udp(), 5, 600);
    let mut fragment = packets[2].clone();
    fragment[6..8].copy_from_slice(&[0, 3]);
    packets[2] = fragment;
    assert_eq!(joined(&packets), [2, 1, 2]);
}

#[test]
fn the_longest_packet_is_of_65_535_octets() {
    let flow = Flow::default();
    let packets = run(&flow, 60, 1348);
    assert_eq!(joined(&packets), [48, 12]);
    let exact = (65_535 - flow.header_len()) / 3;
    assert_eq!(joined(&run(&flow, 6, exact)), [3, 3]);
}

#[test]
fn a_device_is_given_what_it_takes() {
    let mixed = [run(&Flow::default(), 3, 100), run(&udp(), 3, 100)].concat();
    assert_eq!(deliver(OFFLOAD_NONE, &mixed), mixed);
    let writes = deliver(OFFLOAD_HEADER | OFFLOAD_TCP, &mixed);
    let tcp: Vec<_> = writes.iter().map(|write| split(write).len()).collect();
    assert_eq!(tcp, [3, 1, 1, 1]);
    let writes = deliver(OFFLOAD_HEADER | OFFLOAD_UDP, &mixed);
    let udp: Vec<_> = writes.iter().map(|write| split(write).len()).collect();
    assert_eq!(udp, [1, 1, 1, 3]);
    let writes = deliver(OFFLOAD_HEADER, &mixed);
    assert!(writes.len() == 6 && writes.iter().all(|write| write[..10] == [0; 10]));
}

/// A flow like real ones: it mostly goes on, and at times loses, repeats, pushes, ends or changes.
fn steps() -> impl Strategy<Value = Vec<(u8, u8, u16)>> {
    proptest::collection::vec((0..4_u8, 0..24_u8, 1..1300_u16), 1..64)
}

proptest! {
    #![proptest_config(support::cases(128))]

    #[test]
    fn cutting_what_was_joined_gives_the_same_octets_in_each_flow(
        steps in steps(),
        sizes in proptest::array::uniform4(1..1300_u16),
    ) {
        let mut flows: Vec<(Flow, u16, u32)> = (0..4)
            .map(|i| {
                let flow = Flow {
                    is_v6: i == 1,
                    is_udp: i == 2,
                    port: 1000 + i,
                    ..Flow::default()
                };
                (flow, 0_u16.wrapping_sub(i), u32::MAX - 3000)
            })
            .collect();
        let mut packets: Vec<(usize, Vec<u8>)> = Vec::new();
        for (which, event, other_len) in steps {
            let which = usize::from(which);
            let (flow, id, seq) = &mut flows[which];
            let len = if event == 1 { other_len } else { sizes[which] };
            let flags = if event == 2 { ACK | PSH } else { ACK };
            match event {
                3 => *seq = seq.wrapping_add(77),
                4 => flow.ttl ^= 1,
                5 => *id = id.wrapping_add(9),
                6 => flow.ack ^= 1,
                _ => {}
            }
            let part = Part { id: *id, seq: *seq, flags, payload: &payload(len.into(), event) };
            let mut packet = flow.packet(&part);
            match event {
                7 => *packet.last_mut().expect("octets") ^= 1,
                8 if !flow.is_udp => packet[flow.ip_len() + 13] ^= SYN,
                _ => {}
            }
            *id = id.wrapping_add(1);
            *seq = seq.wrapping_add(len.into());
            packets.push((which, packet));
        }
        let all: Vec<_> = packets.iter().map(|(_, packet)| packet.clone()).collect();
        let writes = deliver(ALL, &all);
        let out: Vec<_> = writes.iter().flat_map(|write| split(write)).collect();
        prop_assert_eq!(out.len(), all.len());
        for (which, (flow, ..)) in flows.iter().enumerate() {
            let at = flow.ip_len();
            let is_of = |packet: &&Vec<u8>| {
                packet[0] >> 4 == if flow.is_v6 { 6 } else { 4 }
                    && packet[at..at + 2] == flow.port.to_be_bytes()
            };
            let sent = packets.iter().filter(|packet| packet.0 == which).map(|packet| &packet.1);
            let got: Vec<_> = out.iter().filter(is_of).collect();
            prop_assert_eq!(got, sent.collect::<Vec<_>>());
        }
    }

    #[test]
    fn nothing_that_comes_authentic_can_hurt(
        at in 0..60_usize,
        octet in any::<u8>(),
        which in 0..3_usize,
    ) {
        let mut packets = run(&Flow::default(), 3, 200);
        packets[which][at] = octet;
        let gate = Gate::new();
        core::inner_offload(0, ALL);
        let conn = gate.open(0, 7);
        let sa = Sa::inbound(0x1000);
        sa.installed(&gate);
        let frames = packets.iter().zip(1..);
        let stream: Vec<u8> =
            frames.flat_map(|(packet, seq)| frame(&sa.seal(seq, packet))).collect();
        let outcome = gate.receive(0, conn, &stream, 1.0);
        prop_assert!(outcome.inner.len() <= 3 && outcome.close.is_none());
    }
}
