//! An independent ESP peer on RustCrypto's AEADs, with which the core must agree.

use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes128Gcm, Aes256Gcm, AesGcm, aes::Aes192};
use chacha20poly1305::ChaCha20Poly1305;
use culvert_core::aead::Algorithm;
use culvert_core::border as core;
use culvert_core::layout::*;

use super::{Gate, at};

/// An SA as the test knows it.
#[derive(Clone, Debug)]
pub struct Sa {
    pub spi: u32,
    pub direction: u32,
    pub peer: u32,
    /// Number of the AEAD.
    pub algorithm: u32,
    /// Key, then salt.
    pub material: Vec<u8>,
    pub esn: bool,
    pub window: u32,
    pub initial: u64,
    pub iv_offset: u64,
    pub soft_packets: u64,
    pub soft_octets: u64,
    pub soft_seconds: f64,
    pub hard_packets: u64,
    pub hard_octets: u64,
    pub hard_seconds: f64,
    pub now: f64,
    pub is_standby: bool,
    pub local: Vec<(Vec<u8>, u32)>,
    pub remote: Vec<(Vec<u8>, u32)>,
}

/// The differences of a packet to be sealed from the plain one.
#[derive(Clone, Debug)]
pub struct Plain<'a> {
    pub seq: u64,
    pub payload: &'a [u8],
    pub trailer: Option<&'a [u8]>,
    pub next_header: u8,
}

impl Sa {
    /// An SA with AES-128-GCM, any address on both sides, a window of 64.
    pub fn new(spi: u32, direction: u32, peer: u32) -> Self {
        Self {
            spi,
            direction,
            peer,
            algorithm: Algorithm::AesGcm16.number(),
            material: (0..20).map(|i| i ^ spi as u8).collect(),
            esn: false,
            window: 64,
            initial: 0,
            iv_offset: 0,
            soft_packets: 0,
            soft_octets: 0,
            soft_seconds: 0.0,
            hard_packets: 0,
            hard_octets: 0,
            hard_seconds: 0.0,
            now: 0.0,
            is_standby: false,
            local: vec![(vec![0; 4], 0), (vec![0; 16], 0)],
            remote: vec![(vec![0; 4], 0), (vec![0; 16], 0)],
        }
    }

    pub fn inbound(spi: u32) -> Self {
        Self::new(spi, SA_INBOUND, 1)
    }

    pub fn outbound(spi: u32) -> Self {
        Self::new(spi, SA_OUTBOUND, 1)
    }

    /// Writes the specification and installs it with the shell's lane block.
    pub fn install(&self, gate: &Gate) -> i32 {
        let shell = gate.limits.lanes;
        let spec = gate.lane(shell, "LANE_SA_SPEC");
        let word = |name: &str, value: u32| gate.set_u32(spec + at(name), value);
        let long =
            |name: &str, value: u64| gate.memory.write(spec + at(name), &value.to_le_bytes());
        word("SPEC_SPI", self.spi);
        word("SPEC_DIRECTION", self.direction);
        word("SPEC_PEER", self.peer);
        word("SPEC_ALGORITHM", self.algorithm);
        word("SPEC_ESN", u32::from(self.esn));
        word("SPEC_STANDBY", u32::from(self.is_standby));
        word("SPEC_WINDOW_LEN", self.window);
        word("SPEC_KEY_LEN", self.material.len() as u32);
        word("SPEC_LOCAL_COUNT", self.local.len() as u32);
        word("SPEC_REMOTE_COUNT", self.remote.len() as u32);
        long("SPEC_INITIAL_SEQUENCE", self.initial);
        long("SPEC_IV_OFFSET", self.iv_offset);
        long("SPEC_SOFT_PACKETS", self.soft_packets);
        long("SPEC_SOFT_OCTETS", self.soft_octets);
        long("SPEC_SOFT_SECONDS", self.soft_seconds.to_bits());
        long("SPEC_HARD_PACKETS", self.hard_packets);
        long("SPEC_HARD_OCTETS", self.hard_octets);
        long("SPEC_HARD_SECONDS", self.hard_seconds.to_bits());
        long("SPEC_NOW", self.now.to_bits());
        gate.memory.write(spec + at("SPEC_KEY"), &self.material);
        write_prefixes(gate, spec + at("SPEC_LOCAL"), &self.local);
        write_prefixes(gate, spec + at("SPEC_REMOTE"), &self.remote);
        core::sa_install(shell)
    }

    /// Installs it and returns its id.
    pub fn installed(&self, gate: &Gate) -> u32 {
        u32::try_from(self.install(gate)).expect("an id")
    }

    /// Seals an inner packet under `seq`.
    pub fn seal(&self, seq: u64, inner: &[u8]) -> Vec<u8> {
        let next_header = if inner[0] >> 4 == 6 { 41 } else { 4 };
        self.seal_plain(&Plain {
            seq,
            payload: inner,
            trailer: None,
            next_header,
        })
    }

    pub fn seal_plain(&self, plain: &Plain<'_>) -> Vec<u8> {
        let mut plaintext = plain.payload.to_vec();
        match plain.trailer {
            Some(trailer) => plaintext.extend_from_slice(trailer),
            None => {
                let pad = (4 - (plaintext.len() + 2) % 4) % 4;
                plaintext.extend(1..=pad as u8);
                plaintext.extend([pad as u8, plain.next_header]);
            }
        }
        let iv = plain.seq.to_be_bytes();
        let aad = self.aad(plain.seq);
        let sealed = self
            .cipher(&iv, &aad, Op::Seal(&plaintext))
            .expect("sealed");
        let low = (plain.seq as u32).to_be_bytes();
        [&self.spi.to_be_bytes()[..], &low, &iv, &sealed].concat()
    }

    /// Opens a packet whose full number is `seq`: the plaintext, or `None`.
    pub fn open(&self, seq: u64, packet: &[u8]) -> Option<Vec<u8>> {
        assert_eq!(packet[..4], self.spi.to_be_bytes());
        assert_eq!(packet[4..8], (seq as u32).to_be_bytes());
        let iv: [u8; 8] = packet[8..16].try_into().unwrap();
        self.cipher(&iv, &self.aad(seq), Op::Open(&packet[16..]))
    }

    fn aad(&self, seq: u64) -> Vec<u8> {
        let spi = self.spi.to_be_bytes();
        if self.esn {
            return [&spi[..], &seq.to_be_bytes()].concat();
        }
        [&spi[..], &(seq as u32).to_be_bytes()].concat()
    }

    fn cipher(&self, iv: &[u8; 8], aad: &[u8], op: Op<'_>) -> Option<Vec<u8>> {
        let (key, salt) = self.material.split_at(self.material.len() - 4);
        let nonce: [u8; 12] = [salt, iv].concat().try_into().unwrap();
        let algorithm = Algorithm::of(self.algorithm).expect("an AEAD");
        match (algorithm, key.len()) {
            (Algorithm::AesGcm16, 16) => run::<Aes128Gcm>(key, &nonce, aad, op),
            (Algorithm::AesGcm16, 24) => run::<AesGcm<Aes192, U12>>(key, &nonce, aad, op),
            (Algorithm::AesGcm16, _) => run::<Aes256Gcm>(key, &nonce, aad, op),
            (Algorithm::ChaCha20Poly1305, _) => run::<ChaCha20Poly1305>(key, &nonce, aad, op),
        }
    }
}

enum Op<'a> {
    Seal(&'a [u8]),
    Open(&'a [u8]),
}

fn run<A: Aead + KeyInit>(key: &[u8], nonce: &[u8], aad: &[u8], op: Op<'_>) -> Option<Vec<u8>> {
    let cipher = A::new_from_slice(key).expect("a key");
    let nonce = nonce.try_into().expect("12 octets");
    match op {
        Op::Seal(msg) => cipher.encrypt(nonce, Payload { msg, aad }).ok(),
        Op::Open(msg) => cipher.decrypt(nonce, Payload { msg, aad }).ok(),
    }
}

fn write_prefixes(gate: &Gate, at_first: u64, prefixes: &[(Vec<u8>, u32)]) {
    for (i, (octets, bits)) in prefixes.iter().enumerate() {
        let at_prefix = at_first + 24 * i as u64;
        gate.set_u32(at_prefix, if octets.len() == 4 { 4 } else { 6 });
        gate.set_u32(at_prefix + 4, *bits);
        gate.memory
            .write(at_prefix + at("SPEC_SELECTOR_OCTETS"), octets);
    }
}
