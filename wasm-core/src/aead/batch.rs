//! The jobs of a batch, one for each packet to be opened or sealed.

use super::context::Context;

/// One packet to be opened in place.
pub struct OpenJob<'a> {
    /// The inbound SA's key.
    pub context: &'a Context,
    /// Salt, then IV.
    pub nonce: [u8; 12],
    /// SPI and sequence number; the first `aad_len` octets count.
    pub aad: [u8; 12],
    /// 8, or 12 with ESN.
    pub aad_len: usize,
    /// Ciphertext; plaintext if `ok` becomes true, else unchanged.
    pub data: &'a mut [u8],
    /// The ICV that came with the packet.
    pub tag: [u8; 16],
    /// Whether the packet was authentic.
    pub ok: bool,
}

/// One packet to be sealed from `source` to `sealed`, which are of one length.
pub struct SealJob<'a> {
    /// The outbound SA's key.
    pub context: &'a Context,
    /// Salt, then IV.
    pub nonce: [u8; 12],
    /// SPI and sequence number; the first `aad_len` octets count.
    pub aad: [u8; 12],
    /// 8, or 12 with ESN.
    pub aad_len: usize,
    /// Plaintext with ESP trailer.
    pub source: &'a [u8],
    /// Receives the ciphertext.
    pub sealed: &'a mut [u8],
    /// Receives the ICV.
    pub tag: &'a mut [u8; 16],
}

impl SealJob<'_> {
    pub(super) fn sealing(&mut self) -> Sealing<'_> {
        Sealing {
            aad: &self.aad[..self.aad_len],
            source: self.source,
            sealed: self.sealed,
            tag: self.tag,
        }
    }
}

/// The octets of one packet that is sealed; `source` and `sealed` are of one length.
pub struct Sealing<'a> {
    /// Authenticated, not encrypted.
    pub aad: &'a [u8],
    /// Plaintext.
    pub source: &'a [u8],
    /// Receives the ciphertext.
    pub sealed: &'a mut [u8],
    /// Receives the tag.
    pub tag: &'a mut [u8; 16],
}
