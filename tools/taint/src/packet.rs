//! SAs and packets of a run, and what the portable engine makes of them.

use culvert_core::aead::{Algorithm, Context, SALT_LEN};

/// An SA of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sa {
    /// Its number in the run.
    pub number: u8,
    /// Its AEAD.
    pub algorithm: Algorithm,
    /// Octets of the key.
    pub key_len: usize,
    /// Extended sequence numbers: AAD of 12 octets.
    pub is_esn: bool,
}

/// One packet: its SA, and the octets that its cipher is applied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// The SA.
    pub sa: Sa,
    /// Octets of the ciphertext (inbound) or of the inner packet (outbound).
    pub len: usize,
    /// Sequence number.
    pub sequence: u64,
}

impl Sa {
    /// Its SPI, a different one for each direction.
    pub fn spi(self, direction: u32) -> u32 {
        0x1000 * (1 + direction) + u32::from(self.number)
    }

    /// Key and salt.
    pub fn material(self, seed: u8) -> Vec<u8> {
        let octet = |n: u8| n.wrapping_mul(37) ^ seed.wrapping_mul(91) ^ self.number;
        (0..40).take(self.key_len + SALT_LEN).map(octet).collect()
    }
}

impl Packet {
    /// SPI, low half of the sequence number, IV.
    pub fn front(&self, direction: u32) -> [u8; 16] {
        let mut front = [0; 16];
        front[..4].copy_from_slice(&self.sa.spi(direction).to_be_bytes());
        front[4..8].copy_from_slice(&(self.sequence as u32).to_be_bytes());
        front[8..].copy_from_slice(&self.sequence.to_be_bytes());
        front
    }

    /// An IPv4 header with the packet's destination.
    pub fn inner_header(&self) -> [u8; 20] {
        let mut header = [0; 20];
        header[0] = 0x45;
        // Inner packets are shorter than 65,536 octets.
        header[2..4].copy_from_slice(&(self.len as u16).to_be_bytes());
        header[16..].copy_from_slice(&[10, self.sa.number, 0, 1]);
        header
    }

    /// Octets of the inner packet and its trailer.
    pub fn sealed_len(&self) -> usize {
        (self.len + 2).next_multiple_of(4)
    }

    /// Stands for the inner packet and its trailer.
    pub fn plaintext(&self, seed: u8) -> Vec<u8> {
        let octet = |n: usize| (n % 251) as u8 ^ seed;
        (0..self.sealed_len()).map(octet).collect()
    }

    /// Seals with the portable engine. Returns ciphertext and ICV.
    ///
    /// # Panics
    /// If the key does not fit its algorithm.
    pub fn seal(&self, direction: u32, seed: u8, plaintext: &[u8]) -> Vec<u8> {
        let material = self.sa.material(seed);
        let (key, salt) = material.split_at(self.sa.key_len);
        let mut context = Context::empty();
        assert!(context.install(self.sa.algorithm, key));
        let front = self.front(direction);
        let mut nonce = [0; 12];
        nonce[..4].copy_from_slice(salt);
        nonce[4..].copy_from_slice(&front[8..]);
        let high = ((self.sequence >> 32) as u32).to_be_bytes();
        let aad = if self.sa.is_esn {
            [&front[..4], &high, &front[4..8]].concat()
        } else {
            front[..8].to_vec()
        };
        let mut sealed = vec![0; plaintext.len()];
        let mut tag = [0; 16];
        context.seal(&nonce, &aad, plaintext, &mut sealed, &mut tag);
        sealed.extend(tag);
        sealed
    }
}
