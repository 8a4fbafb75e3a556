//! The echo host, through a tunnel: the packets that it answers and those that it ignores.

mod support;

use culvert_core::border as core;
use culvert_core::layout::*;
use support::esp::Sa;
use support::packet::checksum;
use support::{Gate, frame, frames, packet};

const HOST: [u8; 4] = [10, 93, 29, 1];
const HOST_V6: [u8; 16] = [0xfd, 0x93, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const CLIENT: [u8; 4] = [10, 93, 30, 7];
const CLIENT_V6: [u8; 16] = [0xfd, 0x93, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9];

/// The replies through the tunnel for each of `packets`.
fn exchange(packets: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let gate = Gate::new();
    let scratch = gate.lane(2, "LANE_SCRATCH");
    // A server gives another address when it likes: the last one counts.
    gate.memory.write(scratch, &CLIENT);
    assert_eq!(core::echo_address(2, FAMILY_V4, scratch as u32), 1);
    gate.memory.write(scratch, &HOST);
    assert_eq!(core::echo_address(2, FAMILY_V4, scratch as u32), 1);
    gate.memory.write(scratch, &HOST_V6);
    assert_eq!(core::echo_address(2, FAMILY_V6, scratch as u32), 1);
    assert_eq!(core::echo_address(2, 1, scratch as u32), 0);
    let (path, out) = (Sa::inbound(0x1000), Sa::outbound(0x2000));
    path.installed(&gate);
    out.installed(&gate);
    let conn = gate.open(0, 7);
    let sealed = packets
        .iter()
        .zip(1..)
        .flat_map(|(packet, seq)| frame(&path.seal(seq, packet)));
    gate.feed(0, conn, &sealed.collect::<Vec<_>>());
    assert_eq!(core::inbound(0, conn, 1.0), BATCH_ESP);
    core::inbound_open(0);
    let count = core::inbound_finish(0, conn, 1.0);
    assert_eq!(count as usize, packets.len());
    let answered = core::echo_in(0, count);
    let sent = gate.transmit(0, 2.0);
    core::rx_release_all(0, conn);
    let wire: Vec<u8> = sent.into_iter().flat_map(|(_, wire)| wire).collect();
    let replies: Vec<Vec<u8>> = frames(&wire)
        .iter()
        .zip(1..)
        .map(|(packet, seq)| {
            let mut plaintext = out.open(seq, packet).expect("authentic");
            let pad = usize::from(plaintext[plaintext.len() - 2]);
            plaintext.truncate(plaintext.len() - 2 - pad);
            plaintext
        })
        .collect();
    assert_eq!(replies.len(), answered as usize);
    replies
}

fn v4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = packet::v4(CLIENT, HOST, 20 + payload.len(), 0);
    packet[9] = protocol;
    packet[20..].copy_from_slice(payload);
    let sum = checksum(&packet[..20]);
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
    packet
}

fn v6(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = packet::v6(CLIENT_V6, HOST_V6, 40 + payload.len());
    packet[6] = protocol;
    packet[40..].copy_from_slice(payload);
    packet
}

/// An ICMP message with a right checksum, which also covers `pseudo`.
fn icmp(kind: u8, len: usize, pseudo: &[u8]) -> Vec<u8> {
    let mut message = vec![kind, 0, 0, 0, 0x12, 0x34, 0, 1];
    message.extend((8..len).map(|i| i as u8));
    let sum = checksum(&[pseudo, &message].concat());
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    message
}

fn pseudo_v6(protocol: u8, len: usize) -> Vec<u8> {
    [
        &CLIENT_V6[..],
        &HOST_V6,
        &(len as u32).to_be_bytes(),
        &[0, 0, 0, protocol],
    ]
    .concat()
}

fn udp(source: u16, destination: u16) -> Vec<u8> {
    let ports = [source.to_be_bytes(), destination.to_be_bytes()].concat();
    [&ports[..], &[0, 13, 0xab, 0xcd], b"hello"].concat()
}

#[test]
fn icmp_echo_is_answered_with_right_checksums() {
    for len in [8, 64, 65, 1000] {
        let reply = &exchange(&[v4(1, &icmp(8, len, &[]))])[0];
        assert_eq!((&reply[12..16], &reply[16..20]), (&HOST[..], &CLIENT[..]));
        assert_eq!((checksum(&reply[..20]), checksum(&reply[20..])), (0, 0));
        assert_eq!((reply[20], reply[8]), (0, 64));
        assert_eq!(reply[24..], icmp(8, len, &[])[4..]);
    }
}

#[test]
fn icmpv6_echo_is_answered() {
    let reply = &exchange(&[v6(58, &icmp(128, 64, &pseudo_v6(58, 64)))])[0];
    assert_eq!(
        (&reply[8..24], &reply[24..40]),
        (&HOST_V6[..], &CLIENT_V6[..])
    );
    assert_eq!(reply[40], 129);
    // The sum does not depend on the order of the addresses.
    assert_eq!(
        checksum(&[&pseudo_v6(58, 64)[..], &reply[40..]].concat()),
        0
    );
}

#[test]
fn udp_echo_goes_back_to_its_port() {
    let replies = exchange(&[v4(17, &udp(40_000, 7)), v6(17, &udp(40_001, 7))]);
    assert_eq!(replies[0][20..], udp(7, 40_000));
    assert_eq!(replies[1][40..], udp(7, 40_001));
}

#[test]
fn nothing_else_is_answered() {
    let mut fragment = v4(1, &icmp(8, 64, &[]));
    fragment[6] = 0x20;
    let mut elsewhere = v4(1, &icmp(8, 64, &[]));
    elsewhere[19] = 2;
    let silent = [
        fragment,
        elsewhere,
        v4(1, &icmp(0, 64, &[])),
        v4(1, &[8, 0, 0]),
        v4(17, &udp(40_000, 8)),
        v4(17, &udp(7, 7)),
        v4(17, &[0, 9, 0, 7]),
        v4(6, &[0; 20]),
        v6(58, &icmp(135, 64, &[])),
    ];
    assert!(exchange(&silent).is_empty());
}

#[test]
fn only_what_is_answered_leaves_in_order() {
    let packets = [
        v4(1, &icmp(8, 20, &[])),
        v4(6, &[0; 20]),
        v4(17, &udp(50_000, 7)),
    ];
    let replies = exchange(&packets);
    assert_eq!(
        replies.iter().map(|reply| reply[9]).collect::<Vec<_>>(),
        [1, 17]
    );
}
