//! The connection that a step works for.

use crate::ids::ConnId;
use crate::layout::connection_row::Row;

/// A connection and the time at which it is served.
#[derive(Clone, Copy)]
pub(crate) struct Served<'a> {
    /// Its row.
    pub(crate) row: &'a Row,
    /// The row's number.
    pub(crate) conn: ConnId,
    /// Monotonic milliseconds.
    pub(crate) now: f64,
}
