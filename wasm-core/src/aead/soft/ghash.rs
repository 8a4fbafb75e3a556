//! GHASH (SP 800-38D §6.4), one bit at a time.

/// Running hash. Octet 0, bit 0 of a block is the most significant bit of the integer, and the
/// coefficient of x^0.
pub(super) struct Ghash {
    key: u128,
    sum: u128,
}

impl Ghash {
    pub(super) fn new(hash_key: &[u8; 16]) -> Self {
        Self {
            key: u128::from_be_bytes(*hash_key),
            sum: 0,
        }
    }

    /// Takes `data`, filled up with zeros to whole blocks.
    pub(super) fn update_padded(&mut self, data: &[u8]) {
        for part in data.chunks(16) {
            let mut block = [0; 16];
            block[..part.len()].copy_from_slice(part);
            self.sum = multiply(self.sum ^ u128::from_be_bytes(block), self.key);
        }
    }

    /// Takes the last block: both lengths in bits.
    pub(super) fn lengths(&mut self, aad_len: usize, data_len: usize) {
        let block = (aad_len as u128 * 8) << 64 | (data_len as u128 * 8);
        self.sum = multiply(self.sum ^ block, self.key);
    }

    pub(super) fn finish(self) -> [u8; 16] {
        self.sum.to_be_bytes()
    }
}

/// SP 800-38D §6.3, algorithm 1, with masks for its conditions.
pub(in super::super) fn multiply(mut x: u128, y: u128) -> u128 {
    let mut product = 0;
    let mut power = y;
    for _ in 0..128 {
        product ^= power & 0u128.wrapping_sub(x >> 127);
        x <<= 1;
        power = times_x(power);
    }
    product
}

pub(in super::super) fn times_x(a: u128) -> u128 {
    let carry = 0u128.wrapping_sub(a & 1);
    (a >> 1) ^ (carry & 0xe1 << 120)
}
