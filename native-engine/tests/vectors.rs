//! Runs ESP's and Wycheproof's vectors through the library's exports, as batches.

mod support;

use culvert_vectors::wycheproof::{Suite, aes_gcm, chacha20_poly1305};
use culvert_vectors::{Case, packets};
use support::{Algorithm, BLOCK, Packet, ROOM, Shared};

fn spi_of(case: &Case) -> u32 {
    u32::from_be_bytes(case.aad[..4].try_into().expect("an SPI"))
}

/// Runs a case. Returns false if the library leaves it to the core.
fn run(algorithm: Algorithm, case: &Case) -> bool {
    let shared = Shared::new(16);
    if !shared.install(1, spi_of(case), algorithm, &case.key) {
        return false;
    }
    let len = case.sealed.len() as u32;
    let packet = Packet {
        sa: 1,
        nonce: case.nonce[..].try_into().expect("12 octets"),
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

#[test]
fn the_packets_of_the_specifications_are_answered() {
    let (mut done, mut left) = (0, Vec::new());
    for packets::Packet { algorithm, case } in packets::all() {
        let algorithm = match algorithm {
            packets::Algorithm::AesGcm => Algorithm::AesGcm16,
            packets::Algorithm::ChaCha20Poly1305 => Algorithm::ChaCha20Poly1305,
        };
        if case.tag.len() != 16 {
            left.push((case.name, "a shorter ICV"));
        } else if !matches!(case.aad.len(), 8 | 12) {
            left.push((case.name, "not an AAD of ESP"));
        } else if spi_of(&case) == 0 {
            left.push((case.name, "SPI 0, which no SA has"));
        } else if run(algorithm, &case) {
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

/// Cases answered, valid and forged. Only an AAD of ESP's length passes the checks. No forged case
/// has one: `key.rs` tests those.
fn run_suite(algorithm: Algorithm, suite: &Suite) -> (usize, usize) {
    let mut tally = (0, 0);
    for case in suite.esp_cases() {
        if matches!(case.aad.len(), 8 | 12) && run(algorithm, case) {
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
    assert_eq!(run_suite(Algorithm::AesGcm16, &aes_gcm()), (3, 0));
    let chacha = chacha20_poly1305();
    assert_eq!(run_suite(Algorithm::ChaCha20Poly1305, &chacha), (47, 0));
}
