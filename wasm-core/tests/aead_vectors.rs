//! Published and derived packets at the AEAD layer: each entry of the file names its source.
//!
//! Tags of 8 and 12 octets are compared as far as they go; only 16 octets can be opened.

#[allow(dead_code, reason = "each suite uses a part of it")]
mod aead_support;

use aead_support::{ENGINES, Engine, Header, Sealed};
use culvert_core::aead::Algorithm;
use serde::Deserialize;

#[derive(Deserialize)]
struct Vector {
    name: String,
    algorithm: String,
    key: String,
    nonce: String,
    aad: String,
    plaintext: String,
    sealed: String,
    tag: String,
}

#[test]
fn every_packet_seals_and_opens_as_published() {
    let vectors: Vec<Vector> =
        serde_json::from_str(include_str!("vectors/aead_packets.json")).unwrap();
    assert_eq!(vectors.len(), 41);
    for vector in &vectors {
        for engine in ENGINES {
            check(&engine, vector);
        }
    }
}

fn check(engine: &Engine, vector: &Vector) {
    let octets = |text: &str| hex::decode(text).unwrap();
    let algorithm = match vector.algorithm.as_str() {
        "AES-GCM" => Algorithm::AesGcm16,
        "ChaCha20-Poly1305" => Algorithm::ChaCha20Poly1305,
        other => panic!("{}: algorithm {other}", vector.name),
    };
    let header = Header {
        nonce: octets(&vector.nonce).try_into().unwrap(),
        aad: octets(&vector.aad),
    };
    let (plaintext, tag) = (octets(&vector.plaintext), octets(&vector.tag));
    let context = engine.context(algorithm, &octets(&vector.key));
    let made = engine.seal(&context, &header, &plaintext);
    assert_eq!(
        hex::encode(&made.data),
        vector.sealed,
        "{} {}",
        engine.name,
        vector.name
    );
    assert_eq!(
        made.tag[..tag.len()],
        tag,
        "{} {}",
        engine.name,
        vector.name
    );
    assert_eq!(
        engine.open(&context, &header, &made),
        Some(plaintext),
        "{}",
        vector.name
    );
    for bad in spoilt(&header, &made) {
        assert_eq!(
            engine.open(&context, &bad.0, &bad.1),
            None,
            "{} {}",
            engine.name,
            vector.name
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
