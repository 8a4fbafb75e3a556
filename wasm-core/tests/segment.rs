//! From a device with offloads to the wire: packets of many segments are cut, checksums completed, nothing believed.

mod support;

use culvert_core::exports as core;
use culvert_core::layout::*;
use culvert_core::status::Status;
use proptest::prelude::*;
use support::esp::Sa;
use support::flow::{ACK, CWR, ECE, FIN, Flow, PSH, Part, payload};
use support::{Gate, frame, frames, packet};

/// One gateway whose lane 0 has a device with offloads, and a peer with a path.
struct Bench {
    gate: Gate,
    conn: u32,
    out: Sa,
}

impl Bench {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Sa)) -> Self {
        let gate = Gate::new();
        core::inner_offload(0, OFFLOAD_TCP_UDP);
        let conn = gate.open(0, 7);
        let path = Sa::inbound(0x1000);
        path.installed(&gate);
        let mut out = Sa::outbound(0x2000);
        change(&mut out);
        out.installed(&gate);
        let inner = packet::v4([10, 0, 0, 1], [10, 0, 1, 2], 20, 0);
        let outcome = gate.receive(0, conn, &frame(&path.seal(1, &inner)), 1.0);
        assert_eq!(outcome.fresh, 1);
        Self { gate, conn, out }
    }

    /// Inner packets that leave for what the device gives, header and packet.
    fn send(&self, reads: &[(&[u8], &[u8])]) -> Vec<Vec<u8>> {
        self.send_at(reads, 2.0)
    }

    fn send_at(&self, reads: &[(&[u8], &[u8])], now: f64) -> Vec<Vec<u8>> {
        let reads: Vec<_> = reads.iter().map(|read| [read.0, read.1].concat()).collect();
        self.gate.slots(0, &reads);
        let sent = self.gate.transmit(0, now);
        assert!(sent.iter().all(|(conn, _)| *conn == self.conn));
        let wire: Vec<u8> = sent.into_iter().flat_map(|(_, wire)| wire).collect();
        frames(&wire)
            .iter()
            .enumerate()
            .map(|(i, packet)| {
                let mut plain = self.out.open(i as u64 + 1, packet).expect("authentic");
                let pad = usize::from(plain[plain.len() - 2]);
                plain.truncate(plain.len() - 2 - pad);
                plain
            })
            .collect()
    }
}

/// What a stack sends that cuts by itself.
fn cut(flow: &Flow, whole: &Part<'_>, size: usize) -> Vec<Vec<u8>> {
    let count = whole.payload.len().div_ceil(size);
    let flags = |i: usize| {
        let first = if i == 0 { 0 } else { CWR };
        let last = if i + 1 == count { 0 } else { FIN | PSH };
        whole.flags & !first & !last
    };
    let parts = whole
        .payload
        .chunks(size)
        .enumerate()
        .map(|(i, payload)| Part {
            id: whole.id.wrapping_add(i as u16),
            seq: whole.seq.wrapping_add((i * size) as u32),
            flags: flags(i),
            payload,
        });
    parts.map(|part| flow.packet(&part)).collect()
}

fn flows() -> impl Strategy<Value = Flow> {
    let what = (any::<bool>(), any::<bool>(), any::<bool>(), any::<u8>());
    let tcp = (any::<u32>(), any::<u16>(), 0..=10_usize);
    (what, tcp).prop_map(|((is_v6, is_udp, df, tos), (ack, window, words))| Flow {
        is_v6,
        is_udp,
        df,
        tos,
        ack,
        window,
        options: vec![1; 4 * words],
        ..Flow::default()
    })
}

proptest! {
    #![proptest_config(support::cases(64))]

    #[test]
    fn segments_are_what_a_stack_would_send_that_cuts_by_itself(
        flow in flows(),
        (id, seq, flags) in any::<(u16, u32, u8)>(),
        size in 1..=1300_usize,
        len in 1..=30_000_usize,
    ) {
        let len = len.min(size * 200);
        let octets = payload(len, 3);
        let whole = Part { id, seq, flags, payload: &octets };
        let bench = Bench::new();
        let left = bench.send(&[(&flow.vnet(size), &flow.partial(&whole))]);
        prop_assert_eq!(left, cut(&flow, &whole, size));
        prop_assert_eq!(bench.gate.counters(0), [(Status::Accepted, 1)]);
    }

    #[test]
    fn nothing_that_a_device_gives_is_believed(
        header in any::<[u8; 10]>(),
        flow in flows(),
        at in 0..80_usize,
        octet in any::<u8>(),
        octets in proptest::collection::vec(any::<u8>(), 0..200),
        is_built in any::<bool>(),
    ) {
        let part = Part { id: 1, seq: 2, flags: ACK, payload: &payload(3000, 1) };
        let mut packet = if is_built { flow.partial(&part) } else { octets };
        if let Some(place) = packet.get_mut(at) {
            *place = octet;
        }
        let bench = Bench::new();
        let built = flow.vnet(1000);
        let header = if is_built { &built } else { &header };
        for packet in bench.send(&[(header, &packet)]) {
            prop_assert!(packet.len() <= LIMITS_MTU);
        }
    }
}

/// A queue that has stood is told by one segment of many: lost, or marked where the flow can carry a mark.
#[test]
fn of_a_standing_queue_one_segment_tells() {
    for (tos, is_v6, tells) in [(0, false, 0), (2, false, 1), (0, true, 0), (1, true, 1)] {
        let flow = Flow {
            tos,
            is_v6,
            ..Flow::default()
        };
        let octets = payload(10_000, 3);
        let whole = Part {
            id: 1,
            seq: 2,
            flags: ACK,
            payload: &octets,
        };
        let bench = Bench::new();
        let read = [flow.vnet(1000).to_vec(), flow.partial(&whole)].concat();
        for now in [1.0, 300.0] {
            bench.gate.slots(0, std::slice::from_ref(&read));
            while core::outbound_next(0, now) != 0 {
                core::outbound_seal(0);
                core::outbound_commit(0);
                core::tx_unlock(0, bench.conn);
            }
        }
        let left = bench.send_at(&[(&flow.vnet(1000), &flow.partial(&whole))], 600.0);
        let clear = cut(&flow, &whole, 1000);
        let marked = cut(
            &Flow {
                tos: tos | 3,
                ..flow.clone()
            },
            &whole,
            1000,
        );
        assert_eq!(left[..20], [&clear[..], &clear[..]].concat());
        if tells == 0 {
            assert_eq!(left[20..], clear[1..], "the first is lost");
        } else {
            assert_eq!(left[20], marked[0]);
            assert_eq!(left[21..], clear[1..]);
        }
        let marks = bench.gate.u64(bench.gate.lane(0, "LANE_ECN_MARKS"));
        let losses = bench.gate.counter(0, Status::QueueDelay);
        assert_eq!((marks, losses), (tells, 1 - tells));
    }
}

const LIMITS_MTU: usize = support::LIMITS.inner_mtu as usize;

#[test]
fn flags_stay_where_they_belong() {
    let flow = Flow::default();
    let octets = payload(3000, 1);
    let whole = Part {
        id: 65_535,
        seq: u32::MAX - 10,
        flags: ACK | PSH | FIN | ECE | CWR,
        payload: &octets,
    };
    let left = Bench::new().send(&[(&flow.vnet(1000), &flow.partial(&whole))]);
    let flags: Vec<u8> = left.iter().map(|packet| packet[33]).collect();
    assert_eq!(flags, [ACK | ECE | CWR, ACK | ECE, ACK | PSH | FIN | ECE]);
    let ids: Vec<_> = left.iter().map(|packet| [packet[4], packet[5]]).collect();
    assert_eq!(ids, [[255, 255], [0, 0], [0, 1]]);
}

#[test]
fn a_packet_of_most_segments_leaves_whole_and_in_order_among_others() {
    let bench = Bench::new();
    let flow = Flow::default();
    let octets = payload(65_535 - flow.header_len(), 1);
    let part = |payload| Part {
        id: 9,
        seq: 1,
        flags: ACK,
        payload,
    };
    let small = flow.packet(&part(&octets[..8]));
    let left = bench.send(&[
        (&[0; 10], &small),
        (&flow.vnet(536), &flow.partial(&part(&octets))),
        (&[0; 10], &small),
    ]);
    let expected = [
        vec![small.clone()],
        cut(&flow, &part(&octets), 536),
        vec![small],
    ];
    assert_eq!(left, expected.concat());
    assert_eq!(left.len(), 2 + 123);
}

#[test]
fn a_checksum_that_was_left_to_us_is_completed() {
    for is_v6 in [false, true] {
        for is_udp in [false, true] {
            let flow = Flow {
                is_v6,
                is_udp,
                ..Flow::default()
            };
            let octets = payload(101, 5);
            let part = Part {
                id: 1,
                seq: 2,
                flags: ACK,
                payload: &octets,
            };
            let read = (&flow.vnet(0)[..], &flow.partial(&part)[..]);
            let bench = Bench::new();
            assert_eq!(bench.send(&[read]), [flow.packet(&part)]);
        }
    }
    // A UDP checksum that comes out as 0 is sent as its other form.
    let flow = Flow {
        is_udp: true,
        ..Flow::default()
    };
    let part = |payload| Part {
        id: 1,
        seq: 0,
        flags: 0,
        payload,
    };
    let plain = flow.packet(&part(&[0, 0]));
    let to_zero = part(&plain[26..28]);
    let sent = Bench::new().send(&[(&flow.vnet(0), &flow.partial(&to_zero))]);
    assert_eq!(sent[0][26..28], [0xff, 0xff]);
}

#[test]
fn what_does_not_fit_its_header_is_dropped_and_counted() {
    let flow = Flow::default();
    let octets = payload(3000, 1);
    let part = |payload| Part {
        id: 1,
        seq: 1,
        flags: ACK,
        payload,
    };
    let whole = flow.partial(&part(&octets));
    let none = flow.partial(&part(&[]));
    let mut fragment = whole.clone();
    fragment[6] = 0x20;
    let mut header_len = whole.clone();
    header_len[32] = 0x40;
    let mut outside = flow.vnet(0);
    outside[6..8].copy_from_slice(&u16::to_le_bytes(3051));
    let mut udp = flow.vnet(1000);
    udp[1] = 5;
    let mut v6 = flow.vnet(1000);
    v6[1] = 4;
    let cases: [(&[u8], &[u8]); 10] = [
        (&[], &[]),
        (&[0; 9], &[]),
        (&flow.vnet(1349), &whole),
        (&flow.vnet(1000), &none),
        (&flow.vnet(1000), &fragment),
        (&flow.vnet(1000), &header_len),
        (&flow.vnet(1000), &whole[..60]),
        (&outside, &whole),
        (&udp, &whole),
        (&v6, &whole),
    ];
    for (i, (header, packet)) in cases.into_iter().enumerate() {
        let bench = Bench::new();
        assert_eq!(
            bench.send(&[(header, packet)]),
            Vec::<Vec<u8>>::new(),
            "{i}"
        );
        assert_eq!(bench.gate.counter(0, Status::InnerInvalid), 1, "{i}");
    }
}

#[test]
fn each_segment_that_is_dropped_counts_and_takes_no_number() {
    let flow = Flow::default();
    let octets = payload(10_000, 1);
    let whole = Part {
        id: 1,
        seq: 1,
        flags: ACK,
        payload: &octets,
    };
    let (header, packet) = (flow.vnet(1000), flow.partial(&whole));
    let bench = Bench::with(|sa| sa.hard_packets = 3);
    assert_eq!(bench.send(&[(&header, &packet)]).len(), 3);
    assert_eq!(bench.gate.counter(0, Status::SaExpired), 7);
    let bench = Bench::with(|sa| sa.remote = vec![(vec![192, 0, 2, 0], 24)]);
    assert!(bench.send(&[(&header, &packet)]).is_empty());
    assert_eq!(bench.gate.counter(0, Status::NoPolicy), 10);
}

#[test]
fn what_does_not_fit_the_queue_is_dropped_from_its_end() {
    let bench = Bench::new();
    let flow = Flow::default();
    let octets = payload(60_000, 1);
    let whole = Part {
        id: 1,
        seq: 1,
        flags: ACK,
        payload: &octets,
    };
    let read = [&flow.vnet(1000)[..], &flow.partial(&whole)].concat();
    bench.gate.slots(0, &[read.clone(), read]);
    let mut sealed = 0;
    loop {
        let conn = core::outbound_next(0, 2.0);
        if conn == 0 {
            break;
        }
        core::outbound_seal(0);
        core::outbound_commit(0);
        // The kernel takes nothing.
        core::tx_unlock(0, conn);
        sealed += 1;
    }
    let waiting = frames(&bench.gate.send_all(0, bench.conn, 3.0)).len();
    assert_eq!(sealed, 1);
    assert_eq!(
        bench.gate.counter(0, Status::TxRingFull),
        120 - waiting as u64
    );
    assert!(waiting > 58);
}
