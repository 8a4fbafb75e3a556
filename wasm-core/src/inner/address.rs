//! Addresses of inner packets.

/// An address, left-aligned: IPv4 in the first four octets of `high`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// 4 or 6.
    pub version: u32,
    /// First eight octets as one big-endian number.
    pub high: u64,
    /// Last eight octets.
    pub low: u64,
}

impl Address {
    /// An IPv4 address in wire order.
    pub fn v4(octets: [u8; 4]) -> Self {
        Self {
            version: 4,
            high: u64::from(u32::from_be_bytes(octets)) << 32,
            low: 0,
        }
    }

    /// An IPv6 address in wire order.
    pub fn v6(octets: [u8; 16]) -> Self {
        let number = u128::from_be_bytes(octets);
        // Both halves are taken on purpose.
        Self {
            version: 6,
            high: (number >> 64) as u64,
            low: number as u64,
        }
    }

    /// Its first `bits` bits; the rest is 0.
    pub fn prefix(self, bits: u32) -> Self {
        let (high, low) = prefix_masks(bits);
        Self {
            high: self.high & high,
            low: self.low & low,
            ..self
        }
    }
}

/// Masks for the first `bits` bits of an address: of `high`, and of `low`.
pub(crate) fn prefix_masks(bits: u32) -> (u64, u64) {
    (mask(bits.min(64)), mask(bits.saturating_sub(64)))
}

/// The first `bits` of 64.
fn mask(bits: u32) -> u64 {
    u64::MAX.checked_shl(64 - bits).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_end_where_the_prefix_ends() {
        assert_eq!(prefix_masks(0), (0, 0));
        assert_eq!(prefix_masks(1), (1 << 63, 0));
        assert_eq!(prefix_masks(32), (0xffff_ffff_0000_0000, 0));
        assert_eq!(prefix_masks(64), (u64::MAX, 0));
        assert_eq!(prefix_masks(65), (u64::MAX, 1 << 63));
        assert_eq!(prefix_masks(128), (u64::MAX, u64::MAX));
    }

    #[test]
    fn a_prefix_drops_the_host_bits() {
        assert_eq!(
            Address::v4([10, 1, 2, 3]).prefix(24),
            Address::v4([10, 1, 2, 0])
        );
        assert_eq!(
            Address::v4([10, 1, 2, 3]).prefix(32),
            Address::v4([10, 1, 2, 3])
        );
        let v6 = Address::v6([0xff; 16]).prefix(68);
        assert_eq!((v6.high, v6.low), (u64::MAX, 0xf000_0000_0000_0000));
    }
}
