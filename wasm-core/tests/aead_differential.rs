//! Both engines against RustCrypto and against each other, at the lengths where their code changes course.

#[allow(dead_code, reason = "each suite uses a part of it")]
mod aead_support;

use aead_support::{ENGINES, Engine, filler};
use aes_gcm::aead::consts::{U12, U16};
use aes_gcm::aead::{AeadInOut, KeyInit, array::Array};
use aes_gcm::{AesGcm, aes::Aes192};
use culvert_core::aead::Algorithm;

/// Around a block, a group of either kernel, a counter segment, and the largest packets.
const LENGTHS: [usize; 32] = [
    0, 1, 15, 16, 17, 31, 32, 63, 64, 65, 111, 112, 113, 127, 128, 129, 255, 256, 257, 1400, 4047,
    4048, 4063, 4064, 4065, 4079, 4080, 4081, 4096, 4097, 9000, 65_498,
];

/// Algorithm and key length.
const KINDS: [(Algorithm, usize); 4] = [
    (Algorithm::AesGcm16, 16),
    (Algorithm::AesGcm16, 24),
    (Algorithm::AesGcm16, 32),
    (Algorithm::ChaCha20Poly1305, 32),
];

struct Message {
    kind: (Algorithm, usize),
    key: [u8; 32],
    nonce: [u8; 12],
    aad: Vec<u8>,
    source: Vec<u8>,
}

impl Message {
    fn key(&self) -> &[u8] {
        &self.key[..self.kind.1]
    }
}

fn rust_crypto(message: &Message) -> (Vec<u8>, [u8; 16]) {
    fn run<C: KeyInit + AeadInOut<NonceSize = U12, TagSize = U16>>(
        message: &Message,
    ) -> (Vec<u8>, [u8; 16]) {
        let mut data = message.source.clone();
        let cipher = C::new_from_slice(message.key()).unwrap();
        let nonce = Array::from(message.nonce);
        let tag = cipher
            .encrypt_inout_detached(&nonce, &message.aad, data.as_mut_slice().into())
            .unwrap();
        (data, tag.into())
    }
    match message.kind {
        (Algorithm::AesGcm16, 16) => run::<aes_gcm::Aes128Gcm>(message),
        (Algorithm::AesGcm16, 24) => run::<AesGcm<Aes192, U12>>(message),
        (Algorithm::AesGcm16, _) => run::<aes_gcm::Aes256Gcm>(message),
        (Algorithm::ChaCha20Poly1305, _) => run::<chacha20poly1305::ChaCha20Poly1305>(message),
    }
}

fn check(engine: &Engine, message: &Message) {
    let context = engine.context(message.kind.0, message.key());
    let expected = rust_crypto(message);
    let made = engine.seal_to_vec(&context, &message.nonce, &message.aad, &message.source);
    assert!(
        made == expected,
        "{} seals {} octets",
        engine.name,
        message.source.len()
    );
    let (sealed, mut tag) = made;
    let opened = engine.open_to_vec(&context, &message.nonce, &message.aad, &sealed, &tag);
    assert!(
        opened.as_ref() == Some(&message.source),
        "{} opens {}",
        engine.name,
        sealed.len()
    );
    tag[15] ^= 0x80;
    assert_eq!(
        engine.open_to_vec(&context, &message.nonce, &message.aad, &sealed, &tag),
        None
    );
}

#[test]
fn engines_equal_rust_crypto_at_every_boundary() {
    for engine in ENGINES {
        for kind in KINDS {
            for len in LENGTHS {
                for aad_len in [0, 8, 12] {
                    let key = core::array::from_fn(|n| (n * 7 + len) as u8);
                    let nonce = core::array::from_fn(|n| (n * 31 + len) as u8);
                    let message = Message {
                        kind,
                        key,
                        nonce,
                        aad: filler(aad_len),
                        source: filler(len),
                    };
                    check(&engine, &message);
                }
            }
        }
    }
}
