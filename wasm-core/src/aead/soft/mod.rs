//! The portable engine, which is the specification of the SIMD one.
//!
//! It is written to be read beside the standards.
//!
//! CT: keys, plaintext and every intermediate value are secret; lengths and nonces are not. No
//! secret reaches an index or a branch.

pub(super) mod aes;
mod chacha;
pub(super) mod ghash;
pub(super) mod poly1305;

use super::batch::{OpenJob, SealJob, Sealing};
use super::context::{Context, aes_rounds};
use super::ct::tag_eq;
use super::table::Algorithm;

/// See [`Context::install`].
pub fn install(context: &mut Context, algorithm: Algorithm, key: &[u8]) -> bool {
    context.wipe();
    match algorithm {
        Algorithm::AesGcm16 => install_gcm(context, key),
        Algorithm::ChaCha20Poly1305 => install_chacha(context, key),
    }
}

/// See [`Context::open`].
pub fn open(
    context: &Context,
    nonce: &[u8; 12],
    aad: &[u8],
    data: &mut [u8],
    tag: &[u8; 16],
) -> bool {
    let computed = match context.algorithm() {
        Some(Algorithm::AesGcm16) => gcm_tag(context, nonce, aad, data),
        Some(Algorithm::ChaCha20Poly1305) => chacha_tag(context, nonce, aad, data),
        None => return false,
    };
    if !tag_eq(&computed, tag) {
        return false;
    }
    apply_keystream(context, nonce, data);
    true
}

/// See [`Context::seal`].
///
/// # Panics
/// If `source` and `sealed` differ in length.
pub fn seal(context: &Context, nonce: &[u8; 12], sealing: Sealing<'_>) {
    let Sealing {
        aad,
        source,
        sealed,
        tag,
    } = sealing;
    assert_eq!(source.len(), sealed.len());
    let tag_of = match context.algorithm() {
        Some(Algorithm::AesGcm16) => gcm_tag,
        Some(Algorithm::ChaCha20Poly1305) => chacha_tag,
        None => return,
    };
    sealed.copy_from_slice(source);
    apply_keystream(context, nonce, sealed);
    *tag = tag_of(context, nonce, aad, sealed);
}

/// See [`super::open_batch`].
pub fn open_batch(jobs: &mut [OpenJob<'_>]) {
    for job in jobs {
        job.ok = open(
            job.context,
            &job.nonce,
            &job.aad[..job.aad_len],
            job.data,
            &job.tag,
        );
    }
}

/// See [`super::seal_batch`].
pub fn seal_batch(jobs: &mut [SealJob<'_>]) {
    for job in jobs {
        let (context, nonce) = (job.context, job.nonce);
        seal(context, &nonce, job.sealing());
    }
}

fn install_gcm(context: &mut Context, key: &[u8]) -> bool {
    let Some(rounds) = aes_rounds(key.len()) else {
        return false;
    };
    aes::expand_key(&mut context.round_keys, key);
    context.rounds = rounds;
    let mut blocks = [[0; 16]; aes::BLOCKS];
    aes::encrypt(round_keys(context), &mut blocks);
    context.hash_key = blocks[0];
    context.begin(Algorithm::AesGcm16);
    true
}

fn install_chacha(context: &mut Context, key: &[u8]) -> bool {
    if key.len() != 32 {
        return false;
    }
    for (word, octets) in context.chacha_key.iter_mut().zip(key.as_chunks::<4>().0) {
        *word = u32::from_le_bytes(*octets);
    }
    context.begin(Algorithm::ChaCha20Poly1305);
    true
}

fn apply_keystream(context: &Context, nonce: &[u8; 12], data: &mut [u8]) {
    match context.algorithm() {
        Some(Algorithm::AesGcm16) => apply_aes_ctr(context, nonce, data),
        Some(Algorithm::ChaCha20Poly1305) => chacha::apply(&context.chacha_key, nonce, data),
        None => (),
    }
}

/// SP 800-38D §6.5: the counter of the first data block is 2, J0 is counter 1.
fn apply_aes_ctr(context: &Context, nonce: &[u8; 12], data: &mut [u8]) {
    let mut counter = 2u32;
    for part in data.chunks_mut(16 * aes::BLOCKS) {
        let mut blocks = [[0; 16]; aes::BLOCKS];
        for block in &mut blocks {
            *block = counter_block(nonce, counter);
            counter = counter.wrapping_add(1);
        }
        aes::encrypt(round_keys(context), &mut blocks);
        for (octet, mask) in part.iter_mut().zip(blocks.as_flattened()) {
            *octet ^= mask;
        }
    }
}

fn counter_block(nonce: &[u8; 12], counter: u32) -> [u8; 16] {
    let mut block = [0; 16];
    block[..12].copy_from_slice(nonce);
    block[12..].copy_from_slice(&counter.to_be_bytes());
    block
}

/// SP 800-38D §7.1: the tag is GHASH over AAD, ciphertext and their lengths in bits, masked by the
/// keystream of J0.
fn gcm_tag(context: &Context, nonce: &[u8; 12], aad: &[u8], sealed: &[u8]) -> [u8; 16] {
    let mut blocks = [counter_block(nonce, 1); aes::BLOCKS];
    aes::encrypt(round_keys(context), &mut blocks);
    let mut hash = ghash::Ghash::new(&context.hash_key);
    hash.update_padded(aad);
    hash.update_padded(sealed);
    hash.lengths(aad.len(), sealed.len());
    let mut tag = hash.finish();
    for (octet, mask) in tag.iter_mut().zip(blocks[0]) {
        *octet ^= mask;
    }
    tag
}

/// RFC 8439 §2.8: block 0 keys Poly1305, which runs over AAD, ciphertext and their lengths, each
/// padded to 16.
fn chacha_tag(context: &Context, nonce: &[u8; 12], aad: &[u8], sealed: &[u8]) -> [u8; 16] {
    let mut mac = poly1305::Poly1305::new(&chacha::poly1305_key(&context.chacha_key, nonce));
    mac.update_padded(aad);
    mac.update_padded(sealed);
    mac.lengths(aad.len(), sealed.len());
    mac.finish()
}

fn round_keys(context: &Context) -> &[[u8; 16]] {
    &context.round_keys[..=context.rounds as usize]
}
