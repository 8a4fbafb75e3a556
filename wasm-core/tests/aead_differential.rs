//! Both engines against RustCrypto, at the lengths where their code changes course and at random
//! ones.

#[allow(dead_code, reason = "each suite uses a part of it")]
mod aead_support;

use aead_support::{ENGINES, Engine, Header, Sealed, filler};
use aes_gcm::aead::consts::{U12, U16};
use aes_gcm::aead::{AeadInOut, KeyInit, array::Array};
use aes_gcm::{AesGcm, aes::Aes192};
use culvert_core::aead::{Algorithm, Sealing, kinds};
use proptest::collection::vec;
use proptest::prelude::*;

/// Around a block, the head and the groups of either kernel, a counter segment, and the largest
/// packets.
const LENGTHS: [usize; 44] = [
    0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 95, 96, 97, 111, 112, 113, 127, 128, 129, 223, 224,
    225, 255, 256, 257, 1400, 4047, 4048, 4049, 4063, 4064, 4065, 4079, 4080, 4081, 4096, 4097,
    4191, 4192, 4193, 8161, 9000, 65_498,
];

#[derive(Debug)]
struct Message {
    kind: (Algorithm, usize),
    key: [u8; 32],
    header: Header,
    source: Vec<u8>,
}

impl Message {
    fn key(&self) -> &[u8] {
        &self.key[..self.kind.1]
    }
}

fn rust_crypto(message: &Message) -> Sealed {
    match message.kind {
        (Algorithm::AesGcm16, 16) => run::<aes_gcm::Aes128Gcm>(message),
        (Algorithm::AesGcm16, 24) => run::<AesGcm<Aes192, U12>>(message),
        (Algorithm::AesGcm16, _) => run::<aes_gcm::Aes256Gcm>(message),
        (Algorithm::ChaCha20Poly1305, _) => run::<chacha20poly1305::ChaCha20Poly1305>(message),
    }
}

fn run<C: KeyInit + AeadInOut<NonceSize = U12, TagSize = U16>>(message: &Message) -> Sealed {
    let Header { nonce, aad } = &message.header;
    let mut data = message.source.clone();
    let cipher = C::new_from_slice(message.key()).unwrap();
    let nonce = Array::from(*nonce);
    let tag = cipher
        .encrypt_inout_detached(&nonce, aad, data.as_mut_slice().into())
        .unwrap();
    Sealed {
        data,
        tag: tag.into(),
    }
}

fn check(engine: &Engine, message: &Message) {
    let Message {
        kind,
        header,
        source,
        ..
    } = message;
    let context = engine.context(kind.0, message.key());
    let mut made = engine.seal(&context, header, source);
    assert!(
        made == rust_crypto(message),
        "{} seals {} octets",
        engine.name,
        source.len()
    );
    let opened = engine.open(&context, header, &made);
    assert!(
        opened.as_ref() == Some(source),
        "{} opens {}",
        engine.name,
        source.len()
    );
    made.tag[15] ^= 0x80;
    assert_eq!(engine.open(&context, header, &made), None);
}

#[test]
fn engines_equal_rust_crypto_at_every_boundary() {
    for engine in ENGINES {
        for kind in kinds() {
            for len in LENGTHS {
                for aad_len in [0, 8, 12] {
                    // Truncated on purpose: any octets will do.
                    let key = core::array::from_fn(|n| (n * 7 + len) as u8);
                    let nonce = core::array::from_fn(|n| (n * 31 + len) as u8);
                    let header = Header {
                        nonce,
                        aad: filler(aad_len),
                    };
                    check(
                        &engine,
                        &Message {
                            kind,
                            key,
                            header,
                            source: filler(len),
                        },
                    );
                }
            }
        }
    }
}

prop_compose! {
    fn messages()(
        kind in prop::sample::select(kinds().collect::<Vec<_>>()),
        key: [u8; 32],
        nonce: [u8; 12],
        aad_len in prop::sample::select(vec![0usize, 8, 12]),
        aad: [u8; 12],
        source in vec(any::<u8>(), 0..2200),
    ) -> Message {
        Message { kind, key, header: Header { nonce, aad: aad[..aad_len].to_vec() }, source }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn engines_equal_rust_crypto_on_random_messages(message in messages()) {
        for engine in ENGINES {
            check(&engine, &message);
        }
    }

    #[test]
    fn alignment_does_not_matter(message in messages(), from in 0usize..16, to in 0usize..16) {
        let expected = rust_crypto(&message);
        let len = message.source.len();
        let mut source = vec![0xaa; from];
        source.extend(&message.source);
        for engine in ENGINES {
            let context = engine.context(message.kind.0, message.key());
            let mut area = vec![0x55; to + len + 16];
            let mut tag = [0; 16];
            let sealing = Sealing {
                aad: &message.header.aad,
                source: &source[from..],
                sealed: &mut area[to..to + len],
                tag: &mut tag,
            };
            (engine.seal)(&context, &message.header.nonce, sealing);
            prop_assert_eq!(&area[to..to + len], &expected.data);
            prop_assert_eq!(tag, expected.tag);
            prop_assert!(area[..to].iter().chain(&area[to + len..]).all(|octet| *octet == 0x55));
            let Header { nonce, aad } = &message.header;
            prop_assert!((engine.open)(&context, nonce, aad, &mut area[to..to + len], &tag));
            prop_assert_eq!(&area[to..to + len], &message.source);
        }
    }
}
