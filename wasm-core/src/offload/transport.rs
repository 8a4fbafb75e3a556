//! The places of the TCP or UDP header and of its payload in an inner packet.

use super::checksum::{Sum, pseudo_header};
use super::vnet::{Partial, Protocol};

/// TCP's number above IP.
const PROTOCOL_TCP: u8 = 6;
/// UDP's number above IP.
const PROTOCOL_UDP: u8 = 17;
/// IPv6 extension headers that may come before them: hop by hop, destination options.
pub const OPTIONS: &[u8] = &[0, 60];
/// The same with a routing header, for packets that bring the sum of their pseudo header: the
/// address in that is not the one in the IP header (RFC 8200 §8.1).
pub const ROUTED: &[u8] = &[0, 43, 60];

/// Octets of a UDP header.
const UDP_LEN: usize = 8;
/// Octets of the shortest TCP header.
const TCP_LEN: usize = 20;

/// Places in a TCP header.
pub(super) mod tcp {
    use core::ops::Range;
    pub(crate) const SEQ: Range<usize> = 4..8;
    pub(crate) const DATA_OFFSET: usize = 12;
    pub(crate) const FLAGS: usize = 13;
    pub(crate) const CHECKSUM: usize = 16;
    pub(crate) const FIN: u8 = 0x01;
    pub(crate) const PSH: u8 = 0x08;
    pub(crate) const ACK: u8 = 0x10;
    pub(crate) const ECE: u8 = 0x40;
    pub(crate) const CWR: u8 = 0x80;
}

/// Places in a UDP header.
pub(super) mod udp {
    use core::ops::Range;
    pub(crate) const LEN: Range<usize> = 4..6;
    pub(crate) const CHECKSUM: usize = 6;
}

/// A packet's layout; all places are inside of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The protocol above IP.
    pub protocol: Protocol,
    /// IP version: 4 or 6.
    pub version: u8,
    /// Where the TCP or UDP header begins.
    pub transport_at: usize,
    /// Where the payload begins.
    pub payload_at: usize,
}

impl Layout {
    /// Place of the checksum from `transport_at`.
    pub fn checksum_offset(&self) -> usize {
        match self.protocol {
            Protocol::Tcp => tcp::CHECKSUM,
            Protocol::Udp => udp::CHECKSUM,
        }
    }

    /// Whether its checksum is where `partial` says.
    pub fn is_summed_as(&self, partial: Partial) -> bool {
        usize::from(partial.start) == self.transport_at
            && usize::from(partial.offset) == self.checksum_offset()
    }

    /// The sum of the pseudo header for `len` octets above IP.
    pub fn pseudo_header(&self, packet: &[u8], len: usize) -> Sum {
        let (addresses, protocol) = match self.version {
            4 => (&packet[12..20], packet[9]),
            _ => (&packet[8..40], self.protocol.number()),
        };
        // A packet is shorter than 65,536 octets.
        pseudo_header(addresses, protocol, len as u32)
    }
}

impl Protocol {
    /// Its number above IP.
    pub fn number(self) -> u8 {
        match self {
            Self::Tcp => PROTOCOL_TCP,
            Self::Udp => PROTOCOL_UDP,
        }
    }
}

/// Finds the layout of a whole TCP or UDP packet, which is as long as its IP header says. `None`
/// for anything else, among it fragments, malformed headers and IPv6 headers that are not in
/// `extensions`.
pub fn layout(packet: &[u8], extensions: &[u8]) -> Option<Layout> {
    let (number, transport_at) = match packet.first()? >> 4 {
        4 => above_v4(packet)?,
        6 => above_v6(packet, extensions)?,
        _ => return None,
    };
    let transport = packet.get(transport_at..)?;
    let (protocol, header_len) = match number {
        PROTOCOL_TCP => {
            let header_len = usize::from(transport.get(tcp::DATA_OFFSET)? >> 4) * 4;
            (Protocol::Tcp, header_len)
        }
        PROTOCOL_UDP => (Protocol::Udp, UDP_LEN),
        _ => return None,
    };
    let is_sound = protocol == Protocol::Udp || header_len >= TCP_LEN;
    (is_sound && header_len <= transport.len()).then_some(Layout {
        protocol,
        version: packet[0] >> 4,
        transport_at,
        payload_at: transport_at + header_len,
    })
}

fn above_v4(packet: &[u8]) -> Option<(u8, usize)> {
    let header: &[u8; 20] = packet.first_chunk()?;
    let header_len = usize::from(header[0] & 15) * 4;
    let is_fragment = u16::from_be_bytes([header[6], header[7]]) & 0x3fff != 0;
    (header_len >= header.len() && !is_fragment).then_some((header[9], header_len))
}

fn above_v6(packet: &[u8], extensions: &[u8]) -> Option<(u8, usize)> {
    let header: &[u8; 40] = packet.first_chunk()?;
    let (mut number, mut at) = (header[6], header.len());
    while extensions.contains(&number) {
        let &[next, words] = packet.get(at..at + 2)?.first_chunk()?;
        number = next;
        at += (usize::from(words) + 1) * 8;
    }
    Some((number, at))
}
