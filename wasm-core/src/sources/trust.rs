//! Trust: a connection has it from the first word that proves a key (docs/design/data-path.md,
//! trust).
//!
//! These are such words: an ESP packet that was authenticated here; an ESP packet of the daemon; an
//! encrypted CREATE_CHILD_SA or INFORMATIONAL message of the daemon (RFC 7296 §1.3, §1.4), which
//! sends them under an authenticated IKE SA only. Its IKE_SA_INIT and IKE_AUTH messages are none:
//! they answer everybody, the last one with AUTHENTICATION_FAILED.
//!
//! An answer of IKE_AUTH that is too large for that makes a key likely, and no more: with EAP the
//! first answer has the daemon's certificate, and everybody gets it.

use super::by_address;
use super::socket_address::SocketAddress;
use crate::layout::connection_row::Row;
use crate::layout::{IKE_HEADER_LEN, NON_ESP_MARKER_LEN};
use crate::memory::{self, lock};

/// Exchange types (RFC 7296 §3.1).
const IKE_AUTH: u8 = 35;
const CREATE_CHILD_SA: u8 = 36;
const INFORMATIONAL: u8 = 37;
/// Flag of a response (RFC 7296 §3.1).
const RESPONSE: u8 = 0x20;
/// Least octets of an answer of IKE_AUTH that is no mere error. AUTHENTICATION_FAILED alone makes
/// 65 octets with an AEAD and at most 96 with CBC and HMAC-SHA2-512; identity, AUTH, proposal and
/// selectors make more than 180.
const ANSWER_LEN_MIN: usize = 128;
/// Payload types: Encrypted and Authenticated (RFC 7296 §3.2), Encrypted Fragment (RFC 7383 §2.5).
const SK: u8 = 46;
const SKF: u8 = 53;

/// Forgets the row's previous connection.
pub(crate) fn clear(row: &Row) {
    row.trusted_at.set(0.0);
    for spi in &row.trusted_ike {
        spi.set(0);
    }
    row.relayed_spi.set(0);
    row.last_peer.set(0);
    row.charged.set(0);
    row.has_left.set(0);
    row.is_likely.set(0);
    row.is_asked.set(0);
}

/// Notes a trusted word. With the first one, neither the connection nor its rings count as
/// untrusted any more.
pub(crate) fn note(row: &Row, now: f64) {
    let now = now.max(f64::MIN_POSITIVE);
    if by_address::is_trusted(row) {
        row.trusted_at.set(now);
        return;
    }
    let globals = memory::globals();
    lock::locked(&globals.table_lock.word, || {
        if row.has_left.get() == 0 {
            by_address::trust(SocketAddress::of_peer(row).source());
        }
        by_address::refund(
            SocketAddress::of_peer(row).source(),
            row.charged.replace(0).count_ones(),
        );
        row.trusted_at.set(now);
    });
}

/// Notes a datagram of IKE from the daemon, given with its marker.
pub(crate) fn note_ike(row: &Row, datagram: &[u8], now: f64) {
    if let Some(message) = datagram.get(NON_ESP_MARKER_LEN as usize..) {
        note_own_ike(row, message, now);
    }
}

/// Notes a message of IKE that this process sends, given without a marker. Returns whether it is a
/// trusted word.
pub(crate) fn note_own_ike(row: &Row, message: &[u8], now: f64) -> bool {
    let Some(header) = message.first_chunk::<{ IKE_HEADER_LEN as usize }>() else {
        return false;
    };
    let is_encrypted = matches!(header[16], SK | SKF);
    let is_answer = header[18] == IKE_AUTH && header[19] & RESPONSE != 0;
    if is_encrypted && is_answer && message.len() >= ANSWER_LEN_MIN {
        row.is_likely.set(1);
    }
    if !is_encrypted || !matches!(header[18], CREATE_CHILD_SA | INFORMATIONAL) {
        return false;
    }
    for (kept, spi) in row.trusted_ike.iter().zip(header.chunks_exact(8)) {
        kept.set(u64::from_be_bytes(spi.try_into().unwrap_or_default()));
    }
    note(row, now);
    true
}

/// Notes an ESP packet from the daemon.
pub(crate) fn note_relayed(row: &Row, packet: &[u8], now: f64) {
    if let Some(spi) = packet.first_chunk::<4>() {
        row.relayed_spi.set(u32::from_be_bytes(*spi));
        note(row, now);
    }
}
