//! The measured and checked code: the AEADs of both engines, one packet at a time.

use culvert_core::aead::{Algorithm, Context, OpenJob, SealJob, Sealing, simd, soft};

/// An engine's functions.
pub struct Engine {
    pub name: &'static str,
    pub install: fn(&mut Context, Algorithm, &[u8]) -> bool,
    pub open: Open,
    pub seal: fn(&Context, &[u8; 12], Sealing<'_>),
    pub open_batch: fn(&mut [OpenJob<'_>]),
    pub seal_batch: fn(&mut [SealJob<'_>]),
}

type Open = fn(&Context, &[u8; 12], &[u8], &mut [u8], &[u8; 16]) -> bool;

/// The portable engine, which is the specification.
pub const SOFT: Engine = Engine {
    name: "soft",
    install: soft::install,
    open: soft::open,
    seal: soft::seal,
    open_batch: soft::open_batch,
    seal_batch: soft::seal_batch,
};

/// The kernels with vector verbs spelt out, which natively look octets up by index.
pub const KERNELS: Engine = Engine {
    name: "kernels",
    install: simd::install,
    open: simd::open,
    seal: simd::seal,
    open_batch: simd::open_batch,
    seal_batch: simd::seal_batch,
};

/// The name of an algorithm with a key of `len` octets.
pub fn name_of((algorithm, len): (Algorithm, usize)) -> String {
    match algorithm {
        Algorithm::AesGcm16 => format!("aes-{}-gcm", 8 * len),
        Algorithm::ChaCha20Poly1305 => "chacha20-poly1305".to_owned(),
    }
}

/// Salt and IV of every packet.
pub const NONCE: [u8; 12] = [7; 12];
/// SPI and number of every packet.
pub const AAD: [u8; 12] = [9; 12];
