//! Packets from specifications, and packets derived from them: `aead_packets.json`, where each
//! names its source.

use serde::Deserialize;

use crate::Case;

/// A packet and its AEAD.
#[derive(Debug, Deserialize)]
pub struct Packet {
    pub algorithm: Algorithm,
    #[serde(flatten)]
    pub case: Case,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Algorithm {
    #[serde(rename = "AES-GCM")]
    AesGcm,
    #[serde(rename = "ChaCha20-Poly1305")]
    ChaCha20Poly1305,
}

/// The packets of the file.
///
/// # Panics
///
/// If the file has another format.
pub fn all() -> Vec<Packet> {
    parse(include_str!(
        "../../../wasm-core/tests/vectors/aead_packets.json"
    ))
    .expect("packets")
}

fn parse(text: &str) -> serde_json::Result<Vec<Packet>> {
    serde_json::from_str(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKET: &str = r#"[{
        "name": "V1", "source": "here", "algorithm": "AES-GCM", "key": "0a", "nonce": "1b",
        "aad": "2c", "plaintext": "3d", "sealed": "4e", "tag": "5f"
    }]"#;

    #[test]
    fn a_packet_is_valid_and_in_octets() {
        let packets = parse(PACKET).expect("a packet");
        assert_eq!(packets.len(), 1);
        assert_eq!(packets[0].algorithm, Algorithm::AesGcm);
        assert_eq!(packets[0].case, Case::example("V1"));
    }

    #[test]
    fn another_algorithm_and_what_is_not_hex_are_refused() {
        for (known, other) in [("AES-GCM", "AES-CCM"), ("4e", "4"), ("4e", "4g")] {
            assert!(parse(&PACKET.replace(known, other)).is_err(), "{other}");
        }
    }
}
