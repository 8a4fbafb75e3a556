//! Wycheproof (C2SP/wycheproof dac1dd4729, testvectors_v1): AES-GCM and ChaCha20-Poly1305 with
//! 96-bit nonces.
//!
//! ESP has no other nonce, so groups of other sizes are skipped, and counted, so that a change of
//! the file shows.

#[allow(dead_code, reason = "each suite uses a part of it")]
mod aead_support;

use aead_support::{ENGINES, Header, Sealed};
use culvert_core::aead::Algorithm;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Suite {
    number_of_tests: usize,
    test_groups: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    iv_size: usize,
    tag_size: usize,
    tests: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    tc_id: u32,
    key: String,
    iv: String,
    aad: String,
    msg: String,
    ct: String,
    tag: String,
    result: String,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    valid: usize,
    invalid: usize,
    other_nonce: usize,
}

#[test]
fn aes_gcm_answers_every_case_with_96_bit_nonce() {
    let tally = run(
        Algorithm::AesGcm16,
        include_str!("vectors/aes_gcm_test.json"),
    );
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
    let tally = run(
        Algorithm::ChaCha20Poly1305,
        include_str!("vectors/chacha20_poly1305_test.json"),
    );
    assert_eq!(
        tally,
        Tally {
            valid: 256,
            invalid: 60,
            other_nonce: 9
        }
    );
}

fn run(algorithm: Algorithm, json: &str) -> Tally {
    let suite: Suite = serde_json::from_str(json).unwrap();
    let mut tally = Tally::default();
    for group in &suite.test_groups {
        for case in &group.tests {
            if group.iv_size != 96 {
                tally.other_nonce += 1;
                continue;
            }
            assert_eq!(group.tag_size, 128);
            match case.result.as_str() {
                "valid" => tally.valid += 1,
                "invalid" => tally.invalid += 1,
                other => panic!("case {}: result {other}", case.tc_id),
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
    let octets = |text: &str| hex::decode(text).unwrap();
    let header = Header {
        nonce: octets(&case.iv).try_into().unwrap(),
        aad: octets(&case.aad),
    };
    let sealed = Sealed {
        data: octets(&case.ct),
        tag: octets(&case.tag).try_into().unwrap(),
    };
    let message = octets(&case.msg);
    for engine in ENGINES {
        let context = engine.context(algorithm, &octets(&case.key));
        let opened = engine.open(&context, &header, &sealed);
        if case.result == "valid" {
            assert_eq!(
                opened.as_ref(),
                Some(&message),
                "{} {}",
                engine.name,
                case.tc_id
            );
            let made = engine.seal(&context, &header, &message);
            assert_eq!(made, sealed, "{} {}", engine.name, case.tc_id);
        } else {
            assert_eq!(opened, None, "{} {}", engine.name, case.tc_id);
        }
    }
}
