//! The crates under comparison, behind one interface.

use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::aead::{AeadInOut, KeyInit};

/// An AEAD.
#[derive(Clone, Copy)]
pub enum Aead {
    Aes128Gcm,
    Aes256Gcm,
    ChaCha20Poly1305,
}

/// A sealed packet with its tag and nonce.
#[derive(Clone)]
pub struct Packet {
    pub data: Vec<u8>,
    pub tag: [u8; 16],
    nonce: [u8; 12],
}

/// One crate with one key.
pub trait Subject {
    fn name(&self) -> &'static str;
    /// Seals `source` into the packet.
    fn seal(&mut self, source: &[u8], packet: &mut Packet);
    /// Opens the packet in place.
    fn open(&mut self, packet: &mut Packet) -> bool;
}

impl Aead {
    pub const ALL: [Self; 3] = [Self::Aes128Gcm, Self::Aes256Gcm, Self::ChaCha20Poly1305];

    pub fn name(self) -> &'static str {
        match self {
            Self::Aes128Gcm => "aes-128-gcm",
            Self::Aes256Gcm => "aes-256-gcm",
            Self::ChaCha20Poly1305 => "chacha20-poly1305",
        }
    }

    fn key(self) -> &'static [u8] {
        match self {
            Self::Aes128Gcm => &KEY[..16],
            _ => &KEY,
        }
    }
}

impl Packet {
    pub fn new(len: usize) -> Self {
        Self {
            data: vec![0; len],
            tag: [0; 16],
            nonce: [0; 12],
        }
    }

    pub fn set_nonce(&mut self, nonce: u64) {
        self.nonce[4..].copy_from_slice(&nonce.to_be_bytes());
    }
}

/// Every crate, for one AEAD.
pub fn all(aead: Aead) -> Vec<Box<dyn Subject>> {
    let rust_crypto: Box<dyn Subject> = match aead {
        Aead::Aes128Gcm => rust_crypto::<aes_gcm::Aes128Gcm>(aead),
        Aead::Aes256Gcm => rust_crypto::<aes_gcm::Aes256Gcm>(aead),
        Aead::ChaCha20Poly1305 => rust_crypto::<chacha20poly1305::ChaCha20Poly1305>(aead),
    };
    vec![
        Box::new(Ring(ring_key(aead))),
        Box::new(AwsLc(aws_lc_key(aead))),
        rust_crypto,
        Box::new(Graviola::new(aead)),
        Box::new(Rind(rind_key(aead))),
    ]
}

struct Ring(ring::aead::LessSafeKey);

fn ring_key(aead: Aead) -> ring::aead::LessSafeKey {
    use ring::aead::{AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305, LessSafeKey, UnboundKey};
    let algorithm = match aead {
        Aead::Aes128Gcm => &AES_128_GCM,
        Aead::Aes256Gcm => &AES_256_GCM,
        Aead::ChaCha20Poly1305 => &CHACHA20_POLY1305,
    };
    LessSafeKey::new(UnboundKey::new(algorithm, aead.key()).expect("a key of its length"))
}

impl Subject for Ring {
    fn name(&self) -> &'static str {
        "ring"
    }

    /// Seals in place only, so the plaintext is copied first.
    fn seal(&mut self, source: &[u8], packet: &mut Packet) {
        use ring::aead::{Aad, Nonce};
        packet.data.copy_from_slice(source);
        let nonce = Nonce::assume_unique_for_key(packet.nonce);
        let tag = self
            .0
            .seal_in_place_separate_tag(nonce, Aad::from(AAD), &mut packet.data)
            .expect("short enough");
        packet.tag.copy_from_slice(tag.as_ref());
    }

    fn open(&mut self, packet: &mut Packet) -> bool {
        use ring::aead::{Aad, Nonce};
        let nonce = Nonce::assume_unique_for_key(packet.nonce);
        let tag = packet.tag.into();
        self.0
            .open_in_place_separate_tag(nonce, Aad::from(AAD), tag, &mut packet.data, 0..)
            .is_ok()
    }
}

struct AwsLc(aws_lc_rs::aead::LessSafeKey);

fn aws_lc_key(aead: Aead) -> aws_lc_rs::aead::LessSafeKey {
    use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305, LessSafeKey, UnboundKey};
    let algorithm = match aead {
        Aead::Aes128Gcm => &AES_128_GCM,
        Aead::Aes256Gcm => &AES_256_GCM,
        Aead::ChaCha20Poly1305 => &CHACHA20_POLY1305,
    };
    LessSafeKey::new(UnboundKey::new(algorithm, aead.key()).expect("a key of its length"))
}

impl Subject for AwsLc {
    fn name(&self) -> &'static str {
        "aws-lc-rs"
    }

    fn seal(&mut self, source: &[u8], packet: &mut Packet) {
        use aws_lc_rs::aead::{Aad, Nonce};
        let nonce = Nonce::assume_unique_for_key(packet.nonce);
        let Packet { data, tag, .. } = packet;
        self.0
            .seal_out_of_place_scatter(nonce, Aad::from(AAD), source, data, &[], tag)
            .expect("short enough");
    }

    fn open(&mut self, packet: &mut Packet) -> bool {
        use aws_lc_rs::aead::{Aad, Nonce};
        let nonce = Nonce::assume_unique_for_key(packet.nonce);
        let Packet { data, tag, .. } = packet;
        self.0
            .open_in_place_separate_tag(nonce, Aad::from(AAD), tag, data)
            .is_ok()
    }
}

struct RustCrypto<T>(T);

fn rust_crypto<T: KeyInit + AeadInOut + 'static>(aead: Aead) -> Box<dyn Subject> {
    Box::new(RustCrypto(
        T::new_from_slice(aead.key()).expect("a key of its length"),
    ))
}

impl<T: AeadInOut> Subject for RustCrypto<T> {
    fn name(&self) -> &'static str {
        "rustcrypto"
    }

    fn seal(&mut self, source: &[u8], packet: &mut Packet) {
        let nonce = packet.nonce.as_slice().try_into().expect("12 octets");
        let into = InOutBuf::new(source, &mut packet.data).expect("of one length");
        let tag = self
            .0
            .encrypt_inout_detached(nonce, &AAD, into)
            .expect("short enough");
        packet.tag.copy_from_slice(&tag);
    }

    fn open(&mut self, packet: &mut Packet) -> bool {
        let nonce = packet.nonce.as_slice().try_into().expect("12 octets");
        let tag = packet.tag.as_slice().try_into().expect("16 octets");
        self.0
            .decrypt_inout_detached(nonce, &AAD, packet.data.as_mut_slice().into(), tag)
            .is_ok()
    }
}

/// The crate has no common trait for its AEADs, so the two kinds are an enum.
enum Graviola {
    Gcm(graviola::aead::AesGcm),
    ChaCha(graviola::aead::ChaCha20Poly1305),
}

impl Graviola {
    fn new(aead: Aead) -> Self {
        use graviola::aead::{AesGcm, ChaCha20Poly1305};
        match aead {
            Aead::Aes128Gcm | Aead::Aes256Gcm => Self::Gcm(AesGcm::new(aead.key())),
            Aead::ChaCha20Poly1305 => Self::ChaCha(ChaCha20Poly1305::new(KEY)),
        }
    }
}

impl Subject for Graviola {
    fn name(&self) -> &'static str {
        "graviola"
    }

    /// Seals in place only, like `Ring`.
    fn seal(&mut self, source: &[u8], packet: &mut Packet) {
        packet.data.copy_from_slice(source);
        let Packet { data, tag, nonce } = packet;
        match self {
            Self::Gcm(key) => key.encrypt(nonce, &AAD, data, tag),
            Self::ChaCha(key) => key.encrypt(nonce, &AAD, data, tag),
        }
    }

    fn open(&mut self, packet: &mut Packet) -> bool {
        let Packet { data, tag, nonce } = packet;
        match self {
            Self::Gcm(key) => key.decrypt(nonce, &AAD, data, tag).is_ok(),
            Self::ChaCha(key) => key.decrypt(nonce, &AAD, data, tag).is_ok(),
        }
    }
}

/// A fork of graviola with BoringSSL's kernels for 64-octet vectors.
struct Rind(rind::aead::Key);

fn rind_key(aead: Aead) -> rind::aead::Key {
    use rind::aead::{AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305, Key};
    let algorithm = match aead {
        Aead::Aes128Gcm => &AES_128_GCM,
        Aead::Aes256Gcm => &AES_256_GCM,
        Aead::ChaCha20Poly1305 => &CHACHA20_POLY1305,
    };
    Key::new(algorithm, aead.key()).expect("a key of its length")
}

impl Subject for Rind {
    fn name(&self) -> &'static str {
        "rind"
    }

    /// Seals in place only, like `Ring`.
    fn seal(&mut self, source: &[u8], packet: &mut Packet) {
        use rind::aead::Nonce;
        packet.data.copy_from_slice(source);
        let nonce = Nonce::assume_unique_for_key(packet.nonce);
        let tag = self
            .0
            .seal_in_place_separate_tag(nonce, &AAD, &mut packet.data)
            .expect("short enough");
        packet.tag.copy_from_slice(tag.as_ref());
    }

    fn open(&mut self, packet: &mut Packet) -> bool {
        use rind::aead::{Nonce, Tag};
        let nonce = Nonce::assume_unique_for_key(packet.nonce);
        let tag = Tag::try_from(packet.tag.as_slice()).expect("16 octets");
        self.0
            .open_in_place_separate_tag(nonce, &AAD, tag, &mut packet.data)
            .is_ok()
    }
}

const AAD: [u8; 8] = [0xc0, 0xff, 0xee, 0x01, 0, 0, 0, 1];

const KEY: [u8; 32] = *b"a key for measurements, not more";
