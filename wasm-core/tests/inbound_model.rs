//! Inbound ESP against a plain model: authentic packets with any plaintext, packets that were
//! changed on their way, numbers around every edge of the window, and other frames, some at a time.
//! Delivered packets, counters and the end of the connection must be those of the model, octet by
//! octet.

mod support;

use proptest::prelude::*;
use support::esp::Plain;
use support::inbound_model::{Beside, Model, sas};
use support::packet;

/// Content of one frame.
#[derive(Clone, Debug)]
enum Offer {
    /// A packet sealed under an SA's key, with a number near its top, and perhaps changed after
    /// that.
    Sealed {
        sa: usize,
        number: Number,
        payload: Payload,
        trailer: Trailer,
        change: Option<(prop::sample::Index, u8)>,
    },
    /// A packet of before, as it was.
    Again(prop::sample::Index),
    /// Any octets.
    Raw(Vec<u8>),
}

/// A sequence number, from the highest that the model has authenticated.
#[derive(Clone, Copy, Debug)]
enum Number {
    Near(i64),
    /// Whole rounds of the low half away.
    Rounds(i64, i64),
}

#[derive(Clone, Debug)]
enum Payload {
    /// An IPv4 packet: last octets of source and destination network, octets, change of its length
    /// field, TFC padding.
    V4(u8, u8, usize, i16, usize),
    /// An IPv6 packet: last octet of the source's prefix, octets, TFC padding.
    V6(u8, usize, usize),
    Raw(Vec<u8>),
}

#[derive(Clone, Debug)]
enum Trailer {
    /// Padding as the RFC has it, `4 * n` octets more of it than needed.
    Right(usize, u8),
    /// Any octets.
    Raw(Vec<u8>),
    /// A pad length of `u8` behind padding of this many octets.
    Wrong(usize, u8, u8),
}

fn offer() -> impl Strategy<Value = Offer> {
    let change = prop_oneof![
        6 => Just(None),
        1 => (any::<prop::sample::Index>(), 1_u8..=255).prop_map(Some),
    ];
    prop_oneof![
        12 => (0..3_usize, number(), payload(), trailer(), change).prop_map(
            |(sa, number, payload, trailer, change)| Offer::Sealed { sa, number, payload, trailer, change }
        ),
        2 => any::<prop::sample::Index>().prop_map(Offer::Again),
        1 => prop::collection::vec(prop_oneof![Just(0), Just(0xff), any::<u8>()], 0..80).prop_map(Offer::Raw),
    ]
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![
        6 => (1_i64..4).prop_map(Number::Near),
        3 => (-70_i64..70).prop_map(Number::Near),
        1 => prop::sample::select(vec![-64_i64, -63, -1024, -1023, -4096, -4095, 4096, 1 << 31, (1 << 32) - 1])
            .prop_map(Number::Near),
        1 => (-2_i64..3, -70_i64..70).prop_map(|(rounds, near)| Number::Rounds(rounds, near)),
    ]
}

fn payload() -> impl Strategy<Value = Payload> {
    let tfc = prop_oneof![3 => Just(0_usize), 1 => 1_usize..300];
    let lie = prop_oneof![6 => Just(0_i16), 1 => -30_i16..30];
    prop_oneof![
        6 => (0_u8..3, 0_u8..3, 20_usize..200, lie, tfc.clone())
            .prop_map(|(from, to, len, lie, tfc)| Payload::V4(from, to, len, lie, tfc)),
        2 => (0_u8..3, 40_usize..200, tfc).prop_map(|(from, len, tfc)| Payload::V6(from, len, tfc)),
        1 => prop::collection::vec(prop_oneof![Just(0x45), Just(0x60), any::<u8>()], 0..80)
            .prop_map(Payload::Raw),
    ]
}

fn trailer() -> impl Strategy<Value = Trailer> {
    let next_header = prop_oneof![6 => Just(4_u8), 2 => Just(41), 1 => Just(59), 1 => any::<u8>()];
    prop_oneof![
        8 => (0_usize..4, next_header.clone()).prop_map(|(more, next)| Trailer::Right(more, next)),
        1 => (Just(63_usize), next_header.clone()).prop_map(|(more, next)| Trailer::Right(more, next)),
        1 => (0_usize..9, any::<u8>(), next_header).prop_map(|(len, pad, next)| Trailer::Wrong(len, pad, next)),
        1 => prop::collection::vec(any::<u8>(), 0..12).prop_map(Trailer::Raw),
    ]
}

fn compose_payload(payload: &Payload) -> Vec<u8> {
    match *payload {
        Payload::V4(from, to, len, lie, tfc) => {
            let mut inner = packet::v4([10, 0, from, 2], [10, 1, to, 9], len, from);
            let said = (len as u16).wrapping_add_signed(lie);
            inner[2..4].copy_from_slice(&said.to_be_bytes());
            inner.resize(len + tfc, 0);
            inner
        }
        Payload::V6(from, len, tfc) => {
            let mut source = [0xfd; 16];
            source[7] = from;
            let mut inner = packet::v6(source, [0xfd; 16], len);
            inner.resize(len + tfc, 0);
            inner
        }
        Payload::Raw(ref octets) => octets.clone(),
    }
}

fn compose_trailer(trailer: &Trailer, payload_len: usize) -> Vec<u8> {
    match *trailer {
        Trailer::Right(more, next_header) => {
            let least = (4 - (payload_len + 2) % 4) % 4;
            let pad_len = (least + 4 * more).min(255) as u8;
            (1..=pad_len).chain([pad_len, next_header]).collect()
        }
        Trailer::Wrong(len, pad_len, next_header) => {
            let padding = (1..=len as u8).collect::<Vec<_>>();
            [&padding[..], &[pad_len, next_header]].concat()
        }
        Trailer::Raw(ref octets) => octets.clone(),
    }
}

/// The frame's payload, given where the model's SAs are.
fn compose(offer: &Offer, model: &Model, before: &[Vec<u8>]) -> Vec<u8> {
    match offer {
        Offer::Raw(octets) => octets.clone(),
        Offer::Again(index) if before.is_empty() => vec![0xff; 1 + index.index(2)],
        Offer::Again(index) => index.get(before).clone(),
        Offer::Sealed {
            sa,
            number,
            payload,
            trailer,
            change,
        } => {
            let known = &model.sas[*sa];
            let offset = match *number {
                Number::Near(offset) => offset,
                Number::Rounds(rounds, offset) => rounds * (1 << 32) + offset,
            };
            let last = if known.sa.esn {
                1 << 62
            } else {
                u64::from(u32::MAX)
            };
            let seq = known.top.saturating_add_signed(offset).min(last);
            let payload = compose_payload(payload);
            let trailer = compose_trailer(trailer, payload.len());
            let mut packet = known.sa.seal_plain(&Plain {
                seq,
                payload: &payload,
                trailer: Some(&trailer),
                next_header: 0,
            });
            if let Some((index, bits)) = change {
                let at = index.index(packet.len());
                packet[at] ^= bits;
            }
            packet
        }
    }
}

proptest! {
    #![proptest_config(support::cases(128))]

    #[test]
    fn lengths_and_fates_are_those_of_the_model(
        window in prop::sample::select(vec![32_u32, 64, 100, 1024, 4096]),
        initial in prop_oneof![3 => Just(0_u64), 1 => 1_u64..5000],
        esn_initial in prop_oneof![
            2 => Just(0_u64),
            2 => (0_u64..3, -200_i64..200)
                .prop_map(|(high, near)| (high << 32).saturating_add_signed(near)),
        ],
        feeds in prop::collection::vec(prop::collection::vec(offer(), 1..12), 1..12),
    ) {
        let mut beside = Beside::new(sas(window, initial, esn_initial));
        let mut before = Vec::new();
        for feed in &feeds {
            let model = &beside.model;
            let payloads: Vec<_> = feed.iter().map(|offer| compose(offer, model, &before)).collect();
            beside.offer(&payloads);
            before.extend(payloads);
        }
    }
}
