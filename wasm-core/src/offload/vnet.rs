//! The header in front of each packet of a TUN device with IFF_VNET_HDR (`struct virtio_net_hdr`,
//! little endian).
//!
//! ```text
//! | flags 1 | kind 1 | header length 2 | segment size 2 | checksum start 2 | checksum offset 2 |
//! ```

use crate::layout::system::VNET_LEN;
use crate::report::status::Status;

/// The checksum covers the pseudo header only.
const NEEDS_CSUM: u8 = 1;
/// Bit of the kind: the first segment has CWR set (RFC 3168).
const KIND_ECN: u8 = 0x80;
const KIND_NONE: u8 = 0;
const KIND_TCP4: u8 = 1;
const KIND_TCP6: u8 = 4;
const KIND_UDP: u8 = 5;

/// Protocol of a packet of many segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// How a packet of many segments is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The protocol inside.
    pub protocol: Protocol,
    /// IP version: 4 or 6, 0 where the header does not say.
    pub version: u8,
    /// Octets of payload in each segment but the last.
    pub size: u16,
}

/// Where a checksum is to be completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partial {
    /// Place of the first summed octet.
    pub start: u16,
    /// Place of the checksum, counted from there.
    pub offset: u16,
}

/// The content of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vnet {
    /// `None` for a plain packet.
    pub cut: Option<Cut>,
    /// `None` if the checksum is complete.
    pub partial: Option<Partial>,
}

/// Parses a header.
///
/// # Errors
/// `InnerInvalid` for a packet that we did not ask for: another kind, or segments of no octets.
pub fn parse(header: &[u8; VNET_LEN as usize]) -> Result<Vnet, Status> {
    let [
        flags,
        kind,
        _,
        _,
        size @ ..,
        start_low,
        start_high,
        offset_low,
        offset_high,
    ] = *header;
    let size = u16::from_le_bytes(size);
    let cut = |protocol, version| match size {
        0 => Err(Status::InnerInvalid),
        _ => Ok(Some(Cut {
            protocol,
            version,
            size,
        })),
    };
    let cut = match kind & !KIND_ECN {
        KIND_NONE => None,
        KIND_TCP4 => cut(Protocol::Tcp, 4)?,
        KIND_TCP6 => cut(Protocol::Tcp, 6)?,
        KIND_UDP => cut(Protocol::Udp, 0)?,
        _ => return Err(Status::InnerInvalid),
    };
    let partial = (flags & NEEDS_CSUM != 0).then_some(Partial {
        start: u16::from_le_bytes([start_low, start_high]),
        offset: u16::from_le_bytes([offset_low, offset_high]),
    });
    Ok(Vnet { cut, partial })
}

/// The header of a plain packet with a complete checksum.
pub const PLAIN: [u8; VNET_LEN as usize] = [0; VNET_LEN as usize];

/// The header of a packet of many segments, whose checksum covers the pseudo header only.
pub fn emit(cut: Cut, header_len: u16, partial: Partial) -> [u8; VNET_LEN as usize] {
    let kind = match (cut.protocol, cut.version) {
        (Protocol::Udp, _) => KIND_UDP,
        (Protocol::Tcp, 4) => KIND_TCP4,
        (Protocol::Tcp, _) => KIND_TCP6,
    };
    let mut header = PLAIN;
    header[..2].copy_from_slice(&[NEEDS_CSUM, kind]);
    let words = [header_len, cut.size, partial.start, partial.offset];
    for (to, word) in header[2..].chunks_exact_mut(2).zip(words) {
        to.copy_from_slice(&word.to_le_bytes());
    }
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emit_and_parse_are_inverse() {
        for (protocol, version) in [(Protocol::Tcp, 4), (Protocol::Tcp, 6), (Protocol::Udp, 0)] {
            let cut = Cut {
                protocol,
                version,
                size: 1348,
            };
            let partial = Partial {
                start: 20,
                offset: 16,
            };
            let said = Vnet {
                cut: Some(cut),
                partial: Some(partial),
            };
            assert_eq!(parse(&emit(cut, 52, partial)), Ok(said));
        }
    }

    #[test]
    fn what_was_not_asked_for_is_refused() {
        // UFO, an unknown kind, TCP in segments of nothing.
        for (kind, size) in [(3, 1000), (7, 1000), (1, 0), (0x81, 0)] {
            let mut header = PLAIN;
            header[1] = kind;
            header[4..6].copy_from_slice(&u16::to_le_bytes(size));
            assert_eq!(parse(&header), Err(Status::InnerInvalid), "{kind} {size}");
        }
        let plain = Vnet {
            cut: None,
            partial: None,
        };
        assert_eq!(parse(&PLAIN), Ok(plain));
    }
}
