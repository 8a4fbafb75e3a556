//! The Internet checksum (RFC 1071) as a running sum in the machine's octet order. Either order
//! gives the same sum, with octets swapped.

/// A sum that is still to be folded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum(u64);

impl Sum {
    /// Adds octets; an odd number of them is padded with 0. They must begin at an even offset of
    /// the summed data.
    #[inline]
    #[must_use]
    pub fn with(self, octets: &[u8]) -> Self {
        let (steps, rest) = octets.as_chunks::<STEP_LEN>();
        let mut sum = self.0 + sum_steps(steps);
        let (words, rest) = rest.as_chunks::<4>();
        for word in words {
            sum += u64::from(u32::from_le_bytes(*word));
        }
        let mut last = [0; 4];
        last[..rest.len()].copy_from_slice(rest);
        Self(sum + u64::from(u32::from_le_bytes(last)))
    }

    /// Adds a 16-bit number.
    #[must_use]
    pub fn with_word(self, word: u16) -> Self {
        Self(self.0 + u64::from(word.to_be()))
    }

    /// The 16-bit sum as it stands in a packet.
    pub fn fold(self) -> [u8; 2] {
        let mut sum = self.0;
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        // Folded, it fits.
        (sum as u16).to_le_bytes()
    }

    /// The checksum as it stands in a packet: the sum's complement.
    pub fn checksum(self) -> [u8; 2] {
        self.fold().map(|octet| !octet)
    }

    /// Whether octets that hold their own checksum add up.
    pub fn is_right(self) -> bool {
        self.fold() == [0xff; 2]
    }
}

/// Octets of one step: four vectors.
const STEP_LEN: usize = 64;

/// The sum of whole steps, eight words of 16 bits from each vector. A packet is shorter than 65,536
/// octets, so 32 bits hold the sum of one vector lane.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
fn sum_steps(steps: &[[u8; STEP_LEN]]) -> u64 {
    use core::arch::wasm32::{
        i32x4_add, u32x4_extadd_pairwise_u16x8, u32x4_extract_lane, u32x4_splat, u64x2,
    };
    let mut lanes = [u32x4_splat(0); STEP_LEN / 16];
    for step in steps {
        for (lane, octets) in lanes.iter_mut().zip(step.as_chunks::<16>().0) {
            let (halves, _) = octets.as_chunks::<8>();
            let words = u64x2(u64::from_le_bytes(halves[0]), u64::from_le_bytes(halves[1]));
            *lane = i32x4_add(*lane, u32x4_extadd_pairwise_u16x8(words));
        }
    }
    lanes
        .map(|lane| {
            u64::from(u32x4_extract_lane::<0>(lane))
                + u64::from(u32x4_extract_lane::<1>(lane))
                + u64::from(u32x4_extract_lane::<2>(lane))
                + u64::from(u32x4_extract_lane::<3>(lane))
        })
        .iter()
        .sum()
}

/// The same lanes spelt out for native builds, which tests use: there an overflow panics.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
fn sum_steps(steps: &[[u8; STEP_LEN]]) -> u64 {
    let mut lanes = [0_u32; STEP_LEN / 4];
    for step in steps {
        for (lane, octets) in lanes.iter_mut().zip(step.as_chunks::<4>().0) {
            let word = u32::from_le_bytes(*octets);
            *lane += (word & 0xffff) + (word >> 16);
        }
    }
    lanes.map(u64::from).iter().sum()
}

/// The sum of a pseudo header: addresses, protocol and length of the data above IP (RFC 9293 §3.1,
/// RFC 8200 §8.1).
pub fn pseudo_header(addresses: &[u8], protocol: u8, len: u32) -> Sum {
    // Both halves of the length; above IPv4 the high one is 0.
    let [high, low] = [(len >> 16) as u16, len as u16];
    let sum = Sum::default().with(addresses).with_word(protocol.into());
    sum.with_word(high).with_word(low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(octets: &[u8]) -> [u8; 2] {
        let mut sum = 0_u64;
        for pair in octets.chunks(2) {
            sum += u64::from(pair[0]) << 8 | u64::from(*pair.get(1).unwrap_or(&0));
        }
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        (sum as u16).to_be_bytes()
    }

    proptest! {
        #[test]
        fn the_sum_is_that_of_sixteen_bit_words(octets: Vec<u8>, word: u16) {
            let all = [&word.to_be_bytes()[..], &octets].concat();
            prop_assert_eq!(Sum::default().with_word(word).with(&octets).fold(), plain(&all));
        }

        #[test]
        fn parts_at_even_places_add_up(front: Vec<[u8; 2]>, rest: Vec<u8>) {
            let front = front.concat();
            let parts = Sum::default().with(&front).with(&rest);
            prop_assert_eq!(parts.fold(), plain(&[front, rest].concat()));
        }
    }

    #[test]
    fn no_lane_overflows() {
        for len in [63, 64, 65, 127, 1400, 65_535] {
            let octets = vec![0xff; len];
            assert_eq!(Sum::default().with(&octets).fold(), plain(&octets), "{len}");
        }
    }

    #[test]
    fn a_header_with_its_checksum_is_right() {
        let mut header = [
            0x45, 0, 0, 0x73, 0, 0, 0x40, 0, 0x40, 0x11, 0, 0, 0xc0, 0xa8, 0, 1, 0xc0, 0xa8, 0,
            0xc7,
        ];
        let checksum = Sum::default().with(&header).checksum();
        assert_eq!(checksum, [0xb8, 0x61]);
        header[10..12].copy_from_slice(&checksum);
        assert!(Sum::default().with(&header).is_right());
        header[0] = 0x46;
        assert!(!Sum::default().with(&header).is_right());
    }
}
