//! A test vector in octets, whichever file it comes from.

use serde::Deserialize;

/// The inputs of a seal and its result. As JSON it is an entry of the project's own file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Case {
    /// Name for messages.
    pub name: String,
    #[serde(with = "hex")]
    pub key: Vec<u8>,
    #[serde(with = "hex")]
    pub nonce: Vec<u8>,
    #[serde(with = "hex")]
    pub aad: Vec<u8>,
    #[serde(with = "hex")]
    pub plaintext: Vec<u8>,
    #[serde(with = "hex")]
    pub sealed: Vec<u8>,
    /// 16 octets, or the first 8 or 12 of them.
    #[serde(with = "hex")]
    pub tag: Vec<u8>,
    /// Whether it opens. Only Wycheproof has cases that do not.
    #[serde(skip, default = "valid")]
    pub is_valid: bool,
}

fn valid() -> bool {
    true
}

#[cfg(test)]
impl Case {
    /// The case that the tests of each format write in that format.
    pub(crate) fn example(name: &str) -> Self {
        Self {
            name: name.into(),
            key: vec![0x0a],
            nonce: vec![0x1b],
            aad: vec![0x2c],
            plaintext: vec![0x3d],
            sealed: vec![0x4e],
            tag: vec![0x5f],
            is_valid: true,
        }
    }
}
