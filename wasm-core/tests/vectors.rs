//! Published and derived ESP packets through the whole of the core, both ways.

mod support;

use culvert_core::aead::Algorithm;
use culvert_core::border as core;
use culvert_core::layout::*;
use culvert_core::report::status::Status;
use support::esp::Sa;
use support::vectors::{EspVector, esp, unhex};
use support::{Gate, RELAY, frame};

fn sa_of(vector: &EspVector, direction: u32) -> Sa {
    let packet = unhex(&vector.packet);
    let spi = u32::from_be_bytes(packet[..4].try_into().expect("an SPI"));
    let seq = seq_of(vector);
    Sa {
        algorithm: Algorithm::named(&vector.aead)
            .expect("an AEAD of the API")
            .number(),
        material: unhex(&vector.key_material),
        esn: vector.esn,
        initial: seq - 1,
        iv_offset: iv_of(vector).wrapping_sub(seq),
        ..Sa::new(spi, direction, 1)
    }
}

fn seq_of(vector: &EspVector) -> u64 {
    u64::from_str_radix(&vector.seq, 16).expect("hex")
}

/// The IV as a number. The core seals with this one, because an SA's offset may be any.
fn iv_of(vector: &EspVector) -> u64 {
    let packet = unhex(&vector.packet);
    u64::from_be_bytes(packet[8..16].try_into().expect("an IV"))
}

#[test]
fn every_packet_opens_to_its_inner_packet_once() {
    for vector in esp() {
        assert!(!vector.source.is_empty(), "{} has no source", vector.name);
        let gate = Gate::new();
        let conn = gate.open(0, 7);
        sa_of(&vector, SA_INBOUND).installed(&gate);
        let wire = frame(&unhex(&vector.packet));
        let first = gate.receive(0, conn, &wire, 5.0);
        let expected: Vec<Vec<u8>> = vector.inner.iter().map(|inner| unhex(inner)).collect();
        assert_eq!(first.inner, expected, "{}", vector.name);
        assert_eq!(
            first.fresh, 1,
            "{}: it is valid, whatever it carries",
            vector.name
        );
        assert_eq!(core::peer_path(1), conn, "{}", vector.name);
        let again = gate.receive(0, conn, &wire, 6.0);
        assert_eq!((again.inner.len(), again.fresh), (0, 0), "{}", vector.name);
        assert_eq!(gate.counter(0, Status::SeqReplayed), 1, "{}", vector.name);
    }
}

#[test]
fn a_changed_bit_anywhere_is_refused() {
    for vector in esp() {
        let packet = unhex(&vector.packet);
        let gate = Gate::new();
        let conn = gate.open(0, 7);
        sa_of(&vector, SA_INBOUND).installed(&gate);
        for i in (4..packet.len()).step_by(5) {
            let mut changed = packet.clone();
            changed[i] ^= 0x10;
            let outcome = gate.receive(0, conn, &frame(&changed), 5.0);
            assert_eq!(outcome.fresh, 0, "{}: octet {i}", vector.name);
            gate.set_u32(gate.row(conn, "ROW_SCORE"), 0);
        }
        let outcome = gate.receive(0, conn, &frame(&packet), 5.0);
        assert_eq!(
            outcome.fresh, 1,
            "{}: the window had not moved",
            vector.name
        );
    }
}

/// Vectors without dummy packets, TFC padding and faults: a sender of ours makes those octets.
#[test]
fn the_core_seals_the_same_octets() {
    let mut sealed = 0;
    for vector in esp() {
        let packet = unhex(&vector.packet);
        let Some(inner) = vector.inner.as_ref().filter(|&i| *i == vector.payload) else {
            continue;
        };
        let gate = Gate::new();
        let conn = gate.open(0, 7);
        let out = sa_of(&vector, SA_OUTBOUND);
        // The peer's own packets give it a path.
        let path = Sa {
            spi: out.spi ^ 1,
            ..Sa::inbound(0)
        };
        path.installed(&gate);
        out.installed(&gate);
        gate.receive(0, conn, &frame(&path.seal(1, &unhex(inner))), 1.0);
        gate.slots(0, &[unhex(inner)]);
        assert_eq!(
            gate.transmit(0, 2.0),
            [(conn, frame(&packet))],
            "{}",
            vector.name
        );
        sealed += 1;
    }
    assert_eq!(sealed, 9);
}

#[test]
fn the_golden_stream_has_its_events() {
    let stream = unhex(concat!(
        "494b45544350",
        "002200000000010203040506070800000000000000002120220800000000",
        "0000001c",
        "0003ff",
        "0002",
        "000a1122334400000001",
    ));
    let gate = Gate::ending(RELAY);
    let conn = gate.open(0, 7);
    gate.feed(0, conn, &stream);
    core::rx_skip(0, conn, 6);
    let outcome = gate.serve(0, conn, 1.0);
    assert_eq!(
        outcome.upstream,
        [stream[8..40].to_vec()],
        "marker and message"
    );
    assert_eq!((outcome.close, outcome.inner.len()), (None, 0));
    assert_eq!(gate.frames(0, INBOUND, KIND_IKE), 1);
    assert_eq!(gate.frames(0, INBOUND, KIND_KEEPALIVE), 1);
    assert_eq!(gate.frames(0, INBOUND, KIND_EMPTY), 1);
    assert_eq!(gate.frames(0, INBOUND, KIND_ESP), 1);
    assert_eq!(
        gate.counters(0),
        [(Status::EspShort, 1), (Status::Accepted, 1)]
    );
    let end = gate.receive(0, conn, &[0, 0], 2.0);
    assert_eq!(end.close, Some(Status::FrameLengthInvalid as u32));
}
