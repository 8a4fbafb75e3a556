//! The end of the plaintext (RFC 4303 §2.4 to §2.6): padding octets 1, 2, 3 and so on, the pad
//! length, the next header.

use crate::report::status::Status;

/// Pad length and next header.
pub const TRAILER_LEN: u32 = 2;

/// A dummy packet (RFC 4303 §2.6).
pub const NEXT_HEADER_DUMMY: u8 = 59;

/// The end of an authentic plaintext.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trailer {
    /// Octets before the padding: inner packet and TFC padding.
    pub payload_len: u32,
    /// Protocol of the payload.
    pub next_header: u8,
}

/// Parses the trailer of an authentic plaintext.
///
/// # Errors
/// `PadLengthInvalid`, `PadOctetsInvalid`.
pub fn parse(plaintext: &[u8]) -> Result<Trailer, Status> {
    let (rest, &[pad_len, next_header]) = plaintext
        .split_last_chunk::<2>()
        .ok_or(Status::PadLengthInvalid)?;
    let payload_len = rest
        .len()
        .checked_sub(usize::from(pad_len))
        .ok_or(Status::PadLengthInvalid)?;
    let padding = &rest[payload_len..];
    if !padding
        .iter()
        .zip(1_u8..=u8::MAX)
        .all(|(&octet, expected)| octet == expected)
    {
        return Err(Status::PadOctetsInvalid);
    }
    // A packet is shorter than 65,536 octets.
    Ok(Trailer {
        payload_len: payload_len as u32,
        next_header,
    })
}

/// The least padding that right-aligns the trailer in a word: 0 to 3.
pub const fn pad_len(payload_len: u32) -> u32 {
    (payload_len + TRAILER_LEN).wrapping_neg() % 4
}

/// Lays padding and trailer into `room`, which follows the payload.
///
/// # Panics
/// If `room` is not as long as padding and trailer are.
pub fn emit(room: &mut [u8], next_header: u8) {
    let (padding, trailer) = room
        .split_last_chunk_mut::<2>()
        .expect("room for a trailer");
    let pad_len = u8::try_from(padding.len()).expect("at most 255 octets of padding");
    for (octet, value) in padding.iter_mut().zip(1_u8..=u8::MAX) {
        *octet = value;
    }
    *trailer = [pad_len, next_header];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inner::{NEXT_HEADER_IPV4, NEXT_HEADER_IPV6};

    #[test]
    fn emit_and_parse_are_inverse() {
        for payload_len in 0..64_u32 {
            let pad = pad_len(payload_len);
            assert!(pad < 4 && (payload_len + pad + TRAILER_LEN).is_multiple_of(4));
            let mut plaintext = vec![0xaa; (payload_len + pad + TRAILER_LEN) as usize];
            emit(&mut plaintext[payload_len as usize..], NEXT_HEADER_IPV4);
            let trailer = Trailer {
                payload_len,
                next_header: NEXT_HEADER_IPV4,
            };
            assert_eq!(parse(&plaintext), Ok(trailer));
        }
    }

    #[test]
    fn padding_of_255_is_legal() {
        let mut plaintext: Vec<u8> = (1..=255).collect();
        plaintext.extend_from_slice(&[255, NEXT_HEADER_IPV6]);
        let trailer = Trailer {
            payload_len: 0,
            next_header: NEXT_HEADER_IPV6,
        };
        assert_eq!(parse(&plaintext), Ok(trailer));
    }

    #[test]
    fn bad_padding_says_what_is_wrong() {
        let cases: [(&[u8], Status); 6] = [
            (&[], Status::PadLengthInvalid),
            (&[4], Status::PadLengthInvalid),
            (&[1, 4], Status::PadLengthInvalid),
            (&[9, 9, 9, 255, 4], Status::PadLengthInvalid),
            (&[0, 0, 0, 3, 4], Status::PadOctetsInvalid),
            (&[1, 2, 4, 3, 4], Status::PadOctetsInvalid),
        ];
        for (plaintext, status) in cases {
            assert_eq!(parse(plaintext), Err(status), "{plaintext:?}");
        }
    }
}
