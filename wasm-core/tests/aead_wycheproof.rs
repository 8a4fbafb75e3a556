//! Wycheproof's AES-GCM and ChaCha20-Poly1305 with 96-bit nonces.
//!
//! ESP has no other nonce, so groups of other sizes are skipped, and counted, so that a change of
//! the file shows.

#[allow(dead_code, reason = "each suite uses a part of it")]
mod aead_support;

use aead_support::{ENGINES, Header, Sealed};
use culvert_core::aead::Algorithm;
use culvert_vectors::Case;
use culvert_vectors::wycheproof::{Suite, aes_gcm, chacha20_poly1305};

#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    valid: usize,
    invalid: usize,
    other_nonce: usize,
}

#[test]
fn aes_gcm_answers_every_case_with_96_bit_nonce() {
    let tally = run(Algorithm::AesGcm16, &aes_gcm());
    assert_eq!(
        tally,
        Tally {
            valid: 116,
            invalid: 81,
            other_nonce: 119
        }
    );
}

#[test]
fn chacha20_poly1305_answers_every_case_with_96_bit_nonce() {
    let tally = run(Algorithm::ChaCha20Poly1305, &chacha20_poly1305());
    assert_eq!(
        tally,
        Tally {
            valid: 256,
            invalid: 60,
            other_nonce: 9
        }
    );
}

fn run(algorithm: Algorithm, suite: &Suite) -> Tally {
    let mut tally = Tally::default();
    for group in &suite.groups {
        for case in &group.cases {
            if !group.is_for_esp() {
                tally.other_nonce += 1;
                continue;
            }
            assert_eq!(group.tag_size, 128);
            if case.is_valid {
                tally.valid += 1;
            } else {
                tally.invalid += 1;
            }
            check(algorithm, case);
        }
    }
    assert_eq!(
        tally.valid + tally.invalid + tally.other_nonce,
        suite.number_of_tests
    );
    tally
}

fn check(algorithm: Algorithm, case: &Case) {
    let header = Header {
        nonce: case.nonce[..].try_into().unwrap(),
        aad: case.aad.clone(),
    };
    let sealed = Sealed {
        data: case.sealed.clone(),
        tag: case.tag[..].try_into().unwrap(),
    };
    for engine in ENGINES {
        let context = engine.context(algorithm, &case.key);
        let opened = engine.open(&context, &header, &sealed);
        if case.is_valid {
            assert_eq!(
                opened.as_ref(),
                Some(&case.plaintext),
                "{} {}",
                engine.name,
                case.name
            );
            let made = engine.seal(&context, &header, &case.plaintext);
            assert_eq!(made, sealed, "{} {}", engine.name, case.name);
        } else {
            assert_eq!(opened, None, "{} {}", engine.name, case.name);
        }
    }
}
