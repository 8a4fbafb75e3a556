//! Poly1305 (RFC 8439 §2.5) over whole blocks, which is all that the AEAD of §2.8 feeds it.
//!
//! Numbers are five limbs of 26 bits. Products of limbs below 2^27 summed five times stay below
//! 2^57.

const LIMB: u64 = (1 << 26) - 1;

/// Running sum; limbs stay below 2^27 between blocks.
pub(in super::super) struct Poly1305 {
    r: [u64; 5],
    sum: [u64; 5],
    pad: u128,
}

impl Poly1305 {
    pub(in super::super) fn new(key: &[u8; 32]) -> Self {
        let (halves, _) = key.as_chunks::<16>();
        let clamp = 0x0fff_fffc_0fff_fffc_0fff_fffc_0fff_ffff;
        let r = limbs(u128::from_le_bytes(halves[0]) & clamp);
        Self {
            r,
            sum: [0; 5],
            pad: u128::from_le_bytes(halves[1]),
        }
    }

    /// Takes `data`, filled up with zeros to whole blocks.
    pub(in super::super) fn update_padded(&mut self, data: &[u8]) {
        for part in data.chunks(16) {
            let mut block = [0; 16];
            block[..part.len()].copy_from_slice(part);
            self.block(u128::from_le_bytes(block));
        }
    }

    /// Takes the last block: both lengths in octets.
    pub(in super::super) fn lengths(&mut self, aad_len: usize, data_len: usize) {
        self.block((data_len as u128) << 64 | aad_len as u128);
    }

    /// sum = (sum + block + 2^128) r mod 2^130 - 5, where 2^130 counts as 5.
    fn block(&mut self, block: u128) {
        let mut a = self.sum;
        for (limb, more) in a.iter_mut().zip(limbs(block)) {
            *limb += more;
        }
        a[4] += 1 << 24;
        let mut product = [0; 5];
        for i in 0..5 {
            for j in 0..5 {
                let factor = if i + j < 5 { self.r[j] } else { 5 * self.r[j] };
                product[(i + j) % 5] += a[i] * factor;
            }
        }
        self.sum = carry(product);
    }

    /// The sum in full reduction, plus the pad, modulo 2^128.
    pub(in super::super) fn finish(self) -> [u8; 16] {
        let sum = carry(carry(self.sum));
        let mut less = sum;
        less[0] += 5;
        for i in 0..4 {
            less[i + 1] += less[i] >> 26;
            less[i] &= LIMB;
        }
        // sum >= 2^130 - 5 exactly if adding 5 reaches 2^130.
        let reached = 0u64.wrapping_sub(less[4] >> 26);
        let mut total = 0u128;
        for i in (0..5).rev() {
            let limb = (less[i] & reached | sum[i] & !reached) & LIMB;
            total = total << 26 | u128::from(limb);
        }
        total.wrapping_add(self.pad).to_le_bytes()
    }
}

fn limbs(x: u128) -> [u64; 5] {
    // Masked to 26 bits, so nothing is lost.
    [0, 26, 52, 78, 104].map(|shift| (x >> shift) as u64 & LIMB)
}

fn carry(mut limbs: [u64; 5]) -> [u64; 5] {
    for i in 0..4 {
        limbs[i + 1] += limbs[i] >> 26;
        limbs[i] &= LIMB;
    }
    limbs[0] += 5 * (limbs[4] >> 26);
    limbs[4] &= LIMB;
    limbs[1] += limbs[0] >> 26;
    limbs[0] &= LIMB;
    limbs
}
