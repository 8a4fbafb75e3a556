//! Connections: rows are taken, marked and freed.

use super::exports;
use crate::connection::table::{self, Accepted};
use crate::ids::ConnId;
use crate::memory;

exports! {
    section "Connections";

    /// Row of a connection that was accepted, or a negative status.
    fn conn_open(lane: u32, fd: i32, epfd: i32, now: f64, epoch_ms: f64) -> i32 {
        let accepted = Accepted {
            lane,
            fd,
            epfd,
            now,
            epoch_ms,
        };
        match table::open(memory::lane(lane), &accepted) {
            Ok(conn) => conn.0.cast_signed(),
            Err(status) => -(status as i32),
        }
    }

    /// Stores the address in the lane's `sockaddr` as the one that the connection's peer has
    /// connected to.
    fn conn_local(lane: u32, conn: u32) {
        table::set_local(memory::lane(lane), ConnId(conn));
    }

    /// Takes the transmit lock and marks the row closed. Returns 1, or 0 if it was closed already.
    fn conn_close_begin(lane: u32, conn: u32, status: u32) -> i32 {
        i32::from(table::close_begin(memory::lane(lane), ConnId(conn), status))
    }

    /// Frees the row and releases the transmit lock. You have closed the descriptor before.
    fn conn_close_end(_lane: u32, conn: u32) {
        table::close_end(ConnId(conn));
    }

    /// Sets the state of a connection that has not ended.
    fn conn_state(_lane: u32, conn: u32, state: u32) {
        table::set_state(ConnId(conn), state);
    }
}
