//! To TCP: what a call of `sendmsg` may take. The caller holds the connection's transmit lock.

use super::table::{Done, exports};
use crate::ids::ConnId;
use crate::memory;
use crate::stream::transmit;

exports! {
    section "Transmit";

    /// Takes a connection's transmit lock. Returns 1, or 0 if the connection has ended.
    fn tx_lock(_lane: u32, conn: u32) -> Done {
        u32::from(transmit::lock_open(memory::row(ConnId(conn))))
    }

    /// Lays the octets that may leave into `LANE_TX_MSG`, a msghdr over up to `TX_IOV_MAX` iovecs:
    /// the rest of the begun frame, IKE, then ESP. Returns their number.
    fn tx_plan(lane: u32, conn: u32) -> u32 {
        transmit::plan(memory::lane(lane), memory::row(ConnId(conn)))
    }

    /// Takes note of the octets that the kernel took: cursors move, and frames that ended are
    /// counted. Returns the octets still queued.
    fn tx_sent(lane: u32, conn: u32, octets: u32, now: f64) -> u32 {
        transmit::sent(memory::lane(lane), memory::row(ConnId(conn)), octets, now)
    }

    /// Gives empty rings back and releases the transmit lock.
    fn tx_unlock(_lane: u32, conn: u32) {
        transmit::unlock(memory::row(ConnId(conn)));
    }
}
