//! Wycheproof's suites (C2SP/wycheproof dac1dd4729, testvectors_v1): `aes_gcm_test.json`,
//! `chacha20_poly1305_test.json`.

use serde::{Deserialize, Deserializer};

use crate::Case;

/// One file of vectors.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Suite {
    /// Tests in all groups, as the file states it.
    pub number_of_tests: usize,
    #[serde(rename = "testGroups")]
    pub groups: Vec<Group>,
}

/// Cases with the same sizes, in bits.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    #[serde(rename = "ivSize")]
    pub nonce_size: usize,
    pub tag_size: usize,
    #[serde(rename = "tests", deserialize_with = "cases")]
    pub cases: Vec<Case>,
}

impl Suite {
    /// Cases with a nonce of ESP's size.
    pub fn esp_cases(&self) -> impl Iterator<Item = &Case> {
        let groups = self.groups.iter().filter(|group| group.is_for_esp());
        groups.flat_map(|group| &group.cases)
    }
}

impl Group {
    /// Whether its nonces have the size that ESP uses: a salt of 32 bits and an IV of 64 (RFC 4106
    /// §4, RFC 7634 §2).
    pub fn is_for_esp(&self) -> bool {
        self.nonce_size == 96
    }
}

/// The suite of AES-GCM.
///
/// # Panics
///
/// If the file has another format.
pub fn aes_gcm() -> Suite {
    parse(include_str!(
        "../../../wasm-core/tests/vectors/aes_gcm_test.json"
    ))
    .expect("a suite")
}

/// The suite of ChaCha20-Poly1305.
///
/// # Panics
///
/// If the file has another format.
pub fn chacha20_poly1305() -> Suite {
    parse(include_str!(
        "../../../wasm-core/tests/vectors/chacha20_poly1305_test.json"
    ))
    .expect("a suite")
}

fn parse(text: &str) -> serde_json::Result<Suite> {
    serde_json::from_str(text)
}

fn cases<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Case>, D::Error> {
    let tests = Vec::<Test>::deserialize(deserializer)?;
    Ok(tests.into_iter().map(Case::from).collect())
}

/// A case with Wycheproof's own names.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Test {
    tc_id: u32,
    #[serde(with = "hex")]
    key: Vec<u8>,
    #[serde(with = "hex")]
    iv: Vec<u8>,
    #[serde(with = "hex")]
    aad: Vec<u8>,
    #[serde(with = "hex")]
    msg: Vec<u8>,
    #[serde(with = "hex")]
    ct: Vec<u8>,
    #[serde(with = "hex")]
    tag: Vec<u8>,
    result: Verdict,
}

/// Other schemas of Wycheproof also have "acceptable", which is neither. A file that contains it is
/// refused.
#[derive(PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Valid,
    Invalid,
}

impl From<Test> for Case {
    fn from(test: Test) -> Self {
        Self {
            name: format!("case {}", test.tc_id),
            key: test.key,
            nonce: test.iv,
            aad: test.aad,
            plaintext: test.msg,
            sealed: test.ct,
            tag: test.tag,
            is_valid: test.result == Verdict::Valid,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One group for ESP with a valid case, and one group of another size with an invalid case.
    const SUITE: &str = r#"{ "numberOfTests": 2, "testGroups": [
        { "ivSize": 96, "tagSize": 128, "tests": [{ "tcId": 7, "key": "0a", "iv": "1b",
            "aad": "2c", "msg": "3d", "ct": "4e", "tag": "5f", "result": "valid" }] },
        { "ivSize": 64, "tagSize": 120, "tests": [{ "tcId": 8, "key": "", "iv": "",
            "aad": "", "msg": "", "ct": "", "tag": "", "result": "invalid" }] }
    ] }"#;

    #[test]
    fn a_suite_keeps_its_sizes_and_its_cases() {
        let suite = parse(SUITE).expect("a suite");
        assert_eq!(suite.number_of_tests, 2);
        let sizes = |group: &Group| (group.nonce_size, group.tag_size);
        let sizes: Vec<_> = suite.groups.iter().map(sizes).collect();
        assert_eq!(sizes, [(96, 128), (64, 120)]);
        let cases: Vec<_> = suite.esp_cases().collect();
        assert_eq!(cases, [&Case::example("case 7")]);
        assert!(!suite.groups[1].cases[0].is_valid);
    }

    #[test]
    fn a_result_that_is_neither_is_refused() {
        assert!(parse(&SUITE.replace(r#""valid""#, r#""acceptable""#)).is_err());
    }
}
