//! Frames of RFC 9329 §3: a Length field that counts itself, then the payload.
//!
//! ```text
//! | Length (2) | payload: IKE message behind four zero octets, ESP packet, 0xFF, or nothing |
//! ```

use crate::ids::Spi;
use crate::layout::LENGTH_FIELD_LEN;
use crate::report::status::Status;

/// Octets that tell one kind of frame from another: the Length field and the first word of the
/// payload.
pub const HEAD_LEN: usize = 6;

/// Kind of a frame, by its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An IKE message behind the non-ESP marker.
    Ike,
    /// An ESP packet.
    Esp(Spi),
    /// One octet 0xFF.
    Keepalive,
    /// Nothing.
    Empty,
    /// 1 to 4 octets that are no keepalive, too short for any message.
    Short,
}

/// One whole frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Kind of its payload.
    pub kind: Kind,
    /// Octets with the Length field, 2 to 65,535.
    pub len: u32,
}

impl Frame {
    /// Octets without the Length field.
    pub const fn payload_len(&self) -> u32 {
        self.len - LENGTH_FIELD_LEN
    }
}

/// Parses the frame at the front of a stream. `None` asks for more octets.
///
/// * `head`: the first octets of the stream, `HEAD_LEN` or as many as there are
/// * `available`: all octets that there are
///
/// # Errors
/// `FrameLengthInvalid` as soon as a Length of 0 or 1 is there (RFC 9329 §3.1).
pub fn next_frame(head: &[u8], available: u32) -> Result<Option<Frame>, Status> {
    let &[a, b, ref payload @ ..] = head else {
        return Ok(None);
    };
    let len = u32::from(u16::from_be_bytes([a, b]));
    if len < LENGTH_FIELD_LEN {
        return Err(Status::FrameLengthInvalid);
    }
    if available < len {
        return Ok(None);
    }
    let kind = kind_of(payload, len - LENGTH_FIELD_LEN);
    Ok(Some(Frame { kind, len }))
}

/// Tells payloads apart by their length and their first octets (RFC 9329 §3, §6.6).
pub fn kind_of(payload: &[u8], payload_len: u32) -> Kind {
    match (payload_len, payload) {
        (0, _) => Kind::Empty,
        (1, [0xff, ..]) => Kind::Keepalive,
        (5.., &[a, b, c, d, ..]) => match u32::from_be_bytes([a, b, c, d]) {
            0 => Kind::Ike,
            spi => Kind::Esp(Spi(spi)),
        },
        _ => Kind::Short,
    }
}

/// The Length field of a payload of `payload_len` octets; `None` if no frame can be that long.
pub fn length_field(payload_len: u32) -> Option<[u8; 2]> {
    let len = payload_len.checked_add(LENGTH_FIELD_LEN)?;
    u16::try_from(len).ok().map(u16::to_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const IKE: [u8; 34] = {
        let mut frame = [0x11; 34];
        frame[0] = 0;
        frame[1] = 0x22;
        let mut i = 2;
        while i < 6 {
            frame[i] = 0;
            i += 1;
        }
        frame
    };

    fn parse(octets: &[u8]) -> Result<Option<Frame>, Status> {
        next_frame(&octets[..octets.len().min(HEAD_LEN)], octets.len() as u32)
    }

    #[test]
    fn each_proper_prefix_asks_for_more() {
        for end in 0..IKE.len() {
            assert_eq!(parse(&IKE[..end]), Ok(None), "{end} octets");
        }
        assert_eq!(
            parse(&IKE),
            Ok(Some(Frame {
                kind: Kind::Ike,
                len: 34
            }))
        );
    }

    #[test]
    fn one_octet_at_a_time_yields_one_frame() {
        let mut seen = Vec::new();
        let mut found = 0;
        for &octet in &IKE {
            seen.push(octet);
            found += usize::from(parse(&seen).expect("legal").is_some());
        }
        assert_eq!(found, 1);
    }

    #[test]
    fn two_frames_in_one_read_are_two() {
        let mut octets = IKE.to_vec();
        octets.extend_from_slice(&[0, 3, 0xff]);
        let first = parse(&octets).expect("legal").expect("whole");
        assert_eq!(first.kind, Kind::Ike);
        let second = parse(&octets[first.len as usize..])
            .expect("legal")
            .expect("whole");
        assert_eq!(
            second,
            Frame {
                kind: Kind::Keepalive,
                len: 3
            }
        );
    }

    #[test]
    fn a_full_size_frame_is_one_and_an_over_size_payload_has_no_length() {
        let mut octets = vec![7; 65_535];
        octets[0] = 0xff;
        octets[1] = 0xff;
        let frame = parse(&octets).expect("legal").expect("whole");
        assert_eq!(
            frame,
            Frame {
                kind: Kind::Esp(Spi(0x0707_0707)),
                len: 65_535
            }
        );
        assert_eq!(length_field(65_533), Some([0xff, 0xff]));
        for payload_len in [65_534, 65_535, 65_536, u32::MAX] {
            assert_eq!(length_field(payload_len), None);
        }
    }

    #[test]
    fn short_payloads_have_their_kinds() {
        let cases: [(&[u8], Kind); 8] = [
            (&[0, 2], Kind::Empty),
            (&[0, 3, 0xff], Kind::Keepalive),
            (&[0, 3, 0x00], Kind::Short),
            (&[0, 4, 0xff, 0xff], Kind::Short),
            (&[0, 5, 1, 2, 3], Kind::Short),
            (&[0, 6, 0, 0, 0, 0], Kind::Short),
            (&[0, 6, 1, 2, 3, 4], Kind::Short),
            (&[0, 7, 0, 0, 0, 0, 9], Kind::Ike),
        ];
        for (octets, kind) in cases {
            assert_eq!(
                parse(octets).expect("legal").expect("whole").kind,
                kind,
                "{octets:?}"
            );
        }
    }

    #[test]
    fn length_zero_and_one_are_fatal_as_soon_as_they_are_there() {
        for low in [0, 1] {
            assert_eq!(parse(&[0]), Ok(None));
            assert_eq!(parse(&[0, low]), Err(Status::FrameLengthInvalid));
            assert_eq!(parse(&[0, low, 1, 2, 3]), Err(Status::FrameLengthInvalid));
        }
    }
}
