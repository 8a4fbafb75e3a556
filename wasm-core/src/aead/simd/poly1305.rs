//! Poly1305 (RFC 8439 §2.5) over whole blocks, two to one carry.
//!
//! (sum + block) r^2 + block r: both products add up before they are carried, and the multiplier
//! never waits. It is scalar on purpose, since engines take three instructions for a vector
//! multiplication of 32-bit lanes. Long data goes through `poly1305_lanes` first. Limbs have 26
//! bits. Limbs of the sum are below 2^27 and those of 5 r below 2^29, so that ten products stay
//! below 2^60.
//!
//! CT: key, blocks and sum are secret; they meet additions, multiplications and shifts by
//! constants.

use super::mask::read_part;
use super::poly1305_lanes;
use super::poly1305_limbs::{Factor, LIMB, Limbs, below_2_130, carry, multiply, propagate};
use super::verbs::store;

/// From this length on four lanes pay for their powers of r, on JavaScriptCore as well. With a
/// limit of 512, a packet of 1400 octets was x0.93 as fast there and x1.01 on V8 (Sapphire Rapids).
const LANES_FROM: usize = 2048;

/// Running sum.
pub(super) struct Poly1305 {
    r: Factor,
    r_squared: Factor,
    sum: Limbs,
    pad: [u64; 2],
}

impl Poly1305 {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        let [low, high, pad_low, pad_high] = words(key);
        let r = limbs(low & 0x0fff_fffc_0fff_ffff, high & 0x0fff_fffc_0fff_fffc);
        let factor = Factor::of(r);
        let r_squared = Factor::of(carry(multiply(r, &factor)));
        Self {
            r: factor,
            r_squared,
            sum: [0; 5],
            pad: [pad_low, pad_high],
        }
    }

    /// Like `update_padded`, with four blocks at a time if that pays off. The two are separate
    /// because a call to the lanes slows down the code for short data.
    pub(super) fn update_long(&mut self, data: &[u8]) {
        if data.len() < LANES_FROM {
            return self.update_padded(data);
        }
        let (steps, rest) = data.as_chunks();
        self.sum = poly1305_lanes::update(self.sum, &self.r, &self.r_squared, steps);
        self.update_padded(rest);
    }

    /// Takes `data`, filled up with zeros to whole blocks.
    pub(super) fn update_padded(&mut self, data: &[u8]) {
        let (pairs, rest) = data.as_chunks::<32>();
        let mut sum = self.sum;
        for pair in pairs {
            let [low, high, next_low, next_high] = words(pair);
            let first = add(sum, block(low, high));
            let second = block(next_low, next_high);
            sum = carry(add(
                multiply(first, &self.r_squared),
                multiply(second, &self.r),
            ));
        }
        self.sum = sum;
        let (whole, part) = rest.as_chunks::<16>();
        for octets in whole {
            self.add_octets(octets);
        }
        if !part.is_empty() {
            let mut octets = [0; 16];
            store(&mut octets, read_part(data, part.len()));
            self.add_octets(&octets);
        }
    }

    /// Takes the last block, both lengths in octets, and returns the tag.
    pub(super) fn finish(mut self, aad_len: usize, data_len: usize) -> [u8; 16] {
        self.add_block(aad_len as u64, data_len as u64);
        let sum = below_2_130(self.sum);
        let mut less = sum;
        less[0] += 5;
        propagate(&mut less);
        // The sum is at least 2^130 - 5 exactly if adding 5 reaches 2^130.
        let reached = 0u64.wrapping_sub(less[4] >> 26);
        let limb = |i: usize| (less[i] & reached | sum[i] & !reached) & LIMB;
        let low = limb(0) | limb(1) << 26 | limb(2) << 52;
        let high = limb(2) >> 12 | limb(3) << 14 | limb(4) << 40;
        let (low, over) = low.overflowing_add(self.pad[0]);
        let high = high.wrapping_add(self.pad[1]).wrapping_add(u64::from(over));
        let mut tag = [0; 16];
        tag[..8].copy_from_slice(&low.to_le_bytes());
        tag[8..].copy_from_slice(&high.to_le_bytes());
        tag
    }

    fn add_octets(&mut self, octets: &[u8; 16]) {
        let [low, high] = words(octets);
        self.add_block(low, high);
    }

    fn add_block(&mut self, low: u64, high: u64) {
        self.sum = carry(multiply(add(self.sum, block(low, high)), &self.r));
    }
}

#[inline(always)]
fn words<const OCTETS: usize, const WORDS: usize>(octets: &[u8; OCTETS]) -> [u64; WORDS] {
    const { assert!(OCTETS == 8 * WORDS) };
    let (words, _) = octets.as_chunks::<8>();
    core::array::from_fn(|n| u64::from_le_bytes(words[n]))
}

#[inline(always)]
fn limbs(low: u64, high: u64) -> Limbs {
    [
        low & LIMB,
        low >> 26 & LIMB,
        (low >> 52 | high << 12) & LIMB,
        high >> 14 & LIMB,
        high >> 40,
    ]
}

/// A whole block, with the bit above it set.
#[inline(always)]
fn block(low: u64, high: u64) -> Limbs {
    let mut limbs = limbs(low, high);
    limbs[4] |= 1 << 24;
    limbs
}

#[inline(always)]
fn add(a: Limbs, b: Limbs) -> Limbs {
    [
        a[0] + b[0],
        a[1] + b[1],
        a[2] + b[2],
        a[3] + b[3],
        a[4] + b[4],
    ]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Poly1305;
    use crate::aead::soft::poly1305 as soft;

    /// RFC 8439 §A.3, cases 5 to 11: r, s, data, tag.
    const EDGES: [[&str; 4]; 7] = [
        [
            "02000000000000000000000000000000",
            "00000000000000000000000000000000",
            "ffffffffffffffffffffffffffffffff",
            "03000000000000000000000000000000",
        ],
        [
            "02000000000000000000000000000000",
            "ffffffffffffffffffffffffffffffff",
            "02000000000000000000000000000000",
            "03000000000000000000000000000000",
        ],
        [
            "01000000000000000000000000000000",
            "00000000000000000000000000000000",
            "fffffffffffffffffffffffffffffffff0ffffffffffffffffffffffffffffff\
             11000000000000000000000000000000",
            "05000000000000000000000000000000",
        ],
        [
            "01000000000000000000000000000000",
            "00000000000000000000000000000000",
            "fffffffffffffffffffffffffffffffffbfefefefefefefefefefefefefefefe\
             01010101010101010101010101010101",
            "00000000000000000000000000000000",
        ],
        [
            "02000000000000000000000000000000",
            "00000000000000000000000000000000",
            "fdffffffffffffffffffffffffffffff",
            "faffffffffffffffffffffffffffffff",
        ],
        [
            "01000000000000000400000000000000",
            "00000000000000000000000000000000",
            "e33594d7505e43b900000000000000003394d7505e4379cd0100000000000000\
             0000000000000000000000000000000001000000000000000000000000000000",
            "14000000000000005500000000000000",
        ],
        [
            "01000000000000000400000000000000",
            "00000000000000000000000000000000",
            "e33594d7505e43b900000000000000003394d7505e4379cd0100000000000000\
             00000000000000000000000000000000",
            "13000000000000000000000000000000",
        ],
    ];

    #[test]
    fn edges_of_reduction_come_out_as_published() {
        for [r, s, data, tag] in EDGES {
            let key: [u8; 32] = hex::decode([r, s].concat()).unwrap().try_into().unwrap();
            let data = hex::decode(data).unwrap();
            // The last block of the AEAD is a pair of lengths, so these stand for any 16 octets.
            let (before, last) = data.split_last_chunk::<16>().unwrap();
            let half = |at: usize| usize::from_le_bytes(last[at..at + 8].try_into().unwrap());
            let mut fast = Poly1305::new(&key);
            fast.update_padded(before);
            assert_eq!(hex::encode(fast.finish(half(0), half(8))), tag);
            let mut slow = soft::Poly1305::new(&key);
            slow.update_padded(before);
            slow.lengths(half(0), half(8));
            assert_eq!(hex::encode(slow.finish()), tag);
        }
    }

    #[test]
    fn limbs_full_of_ones_equal_the_specification() {
        for len in (0..100).chain(2040..2120) {
            let key = [0xff; 32];
            let data = [0xff; 2120];
            let mut fast = Poly1305::new(&key);
            fast.update_long(&data[..len]);
            let mut slow = soft::Poly1305::new(&key);
            slow.update_padded(&data[..len]);
            slow.lengths(usize::MAX, usize::MAX);
            assert_eq!(fast.finish(usize::MAX, usize::MAX), slow.finish());
        }
    }
}
