//! One SA's key in the form of `ring`.
//!
//! `ring` chooses its code by the CPU: VAES and AVX2, AES-NI, or constant-time code without either.
//! It has no AES-192.

use core::num::NonZeroU32;

use culvert_core::aead::Algorithm;
use ring::aead::{
    self, AES_128_GCM, AES_256_GCM, Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, Tag, UnboundKey,
};
use zeroize::Zeroize;

use crate::memory::{Octets, Wiped};

/// Octets of an ICV.
pub(crate) const ICV_LEN: u32 = culvert_core::aead::ICV_LEN as u32;

/// A key and the SPI whose packets it is for.
pub(crate) struct Key {
    spi: NonZeroU32,
    cipher: Wiped<LessSafeKey>,
}

/// Nonce and AAD of a packet.
#[derive(Clone, Copy)]
pub(crate) struct Header {
    /// Salt, then IV.
    pub(crate) nonce: [u8; 12],
    /// SPI and sequence number.
    pub(crate) aad: [u8; 12],
    /// Octets of `aad` that count: 8, or 12 with ESN.
    pub(crate) aad_len: usize,
}

/// A packet that is to be sealed.
pub(crate) struct Sealing<'a> {
    /// Plaintext with ESP trailer.
    pub(crate) source: &'a Octets,
    /// Receives the ciphertext, which is as long.
    pub(crate) data: &'a Octets,
    /// Receives the ICV.
    pub(crate) icv: &'a Octets,
}

impl Key {
    /// Returns `None` if `ring` lacks the AEAD, or if the key is not of its length. The stack that
    /// the expansion has used is wiped.
    pub(crate) fn new(spi: NonZeroU32, algorithm: Algorithm, key: &[u8]) -> Option<Self> {
        let made = Self::make(spi, algorithm, key);
        wipe_stack();
        made
    }

    /// `ring` hands keys out by value, so they move through the frames of this call. [`wipe_stack`]
    /// reaches those, since both are called from one place and neither is inlined there.
    #[inline(never)]
    fn make(spi: NonZeroU32, algorithm: Algorithm, key: &[u8]) -> Option<Self> {
        let key = UnboundKey::new(algorithm_of(algorithm, key.len())?, key).ok()?;
        Some(Self {
            spi,
            cipher: Wiped::new(LessSafeKey::new(key)),
        })
    }

    /// Whether it is for packets of this SPI. A row of the table of SAs may hold another SA
    /// meanwhile.
    pub(crate) fn is_for(&self, header: &Header) -> bool {
        header.aad[..4] == self.spi.get().to_be_bytes()
    }

    /// Opens `data` in place. If it was not authentic, `data` is wiped, so that no plaintext stays.
    pub(crate) fn open(&self, header: &Header, data: &Octets, icv: &Octets) -> bool {
        let mut tag = [0; ICV_LEN as usize];
        icv.with(|icv| tag.copy_from_slice(icv));
        let aad = Aad::from(&header.aad[..header.aad_len]);
        let nonce = Nonce::assume_unique_for_key(header.nonce);
        data.with(|data| {
            self.cipher
                .get()
                .open_in_place_separate_tag(nonce, aad, Tag::from(tag), data, 0..)
                .is_ok()
        })
    }

    /// Seals a packet. False if it is too long for the AEAD.
    pub(crate) fn seal(&self, header: &Header, packet: &Sealing<'_>) -> bool {
        let &Sealing { source, data, icv } = packet;
        data.copy_from(source);
        let aad = Aad::from(&header.aad[..header.aad_len]);
        let nonce = Nonce::assume_unique_for_key(header.nonce);
        let tag = data.with(|data| {
            self.cipher
                .get()
                .seal_in_place_separate_tag(nonce, aad, data)
        });
        let Ok(tag) = tag else { return false };
        icv.with(|icv| icv.copy_from_slice(tag.as_ref()));
        true
    }
}

/// Writes zeros over the stack below its caller.
#[inline(never)]
fn wipe_stack() {
    let mut octets = [0_u64; STACK_LEN / 8];
    octets.zeroize();
    core::hint::black_box(&mut octets);
}

/// Octets of stack that are wiped; `tests/wiping.rs` fails if they are too few.
const STACK_LEN: usize = 16 << 10;

/// The AEAD of `ring`, which checks the length of a key.
fn algorithm_of(algorithm: Algorithm, key_len: usize) -> Option<&'static aead::Algorithm> {
    match (algorithm, key_len) {
        (Algorithm::AesGcm16, 16) => Some(&AES_128_GCM),
        (Algorithm::AesGcm16, 32) => Some(&AES_256_GCM),
        (Algorithm::AesGcm16, _) => None,
        (Algorithm::ChaCha20Poly1305, _) => Some(&CHACHA20_POLY1305),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use culvert_core::aead::kinds;
    use culvert_vectors::Case;
    use culvert_vectors::wycheproof::{Suite, aes_gcm, chacha20_poly1305};

    /// Returns whether the packet was opened, or `None` if `ring` lacks the AEAD or the AAD is
    /// longer than any of ESP's.
    fn open(algorithm: Algorithm, case: &Case) -> Option<bool> {
        let aad_len = case.aad.len();
        let mut aad = [0; 12];
        aad.get_mut(..aad_len)?.copy_from_slice(&case.aad);
        let header = Header {
            nonce: case.nonce[..].try_into().expect("12 octets"),
            aad,
            aad_len,
        };
        let key = Key::new(NonZeroU32::MIN, algorithm, &case.key)?;
        let data = Octets::leaked(&case.sealed);
        let is_open = key.open(&header, &data, &Octets::leaked(&case.tag));
        let wiped = vec![0; case.plaintext.len()];
        let left = if is_open { &case.plaintext } else { &wiped };
        data.with(|data| assert_eq!(data, left, "{}", case.name));
        assert_eq!(is_open, case.is_valid, "{}", case.name);
        Some(is_open)
    }

    /// Cases opened, and cases refused.
    fn run_suite(algorithm: Algorithm, suite: &Suite) -> (usize, usize) {
        let cases = suite.esp_cases();
        let opened: Vec<bool> = cases.filter_map(|case| open(algorithm, case)).collect();
        let valid = opened.iter().filter(|is_open| **is_open).count();
        (valid, opened.len() - valid)
    }

    #[test]
    fn every_aead_of_the_core_is_here_but_aes_192() {
        let lacking: Vec<_> = kinds()
            .filter(|&(algorithm, len)| {
                Key::new(NonZeroU32::MIN, algorithm, &[7; 64][..len]).is_none()
            })
            .collect();
        assert_eq!(lacking, [(Algorithm::AesGcm16, 24)]);
    }

    /// Wycheproof's forged cases cannot pass the checks of the exports, because their AADs do not
    /// have ESP's lengths.
    #[test]
    fn wycheproof_is_opened_and_its_wrong_tags_are_refused() {
        assert_eq!(run_suite(Algorithm::AesGcm16, &aes_gcm()), (50, 54));
        let chacha = chacha20_poly1305();
        assert_eq!(run_suite(Algorithm::ChaCha20Poly1305, &chacha), (186, 60));
    }
}
