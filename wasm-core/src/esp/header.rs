//! The front of an ESP packet (RFC 4303 §2, RFC 4106 §3 to §5, RFC 7634 §2).
//!
//! ```text
//! | SPI (4) | Sequence low (4) | IV (8) | ciphertext | ICV (16) |
//! ```
//!
//! The AAD is the SPI and the sequence number, all 64 bits of it with ESN. The nonce is the salt
//! and the IV. The IV of a packet sealed here is its sequence number, which no lane uses twice, and
//! the SA's offset, so that another process with the same key uses other IVs
//! (docs/design/decisions/0019-ivs-begin-anywhere.md).

use core::cell::Cell;

use crate::aead;
use crate::ids::Spi;

/// SPI and the low half of the sequence number.
pub const ESP_HEADER_LEN: u32 = 8;
/// Explicit IV.
pub const IV_LEN: u32 = aead::IV_LEN as u32;
/// ICV.
pub const ICV_LEN: u32 = aead::ICV_LEN as u32;
/// The smallest trailer, which ends with a word (RFC 4303 §2.4).
const TRAILER_LEN_MIN: u32 = 4;
/// No packet of our AEADs is shorter.
pub const ESP_PACKET_LEN_MIN: u32 = ESP_HEADER_LEN + IV_LEN + TRAILER_LEN_MIN + ICV_LEN;
/// No ESP packet of any suite is shorter. NULL has no IV, RFC 8750 does not send it, and an ICV may
/// be missing (RFC 4303 §2, §3.2). Only the owner of an SA can say more.
pub const ESP_LEN_MIN: u32 = ESP_HEADER_LEN + TRAILER_LEN_MIN;

mod field {
    use core::ops::Range;
    pub(super) const SPI: Range<usize> = 0..4;
    pub(super) const SEQ_LOW: Range<usize> = 4..8;
    pub(super) const IV: Range<usize> = 8..16;
}

/// Header and IV as they stand in the packet.
pub type Front = [u8; 16];

/// The SPI.
pub fn spi(front: &Front) -> Spi {
    Spi(word(front, field::SPI))
}

/// The low half of the sequence number.
pub fn seq_low(front: &Front) -> u32 {
    word(front, field::SEQ_LOW)
}

/// The IV of the packet with the number `seq`, as a number. Different `seq` give different IVs, all
/// 2^64 of them.
pub fn iv(seq: u64, offset: u64) -> u64 {
    seq.wrapping_add(offset)
}

/// The front of a packet with the number `seq` and an IV.
pub fn emit(spi: Spi, seq: u64, iv: u64) -> Front {
    let mut front = [0; 16];
    front[field::SPI].copy_from_slice(&spi.0.to_be_bytes());
    // The high half is not sent (RFC 4303 §2.2.1).
    front[field::SEQ_LOW].copy_from_slice(&(seq as u32).to_be_bytes());
    front[field::IV].copy_from_slice(&iv.to_be_bytes());
    front
}

/// Lays the AAD into `aad` and returns its length: 8, or 12 with ESN.
pub(crate) fn put_aad(aad: &[Cell<u8>; 12], spi: Spi, seq: u64, is_esn: bool) -> u32 {
    let high = (seq >> 32) as u32;
    let low = seq as u32;
    let words = if is_esn {
        [spi.0, high, low]
    } else {
        [spi.0, low, 0]
    };
    for (to, from) in aad
        .iter()
        .zip(words.iter().flat_map(|word| word.to_be_bytes()))
    {
        to.set(from);
    }
    if is_esn { 12 } else { 8 }
}

/// Lays the nonce into `nonce`: salt, then IV.
pub(crate) fn put_nonce(nonce: &[Cell<u8>; 12], salt: &[Cell<u8>; 4], front: &Front) {
    let (to_salt, to_iv) = nonce.split_at(4);
    for (to, from) in to_salt.iter().zip(salt) {
        to.set(from.get());
    }
    for (to, &from) in to_iv.iter().zip(&front[field::IV]) {
        to.set(from);
    }
}

fn word(front: &Front, at: core::ops::Range<usize>) -> u32 {
    let mut octets = [0; 4];
    octets.copy_from_slice(&front[at]);
    u32::from_be_bytes(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emit_and_parse_are_inverse() {
        let front = emit(
            Spi(0x1122_3344),
            0x8765_4321_0000_0007,
            0xfedc_ba98_7654_3210,
        );
        assert_eq!(spi(&front), Spi(0x1122_3344));
        assert_eq!(seq_low(&front), 7);
        assert_eq!(front[8..], 0xfedc_ba98_7654_3210_u64.to_be_bytes());
    }

    #[test]
    fn an_iv_goes_on_at_0_after_the_last_one() {
        let offset = u64::MAX - 1;
        assert_eq!([1, 2, 3].map(|seq| iv(seq, offset)), [u64::MAX, 0, 1]);
        assert_eq!(iv(u64::MAX, offset), u64::MAX - 2);
    }

    #[test]
    fn the_aad_has_the_high_half_in_the_middle() {
        let aad: [Cell<u8>; 12] = core::array::from_fn(|_| Cell::new(0xee));
        let len = put_aad(&aad, Spi(0x4321), 0x8765_4321_0000_0000, true);
        let octets: Vec<u8> = aad.iter().map(Cell::get).collect();
        assert_eq!(len, 12);
        assert_eq!(
            octets,
            [0, 0, 0x43, 0x21, 0x87, 0x65, 0x43, 0x21, 0, 0, 0, 0]
        );
        assert_eq!(put_aad(&aad, Spi(0xa5f8), 10, false), 8);
        let octets: Vec<u8> = aad.iter().take(8).map(Cell::get).collect();
        assert_eq!(octets, [0, 0, 0xa5, 0xf8, 0, 0, 0, 10]);
    }
}
