//! An SA's state for its AEAD: plain octets in shared memory.

use zeroize::Zeroize;

use super::table::Algorithm;

/// Octets of one [`Context`].
pub const CONTEXT_LEN: usize = size_of::<Context>();

/// One key, ready for use. It has no pointers. All zero octets are a valid value, which opens and
/// seals nothing.
///
/// Both engines use this layout, so that a table of contexts has one row length everywhere. The
/// content of `round_keys` depends on the engine, and a context belongs to the engine that
/// installed it.
#[derive(Clone)]
#[repr(C, align(64))]
pub struct Context {
    /// AES round keys in the engine's own form.
    pub(crate) round_keys: [[u8; 16]; 15],
    /// The hash key H of GCM.
    pub(crate) hash_key: [u8; 16],
    /// SIMD engine: row j of the nibble tables of H^8..H^1, row-major.
    pub(crate) hash_rows: [[[u8; 16]; 8]; 16],
    /// SIMD engine: the term that each low counter octet adds to the state after round 1, four
    /// octets for each.
    pub(crate) diagonals: [[u8; 16]; 64],
    /// ChaCha20 key words.
    pub(crate) chacha_key: [u32; 8],
    /// Number of the algorithm, 0 without a key.
    algorithm: u32,
    /// AES rounds: 10, 12 or 14.
    pub(crate) rounds: u32,
}

impl Context {
    /// A context that opens and seals nothing.
    pub const fn empty() -> Self {
        Self {
            round_keys: [[0; 16]; 15],
            hash_key: [0; 16],
            hash_rows: [[[0; 16]; 8]; 16],
            diagonals: [[0; 16]; 64],
            chacha_key: [0; 8],
            algorithm: 0,
            rounds: 0,
        }
    }

    /// The algorithm of its key, if it has one.
    #[inline]
    pub(crate) const fn algorithm(&self) -> Option<Algorithm> {
        Algorithm::of(self.algorithm)
    }

    /// Makes the key that was written ready for use.
    pub(crate) const fn begin(&mut self, algorithm: Algorithm) {
        self.algorithm = algorithm.number();
    }

    /// Forgets the key.
    pub fn wipe(&mut self) {
        self.algorithm.zeroize();
        self.rounds.zeroize();
        self.chacha_key.zeroize();
        self.round_keys.as_flattened_mut().zeroize();
        self.hash_key.zeroize();
        self.hash_rows
            .as_flattened_mut()
            .as_flattened_mut()
            .zeroize();
        self.diagonals.as_flattened_mut().zeroize();
    }
}

/// The number of AES rounds for a key of `len` octets.
pub(crate) const fn aes_rounds(len: usize) -> Option<u32> {
    match len {
        16 => Some(10),
        24 => Some(12),
        32 => Some(14),
        _ => None,
    }
}
