//! The vectors of ESP and Wycheproof's through the library's exports, as batches.

mod support;

use serde::Deserialize;
use support::{Algorithm, BLOCK, Packet, ROOM, Shared};

/// One vector, whatever file it is from.
struct Case {
    name: String,
    algorithm: Algorithm,
    key: Vec<u8>,
    nonce: [u8; 12],
    aad: Vec<u8>,
    plaintext: Vec<u8>,
    sealed: Vec<u8>,
    tag: Vec<u8>,
    is_valid: bool,
}

impl Case {
    fn spi(&self) -> u32 {
        u32::from_be_bytes(self.aad[..4].try_into().expect("an SPI"))
    }
}

/// Runs a case; false if the library leaves it to the core.
fn run(case: &Case) -> bool {
    let shared = Shared::new(8);
    if !shared.install(1, case.spi(), case.algorithm, &case.key) {
        return false;
    }
    let len = case.sealed.len() as u32;
    let packet = Packet {
        sa: 1,
        nonce: case.nonce,
        aad: case.aad.clone(),
        source: ROOM,
        data: ROOM + 0x1_0003,
        len,
        tag: ROOM + 0x1_0003 + len,
    };
    shared.set_jobs(BLOCK, std::slice::from_ref(&packet));
    if case.is_valid {
        shared.write(packet.source, &case.plaintext);
        assert!(shared.seal(BLOCK), "{}", case.name);
        let made = shared.read(packet.data, len as usize);
        assert!(made == case.sealed, "{} seals", case.name);
        assert_eq!(shared.read(packet.tag, 16), case.tag, "{}", case.name);
    }
    shared.write(packet.data, &case.sealed);
    shared.write(packet.tag, &case.tag);
    assert!(shared.open(BLOCK), "{}", case.name);
    let opened = shared.read(packet.data, len as usize);
    assert_eq!(shared.results(BLOCK, 1), [u32::from(case.is_valid)]);
    assert_eq!(opened == case.plaintext, case.is_valid, "{}", case.name);
    true
}

#[derive(Deserialize)]
struct PacketVector {
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
fn the_packets_of_the_specifications_are_answered() {
    let vectors: Vec<PacketVector> = serde_json::from_str(include_str!(
        "../../wasm-core/tests/vectors/aead_packets.json"
    ))
    .expect("vectors");
    let (mut done, mut left) = (0, Vec::new());
    for vector in vectors {
        let case = Case {
            algorithm: match vector.algorithm.as_str() {
                "AES-GCM" => Algorithm::AesGcm16,
                _ => Algorithm::ChaCha20Poly1305,
            },
            key: octets(&vector.key),
            nonce: octets(&vector.nonce).try_into().expect("12 octets"),
            aad: octets(&vector.aad),
            plaintext: octets(&vector.plaintext),
            sealed: octets(&vector.sealed),
            tag: octets(&vector.tag),
            name: vector.name,
            is_valid: true,
        };
        if case.tag.len() != 16 {
            left.push((case.name, "a shorter ICV"));
        } else if !matches!(case.aad.len(), 8 | 12) {
            left.push((case.name, "not an AAD of ESP"));
        } else if case.spi() == 0 {
            left.push((case.name, "SPI 0, which no SA has"));
        } else if run(&case) {
            done += 1;
        } else {
            left.push((case.name, "not an AEAD of ring"));
        }
    }
    let count = |reason| left.iter().filter(|(_, why)| *why == reason).count();
    assert_eq!(done, 26, "{left:?}");
    assert_eq!(count("not an AEAD of ring"), 2, "{left:?}");
    assert_eq!(count("SPI 0, which no SA has"), 1, "{left:?}");
    assert_eq!(count("a shorter ICV"), 4, "{left:?}");
    assert_eq!(count("not an AAD of ESP"), 8, "{left:?}");
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Suite {
    test_groups: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    iv_size: usize,
    tests: Vec<SuiteCase>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SuiteCase {
    tc_id: u32,
    key: String,
    iv: String,
    aad: String,
    msg: String,
    ct: String,
    tag: String,
    result: String,
}

/// Cases answered, of valid and of forged packets. Only an AAD of ESP's length gets past the checks, which no forged one has: `key.rs` tests
/// those.
fn run_suite(algorithm: Algorithm, text: &str) -> (usize, usize) {
    let suite: Suite = serde_json::from_str(text).expect("a suite");
    let mut tally = (0, 0);
    let groups = suite.test_groups.iter().filter(|group| group.iv_size == 96);
    for case in groups.flat_map(|group| &group.tests) {
        let case = Case {
            name: format!("case {}", case.tc_id),
            algorithm,
            key: octets(&case.key),
            nonce: octets(&case.iv).try_into().expect("12 octets"),
            aad: octets(&case.aad),
            plaintext: octets(&case.msg),
            sealed: octets(&case.ct),
            tag: octets(&case.tag),
            is_valid: case.result == "valid",
        };
        if matches!(case.aad.len(), 8 | 12) && run(&case) {
            *(if case.is_valid {
                &mut tally.0
            } else {
                &mut tally.1
            }) += 1;
        }
    }
    tally
}

#[test]
fn wycheproof_with_an_aad_of_esp_is_answered() {
    let aes = include_str!("../../wasm-core/tests/vectors/aes_gcm_test.json");
    assert_eq!(run_suite(Algorithm::AesGcm16, aes), (3, 0));
    let chacha = include_str!("../../wasm-core/tests/vectors/chacha20_poly1305_test.json");
    assert_eq!(run_suite(Algorithm::ChaCha20Poly1305, chacha), (47, 0));
}

fn octets(hex: &str) -> Vec<u8> {
    hex::decode(hex).expect("hex")
}
