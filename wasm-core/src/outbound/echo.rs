//! The echo host. It answers ICMP and ICMPv6 echo and UDP echo (port 7) at one address of each
//! family, so that you can try a tunnel without any privilege.
//!
//! It turns a request into its reply in place. Checksums are updated, not computed (RFC 1624), so a
//! wrong one stays wrong. Like any host, it ignores all other packets.

use super::entry;
use crate::inner::{self, Address, NEXT_HEADER_IPV4, NEXT_HEADER_IPV6};
use crate::layout::globals::EchoAddress;
use crate::layout::lane::LaneBlock;
use crate::layout::{FAMILY_V4, FAMILY_V6};
use crate::memory::{self, octets};

const PROTOCOL_ICMP: u8 = 1;
const PROTOCOL_UDP: u8 = 17;
const PROTOCOL_ICMPV6: u8 = 58;
const UDP_ECHO_PORT: u16 = 7;
/// Time to live of the host's packets.
const HOPS: u8 = 64;

/// Sets the host's address of one family. False if there is no such family.
///
/// Lanes read it without a lock, so there is none while it changes: a packet that comes then is not
/// the host's.
pub(crate) fn set_address(family: u32, at: u32) -> bool {
    let address = match family {
        FAMILY_V4 => Address::v4(octets::array(at)),
        FAMILY_V6 => Address::v6(octets::array(at)),
        _ => return false,
    };
    let own = own_of(address.version);
    own.is_set.set(0);
    own.high.set(address.high);
    own.low.set(address.low);
    own.is_set.set(1);
    true
}

/// Turns the lane's inner packets into replies, which become its outbound entries. Returns their
/// number.
pub(crate) fn answer(lane: &LaneBlock, packets: u32) -> u32 {
    let batch = &lane.batch;
    let mut answered = 0;
    for entry in &batch.inner[..packets.min(batch.inner_count.get()) as usize] {
        let (at, len) = (entry.at.get(), entry.len.get());
        if octets::with_mut(at, len, reply) {
            entry::set(&batch.entries_table[answered], at, len);
            answered += 1;
        }
    }
    entry::begin(lane, answered as u32);
    answered as u32
}

/// Turns a request to the host into its reply. Returns false, with the packet unchanged, if the
/// host does not answer it.
fn reply(packet: &mut [u8]) -> bool {
    let Ok(inner) = inner::parse(packet) else {
        return false;
    };
    if !is_own(inner.destination) {
        return false;
    }
    match inner.next_header {
        NEXT_HEADER_IPV4 => reply_v4(packet).is_some(),
        NEXT_HEADER_IPV6 => reply_v6(packet).is_some(),
        _ => false,
    }
}

fn reply_v4(packet: &mut [u8]) -> Option<()> {
    let header_len = usize::from(packet[0] & 15) * 4;
    let is_fragment = u16::from_be_bytes([packet[6], packet[7]]) & 0x3fff != 0;
    let protocol = packet[9];
    let (header, payload) = packet.split_at_mut_checked(header_len)?;
    if is_fragment {
        return None;
    }
    match protocol {
        PROTOCOL_ICMP => turn_icmp(payload, 8, 0)?,
        PROTOCOL_UDP => turn_udp(payload)?,
        _ => return None,
    }
    // The addresses change places, so their sum stays. Time to live is the high octet of its word.
    let before = u16::from_be_bytes([header[8], protocol]);
    header[8] = HOPS;
    update_checksum(header, 10, before, u16::from_be_bytes([HOPS, protocol]));
    let (source, destination) = header[12..20].split_at_mut(4);
    source.swap_with_slice(destination);
    Some(())
}

fn reply_v6(packet: &mut [u8]) -> Option<()> {
    let (header, payload) = packet.split_at_mut_checked(40)?;
    match header[6] {
        PROTOCOL_ICMPV6 => turn_icmp(payload, 128, 129)?,
        PROTOCOL_UDP => turn_udp(payload)?,
        _ => return None,
    }
    header[7] = HOPS;
    let (source, destination) = header[8..40].split_at_mut(16);
    source.swap_with_slice(destination);
    Some(())
}

/// An echo request becomes a reply: only its type changes.
fn turn_icmp(message: &mut [u8], request: u8, reply: u8) -> Option<()> {
    if message.len() < 8 || message[0] != request || message[1] != 0 {
        return None;
    }
    message[0] = reply;
    let word = |kind: u8| u16::from_be_bytes([kind, 0]);
    update_checksum(message, 2, word(request), word(reply));
    Some(())
}

/// A datagram to port 7 goes back: the ports change places, and the checksum stays. A datagram from
/// port 7 gets no answer, or it would go back and forth for ever.
fn turn_udp(datagram: &mut [u8]) -> Option<()> {
    let header: &mut [u8; 8] = datagram.first_chunk_mut()?;
    let source = u16::from_be_bytes([header[0], header[1]]);
    let destination = u16::from_be_bytes([header[2], header[3]]);
    if destination != UDP_ECHO_PORT || source == UDP_ECHO_PORT || source == 0 {
        return None;
    }
    let (from, to) = header[..4].split_at_mut(2);
    from.swap_with_slice(to);
    Some(())
}

/// RFC 1624: HC' = ~(~HC + ~m + m').
fn update_checksum(octets: &mut [u8], at: usize, before: u16, after: u16) {
    let checksum = u16::from_be_bytes([octets[at], octets[at + 1]]);
    let sum = u32::from(!checksum) + u32::from(!before) + u32::from(after);
    let folded = (sum & 0xffff) + (sum >> 16);
    let folded = (folded & 0xffff) + (folded >> 16);
    // Folded twice, it fits into 16 bits.
    octets[at..at + 2].copy_from_slice(&(!(folded as u16)).to_be_bytes());
}

fn is_own(address: Address) -> bool {
    let own = own_of(address.version);
    own.is_set.get() != 0 && own.high.get() == address.high && own.low.get() == address.low
}

fn own_of(version: u32) -> &'static EchoAddress {
    &memory::globals().echo[usize::from(version == 6)]
}
