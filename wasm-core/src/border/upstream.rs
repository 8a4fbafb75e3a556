//! From the daemon: datagrams into the connection's rings.

use super::exports;
use crate::ids::ConnId;
use crate::memory;
use crate::upstream::datagrams;

exports! {
    section "Upstream";

    /// Lays `up_read` out for `recvmmsg`. Returns the number of reads that the reserve has room
    /// for, -1 if the pool is empty.
    fn upstream_begin(lane: u32, conn: u32) -> i32 {
        datagrams::begin(memory::lane(lane), memory::row(ConnId(conn))).map_or(-1, u32::cast_signed)
    }

    /// Queues the datagrams of read `i`. Returns 0, or the status of the last one.
    fn upstream_in(lane: u32, conn: u32, i: u32, now: f64) -> i32 {
        match datagrams::take(memory::numbered_lane(lane), ConnId(conn), i, now) {
            Ok(()) => 0,
            Err(status) => status as i32,
        }
    }

    /// Releases the reserve that `upstream_begin` took.
    fn upstream_end(_lane: u32, conn: u32) {
        datagrams::end(memory::row(ConnId(conn)));
    }
}
