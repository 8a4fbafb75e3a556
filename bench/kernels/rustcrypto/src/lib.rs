//! RustCrypto's AEADs behind functions that take and return numbers. One call processes a whole
//! batch in place, as in the gateway's own core.
//!
//! The packets of a batch lie in `arena`, one every `stride` octets, each followed by its tag.
//! Their sequence numbers, which are also their IVs, count from `FIRST`. The bench's other subjects
//! count the same way, so that results can be compared.

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes128Gcm, Aes256Gcm, KeyInit};
use chacha20poly1305::ChaCha20Poly1305;

const TAG_LEN: usize = 16;

/// Sequence number of the first packet of a batch.
const FIRST: u32 = 2;

/// Room for 64 packets of 65,000 octets with their tags.
const ARENA_LEN: usize = 1 << 22;

static mut ARENA: [u8; ARENA_LEN] = [0; ARENA_LEN];
static mut KEY: [u8; 32] = [0; 32];
static mut SALT: [u8; 4] = [0; 4];
static mut SPI: [u8; 4] = [0; 4];
static mut CIPHER: Option<Cipher> = None;

enum Cipher {
    Aes128(Aes128Gcm),
    Aes256(Aes256Gcm),
    ChaCha(ChaCha20Poly1305),
}

/// Offset of the packets.
#[unsafe(no_mangle)]
pub extern "C" fn arena() -> *const u8 {
    (&raw const ARENA).cast()
}

/// Offset of the 32 octets of the key. AES-128 uses the first 16.
#[unsafe(no_mangle)]
pub extern "C" fn key() -> *const u8 {
    (&raw const KEY).cast()
}

/// Offset of the salt, four octets.
#[unsafe(no_mangle)]
pub extern "C" fn salt() -> *const u8 {
    (&raw const SALT).cast()
}

/// Offset of the SPI, four octets.
#[unsafe(no_mangle)]
pub extern "C" fn spi() -> *const u8 {
    (&raw const SPI).cast()
}

/// Expands the key: 0 for AES-128-GCM, 1 for AES-256-GCM, 2 for ChaCha20-Poly1305.
#[unsafe(no_mangle)]
pub extern "C" fn install(aead: u32) {
    // SAFETY: the module runs on one thread, and no reference outlives a call.
    let key = unsafe { &*&raw const KEY };
    let (half, _) = key.split_first_chunk::<16>().expect("32 octets");
    let cipher = match aead {
        0 => Cipher::Aes128(Aes128Gcm::new(half.into())),
        1 => Cipher::Aes256(Aes256Gcm::new(key.into())),
        _ => Cipher::ChaCha(ChaCha20Poly1305::new(key.into())),
    };
    // SAFETY: as above.
    unsafe { CIPHER = Some(cipher) };
}

/// Seals `count` packets of `len` octets in place.
#[unsafe(no_mangle)]
pub extern "C" fn seal(len: usize, stride: usize, count: usize) {
    // SAFETY: the module runs on one thread, and no reference outlives a call.
    match unsafe { &*&raw const CIPHER } {
        Some(Cipher::Aes128(cipher)) => seal_all(cipher, len, stride, count),
        Some(Cipher::Aes256(cipher)) => seal_all(cipher, len, stride, count),
        Some(Cipher::ChaCha(cipher)) => seal_all(cipher, len, stride, count),
        None => (),
    }
}

/// Opens `count` packets of `len` octets in place, and returns how many were authentic.
#[unsafe(no_mangle)]
pub extern "C" fn open(len: usize, stride: usize, count: usize) -> usize {
    // SAFETY: the module runs on one thread, and no reference outlives a call.
    match unsafe { &*&raw const CIPHER } {
        Some(Cipher::Aes128(cipher)) => open_all(cipher, len, stride, count),
        Some(Cipher::Aes256(cipher)) => open_all(cipher, len, stride, count),
        Some(Cipher::ChaCha(cipher)) => open_all(cipher, len, stride, count),
        None => 0,
    }
}

fn seal_all<C>(cipher: &C, len: usize, stride: usize, count: usize)
where
    C: AeadInOut<NonceSize = aes_gcm::aead::consts::U12, TagSize = aes_gcm::aead::consts::U16>,
{
    for (n, packet) in packets(stride, count) {
        let (data, rest) = packet.split_at_mut(len);
        let (nonce, aad) = header(n);
        let tag = cipher
            .encrypt_inout_detached(&nonce.into(), &aad, data.into())
            .expect("packets are short");
        rest[..TAG_LEN].copy_from_slice(&tag);
    }
}

fn open_all<C>(cipher: &C, len: usize, stride: usize, count: usize) -> usize
where
    C: AeadInOut<NonceSize = aes_gcm::aead::consts::U12, TagSize = aes_gcm::aead::consts::U16>,
{
    let mut opened = 0;
    for (n, packet) in packets(stride, count) {
        let (data, rest) = packet.split_at_mut(len);
        let (nonce, aad) = header(n);
        let (tag, _) = rest.split_first_chunk::<TAG_LEN>().expect("tag in stride");
        let result = cipher.decrypt_inout_detached(&nonce.into(), &aad, data.into(), tag.into());
        opened += usize::from(result.is_ok());
    }
    opened
}

fn packets(stride: usize, count: usize) -> impl Iterator<Item = (u32, &'static mut [u8])> {
    // SAFETY: as in `seal`.
    let arena = unsafe { &mut *&raw mut ARENA };
    (FIRST..).zip(arena.chunks_exact_mut(stride).take(count))
}

/// Nonce (salt and IV) and AAD (SPI and sequence number) of packet `n`.
fn header(n: u32) -> ([u8; 12], [u8; 8]) {
    // SAFETY: as in `seal`.
    let (salt, spi) = unsafe { (SALT, SPI) };
    let (mut nonce, mut aad) = ([0; 12], [0; 8]);
    nonce[..4].copy_from_slice(&salt);
    nonce[8..].copy_from_slice(&n.to_be_bytes());
    aad[..4].copy_from_slice(&spi);
    aad[4..].copy_from_slice(&n.to_be_bytes());
    (nonce, aad)
}
