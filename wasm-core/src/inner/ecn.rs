//! Marks ECN-capable inner packets instead of dropping them (RFC 3168 §5). Our queue is the queue
//! of a router in front of a tunnel (RFC 6040), where the inner packet is still clear.

use crate::offload::checksum::Sum;

/// The ECN field's values: in IPv4 and in IPv6 its two bits end the traffic class.
const NOT_CAPABLE: u8 = 0b00;
const EXPERIENCED: u8 = 0b11;

/// Whether the transport of an inner packet understands marks. False if it is no IP packet.
pub(crate) fn is_capable(packet: &[u8]) -> bool {
    let field = match *packet {
        [first, class, ..] if first >> 4 == 4 => class & EXPERIENCED,
        [first, class, ..] if first >> 4 == 6 => class >> 4 & EXPERIENCED,
        _ => NOT_CAPABLE,
    };
    field != NOT_CAPABLE
}

/// Says "congestion experienced" in the IP header of a packet that `is_capable`.
pub(crate) fn mark(packet: &mut [u8]) {
    if packet[0] >> 4 == 6 {
        packet[1] |= EXPERIENCED << 4;
        return;
    }
    let before = u16::from_be_bytes([packet[0], packet[1]]);
    packet[1] |= EXPERIENCED;
    let after = u16::from_be_bytes([packet[0], packet[1]]);
    // RFC 1624, equation 3: a wrong checksum stays wrong.
    let sum = !u16::from_be_bytes([packet[10], packet[11]]);
    let checksum = Sum::default()
        .with_word(sum)
        .with_word(!before)
        .with_word(after)
        .checksum();
    packet[10..12].copy_from_slice(&checksum);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v4(class: u8) -> Vec<u8> {
        let mut header = vec![
            0x45, class, 0, 0x73, 0, 0, 0x40, 0, 0x40, 0x11, 0, 0, 0xc0, 0xa8, 0, 1, 0xc0, 0xa8, 0,
            0xc7,
        ];
        let checksum = Sum::default().with(&header).checksum();
        header[10..12].copy_from_slice(&checksum);
        header
    }

    #[test]
    fn a_marked_ipv4_header_is_the_same_but_for_its_mark_and_right() {
        for class in 0..=255 {
            let mut packet = v4(class);
            assert_eq!(is_capable(&packet), class & 3 != 0, "{class:#x}");
            if class & 3 != 0 {
                mark(&mut packet);
                assert_eq!(packet, v4(class | 3), "{class:#x}");
            }
        }
    }

    #[test]
    fn a_wrong_checksum_stays_wrong() {
        let mut packet = v4(2);
        packet[10] ^= 0x55;
        mark(&mut packet);
        assert!(!Sum::default().with(&packet).is_right());
    }

    #[test]
    fn in_ipv6_the_field_lies_across_the_middle_of_an_octet() {
        for class in 0..=255_u8 {
            let header = |class: u8| {
                let mut header = vec![0x60 | class >> 4, class << 4 | 0x5, 0x43, 0x21];
                header.resize(40, 7);
                header
            };
            let mut packet = header(class);
            assert_eq!(is_capable(&packet), class & 3 != 0, "{class:#x}");
            if class & 3 != 0 {
                mark(&mut packet);
                assert_eq!(packet, header(class | 3), "{class:#x}");
            }
        }
    }

    #[test]
    fn what_is_no_ip_packet_cannot_be_marked() {
        for octets in [&[][..], &[0x45], &[0, 0xff], &[0xff; 20]] {
            assert!(!is_capable(octets));
        }
    }
}
