//! Paths: where the packets of a peer leave.
//!
//! In memory a path is one number. Only this file makes and reads it:
//!
//! ```text
//! generation, 32 bits | kind, 4 | 0, 8 | row, 20
//! ```
//!
//! Row 0 is none, so 0 is no path. A number of another kind is no path either.

pub(crate) mod asking;
pub(crate) mod give_way;
pub(crate) mod peers;

use core::sync::atomic::Ordering;

use crate::ids::ConnId;
use crate::layout::connection_row::Row;
use crate::layout::{CONN_CLOSED, CONN_DRAINING, PATH_KIND_SHIFT, PATH_ROW_MASK, PATH_TCP};
use crate::memory;

/// Where packets leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Path {
    /// A TCP connection.
    Tcp {
        /// Its row.
        conn: ConnId,
        /// The row's generation, which tells the connection apart from others of the same row.
        generation: u32,
    },
}

impl Path {
    /// The path to the connection that a row has now.
    pub(crate) fn to(conn: ConnId, row: &Row) -> Self {
        Self::Tcp {
            conn,
            generation: generation_of(row),
        }
    }

    /// The path as one number, never 0.
    pub(crate) fn packed(self) -> u64 {
        let Self::Tcp { conn, generation } = self;
        u64::from(generation) << 32 | u64::from(PATH_TCP << PATH_KIND_SHIFT | conn.0)
    }

    /// The path that a number stands for.
    pub(crate) fn unpacked(packed: u64) -> Option<Self> {
        // Both halves are taken on purpose.
        let (low, generation) = (packed as u32, (packed >> 32) as u32);
        let row = low & PATH_ROW_MASK;
        if row == 0 || low >> PATH_KIND_SHIFT != PATH_TCP {
            return None;
        }
        Some(Self::Tcp {
            conn: ConnId(row),
            generation,
        })
    }

    /// Kind and row, for TypeScript. They are good for as long as the path is live.
    pub(crate) fn handle(self) -> u32 {
        // The low half on purpose.
        self.packed() as u32
    }

    /// Whether new ESP may leave on it. A path is not open when its connection is closed, was
    /// followed by another one in its row, or drains (RFC 9329 §6.1, rule T49).
    ///
    /// The answer may change at any time, unless you hold the connection's transmit lock.
    pub(crate) fn is_open(self) -> bool {
        let Self::Tcp { conn, generation } = self;
        let row = memory::row(conn);
        let state = row.state.load(Ordering::Acquire);
        generation_of(row) == generation && state != CONN_CLOSED && state != CONN_DRAINING
    }
}

fn generation_of(row: &Row) -> u32 {
    row.generation.load(Ordering::Relaxed)
}

const _: () = assert!(PATH_ROW_MASK < 1 << PATH_KIND_SHIFT);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::CONNECTIONS_MAX;

    #[test]
    fn a_path_is_found_in_its_number() {
        for conn in [1, 7, CONNECTIONS_MAX] {
            for generation in [0, 1, u32::MAX] {
                let path = Path::Tcp {
                    conn: ConnId(conn),
                    generation,
                };
                assert_eq!(Path::unpacked(path.packed()), Some(path));
                assert_eq!(path.handle() & PATH_ROW_MASK, conn);
                assert_eq!(path.handle() >> PATH_KIND_SHIFT, PATH_TCP);
            }
        }
    }

    #[test]
    fn zero_is_no_path_in_any_generation() {
        assert_eq!(Path::unpacked(0), None);
        assert_eq!(Path::unpacked(9 << 32), None);
    }

    #[test]
    fn another_kind_is_no_tcp_connection() {
        for kind in 1..16 {
            assert_eq!(Path::unpacked(kind << PATH_KIND_SHIFT | 7), None);
        }
    }
}
