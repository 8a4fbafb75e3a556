//! The library against the core's `soft` engine, which is the specification, with random packets,
//! batches and places.

mod support;

use culvert_core::aead::{Context, Sealing, soft};
use proptest::collection::vec;
use proptest::prelude::*;
use support::{Algorithm, BLOCK, Packet, ROOM, Shared, filler, kinds};

/// Lengths around the blocks and groups of the kernels, and the longest packets.
const LENGTHS: [usize; 24] = [
    0, 1, 15, 16, 17, 63, 64, 65, 95, 96, 97, 127, 128, 129, 191, 192, 193, 255, 256, 257, 511,
    1400, 9000, 65_498,
];

fn packet_at(sa: u32, at: u32, len: usize, seed: u8) -> Packet {
    let aad_len = if seed & 1 == 0 { 8 } else { 12 };
    let mut aad = vec![seed; aad_len];
    aad[..4].copy_from_slice(&spi_of(sa).to_be_bytes());
    let len = len as u32;
    let data = at + len + 64;
    Packet {
        sa,
        nonce: core::array::from_fn(|i| seed.wrapping_mul(31).wrapping_add(i as u8)),
        aad,
        source: at,
        data,
        len,
        tag: data + len,
    }
}

fn spi_of(sa: u32) -> u32 {
    0xc0ff_ee00 + sa
}

fn key_of(sa: u32) -> [u8; 32] {
    core::array::from_fn(|i| (i as u8).wrapping_mul(7).wrapping_add(sa as u8))
}

fn kind_of(sa: u32) -> (Algorithm, usize) {
    let kinds = kinds();
    kinds[sa as usize % kinds.len()]
}

/// Ciphertext and ICV according to the specification.
fn soft_seal(packet: &Packet, source: &[u8]) -> (Vec<u8>, [u8; 16]) {
    let (algorithm, key_len) = kind_of(packet.sa);
    let mut context = Context::empty();
    assert!(soft::install(
        &mut context,
        algorithm,
        &key_of(packet.sa)[..key_len]
    ));
    let (mut sealed, mut tag) = (vec![0; source.len()], [0; 16]);
    let sealing = Sealing {
        aad: &packet.aad,
        source,
        sealed: &mut sealed,
        tag: &mut tag,
    };
    soft::seal(&context, &packet.nonce, sealing);
    (sealed, tag)
}

fn install_all(shared: &Shared, sas: core::ops::RangeInclusive<u32>) {
    for sa in sas {
        let (algorithm, key_len) = kind_of(sa);
        assert!(shared.install(sa, spi_of(sa), algorithm, &key_of(sa)[..key_len]));
    }
}

/// Seals a batch, compares it and opens it. Then it opens the batch again with one wrong ICV.
fn check(shared: &Shared, packets: &[Packet]) {
    for packet in packets {
        shared.write(packet.source, &filler(packet.len as usize));
    }
    shared.set_jobs(BLOCK, packets);
    assert!(shared.seal(BLOCK));
    for packet in packets {
        let (sealed, tag) = soft_seal(packet, &filler(packet.len as usize));
        let made = shared.read(packet.data, packet.len as usize);
        assert!(made == sealed, "sealed: {packet:?}");
        assert_eq!(shared.read(packet.tag, 16), tag, "{packet:?}");
    }
    let forged = packets.len() / 2;
    let mut tag = shared.read(packets[forged].tag, 16);
    tag[15] ^= 0x80;
    shared.write(packets[forged].tag, &tag);
    assert!(shared.open(BLOCK));
    let results = shared.results(BLOCK, packets.len());
    for (i, packet) in packets.iter().enumerate() {
        let opened = shared.read(packet.data, packet.len as usize);
        assert_eq!(results[i], u32::from(i != forged), "{packet:?}");
        let expected = match i == forged {
            true => vec![0; opened.len()],
            false => filler(opened.len()),
        };
        assert!(opened == expected, "opened: {packet:?}");
    }
}

#[test]
fn library_equals_soft_at_every_boundary() {
    let shared = Shared::new(16);
    install_all(&shared, 1..=3);
    for len in LENGTHS {
        for sa in 1..=3 {
            for seed in [2, 5] {
                check(&shared, &[packet_at(sa, ROOM + u32::from(seed), len, seed)]);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn library_equals_soft_in_batches(
        shapes in vec((1..=6_u32, 0..2000_usize, 0..64_u32, any::<u8>()), 1..=64),
    ) {
        let shared = Shared::new(16);
        install_all(&shared, 1..=6);
        let mut at = ROOM;
        let packets: Vec<Packet> = shapes.into_iter().map(|(sa, len, gap, seed)| {
            let packet = packet_at(sa, at + gap, len, seed);
            at = packet.tag + 16;
            packet
        }).collect();
        check(&shared, &packets);
    }
}
