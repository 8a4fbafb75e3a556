//! Messages of IKE that an endpoint in this process seals and opens.

use super::table::{Done, exports};
use crate::ike::{self, Message};

exports! {
    section "IKE messages";

    /// Seals an IKE message of `len` octets at `message`: AAD, IV, room for the text, and for the
    /// ICV. The text comes from `text`, where it is wiped. `key` has key and salt, `key_len` octets
    /// in all, which every call wipes. Returns 1, or 0 if the algorithm or a length is none; then
    /// the message is as it was.
    ///
    /// It needs no `core_init`, and keeps nothing. All places are offsets of the caller's own.
    fn ike_seal(
        algorithm: u32,
        key: u32,
        key_len: u32,
        message: u32,
        len: u32,
        aad_len: u32,
        text: u32,
    ) -> Done {
        let message = Message {
            algorithm,
            key,
            key_len,
            at: message,
            len,
            aad_len,
        };
        u32::from(ike::seal(&message, text))
    }

    /// Opens a message that is laid out so, in place. Returns 1, or 0 if it is not authentic, or
    /// the algorithm or a length is none; then the message is as it was.
    fn ike_open(
        algorithm: u32,
        key: u32,
        key_len: u32,
        message: u32,
        len: u32,
        aad_len: u32,
    ) -> Done {
        let message = Message {
            algorithm,
            key,
            key_len,
            at: message,
            len,
            aad_len,
        };
        u32::from(ike::open(&message))
    }
}
