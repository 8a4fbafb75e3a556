//! The table of AEADs. A new one is a row here and a kernel in each engine: where it is missing,
//! the compiler or a test that walks [`AEADS`] says so.

/// An AEAD of ESP: its numbers and names on every side.
#[derive(Clone, Copy, Debug)]
pub struct Aead {
    /// Its name inside Rust.
    pub algorithm: Algorithm,
    /// Its name in the API and in configuration.
    pub name: &'static str,
    /// The cipher's name in a sentence.
    pub cipher: &'static str,
    /// Octets that a key may have.
    pub key_lens: &'static [usize],
    /// Octets of the salt, which follows the key in the keying material.
    pub salt_len: usize,
    /// Octets of the IV in front of the ciphertext.
    pub iv_len: usize,
    /// Octets of the ICV behind it.
    pub icv_len: usize,
    /// The RFC that defines it for ESP.
    pub source: &'static str,
}

macro_rules! aeads {
    ($($(#[$doc:meta])* $algorithm:ident = $number:literal { $($member:tt)* })*) => {
        /// The AEADs that ESP uses here. The number of each crosses the border.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u32)]
        pub enum Algorithm {
            $($(#[$doc])* $algorithm = $number,)*
        }

        impl Algorithm {
            /// The AEAD with this number.
            pub const fn of(number: u32) -> Option<Self> {
                match number {
                    $($number => Some(Self::$algorithm),)*
                    _ => None,
                }
            }
        }

        /// All AEADs, in the order of their numbers.
        pub const AEADS: &[Aead] = &[
            $(Aead { algorithm: Algorithm::$algorithm, $($member)* },)*
        ];
    };
}

aeads! {
    /// AES-GCM with a 16-octet ICV. The key's length selects AES-128, -192 or -256.
    AesGcm16 = 1 {
        name: "aes-gcm-16",
        cipher: "AES",
        key_lens: &[16, 24, 32],
        salt_len: 4,
        iv_len: 8,
        icv_len: 16,
        source: "RFC 4106",
    }
    /// ChaCha20-Poly1305.
    ChaCha20Poly1305 = 2 {
        name: "chacha20-poly1305",
        cipher: "ChaCha20",
        key_lens: &[32],
        salt_len: 4,
        iv_len: 8,
        icv_len: 16,
        source: "RFC 7634",
    }
}

impl Algorithm {
    /// Its number.
    pub const fn number(self) -> u32 {
        self as u32
    }

    /// The AEAD with this name in the API.
    pub fn named(name: &str) -> Option<Self> {
        let row = AEADS.iter().find(|aead| aead.name == name)?;
        Some(row.algorithm)
    }
}

/// Every algorithm with every length of its key.
pub fn kinds() -> impl Iterator<Item = (Algorithm, usize)> {
    let lens = |aead: &'static Aead| aead.key_lens.iter().map(|&len| (aead.algorithm, len));
    AEADS.iter().flat_map(lens)
}

/// Octets of the salt, the same for all AEADs here.
pub const SALT_LEN: usize = 4;
/// Octets of the IV, the same for all AEADs here.
pub const IV_LEN: usize = 8;
/// Octets of the ICV, the same for all AEADs here.
pub const ICV_LEN: usize = 16;
/// Octets of the longest keying material: key, then salt.
pub const KEY_MATERIAL_MAX: usize = {
    let mut longest = 0;
    let mut i = 0;
    while i < AEADS.len() {
        let mut n = 0;
        while n < AEADS[i].key_lens.len() {
            let len = AEADS[i].key_lens[n] + AEADS[i].salt_len;
            longest = if len > longest { len } else { longest };
            n += 1;
        }
        i += 1;
    }
    longest
};

/// Frames, nonces and tables are made for these lengths. An AEAD with others needs more than a row.
const _: () = {
    let mut i = 0;
    while i < AEADS.len() {
        assert!(AEADS[i].salt_len == SALT_LEN);
        assert!(AEADS[i].iv_len == IV_LEN);
        assert!(AEADS[i].icv_len == ICV_LEN);
        i += 1;
    }
};
