//! TCP and UDP flows, packet by packet, each built from nothing.

use super::packet::checksum;

pub const FIN: u8 = 0x01;
pub const SYN: u8 = 0x02;
pub const PSH: u8 = 0x08;
pub const ACK: u8 = 0x10;
pub const ECE: u8 = 0x40;
pub const CWR: u8 = 0x80;

/// The common part of a flow's packets.
#[derive(Clone, Debug)]
pub struct Flow {
    pub is_v6: bool,
    pub is_udp: bool,
    pub tos: u8,
    pub ttl: u8,
    /// Don't fragment.
    pub df: bool,
    pub port: u16,
    pub ack: u32,
    pub window: u16,
    /// TCP options, a multiple of four octets.
    pub options: Vec<u8>,
}

impl Default for Flow {
    fn default() -> Self {
        Self {
            is_v6: false,
            is_udp: false,
            tos: 0,
            ttl: 64,
            df: true,
            port: 40_000,
            ack: 7,
            window: 500,
            options: [&[1, 1, 8, 10][..], &[0x11; 8]].concat(),
        }
    }
}

/// The part that differs between packets of a flow.
#[derive(Clone, Debug)]
pub struct Part<'a> {
    pub id: u16,
    pub seq: u32,
    pub flags: u8,
    pub payload: &'a [u8],
}

impl Flow {
    pub fn ip_len(&self) -> usize {
        if self.is_v6 { 40 } else { 20 }
    }

    pub fn header_len(&self) -> usize {
        let above = if self.is_udp {
            8
        } else {
            20 + self.options.len()
        };
        self.ip_len() + above
    }

    pub fn packet(&self, part: &Part<'_>) -> Vec<u8> {
        let mut packet = self.ip(part);
        let at = packet.len();
        packet.extend(self.transport(part));
        packet.extend_from_slice(part.payload);
        let sum = checksum(&[self.pseudo(packet.len() - at), packet[at..].to_vec()].concat());
        let place = self.checksum_at();
        packet[place..place + 2].copy_from_slice(&sum.to_be_bytes());
        if self.is_udp && sum == 0 {
            packet[place..place + 2].fill(0xff);
        }
        packet
    }

    /// The same with the sum of the pseudo header where the checksum is to be.
    pub fn partial(&self, part: &Part<'_>) -> Vec<u8> {
        let mut packet = self.packet(part);
        let sum = !checksum(&self.pseudo(packet.len() - self.ip_len()));
        let place = self.checksum_at();
        packet[place..place + 2].copy_from_slice(&sum.to_be_bytes());
        packet
    }

    pub fn checksum_at(&self) -> usize {
        self.ip_len() + if self.is_udp { 6 } else { 16 }
    }

    /// `struct virtio_net_hdr` for segments of `size` octets of payload, or with 0 for a checksum
    /// only.
    pub fn vnet(&self, size: usize) -> [u8; 10] {
        let kind = match (size, self.is_udp, self.is_v6) {
            (0, ..) => 0,
            (_, true, _) => 5,
            (_, false, false) => 1,
            (_, false, true) => 4,
        };
        let mut header = [0; 10];
        header[..2].copy_from_slice(&[1, kind]);
        let words = [
            if size == 0 { 0 } else { self.header_len() },
            size,
            self.ip_len(),
            self.checksum_at() - self.ip_len(),
        ];
        for (i, word) in words.into_iter().enumerate() {
            header[2 + 2 * i..4 + 2 * i].copy_from_slice(&(word as u16).to_le_bytes());
        }
        header
    }

    fn number(&self) -> u8 {
        if self.is_udp { 17 } else { 6 }
    }

    fn ip(&self, part: &Part<'_>) -> Vec<u8> {
        let above = self.header_len() - self.ip_len() + part.payload.len();
        let len = (above as u16).to_be_bytes();
        if self.is_v6 {
            let mut header = vec![0x60 | self.tos >> 4, self.tos << 4, 0, 9, len[0], len[1]];
            header.extend([self.number(), self.ttl]);
            return [header, vec![0xfd; 32]].concat();
        }
        let len = (above as u16 + 20).to_be_bytes();
        let id = part.id.to_be_bytes();
        let mut header = vec![0x45, self.tos, len[0], len[1], id[0], id[1]];
        header.extend([
            if self.df { 0x40 } else { 0 },
            0,
            self.ttl,
            self.number(),
            0,
            0,
        ]);
        header.extend([10, 0, 0, 1, 10, 0, 1, 2]);
        let sum = checksum(&header).to_be_bytes();
        header[10..12].copy_from_slice(&sum);
        header
    }

    fn transport(&self, part: &Part<'_>) -> Vec<u8> {
        let ports = [self.port.to_be_bytes(), 5201_u16.to_be_bytes()].concat();
        if self.is_udp {
            let len = (8 + part.payload.len() as u16).to_be_bytes();
            return [&ports[..], &len, &[0, 0]].concat();
        }
        let words = (20 + self.options.len() as u8) / 4;
        [
            &ports[..],
            &part.seq.to_be_bytes(),
            &self.ack.to_be_bytes(),
            &[words << 4, part.flags],
            &self.window.to_be_bytes(),
            &[0; 4],
            &self.options,
        ]
        .concat()
    }

    fn pseudo(&self, len: usize) -> Vec<u8> {
        let addresses = if self.is_v6 {
            vec![0xfd; 32]
        } else {
            vec![10, 0, 0, 1, 10, 0, 1, 2]
        };
        [
            &addresses[..],
            &(len as u32).to_be_bytes(),
            &[0, 0, 0, self.number()],
        ]
        .concat()
    }
}

/// The packets of a stack that cuts by itself.
pub fn cut(flow: &Flow, whole: &Part<'_>, size: usize) -> Vec<Vec<u8>> {
    let count = whole.payload.len().div_ceil(size);
    let flags = |i: usize| {
        let first = if i == 0 { 0 } else { CWR };
        let last = if i + 1 == count { 0 } else { FIN | PSH };
        whole.flags & !first & !last
    };
    let parts = whole
        .payload
        .chunks(size)
        .enumerate()
        .map(|(i, payload)| Part {
            id: whole.id.wrapping_add(i as u16),
            seq: whole.seq.wrapping_add((i * size) as u32),
            flags: flags(i),
            payload,
        });
    parts.map(|part| flow.packet(&part)).collect()
}

/// Octets that tell places apart.
pub fn payload(len: usize, tag: u8) -> Vec<u8> {
    (0..len)
        .map(|i| tag.wrapping_add((i % 251) as u8))
        .collect()
}

/// The kernel's packets for one `write`: a header, then a packet that it may have to cut.
pub fn split(write: &[u8]) -> Vec<Vec<u8>> {
    let (vnet, whole) = write.split_at(10);
    let word = |at: usize| usize::from(u16::from_le_bytes([vnet[at], vnet[at + 1]]));
    let (kind, header_len, size, start) = (vnet[1], word(2), word(4), word(6));
    if kind == 0 {
        assert_eq!(vnet, [0; 10]);
        return vec![whole.to_vec()];
    }
    assert_eq!((vnet[0], word(8)), (1, if kind == 5 { 6 } else { 16 }));
    assert_eq!(whole_len(whole), whole.len(), "length of all");
    let sum = !checksum(&pseudo_of(whole, start));
    assert_eq!(
        whole[start + word(8)..][..2],
        sum.to_be_bytes(),
        "partial checksum"
    );
    let payloads: Vec<&[u8]> = whole[header_len..].chunks(size).collect();
    assert!(payloads.len() > 1);
    let segment = |(i, payload): (usize, &&[u8])| {
        let mut segment = [&whole[..header_len], payload].concat();
        set_lengths(&mut segment, start, i);
        if kind != 5 {
            let seq = u32::from_be_bytes(whole[start + 4..start + 8].try_into().unwrap());
            let seq = seq.wrapping_add((i * size) as u32).to_be_bytes();
            segment[start + 4..start + 8].copy_from_slice(&seq);
            if i + 1 < payloads.len() {
                segment[start + 13] &= !(PSH | FIN);
            }
        }
        let place = start + word(8);
        segment[place..place + 2].fill(0);
        let summed = [pseudo_of(&segment, start), segment[start..].to_vec()].concat();
        segment[place..place + 2].copy_from_slice(&checksum(&summed).to_be_bytes());
        segment
    };
    payloads.iter().enumerate().map(segment).collect()
}

fn whole_len(packet: &[u8]) -> usize {
    let at = if packet[0] >> 4 == 4 { 2 } else { 4 };
    let len = usize::from(u16::from_be_bytes([packet[at], packet[at + 1]]));
    if at == 2 { len } else { len + 40 }
}

fn set_lengths(segment: &mut [u8], start: usize, i: usize) {
    let len = segment.len();
    if segment[0] >> 4 == 6 {
        segment[4..6].copy_from_slice(&((len - 40) as u16).to_be_bytes());
    } else {
        segment[2..4].copy_from_slice(&(len as u16).to_be_bytes());
        let id = u16::from_be_bytes([segment[4], segment[5]]).wrapping_add(i as u16);
        segment[4..6].copy_from_slice(&id.to_be_bytes());
        segment[10..12].fill(0);
        let sum = checksum(&segment[..start]).to_be_bytes();
        segment[10..12].copy_from_slice(&sum);
    }
    if start + 8 <= len && (segment[9] == 17 || segment[6] == 17 && segment[0] >> 4 == 6) {
        segment[start + 4..start + 6].copy_from_slice(&((len - start) as u16).to_be_bytes());
    }
}

fn pseudo_of(packet: &[u8], start: usize) -> Vec<u8> {
    let (addresses, number) = match packet[0] >> 4 {
        4 => (&packet[12..20], packet[9]),
        _ => (&packet[8..40], packet[6]),
    };
    let len = (packet.len() - start) as u32;
    [addresses, &len.to_be_bytes(), &[0, 0, 0, number]].concat()
}
