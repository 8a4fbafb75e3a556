//! Joins neighbours of one flow into packets of many segments, as the kernel's own receive offload
//! does.
//!
//! A packet joins the one before it in its flow if three things hold: the headers agree, it
//! continues where the other ended, and the checksums of both are right. `segment` would then cut
//! the result into the same octets again. Only the last packet may be shorter or have PSH. A packet
//! that does not join ends the group of its flow, so that no flow changes its order.

use core::num::NonZeroU64;

use super::checksum::Sum;
use super::segment;
use super::transport::{Layout, OPTIONS, layout, tcp, udp};
use super::vnet::{self, Cut, Partial, Protocol};
use crate::layout::system::VNET_LEN;

/// Octets of the longest packet of many segments.
const LEN_MAX: usize = 65_535;
/// Don't fragment, in the IPv4 header.
const FLAG_DF: u8 = 0x40;

/// The protocols that the device takes in packets of many segments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// TCP.
    pub tcp: bool,
    /// UDP.
    pub udp: bool,
}

/// A number that tells flows apart. Two flows that share one lose a chance to join and nothing
/// else.
pub type Flow = NonZeroU64;

/// Packets of one flow that go into the device as one.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    flow: Option<Flow>,
    /// Layout of all its packets; `None` if the first one joins nothing.
    layout: Option<Layout>,
    packets: usize,
    /// Octets of payload in each packet but the last.
    size: usize,
    /// Octets of all together under one header.
    len: usize,
    /// The next packet may join.
    is_open: bool,
    /// The last packet has PSH.
    has_push: bool,
    /// The first packet's checksums are right.
    is_checked: bool,
    /// The step by which the IPv4 identification grows; known from the second packet on.
    id_step: Option<u16>,
}

impl Group {
    /// A group of one packet, which is as long as its IP header says.
    pub fn new(packet: &[u8], taken: Taken) -> Self {
        let found = layout(packet, OPTIONS);
        let layout = found.filter(|layout| may_join(packet, layout, taken));
        let has_push = layout.is_some_and(|layout| has_push(packet, &layout));
        Self {
            flow: found.map(|layout| flow_of(packet, &layout)),
            layout,
            packets: 1,
            size: layout.map_or(0, |layout| packet.len() - layout.payload_at),
            len: packet.len(),
            is_open: layout.is_some() && !has_push,
            has_push,
            is_checked: false,
            id_step: None,
        }
    }

    /// Its flow. A packet without one, such as a fragment, may be part of any flow.
    pub fn flow(&self) -> Option<Flow> {
        self.flow
    }

    /// How many packets there are.
    pub fn packets(&self) -> usize {
        self.packets
    }

    /// Octets of header that a joined packet leaves out.
    pub fn header_len(&self) -> usize {
        self.layout.map_or(0, |layout| layout.payload_at)
    }

    /// Closes the group: no packet joins it any more.
    pub fn end(&mut self) {
        self.is_open = false;
    }

    /// Takes in `other`, a group of one `packet` of the same flow, or ends and returns false.
    /// `head` is the first packet of this group.
    pub fn join(&mut self, head: &[u8], other: &Self, packet: &[u8]) -> bool {
        let joined = self.is_open && self.takes(head, other, packet);
        if !joined {
            self.end();
            return false;
        }
        self.packets += 1;
        self.len += other.size;
        self.has_push = other.has_push;
        self.is_open = other.size == self.size && !other.has_push;
        true
    }

    /// Makes `head`, the first packet, the header of all. Returns the device's header that goes in
    /// front of it.
    pub fn finish(&self, head: &mut [u8]) -> [u8; VNET_LEN as usize] {
        let (Some(layout), true) = (self.layout, self.packets > 1) else {
            return vnet::PLAIN;
        };
        let transport_len = self.len - layout.transport_at;
        let start = layout.transport_at;
        // All lengths are below 65,536.
        if layout.version == 6 {
            head[4..6].copy_from_slice(&(transport_len as u16).to_be_bytes());
        } else {
            head[2..4].copy_from_slice(&(self.len as u16).to_be_bytes());
            head[10..12].fill(0);
            let checksum = Sum::default().with(&head[..start]).checksum();
            head[10..12].copy_from_slice(&checksum);
        }
        match layout.protocol {
            Protocol::Tcp if self.has_push => head[start + tcp::FLAGS] |= tcp::PSH,
            Protocol::Tcp => {}
            Protocol::Udp => {
                head[start..][udp::LEN].copy_from_slice(&(transport_len as u16).to_be_bytes())
            }
        }
        let offset = layout.checksum_offset();
        let pseudo = layout.pseudo_header(head, transport_len).fold();
        head[start + offset..][..2].copy_from_slice(&pseudo);
        let cut = Cut {
            protocol: layout.protocol,
            version: layout.version,
            size: self.size as u16,
        };
        let partial = Partial {
            start: start as u16,
            offset: offset as u16,
        };
        vnet::emit(cut, layout.payload_at as u16, partial)
    }

    fn takes(&mut self, head: &[u8], other: &Self, packet: &[u8]) -> bool {
        let (Some(layout), true) = (self.layout, self.layout == other.layout) else {
            return false;
        };
        let has_room = other.size <= self.size && self.len + other.size <= LEN_MAX;
        if !has_room || !is_same_transport(head, packet, &layout) {
            return false;
        }
        if layout.protocol == Protocol::Tcp
            && seq_of(packet, &layout)
                != seq_of(head, &layout).wrapping_add((self.len - layout.payload_at) as u32)
        {
            return false;
        }
        if !self.is_same_network(head, packet, &layout) {
            return false;
        }
        self.is_checked = self.is_checked || is_right(head, &layout);
        self.is_checked && is_right(packet, &layout)
    }

    /// Compares the IP headers. Identifications grow by one. Packets that are never fragmented may
    /// all have the same one, which means nothing then (RFC 6864 §4.1).
    fn is_same_network(&mut self, head: &[u8], packet: &[u8], layout: &Layout) -> bool {
        if layout.version == 6 {
            return head[..4] == packet[..4] && head[6..40] == packet[6..40];
        }
        if head[..2] != packet[..2]
            || head[6..10] != packet[6..10]
            || head[12..20] != packet[12..20]
        {
            return false;
        }
        let id = |octets: &[u8]| u16::from_be_bytes([octets[4], octets[5]]);
        let grown = id(packet).wrapping_sub(id(head));
        let step = *self.id_step.get_or_insert(grown);
        let is_legal = step == 1 || (step == 0 && head[6] & FLAG_DF != 0);
        // A packet of many segments has fewer than 65,536.
        is_legal && grown == step.wrapping_mul(self.packets as u16)
    }
}

/// Makes the first packet of a group, which `Group::finish` has made the header of all, the packet
/// again that it was: lengths, flags and checksums are those of its own octets. Returns its layout.
pub fn restore(head: &mut [u8]) -> Option<Layout> {
    let layout = layout(head, OPTIONS)?;
    let at = layout.transport_at;
    let len = head.len();
    segment::set_ip_len(&mut head[..at], len, 0);
    // Nothing joins behind PSH, so the first packet had none.
    match layout.protocol {
        Protocol::Tcp => head[at + tcp::FLAGS] &= !tcp::PSH,
        // A packet is shorter than 65,536 octets.
        Protocol::Udp => {
            head[at..][udp::LEN].copy_from_slice(&((len - at) as u16).to_be_bytes());
        }
    }
    let place = at + layout.checksum_offset();
    let pseudo = layout.pseudo_header(head, len - at).fold();
    head[place..place + 2].copy_from_slice(&pseudo);
    segment::set_checksum(&layout, head, len);
    Some(layout)
}

/// Whether packets like this one join at all: they have a payload and no IP options, and TCP
/// segments carry plain data only.
fn may_join(packet: &[u8], layout: &Layout, taken: Taken) -> bool {
    let ip_len = if layout.version == 4 { 20 } else { 40 };
    if layout.transport_at != ip_len || layout.payload_at == packet.len() {
        return false;
    }
    let transport = &packet[layout.transport_at..];
    match layout.protocol {
        Protocol::Tcp => taken.tcp && transport[tcp::FLAGS] & !(tcp::PSH | tcp::ECE) == tcp::ACK,
        Protocol::Udp => {
            let len = usize::from(u16::from_be_bytes([transport[4], transport[5]]));
            let has_checksum = transport[udp::CHECKSUM..udp::CHECKSUM + 2] != [0; 2];
            taken.udp && len == transport.len() && has_checksum
        }
    }
}

fn has_push(packet: &[u8], layout: &Layout) -> bool {
    layout.protocol == Protocol::Tcp && packet[layout.transport_at + tcp::FLAGS] & tcp::PSH != 0
}

/// Compares ports, and of TCP everything but sequence number, PSH and checksum.
fn is_same_transport(head: &[u8], packet: &[u8], layout: &Layout) -> bool {
    let range = layout.transport_at..layout.payload_at;
    let (head, packet) = (&head[range.clone()], &packet[range]);
    let is_same_flow = head[..4] == packet[..4];
    match layout.protocol {
        Protocol::Udp => is_same_flow,
        Protocol::Tcp => {
            is_same_flow
                && head[8..13] == packet[8..13]
                && (head[tcp::FLAGS] ^ packet[tcp::FLAGS]) & !tcp::PSH == 0
                && head[14..16] == packet[14..16]
                && head[18..] == packet[18..]
        }
    }
}

fn seq_of(packet: &[u8], layout: &Layout) -> u32 {
    let mut octets = [0; 4];
    octets.copy_from_slice(&packet[layout.transport_at..][tcp::SEQ]);
    u32::from_be_bytes(octets)
}

/// Whether the packet's checksums are right.
fn is_right(packet: &[u8], layout: &Layout) -> bool {
    let (ip, transport) = packet.split_at(layout.transport_at);
    let is_ip_right = layout.version == 6 || Sum::default().with(ip).is_right();
    is_ip_right
        && layout
            .pseudo_header(packet, transport.len())
            .with(transport)
            .is_right()
}

fn flow_of(packet: &[u8], layout: &Layout) -> Flow {
    let addresses = if layout.version == 4 {
        &packet[12..20]
    } else {
        &packet[8..40]
    };
    let ports = &packet[layout.transport_at..layout.transport_at + 4];
    let seed = u64::from(layout.protocol.number()) << 8 | u64::from(layout.version);
    let words = addresses.chunks_exact(4).chain(ports.chunks_exact(4));
    let hash = words.fold(seed, |hash, word| {
        let word = u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
        // FNV-1a over words; the rotation brings high bits down.
        (hash ^ u64::from(word))
            .wrapping_mul(0x0100_0000_01b3)
            .rotate_left(29)
    });
    Flow::MIN | hash
}
