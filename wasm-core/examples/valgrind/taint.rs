//! Keys and data are marked undefined, so that memcheck reports each branch and each address that depends on them.

use culvert_core::aead::{Algorithm, Context, Sealing};

use crate::request::{errors, hide, publish};
use crate::work::{AAD, CIPHERS, Engine, KERNELS, NONCE, SOFT};

const LENS: [usize; 8] = [0, 1, 16, 63, 64, 65, 256, 1400];

/// Runs the portable engine. Memcheck may report one branch for each open, on whether the tag was right.
pub fn check() {
    for cipher in CIPHERS {
        for len in LENS {
            assert_eq!(
                check_packet(&SOFT, cipher, len),
                [0, 0, 1],
                "{cipher:?}, {len} octets"
            );
        }
    }
}

/// Runs what looks secrets up in tables. Memcheck must report it.
pub fn check_table() {
    let [install, seal, open] = check_packet(&KERNELS, CIPHERS[0], 64);
    assert!(
        install > 0 && seal > 0 && open > 1,
        "a table by a secret is not reported"
    );
}

/// Compares tags until they differ. Memcheck must report more than one branch.
pub fn check_early_exit() {
    let tags = [[3; 16], [3; 16]];
    hide(&tags[0]);
    let before = errors();
    let is_equal = tags[0]
        .iter()
        .zip(&tags[1])
        .all(|(a, b)| std::hint::black_box(a) == b);
    publish(&[u8::from(is_equal)]);
    assert!(
        errors() - before > 1,
        "a comparison that ends early is not reported"
    );
}

/// Errors of install, seal and open.
fn check_packet(engine: &Engine, (_, algorithm, key_len): Cipher, len: usize) -> [usize; 3] {
    let (key, plaintext) = (vec![5; key_len], vec![6; len]);
    hide(&key);
    hide(&plaintext);
    let mut context = Context::empty();
    let start = errors();
    assert!((engine.install)(&mut context, algorithm, &key));
    let installed = errors();
    let mut data = vec![0; len];
    let mut tag = [0; 16];
    let sealing = Sealing {
        aad: &AAD,
        source: &plaintext,
        sealed: &mut data,
        tag: &mut tag,
    };
    (engine.seal)(&context, &NONCE, sealing);
    let sealed = errors();
    // Ciphertext and tag were public on the wire; they stay secret here, which asks for more.
    let is_authentic = (engine.open)(&context, &NONCE, &AAD, &mut data, &tag);
    let opened = errors();
    publish(&data);
    publish(&plaintext);
    publish(&[u8::from(is_authentic)]);
    assert!(is_authentic && data == plaintext);
    [installed - start, sealed - installed, opened - sealed]
}

type Cipher = (&'static str, Algorithm, usize);
