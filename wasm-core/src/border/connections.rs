//! Connections: rows are taken, marked and freed.

use core::sync::atomic::Ordering;

use super::table::{Done, Outcome, exports};
use crate::connection::score;
use crate::connection::table::{self, Accepted};
use crate::ids::ConnId;
use crate::layout::CONN_CLOSED;
use crate::memory;
use crate::path::{asking, give_way};
use crate::report::status::Status;
use crate::sources::trust;

exports! {
    section "Connections";

    /// Takes a row for a connection whose peer `LANE_SOCKADDR` names, as accept4 wrote it. Returns
    /// the row, or minus `RefusedTotal` or `RefusedSource`. The state is `CONN_ACCEPTED`.
    fn conn_open(lane: u32, fd: i32, epfd: i32, now: f64, epoch_ms: f64) -> Outcome {
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

    /// Row of the connection that gives way to one of the peer in `LANE_SOCKADDR`, or 0. It is
    /// called before `conn_open`. The caller closes the connection at once; if it belongs to
    /// another lane (`ROW_HAS_LEFT` is 1 then), that lane has to close it.
    fn conn_give_way(lane: u32, now: f64) -> u32 {
        give_way::find(memory::lane(lane), lane, now).map_or(0, |conn| conn.0)
    }

    /// Row of a connection of the lane whose end frees descriptors and ports, or 0: for connection
    /// `conn`, or with 0 for a new one of the peer in `LANE_SOCKADDR`. The caller closes it.
    fn conn_spare(lane: u32, conn: u32, now: f64) -> u32 {
        let asker = (conn != 0).then_some(ConnId(conn));
        give_way::spare(memory::lane(lane), lane, asker, now).map_or(0, |conn| conn.0)
    }

    /// Number of connections whose peers have to be asked whether they are still there, because one
    /// of the peer in `LANE_SOCKADDR` comes and a limit is half reached. Each has `ROW_IS_ASKED` of
    /// 1, and may belong to any lane.
    fn conn_ask(lane: u32, now: f64) -> u32 {
        asking::mark(memory::lane(lane), now)
    }

    /// Trusts a connection, because its peer has proved a key elsewhere than in ESP: an IKE SA in
    /// this process was authenticated on it, or the originator's side has opened it. Only the lane
    /// that owns the connection calls it; one that has ended stays as it is.
    fn conn_trust(_lane: u32, conn: u32, now: f64) {
        let row = memory::row(ConnId(conn));
        if row.state.load(Ordering::Relaxed) != CONN_CLOSED {
            trust::note(row, now);
        }
    }

    /// Counts an IKE message as `IkeInvalid`, a point on the connection's corruption score. The IKE
    /// of this process has said so after the message was taken.
    fn conn_suspect(lane: u32, conn: u32) {
        score::note(memory::lane(lane), memory::row(ConnId(conn)), Status::IkeInvalid);
    }

    /// Reads `LANE_SOCKADDR`, as getsockname wrote it: the address that the peer has connected to.
    fn conn_local(lane: u32, conn: u32) {
        table::set_local(memory::lane(lane), ConnId(conn));
    }

    /// Takes the transmit lock, marks the row closed and begins a new generation of it. Returns 1,
    /// or 0 if it was closed already.
    fn conn_close_begin(lane: u32, conn: u32, status: u32) -> Done {
        u32::from(table::close_begin(memory::lane(lane), ConnId(conn), status))
    }

    /// Gives the rings back, takes the source count down, frees the row and releases the transmit
    /// lock. Close the descriptor before this call: a reused number must never get old octets.
    fn conn_close_end(_lane: u32, conn: u32) {
        table::close_end(ConnId(conn));
    }

    /// Sets `ROW_STATE` of a connection that has not ended, to one of the `CONN_` values.
    fn conn_state(_lane: u32, conn: u32, state: u32) {
        table::set_state(ConnId(conn), state);
    }
}
