//! Vectors in `tests/vectors`, each with its source.

use serde::Deserialize;

/// A whole ESP packet and its plaintext.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EspVector {
    pub name: String,
    pub source: String,
    pub aead: String,
    /// Key, then salt.
    pub key_material: String,
    pub esn: bool,
    /// Full sequence number, 16 hex digits.
    pub seq: String,
    pub packet: String,
    pub next_header: u8,
    /// Octets before the padding. For a dummy or with TFC padding these are not the inner packet.
    pub payload: String,
    /// The inner packet that is delivered, if any.
    pub inner: Option<String>,
}

/// The file's vectors.
pub fn esp() -> Vec<EspVector> {
    serde_json::from_str(include_str!("../vectors/esp.json")).expect("vectors")
}

pub fn unhex(text: &str) -> Vec<u8> {
    hex::decode(text).expect("hex")
}
