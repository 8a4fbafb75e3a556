//! Published and derived packets at the AEAD layer: each entry of the file names its source.
//!
//! Tags of 8 and 12 octets are compared as far as they go; only 16 octets can be opened.

#[allow(dead_code, reason = "each suite uses a part of it")]
mod aead_support;

use aead_support::{ENGINES, Engine, Header, Sealed};
use culvert_core::aead::Algorithm;
use culvert_vectors::packets::{self, Packet};

#[test]
fn every_packet_seals_and_opens_as_published() {
    let packets = packets::all();
    assert_eq!(packets.len(), 41);
    for packet in &packets {
        for engine in ENGINES {
            check(&engine, packet);
        }
    }
}

fn check(engine: &Engine, Packet { algorithm, case }: &Packet) {
    let algorithm = match algorithm {
        packets::Algorithm::AesGcm => Algorithm::AesGcm16,
        packets::Algorithm::ChaCha20Poly1305 => Algorithm::ChaCha20Poly1305,
    };
    let header = Header {
        nonce: case.nonce[..].try_into().unwrap(),
        aad: case.aad.clone(),
    };
    let context = engine.context(algorithm, &case.key);
    let made = engine.seal(&context, &header, &case.plaintext);
    assert_eq!(made.data, case.sealed, "{} {}", engine.name, case.name);
    assert_eq!(
        made.tag[..case.tag.len()],
        case.tag,
        "{} {}",
        engine.name,
        case.name
    );
    assert_eq!(
        engine.open(&context, &header, &made).as_ref(),
        Some(&case.plaintext),
        "{}",
        case.name
    );
    for bad in spoilt(&header, &made) {
        assert_eq!(
            engine.open(&context, &bad.0, &bad.1),
            None,
            "{} {}",
            engine.name,
            case.name
        );
    }
}

/// One bit flipped in each octet of nonce, AAD, ciphertext and tag.
fn spoilt(header: &Header, sealed: &Sealed) -> Vec<(Header, Sealed)> {
    let lens = [12, header.aad.len(), sealed.data.len(), 16];
    let mut all = Vec::new();
    for (part, len) in lens.into_iter().enumerate() {
        for at in 0..len {
            let (mut header, mut sealed) = (header.clone(), sealed.clone());
            let octet = match part {
                0 => &mut header.nonce[at],
                1 => &mut header.aad[at],
                2 => &mut sealed.data[at],
                _ => &mut sealed.tag[at],
            };
            *octet ^= 1 << (at % 8);
            all.push((header, sealed));
        }
    }
    all
}
