//! Extended sequence numbers: finds the 64-bit number that a received low half stands for (RFC 4303
//! §2.2.1, App. A2.2).

use crate::report::status::Status;

/// The full number for `seq_low`, given the highest number authenticated (`top`) and the window.
///
/// RFC 4303 App. A2.2 in closed form: the one number congruent to `seq_low` modulo 2^32 that lies
/// in `[B, B + 2^32 - 1]`, where `B = top - window_len + 1` is the window's left edge.
///
/// # Errors
/// `SeqZero` if that number is 0 or below, `SeqStale` if it is above 2^64 - 1: no sender can have
/// used it.
pub fn infer(top: u64, window_len: u32, seq_low: u32) -> Result<u64, Status> {
    let reach = u64::from(window_len.max(1)) - 1;
    let bottom = top.wrapping_sub(reach);
    // Only the low half of the edge counts for the distance.
    let ahead = u64::from(seq_low.wrapping_sub(bottom as u32));
    if top >= reach {
        let seq = bottom.checked_add(ahead).ok_or(Status::SeqStale)?;
        return if seq == 0 {
            Err(Status::SeqZero)
        } else {
            Ok(seq)
        };
    }
    // The edge lies below 0 by `reach - top`.
    match ahead.checked_sub(reach - top) {
        None | Some(0) => Err(Status::SeqZero),
        Some(seq) => Ok(seq),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4303 App. A2.2 word for word: cases A and B.
    fn by_the_rfc(top: u64, window_len: u32, low: u32) -> Option<u64> {
        let (high, top_low) = ((top >> 32) as i64, top as u32);
        let bottom_low = top_low.wrapping_sub(window_len).wrapping_add(1);
        let seq_high = if top_low >= window_len - 1 {
            if low >= bottom_low { high } else { high + 1 }
        } else if low >= bottom_low {
            high - 1
        } else {
            high
        };
        let seq = (u128::from(u32::try_from(seq_high).ok()?) << 32) | u128::from(low);
        u64::try_from(seq).ok().filter(|&seq| seq != 0)
    }

    #[test]
    fn the_table_of_cases() {
        let cases: [(u64, u32, u32, Option<u64>); 15] = [
            (0x0, 64, 0x1, Some(0x1)),
            (0x0, 64, 0x0, None),
            (0x0, 64, 0xffff_fff0, None),
            (0x64, 64, 0x25, Some(0x25)),
            (0x64, 64, 0x24, Some(0x1_0000_0024)),
            (0xffff_fffe, 64, 0x3, Some(0x1_0000_0003)),
            (0xffff_ffff, 64, 0x0, Some(0x1_0000_0000)),
            (0x1_0000_0005, 64, 0xffff_fff0, Some(0xffff_fff0)),
            (0x1_0000_0005, 64, 0xffff_ffc6, Some(0xffff_ffc6)),
            (0x1_0000_0005, 64, 0xffff_ffc5, Some(0x1_ffff_ffc5)),
            (0x1_0000_003e, 64, 0xffff_ffff, Some(0xffff_ffff)),
            (0x1_0000_003f, 64, 0xffff_ffff, Some(0x1_ffff_ffff)),
            (0x1_0000_003f, 64, 0x0, Some(0x1_0000_0000)),
            (0x7_8000_0000, 1024, 0x7fff_fc01, Some(0x7_7fff_fc01)),
            (0x7_8000_0000, 1024, 0x7fff_fc00, Some(0x8_7fff_fc00)),
        ];
        for (top, window_len, low, expected) in cases {
            assert_eq!(
                infer(top, window_len, low).ok(),
                expected,
                "{top:#x} {low:#x}"
            );
            assert_eq!(
                by_the_rfc(top, window_len, low),
                expected,
                "{top:#x} {low:#x}"
            );
        }
    }

    #[test]
    fn nothing_lies_beyond_the_last_number() {
        assert_eq!(infer(u64::MAX, 64, u32::MAX), Ok(u64::MAX));
        assert_eq!(infer(u64::MAX, 64, 0), Err(Status::SeqStale));
    }

    proptest::proptest! {
        #[test]
        fn closed_form_equals_the_rfc(
            high in 0_u64..4, near in proptest::bool::ANY, offset in 0_u64..8192, low: u32,
            window_len in 32_u32..=4096,
        ) {
            let top = (high << 32).wrapping_add(if near { offset } else { offset.wrapping_neg() });
            let top = if top >> 62 == 0 { top } else { offset };
            let near_low = (top as u32).wrapping_add(low % 8192).wrapping_sub(4096);
            for low in [low, near_low] {
                let expected = by_the_rfc(top, window_len, low);
                proptest::prop_assert_eq!(infer(top, window_len, low).ok(), expected);
            }
        }
    }
}
