//! From a device with offloads to the wire: packets of many segments are cut, checksums are
//! completed, and no field is trusted.

mod support;

use culvert_core::border as core;
use culvert_core::report::status::Status;
use proptest::prelude::*;
use support::device::{Device, flows};
use support::flow::{ACK, CWR, ECE, FIN, Flow, PSH, Part, cut, payload};
use support::frames;

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
        let device = Device::new();
        let left = device.send(&[(&flow.vnet(size), &flow.partial(&whole))]);
        prop_assert_eq!(left, cut(&flow, &whole, size));
        prop_assert_eq!(device.gate.counters(0), [(Status::Accepted, 1)]);
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
        let device = Device::new();
        let built = flow.vnet(1000);
        let header = if is_built { &built } else { &header };
        for packet in device.send(&[(header, &packet)]) {
            prop_assert!(packet.len() <= LIMITS_MTU);
        }
    }
}

/// A standing queue is told by one segment of many, which is lost, or marked if the flow can carry
/// a mark.
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
        let device = Device::new();
        let read = [flow.vnet(1000).to_vec(), flow.partial(&whole)].concat();
        for now in [1.0, 300.0] {
            device.gate.slots(0, std::slice::from_ref(&read));
            while core::outbound_next(0, now) != 0 {
                core::outbound_seal(0);
                core::outbound_commit(0);
                core::tx_unlock(0, device.conn);
            }
        }
        let left = device.send_at(&[(&flow.vnet(1000), &flow.partial(&whole))], 600.0);
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
        let marks = device.gate.u64(device.gate.lane(0, "LANE_ECN_MARKS"));
        let losses = device.gate.counter(0, Status::QueueDelay);
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
    let left = Device::new().send(&[(&flow.vnet(1000), &flow.partial(&whole))]);
    let flags: Vec<u8> = left.iter().map(|packet| packet[33]).collect();
    assert_eq!(flags, [ACK | ECE | CWR, ACK | ECE, ACK | PSH | FIN | ECE]);
    let ids: Vec<_> = left.iter().map(|packet| [packet[4], packet[5]]).collect();
    assert_eq!(ids, [[255, 255], [0, 0], [0, 1]]);
}

#[test]
fn a_packet_of_most_segments_leaves_whole_and_in_order_among_others() {
    let device = Device::new();
    let flow = Flow::default();
    let octets = payload(65_535 - flow.header_len(), 1);
    let part = |payload| Part {
        id: 9,
        seq: 1,
        flags: ACK,
        payload,
    };
    let small = flow.packet(&part(&octets[..8]));
    let left = device.send(&[
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
            let device = Device::new();
            assert_eq!(device.send(&[read]), [flow.packet(&part)]);
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
    let sent = Device::new().send(&[(&flow.vnet(0), &flow.partial(&to_zero))]);
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
        let device = Device::new();
        assert_eq!(
            device.send(&[(header, packet)]),
            Vec::<Vec<u8>>::new(),
            "{i}"
        );
        assert_eq!(device.gate.counter(0, Status::InnerInvalid), 1, "{i}");
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
    let device = Device::with(|sa| sa.hard_packets = 3);
    assert_eq!(device.send(&[(&header, &packet)]).len(), 3);
    assert_eq!(device.gate.counter(0, Status::SaExpired), 7);
    let device = Device::with(|sa| sa.remote = vec![(vec![192, 0, 2, 0], 24)]);
    assert!(device.send(&[(&header, &packet)]).is_empty());
    assert_eq!(device.gate.counter(0, Status::NoPolicy), 10);
}

#[test]
fn what_does_not_fit_the_queue_is_dropped_from_its_end() {
    let device = Device::new();
    let flow = Flow::default();
    let octets = payload(60_000, 1);
    let whole = Part {
        id: 1,
        seq: 1,
        flags: ACK,
        payload: &octets,
    };
    let read = [&flow.vnet(1000)[..], &flow.partial(&whole)].concat();
    device.gate.slots(0, &[read.clone(), read]);
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
    let waiting = frames(&device.gate.send_all(0, device.conn, 3.0)).len();
    assert_eq!(sealed, 1);
    assert_eq!(
        device.gate.counter(0, Status::TxRingFull),
        120 - waiting as u64
    );
    assert!(waiting > 58);
}
