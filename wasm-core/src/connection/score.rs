//! The price of a message that goes no further: its count and, if it is suspect, a point on the
//! connection's corruption score (RFC 9329 §6.1).

use crate::layout::connection_row::Row;
use crate::layout::lane::LaneBlock;
use crate::memory;
use crate::report::counters::count;
use crate::report::events::{Audited, audit};
use crate::report::status::{Fate, Status};

/// Counts a message that goes no further. A suspect one adds a point to the connection's score.
pub(crate) fn note(lane: &LaneBlock, row: &Row, status: Status) {
    count(lane, status);
    if status.fate() == Fate::Suspect {
        row.score.set(row.score.get().saturating_add(1));
    }
}

/// Does the same for an ESP packet, and audits it (RFC 4303 §4).
pub(crate) fn note_esp(lane: &LaneBlock, row: &Row, status: Status, packet: &Audited) {
    note(lane, row, status);
    if status.fate() != Fate::Ignore {
        audit(lane, status, packet);
    }
}

/// Whether the connection has to end. No later packet changes that.
pub(crate) fn is_spent(row: &Row) -> bool {
    row.score.get() >= memory::globals().suspect_limit.get()
}

/// An authenticated packet or a datagram from upstream clears the score.
pub(crate) fn clear(row: &Row) {
    if !is_spent(row) {
        row.score.set(0);
    }
}
