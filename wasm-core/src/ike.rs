//! Messages of IKE inside SK (RFC 7296 §3.14, RFC 5282), sealed and opened one at a time.
//!
//! ```text
//! AAD | IV 8 | text | ICV 16
//! ```
//!
//! There is no table: the key comes with each message, and nothing of it stays. An IKE SA has few
//! messages, and the instance that seals them need not be one of a gateway's lanes.

use zeroize::Zeroize;

use crate::aead::{Algorithm, Context, ICV_LEN, IV_LEN, SALT_LEN, with_key};
use crate::layout::{IKE_MESSAGE_MAX, KEY_MATERIAL_ROOM};
use crate::memory::octets;

/// A message in memory, and what it takes to seal or to open it.
pub(crate) struct Message {
    /// Number of the AEAD.
    pub(crate) algorithm: u32,
    /// Offset of key and salt, which the call wipes.
    pub(crate) key: u32,
    /// Octets of them.
    pub(crate) key_len: u32,
    /// Offset of the message.
    pub(crate) at: u32,
    /// Octets of the message, ICV included.
    pub(crate) len: u32,
    /// Octets of the AAD.
    pub(crate) aad_len: u32,
}

/// Encrypts what stands at `text`, which it wipes, into the message, and writes the ICV. False,
/// with the message as it was, if the algorithm or a length is none.
pub(crate) fn seal(message: &Message, text: u32) -> bool {
    let sealed = with_parts(message, |context, nonce, parts| {
        // A message has at most 65,535 octets.
        octets::with_mut(text, parts.text.len() as u32, |source| {
            context.seal(nonce, parts.aad, source, parts.text, parts.icv);
            source.zeroize();
        });
    });
    sealed.is_some()
}

/// Decrypts the text in place. False, with the message as it was, if the ICV is wrong, or the
/// algorithm or a length is none.
pub(crate) fn open(message: &Message) -> bool {
    let is_authentic = with_parts(message, |context, nonce, parts| {
        context.open(nonce, parts.aad, parts.text, parts.icv)
    });
    is_authentic.unwrap_or(false)
}

/// The parts of a message.
struct Parts<'a> {
    aad: &'a [u8],
    text: &'a mut [u8],
    icv: &'a mut [u8; ICV_LEN],
}

/// Lends a message and its key to `work`. `None` if the algorithm or a length is none.
fn with_parts<T>(
    message: &Message,
    work: impl FnOnce(&Context, &[u8; SALT_LEN + IV_LEN], Parts<'_>) -> T,
) -> Option<T> {
    with_material(message, |key, salt| {
        let text_len = text_len(message)?;
        let algorithm = Algorithm::of(message.algorithm)?;
        octets::with_mut(message.at, message.len, |octets| {
            let (aad, body) = octets.split_at_mut(message.aad_len as usize);
            let (iv, body) = body.split_first_chunk_mut::<IV_LEN>()?;
            let (text, icv) = body.split_at_mut(text_len);
            let icv = icv.first_chunk_mut::<ICV_LEN>()?;
            let mut nonce = [0; SALT_LEN + IV_LEN];
            nonce[..SALT_LEN].copy_from_slice(salt);
            nonce[SALT_LEN..].copy_from_slice(iv);
            let parts = Parts { aad, text, icv };
            with_key(algorithm, key, |context| work(context, &nonce, parts))
        })
    })
}

/// Octets of the text of a message, if it has room for IV and ICV and is not too long.
fn text_len(message: &Message) -> Option<usize> {
    let outside = message.aad_len.checked_add((IV_LEN + ICV_LEN) as u32)?;
    let text_len = message.len.checked_sub(outside)?;
    (message.len <= IKE_MESSAGE_MAX).then_some(text_len as usize)
}

/// Takes key and salt out of memory, where it wipes them, for as long as `work` runs.
fn with_material<T>(
    message: &Message,
    work: impl FnOnce(&[u8], &[u8; SALT_LEN]) -> Option<T>,
) -> Option<T> {
    let mut room = [0; KEY_MATERIAL_ROOM];
    let material = room.get_mut(..message.key_len as usize)?;
    octets::with_mut(message.key, message.key_len, |octets| {
        material.copy_from_slice(octets);
        octets.zeroize();
    });
    let result = material
        .split_last_chunk()
        .and_then(|(key, salt)| work(key, salt));
    room.zeroize();
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aead::kinds;
    use crate::layout::REGION_ALIGN;
    use crate::layout::plan::Limits;
    use crate::memory::{Memory, attach};

    /// Places beyond each other, in the rings of a small memory.
    const KEY_AT: u32 = 64 * REGION_ALIGN;
    const TEXT_AT: u32 = KEY_AT + REGION_ALIGN;
    const MESSAGE_AT: u32 = TEXT_AT + 32 * REGION_ALIGN;

    fn with_memory() {
        attach(&Memory::new(&Limits {
            lanes: 1,
            connections: 1,
            sas: 1,
            rings: 2,
            inner_mtu: 1400,
        }));
    }

    /// A message whose AAD and IV are there, with the key and the text in their places.
    fn lay((algorithm, key_len): (Algorithm, usize), aad_len: u32, text: &[u8]) -> Message {
        let material: Vec<u8> = (1..=key_len as u8 + 4).collect();
        octets::copy_in(KEY_AT, &material);
        octets::copy_in(TEXT_AT, text);
        octets::copy_in(MESSAGE_AT, &vec![0x5a; aad_len as usize + IV_LEN]);
        Message {
            algorithm: algorithm.number(),
            key: KEY_AT,
            key_len: material.len() as u32,
            at: MESSAGE_AT,
            len: aad_len + text.len() as u32 + 24,
            aad_len,
        }
    }

    fn lay_key(message: &Message) {
        let material: Vec<u8> = (1..=message.key_len as u8).collect();
        octets::copy_in(KEY_AT, &material);
    }

    fn octets_at(at: u32, len: usize) -> Vec<u8> {
        octets::with(at, len as u32, <[u8]>::to_vec)
    }

    #[test]
    fn a_message_is_sealed_as_the_aead_does_it_and_opened() {
        with_memory();
        for kind in kinds() {
            for (aad_len, len) in [(32, 0), (32, 1), (36, 333), (0, 64), (4000, 61_511)] {
                let text: Vec<u8> = (0..len).map(|n| n as u8).collect();
                let message = lay(kind, aad_len, &text);
                let material: Vec<u8> = (1..=kind.1 as u8 + 4).collect();
                let (key, salt) = material.split_at(kind.1);
                let mut context = Context::empty();
                assert!(context.install(kind.0, key));
                let mut nonce = [0x5a; 12];
                nonce[..4].copy_from_slice(salt);
                let (mut sealed, mut icv) = (vec![0; len], [0; 16]);
                let aad = vec![0x5a; aad_len as usize];
                context.seal(&nonce, &aad, &text, &mut sealed, &mut icv);

                assert!(seal(&message, TEXT_AT), "{kind:?}, {aad_len}, {len}");
                let text_at = MESSAGE_AT + aad_len + 8;
                assert_eq!(octets_at(text_at, len), sealed);
                assert_eq!(octets_at(text_at + len as u32, 16), icv);
                assert!(octets_at(TEXT_AT, len).iter().all(|&octet| octet == 0));
                assert_eq!(octets_at(KEY_AT, 40), [0; 40]);

                lay_key(&message);
                assert!(open(&message));
                assert_eq!(octets_at(text_at, len), text);
                assert_eq!(octets_at(KEY_AT, 40), [0; 40]);
            }
        }
    }

    #[test]
    fn a_message_that_was_changed_stays_as_it_is() {
        with_memory();
        for kind in kinds() {
            let message = lay(kind, 32, b"never to be seen");
            assert!(seal(&message, TEXT_AT));
            for changed in 0..message.len {
                let [octet] = octets::array::<1>(MESSAGE_AT + changed);
                octets::copy_in(MESSAGE_AT + changed, &[octet ^ 0x80]);
                let before = octets_at(MESSAGE_AT, message.len as usize);
                lay_key(&message);
                assert!(!open(&message), "octet {changed}");
                assert_eq!(octets_at(MESSAGE_AT, message.len as usize), before);
                assert_eq!(octets_at(KEY_AT, 40), [0; 40]);
                octets::copy_in(MESSAGE_AT + changed, &[octet]);
            }
            lay_key(&message);
            assert!(open(&message));
        }
    }

    #[test]
    fn what_is_no_message_or_no_key_is_refused() {
        with_memory();
        let kind = (Algorithm::AesGcm16, 16);
        let good = lay(kind, 32, &[7; 8]);
        let before = octets_at(MESSAGE_AT, 80);
        let changed: [fn(&mut Message); 9] = [
            |message| message.algorithm = 0,
            |message| message.algorithm = 3,
            |message| message.key_len = 3,
            |message| message.key_len = 21,
            |message| message.key_len = 41,
            |message| message.len = 32 + 23,
            |message| message.aad_len = u32::MAX,
            |message| message.aad_len = message.len - 23,
            |message| message.len = IKE_MESSAGE_MAX + 1,
        ];
        for change in changed {
            let mut message = Message { ..good };
            change(&mut message);
            lay_key(&good);
            assert!(!seal(&message, TEXT_AT) && !open(&message));
            assert!(message.key_len == 41 || octets_at(KEY_AT, 3) == [0; 3]);
            assert_eq!(octets_at(MESSAGE_AT, 80), before);
            assert_eq!(octets_at(TEXT_AT, 8), [7; 8]);
        }
        lay_key(&good);
        assert!(seal(&good, TEXT_AT));
    }
}
