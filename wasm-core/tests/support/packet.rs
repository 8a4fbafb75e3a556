//! Inner packets.

/// An IPv4 packet of `len` octets from `source` to `destination`; `tag` tells packets apart.
pub fn v4(source: [u8; 4], destination: [u8; 4], len: usize, tag: u8) -> Vec<u8> {
    assert!(len >= 20);
    let mut packet = vec![0; len];
    packet[0] = 0x45;
    packet[2..4].copy_from_slice(&(len as u16).to_be_bytes());
    packet[8] = 17;
    packet[9] = 253;
    packet[12..16].copy_from_slice(&source);
    packet[16..20].copy_from_slice(&destination);
    for (i, octet) in packet[20..].iter_mut().enumerate() {
        *octet = tag.wrapping_add((i % 251) as u8);
    }
    packet
}

/// An IPv6 packet of `len` octets.
pub fn v6(source: [u8; 16], destination: [u8; 16], len: usize) -> Vec<u8> {
    let mut packet = vec![0; len];
    packet[0] = 0x60;
    packet[4..6].copy_from_slice(&((len - 40) as u16).to_be_bytes());
    packet[6] = 253;
    packet[7] = 17;
    packet[8..24].copy_from_slice(&source);
    packet[24..40].copy_from_slice(&destination);
    packet
}

/// The Internet checksum of `octets` (RFC 1071).
pub fn checksum(octets: &[u8]) -> u16 {
    let mut sum = 0_u32;
    for pair in octets.chunks(2) {
        sum += u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0));
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}
