//! One vector in octets, whatever file it is from.

use serde::Deserialize;

/// What is sealed, with what, and what that gives. As JSON it is an entry of the project's own file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Case {
    /// For messages.
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
    /// Whether it opens. Only Wycheproof has others.
    #[serde(skip, default = "valid")]
    pub is_valid: bool,
}

fn valid() -> bool {
    true
}

#[cfg(test)]
impl Case {
    /// What the tests of each format spell in its way.
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
