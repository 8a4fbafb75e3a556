//! Cuts a packet of many segments, as a network card does: header after header, every octet of
//! payload once.
//!
//! The sum of the pseudo header comes from the host; only its length is put right. After a routing
//! header, a home address or an IPv4 source route it does not cover the addresses in the IP header
//! (RFC 8200 §8.1, RFC 6275 §11.3.1, RFC 9293 §3.9.2).

use super::checksum::Sum;
use super::transport::{Layout, OPTIONS, ROUTED, layout, tcp, udp};
use super::vnet::{Cut, Partial, Protocol};
use crate::report::status::Status;

/// A packet that is to be cut, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole {
    /// Where its parts are.
    pub layout: Layout,
    /// Octets of payload in each segment but the last; not 0.
    pub size: usize,
}

impl Whole {
    /// Checks a packet, which is as long as its IP header says, against the cut. If its checksum is
    /// complete, the sum of its pseudo header replaces it.
    ///
    /// # Errors
    /// `InnerInvalid` if it is of another kind, has no payload, or has its checksum elsewhere.
    pub fn parse(packet: &mut [u8], cut: Cut, partial: Option<Partial>) -> Result<Self, Status> {
        let extensions = if partial.is_some() { ROUTED } else { OPTIONS };
        let layout = layout(packet, extensions).ok_or(Status::InnerInvalid)?;
        let is_as_said =
            layout.protocol == cut.protocol && [0, layout.version].contains(&cut.version);
        if !is_as_said || layout.payload_at == packet.len() || cut.size == 0 {
            return Err(Status::InnerInvalid);
        }
        match partial {
            Some(partial) if !layout.is_summed_as(partial) => return Err(Status::InnerInvalid),
            Some(_) => {}
            None => {
                let at = layout.transport_at;
                let pseudo = layout.pseudo_header(packet, packet.len() - at).fold();
                packet[at + layout.checksum_offset()..][..2].copy_from_slice(&pseudo);
            }
        }
        Ok(Self {
            layout,
            size: cut.size.into(),
        })
    }

    /// How many segments a packet of `len` octets is cut into; at least one.
    pub fn count(&self, len: usize) -> usize {
        (len - self.layout.payload_at).div_ceil(self.size)
    }

    /// Octets of segment `i` of a packet of `len` octets.
    pub fn len_of(&self, len: usize, i: usize) -> usize {
        let payload_len = len - self.layout.payload_at;
        self.layout.payload_at + self.size.min(payload_len - i * self.size)
    }

    /// Lays segment `i` of `packet` into `out`, with its checksums, and returns its length.
    ///
    /// # Panics
    /// If there is no such segment, or `out` is shorter than `len_of` it.
    pub fn emit(&self, packet: &[u8], i: usize, out: &mut [u8]) -> usize {
        let Layout { payload_at, .. } = self.layout;
        let from = payload_at + i * self.size;
        let to = packet.len().min(from + self.size);
        let len = payload_at + (to - from);
        let (header, payload) = out[..len].split_at_mut(payload_at);
        header.copy_from_slice(&packet[..payload_at]);
        payload.copy_from_slice(&packet[from..to]);
        let (ip, transport) = header.split_at_mut(self.layout.transport_at);
        set_ip_len(ip, len, i);
        match self.layout.protocol {
            Protocol::Tcp => {
                let part = Part {
                    at: i * self.size,
                    is_last: to == packet.len(),
                };
                set_tcp(transport, part);
            }
            // A segment is shorter than 65,536 octets.
            Protocol::Udp => transport[udp::LEN]
                .copy_from_slice(&((len - self.layout.transport_at) as u16).to_be_bytes()),
        }
        set_checksum(&self.layout, &mut out[..len], packet.len());
        len
    }
}

/// Completes a checksum. The packet holds the sum of the pseudo header in its place.
///
/// # Errors
/// `InnerInvalid` if it would lie outside.
pub fn complete(packet: &mut [u8], partial: Partial) -> Result<(), Status> {
    let (start, offset) = (usize::from(partial.start), usize::from(partial.offset));
    let summed = packet.get_mut(start..).ok_or(Status::InnerInvalid)?;
    let sum = Sum::default().with(summed);
    summed
        .get_mut(offset..offset + 2)
        .ok_or(Status::InnerInvalid)?
        .copy_from_slice(&never_zero(sum.checksum()));
    Ok(())
}

/// The payload of one segment.
#[derive(Clone, Copy)]
struct Part {
    /// Octets of the whole packet's payload before it.
    at: usize,
    /// No other segment follows.
    is_last: bool,
}

/// Length, identification and checksum of segment `i`'s IP header.
pub(super) fn set_ip_len(ip: &mut [u8], len: usize, i: usize) {
    // A segment is shorter than 65,536 octets; identifications wrap.
    let (len, i) = (len as u16, i as u16);
    if ip[0] >> 4 == 6 {
        ip[4..6].copy_from_slice(&(len - 40).to_be_bytes());
        return;
    }
    ip[2..4].copy_from_slice(&len.to_be_bytes());
    let id = u16::from_be_bytes([ip[4], ip[5]]).wrapping_add(i);
    ip[4..6].copy_from_slice(&id.to_be_bytes());
    ip[10..12].fill(0);
    let checksum = Sum::default().with(ip).checksum();
    ip[10..12].copy_from_slice(&checksum);
}

/// Sets sequence number and flags. CWR belongs to the first segment, FIN and PSH to the last (RFC
/// 3168 §6.1.2, RFC 9293).
fn set_tcp(header: &mut [u8], part: Part) {
    let mut seq = [0; 4];
    seq.copy_from_slice(&header[tcp::SEQ]);
    // Sequence numbers wrap.
    let seq = u32::from_be_bytes(seq).wrapping_add(part.at as u32);
    header[tcp::SEQ].copy_from_slice(&seq.to_be_bytes());
    if part.at > 0 {
        header[tcp::FLAGS] &= !tcp::CWR;
    }
    if !part.is_last {
        header[tcp::FLAGS] &= !(tcp::FIN | tcp::PSH);
    }
}

/// Completes a segment's checksum. Its place holds the sum of the pseudo header of the whole packet
/// of `whole_len` octets.
pub(super) fn set_checksum(layout: &Layout, segment: &mut [u8], whole_len: usize) {
    let at = layout.transport_at + layout.checksum_offset();
    let transport = &segment[layout.transport_at..];
    // Both lengths are below 65,536.
    let sum = Sum::default()
        .with(transport)
        .with_word(!((whole_len - layout.transport_at) as u16))
        .with_word(transport.len() as u16);
    let checksum = match layout.protocol {
        Protocol::Tcp => sum.checksum(),
        Protocol::Udp => never_zero(sum.checksum()),
    };
    segment[at..at + 2].copy_from_slice(&checksum);
}

/// A checksum of 0 means no checksum in UDP (RFC 768). 0xffff has the same value, and is right
/// everywhere.
fn never_zero(checksum: [u8; 2]) -> [u8; 2] {
    if checksum == [0; 2] {
        [0xff; 2]
    } else {
        checksum
    }
}
