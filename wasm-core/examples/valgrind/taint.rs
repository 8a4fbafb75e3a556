//! Keys, salts, data and tags are marked undefined. So memcheck reports each branch and each
//! address that depends on them.

use culvert_core::aead::{Algorithm, Context, OpenJob, SALT_LEN, SealJob, Sealing, kinds};

use crate::request::{errors, hide, publish};
use crate::work::{AAD, Engine, KERNELS, NONCE, SOFT};

const LENS: [usize; 8] = [0, 1, 16, 63, 64, 65, 256, 1400];

/// Octets of the AAD without ESN and with it.
const AAD_LENS: [usize; 2] = [8, 12];

/// Runs the portable engine. Memcheck may report one branch for each open, on whether the tag was
/// right.
pub fn check() {
    for cipher in kinds() {
        for aad_len in AAD_LENS {
            for len in LENS {
                let found = check_packet(&SOFT, cipher, (len, aad_len));
                let quiet = Found {
                    install: 0,
                    seal: 0,
                    open: 1,
                    refuse: 1,
                };
                assert_eq!(found, quiet, "{cipher:?}, {len} octets, AAD {aad_len}");
            }
        }
        let found = check_batch(&SOFT, cipher);
        assert_eq!(found, (0, LENS.len()), "{cipher:?}, a batch");
    }
}

/// Looks secrets up in tables. Memcheck must report it.
pub fn check_table() {
    let cipher = kinds().next().expect("an AEAD");
    let found = check_packet(&KERNELS, cipher, (64, 12));
    assert!(
        found.install > 0 && found.seal > 0 && found.open > 1 && found.refuse > 1,
        "a table by a secret is not reported"
    );
    let (sealed, opened) = check_batch(&KERNELS, cipher);
    assert!(
        sealed > 0 && opened > LENS.len(),
        "a table by a secret is not reported in a batch"
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

/// Errors of each operation.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    install: usize,
    seal: usize,
    open: usize,
    /// An open with a wrong tag.
    refuse: usize,
}

/// A context whose key is secret, and a nonce whose salt is.
fn hidden_keys((algorithm, key_len): Cipher, engine: &Engine) -> (Context, [u8; 12]) {
    let (key, nonce) = (vec![5; key_len], NONCE);
    hide(&key);
    hide(&nonce[..SALT_LEN]);
    let mut context = Context::empty();
    assert!((engine.install)(&mut context, algorithm, &key));
    (context, nonce)
}

fn check_packet(engine: &Engine, cipher: Cipher, (len, aad_len): (usize, usize)) -> Found {
    let start = errors();
    let (context, nonce) = hidden_keys(cipher, engine);
    let installed = errors();
    let (aad, plaintext) = (&AAD[..aad_len], vec![6; len]);
    hide(&plaintext);
    let mut data = vec![0; len];
    let mut tag = [0; 16];
    let sealing = Sealing {
        aad,
        source: &plaintext,
        sealed: &mut data,
        tag: &mut tag,
    };
    (engine.seal)(&context, &nonce, sealing);
    let sealed = errors();
    // Ciphertext and tag were public on the wire. They stay secret here, which asks for more.
    let mut forged = tag;
    forged[len % 16] ^= 1;
    let is_forged_authentic = (engine.open)(&context, &nonce, aad, &mut data, &forged);
    let refused = errors();
    let is_authentic = (engine.open)(&context, &nonce, aad, &mut data, &tag);
    let opened = errors();
    for secret in [&data, &plaintext] {
        publish(secret);
    }
    publish(&[u8::from(is_authentic), u8::from(is_forged_authentic)]);
    assert!(is_authentic && !is_forged_authentic && data == plaintext);
    Found {
        install: installed - start,
        seal: sealed - installed,
        refuse: refused - sealed,
        open: opened - refused,
    }
}

/// Memcheck's errors for sealing a batch of all lengths, with both lengths of the AAD, and for
/// opening it with every third tag forged.
fn check_batch(engine: &Engine, cipher: Cipher) -> (usize, usize) {
    let (context, nonce) = hidden_keys(cipher, engine);
    let plaintexts = LENS.map(|len| vec![6; len]);
    for plaintext in &plaintexts {
        hide(plaintext);
    }
    let mut sealed = LENS.map(|len| (vec![0; len], [0; 16]));
    let start = errors();
    let places = plaintexts.iter().zip(&mut sealed).enumerate();
    let mut jobs: Vec<SealJob<'_>> = places
        .map(|(n, (source, (sealed, tag)))| SealJob {
            context: &context,
            nonce,
            aad: AAD,
            aad_len: AAD_LENS[n % 2],
            source,
            sealed,
            tag,
        })
        .collect();
    (engine.seal_batch)(&mut jobs);
    let after_seal = errors();
    let mut jobs: Vec<OpenJob<'_>> = sealed
        .iter_mut()
        .enumerate()
        .map(|(n, (data, tag))| {
            tag[n] ^= u8::from(n % 3 == 0);
            OpenJob {
                context: &context,
                nonce,
                aad: AAD,
                aad_len: AAD_LENS[n % 2],
                data,
                tag: *tag,
                ok: false,
            }
        })
        .collect();
    (engine.open_batch)(&mut jobs);
    let after_open = errors();
    for (n, job) in jobs.iter().enumerate() {
        assert_eq!(job.ok, n % 3 != 0, "packet {n}");
    }
    (after_seal - start, after_open - after_seal)
}

type Cipher = (Algorithm, usize);
