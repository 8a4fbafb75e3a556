//! From a device with offloads to the wire, for packets that are routed by way of others. After a
//! routing header, a home address or a source route, the addresses in the IP header are not those
//! of the checksum, which only the host's stack knows.

mod support;

use culvert_core::report::status::Status;
use proptest::prelude::*;
use support::device::{Device, flows};
use support::flow::{ACK, Flow, Part, cut, payload};
use support::packet::checksum;

const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const DESTINATION_OPTIONS: u8 = 60;

/// Headers between IP and transport, each with its number. For IPv4 the octets are options.
type Chain = Vec<(u8, Vec<u8>)>;

/// `packet` with other addresses in its IP header, and `chain` behind that. The rest is unchanged.
fn routed(packet: &[u8], chain: &Chain) -> Vec<u8> {
    let (ip, above) = packet.split_at(if packet[0] >> 4 == 4 { 20 } else { 40 });
    let mut front = ip.to_vec();
    let len = chain_len(chain);
    if packet[0] >> 4 == 4 {
        front[0] += (len / 4) as u8;
        front[2..4].copy_from_slice(&((packet.len() + len) as u16).to_be_bytes());
        front[19] ^= 0x55;
        front[10..12].fill(0);
        front.extend(chain.iter().flat_map(|(_, octets)| octets));
        let sum = checksum(&front).to_be_bytes();
        front[10..12].copy_from_slice(&sum);
        return [&front, above].concat();
    }
    front[4..6].copy_from_slice(&((above.len() + len) as u16).to_be_bytes());
    front[20] ^= 0x33;
    front[39] ^= 0x55;
    let mut number_at = 6;
    let last = front[6];
    for (number, octets) in chain {
        front[number_at] = *number;
        number_at = front.len();
        front.extend([last, (octets.len() / 8 - 1) as u8]);
        front.extend(&octets[2..]);
    }
    [&front, above].concat()
}

fn chain_len(chain: &Chain) -> usize {
    chain.iter().map(|(_, octets)| octets.len()).sum()
}

/// The kernel's header for it.
fn vnet(flow: &Flow, size: usize, chain: &Chain) -> [u8; 10] {
    let mut header = flow.vnet(size);
    for at in [2, 6] {
        let word = u16::from_le_bytes([header[at], header[at + 1]]) + chain_len(chain) as u16;
        header[at..at + 2].copy_from_slice(&word.to_le_bytes());
    }
    header
}

fn chains() -> impl Strategy<Value = Chain> {
    let number = prop::sample::select(vec![HOP_BY_HOP, ROUTING, DESTINATION_OPTIONS]);
    let octets = (1..=6_usize, any::<u8>()).prop_map(|(words, tag)| payload(8 * words, tag));
    prop::collection::vec((number, octets), 1..5)
}

/// Loose source and record route, with padding.
fn source_route() -> Chain {
    vec![(0, vec![1, 131, 7, 4, 192, 0, 2, 9])]
}

fn routing(words: usize) -> Chain {
    vec![(ROUTING, payload(8 * words, 9))]
}

proptest! {
    #![proptest_config(support::cases(64))]

    #[test]
    fn segments_have_the_checksum_of_the_addresses_that_the_host_summed(
        flow in flows(),
        chain in chains(),
        (id, seq, flags) in any::<(u16, u32, u8)>(),
        size in 1..=1000_usize,
        len in 1..=30_000_usize,
    ) {
        let chain = if flow.is_v6 { chain } else { source_route() };
        let octets = payload(len.min(size * 200), 3);
        let whole = Part { id, seq, flags, payload: &octets };
        let packet = routed(&flow.partial(&whole), &chain);
        let device = Device::new();
        let left = device.send(&[(&vnet(&flow, size, &chain), &packet)]);
        let expected = cut(&flow, &whole, size);
        prop_assert_eq!(left, expected.iter().map(|part| routed(part, &chain)).collect::<Vec<_>>());
        prop_assert_eq!(device.gate.counters(0), [(Status::Accepted, 1)]);
    }

    #[test]
    fn a_checksum_alone_is_completed_by_the_addresses_that_the_host_summed(
        flow in flows(),
        chain in chains(),
        len in 0..1000_usize,
    ) {
        let chain = if flow.is_v6 { chain } else { source_route() };
        let part = Part { id: 1, seq: 2, flags: ACK, payload: &payload(len, 3) };
        let packet = routed(&flow.partial(&part), &chain);
        let left = Device::new().send(&[(&vnet(&flow, 0, &chain), &packet)]);
        prop_assert_eq!(left, [routed(&flow.packet(&part), &chain)]);
    }

    /// Without a sum of the host's the addresses in the IP header are all there is.
    #[test]
    fn segments_of_a_packet_with_a_complete_checksum_have_theirs(
        flow in flows(),
        size in 1..=1300_usize,
        len in 1..=10_000_usize,
    ) {
        let octets = payload(len.min(size * 200), 3);
        let whole = Part { id: 1, seq: 2, flags: ACK, payload: &octets };
        let mut header = flow.vnet(size);
        header[0] = 0;
        let left = Device::new().send(&[(&header, &flow.packet(&whole))]);
        prop_assert_eq!(left, cut(&flow, &whole, size));
    }

    #[test]
    fn a_chain_is_not_believed(
        chain in chains(),
        (at, octet) in (4..120_usize, any::<u8>()),
        start in any::<Option<u16>>(),
    ) {
        let flow = v6();
        let packet = routed(&flow.partial(&of(&payload(3000, 1))), &chain);
        let (mut packet, mut header) = (packet, vnet(&flow, 500, &chain));
        packet[at] = octet;
        if let Some(start) = start {
            header[6..8].copy_from_slice(&start.to_le_bytes());
        }
        let device = Device::new();
        let left = device.send(&[(&header, &packet)]);
        prop_assert!(left.iter().all(|packet| packet.len() <= 1400));
        prop_assert_eq!(left.is_empty(), device.gate.counter(0, Status::InnerInvalid) == 1);
    }
}

fn v6() -> Flow {
    Flow {
        is_v6: true,
        ..Flow::default()
    }
}

fn of(payload: &[u8]) -> Part<'_> {
    Part {
        id: 1,
        seq: 2,
        flags: ACK,
        payload,
    }
}

#[test]
fn a_chain_and_a_start_that_do_not_agree_are_refused() {
    let flow = v6();
    let whole = flow.partial(&of(&[7; 3000]));
    let right = vnet(&flow, 500, &routing(3));
    let packet = routed(&whole, &routing(3));
    let device = Device::new();
    assert_eq!(device.send(&[(&right, &packet)]).len(), 6);

    let start = |start: u16| {
        let mut header = right;
        header[6..8].copy_from_slice(&start.to_le_bytes());
        (header, packet.clone())
    };
    let mut offset = right;
    offset[8] = 6;
    let mut no_sum = right;
    no_sum[0] = 0;
    let mut too_long = packet.clone();
    too_long[41] = 255;
    let mut ends_elsewhere = packet.clone();
    ends_elsewhere[41] = 3;
    let mut unknown = packet.clone();
    unknown[40] = 59;
    let fragment = vec![(FRAGMENT, vec![0; 8])];
    let mut whole_mtu = right;
    whole_mtu[4..6].copy_from_slice(&1305_u16.to_le_bytes());
    let cases = [
        start(0),
        start(40),
        start(63),
        start(65),
        start(u16::MAX),
        (offset, packet.clone()),
        // Its final destination is for the host to know.
        (no_sum, packet.clone()),
        (right, too_long),
        (right, ends_elsewhere),
        (right, unknown),
        (vnet(&flow, 500, &fragment), routed(&whole, &fragment)),
        (right, packet[..60].to_vec()),
        // With the headers it is one octet too long.
        (whole_mtu, packet.clone()),
    ];
    for (i, (header, packet)) in cases.iter().enumerate() {
        let device = Device::new();
        assert_eq!(device.send(&[(header, packet)]).len(), 0, "{i}");
        assert_eq!(device.gate.counter(0, Status::InnerInvalid), 1, "{i}");
    }
}
