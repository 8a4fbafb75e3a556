//! Who has said what on a connection's way to the daemon. The port of a connection that has ended
//! may go to a new one while the daemon still sends to the client before, so a datagram goes only
//! to a client that has said something which the daemon could answer.
//!
//! A client that has sent nothing but an IKE_SA_INIT request gets the answers to that, by its SPI.
//! Anything else from it may continue an IKE SA or a Child SA of another connection (RFC 9329
//! §6.1), whose SPIs are encrypted, and all that the daemon sends goes to it.

use crate::layout::connection_row::Row;
use crate::layout::{NON_ESP_MARKER_LEN, SAID_CLIENT, SAID_DAEMON_ESP, SAID_DAEMON_IKE};
use crate::stream::frame::Kind;

/// Forgets the row's previous connection.
pub(crate) fn clear(row: &Row) {
    row.up_said.set(0);
}

/// Notes what was said, as `SAID_` bits.
pub(crate) fn note(row: &Row, bits: u32) {
    if row.up_said.get() & bits != bits {
        row.up_said.set(row.up_said.get() | bits);
    }
}

/// Whether a datagram of the daemon, whole IKE or ESP, can be for the connection's client. Notes
/// one that can.
pub(crate) fn admits(row: &Row, kind: Kind, datagram: &[u8]) -> bool {
    let (is_answer, bit) = match kind {
        Kind::Ike => (initiator_of(datagram) == row.ike_spi.get(), SAID_DAEMON_IKE),
        _ => (false, SAID_DAEMON_ESP),
    };
    if !is_answer && row.up_said.get() & SAID_CLIENT == 0 {
        return false;
    }
    note(row, bit);
    true
}

/// SPI of the initiator (RFC 7296 §3.1).
fn initiator_of(datagram: &[u8]) -> u64 {
    datagram
        .get(NON_ESP_MARKER_LEN as usize..)
        .and_then(|message| message.first_chunk::<8>())
        .map_or(0, |spi| u64::from_be_bytes(*spi))
}
