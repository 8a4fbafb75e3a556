//! The SIMD engine. It has the results of `soft`, on kernels made for sixteen-octet vectors.
//!
//! CT: as in `soft`. No multiplication and no table in memory meets a secret in AES-GCM; Poly1305
//! multiplies 32-bit by 32-bit limbs, and 16-bit by 16-bit ones in vectors, which takes the same
//! time for all operands on the processors this runs on.

mod aes;
mod chacha;
mod counter;
mod gcm;
mod ghash;
mod mask;
mod poly1305;
mod poly1305_lanes;
mod poly1305_limbs;
mod tables;
mod verbs;

use super::batch::{OpenJob, SealJob, Sealing};
use super::context::{Context, aes_rounds};
use super::soft;
use super::table::Algorithm;
use core::iter::once;
use mask::{Packet, WAVE};

/// See [`Context::install`].
pub fn install(context: &mut Context, algorithm: Algorithm, key: &[u8]) -> bool {
    match algorithm {
        Algorithm::AesGcm16 => install_gcm(context, key),
        Algorithm::ChaCha20Poly1305 => soft::install(context, algorithm, key),
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
    let packet = once(Packet {
        nonce,
        len: data.len(),
    });
    match context.algorithm() {
        Some(Algorithm::AesGcm16) => {
            let mut wave = gcm::Wave::new(context);
            wave.prepare(packet);
            wave.open(0, aad, data, tag)
        }
        Some(Algorithm::ChaCha20Poly1305) => {
            let mut wave = chacha::Wave::new(context);
            wave.prepare(packet);
            wave.open(0, aad, data, tag)
        }
        None => false,
    }
}

/// See [`Context::seal`].
///
/// # Panics
/// If `source` and `sealed` differ in length.
pub fn seal(context: &Context, nonce: &[u8; 12], sealing: Sealing<'_>) {
    assert_eq!(sealing.source.len(), sealing.sealed.len());
    let packet = once(Packet {
        nonce,
        len: sealing.source.len(),
    });
    match context.algorithm() {
        Some(Algorithm::AesGcm16) => {
            let mut wave = gcm::Wave::new(context);
            wave.prepare(packet);
            wave.seal(0, sealing);
        }
        Some(Algorithm::ChaCha20Poly1305) => {
            let mut wave = chacha::Wave::new(context);
            wave.prepare(packet);
            wave.seal(0, sealing);
        }
        None => (),
    }
}

/// See [`super::open_batch`].
pub fn open_batch(jobs: &mut [OpenJob<'_>]) {
    for run in jobs.chunk_by_mut(|a, b| core::ptr::eq(a.context, b.context)) {
        for wave in run.chunks_mut(WAVE) {
            open_wave(wave);
        }
    }
}

/// See [`super::seal_batch`].
pub fn seal_batch(jobs: &mut [SealJob<'_>]) {
    for run in jobs.chunk_by_mut(|a, b| core::ptr::eq(a.context, b.context)) {
        for wave in run.chunks_mut(WAVE) {
            seal_wave(wave);
        }
    }
}

fn install_gcm(context: &mut Context, key: &[u8]) -> bool {
    context.wipe();
    let Some(rounds) = aes_rounds(key.len()) else {
        return false;
    };
    gcm::install(context, rounds, key);
    true
}

/// One to eight jobs of one context.
fn open_wave(jobs: &mut [OpenJob<'_>]) {
    let context = jobs[0].context;
    let packets = jobs.iter().map(|job| Packet {
        nonce: &job.nonce,
        len: job.data.len(),
    });
    match context.algorithm() {
        Some(Algorithm::AesGcm16) => {
            let mut wave = gcm::Wave::new(context);
            wave.prepare(packets);
            for (n, job) in jobs.iter_mut().enumerate() {
                job.ok = wave.open(n, &job.aad[..job.aad_len], job.data, &job.tag);
            }
        }
        Some(Algorithm::ChaCha20Poly1305) => {
            let mut wave = chacha::Wave::new(context);
            wave.prepare(packets);
            for (n, job) in jobs.iter_mut().enumerate() {
                job.ok = wave.open(n, &job.aad[..job.aad_len], job.data, &job.tag);
            }
        }
        None => jobs.iter_mut().for_each(|job| job.ok = false),
    }
}

/// One to eight jobs of one context.
fn seal_wave(jobs: &mut [SealJob<'_>]) {
    let context = jobs[0].context;
    let packets = jobs.iter().map(|job| Packet {
        nonce: &job.nonce,
        len: job.source.len(),
    });
    match context.algorithm() {
        Some(Algorithm::AesGcm16) => {
            let mut wave = gcm::Wave::new(context);
            wave.prepare(packets);
            for (n, job) in jobs.iter_mut().enumerate() {
                wave.seal(n, job.sealing());
            }
        }
        Some(Algorithm::ChaCha20Poly1305) => {
            let mut wave = chacha::Wave::new(context);
            wave.prepare(packets);
            for (n, job) in jobs.iter_mut().enumerate() {
                wave.seal(n, job.sealing());
            }
        }
        None => (),
    }
}
