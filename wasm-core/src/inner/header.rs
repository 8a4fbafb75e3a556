//! The header of an inner packet: version, length, addresses. The core reads nothing else of it.

use super::address::Address;
use crate::report::status::Status;

/// An IPv4 packet, in the trailer of the ESP packet around it.
pub const NEXT_HEADER_IPV4: u8 = 4;
/// An IPv6 packet.
pub const NEXT_HEADER_IPV6: u8 = 41;

/// The header's fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inner {
    /// Octets of the whole packet. TFC padding may follow it (RFC 4303 §2.7).
    pub len: u32,
    /// Source address.
    pub source: Address,
    /// Destination address.
    pub destination: Address,
    /// `NEXT_HEADER_IPV4` or `NEXT_HEADER_IPV6`.
    pub next_header: u8,
}

/// Parses the packet at the front of `octets`, by its version.
///
/// # Errors
/// `InnerInvalid` if the header is malformed, or the packet longer than `octets`.
pub fn parse(octets: &[u8]) -> Result<Inner, Status> {
    let parsed = match octets.first().map(|first| first >> 4) {
        Some(4) => parse_v4(octets),
        Some(6) => parse_v6(octets),
        _ => None,
    };
    parsed.ok_or(Status::InnerInvalid)
}

/// Parses the packet at the front of `octets`, which must be of the version that `next_header`
/// says.
///
/// # Errors
/// `NextHeaderUnknown`, `InnerInvalid`.
pub fn parse_as(octets: &[u8], next_header: u8) -> Result<Inner, Status> {
    if !matches!(next_header, NEXT_HEADER_IPV4 | NEXT_HEADER_IPV6) {
        return Err(Status::NextHeaderUnknown);
    }
    let inner = parse(octets)?;
    if inner.next_header == next_header {
        Ok(inner)
    } else {
        Err(Status::InnerInvalid)
    }
}

fn parse_v4(octets: &[u8]) -> Option<Inner> {
    let header: &[u8; 20] = octets.first_chunk()?;
    let header_len = usize::from(header[0] & 15) * 4;
    let len = usize::from(u16::from_be_bytes([header[2], header[3]]));
    let is_sound = header_len >= 20 && header_len <= len && len <= octets.len();
    let [.., a, b, c, d, e, f, g, h] = *header;
    is_sound.then(|| Inner {
        len: len as u32,
        source: Address::v4([a, b, c, d]),
        destination: Address::v4([e, f, g, h]),
        next_header: NEXT_HEADER_IPV4,
    })
}

fn parse_v6(octets: &[u8]) -> Option<Inner> {
    let header: &[u8; 40] = octets.first_chunk()?;
    let len = 40 + usize::from(u16::from_be_bytes([header[4], header[5]]));
    let (_, addresses) = header.split_at(8);
    let (source, destination) = addresses.split_at(16);
    (len <= octets.len()).then_some(Inner {
        len: len as u32,
        source: Address::v6(source.try_into().ok()?),
        destination: Address::v6(destination.try_into().ok()?),
        next_header: NEXT_HEADER_IPV6,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v4(len: u16, size: usize) -> Vec<u8> {
        let mut packet = vec![0; size];
        packet[0] = 0x45;
        packet[2..4].copy_from_slice(&len.to_be_bytes());
        packet[12..16].copy_from_slice(&[10, 0, 0, 1]);
        packet[16..20].copy_from_slice(&[10, 0, 0, 2]);
        packet
    }

    fn v6(payload_len: u16, size: usize) -> Vec<u8> {
        let mut packet = vec![0; size];
        packet[0] = 0x60;
        packet[4..6].copy_from_slice(&payload_len.to_be_bytes());
        packet[23] = 1;
        packet[39] = 2;
        packet
    }

    #[test]
    fn octets_behind_the_packet_are_left_out() {
        let inner = parse_as(&v4(28, 72), 4).expect("sound");
        assert_eq!((inner.len, inner.source), (28, Address::v4([10, 0, 0, 1])));
        assert_eq!(parse_as(&v6(8, 100), 41).expect("sound").len, 48);
    }

    #[test]
    fn malformed_headers_are_refused() {
        let mut short_header = v4(28, 28);
        short_header[0] = 0x44;
        let mut long_header = v4(28, 28);
        long_header[0] = 0x48;
        let mut version = v4(28, 28);
        version[0] = 0x55;
        let cases = [
            vec![],
            vec![0x45; 19],
            v4(29, 28),
            v4(19, 28),
            v6(9, 48),
            vec![0x60; 39],
        ];
        for packet in cases.iter().chain(&[short_header, long_header, version]) {
            assert_eq!(parse(packet), Err(Status::InnerInvalid), "{packet:02x?}");
        }
    }

    #[test]
    fn version_and_next_header_must_agree() {
        assert_eq!(parse_as(&v6(0, 40), 4), Err(Status::InnerInvalid));
        assert_eq!(parse_as(&v4(20, 20), 41), Err(Status::InnerInvalid));
        assert_eq!(parse_as(&v4(20, 20), 17), Err(Status::NextHeaderUnknown));
    }
}
