//! From the daemon, or from the IKE of this process: messages into the connection's rings.

use super::table::{Offset, StatusNumber, exports};
use crate::ids::ConnId;
use crate::layout::NO_RING;
use crate::memory;
use crate::report::status::Status;
use crate::upstream::{datagrams, own_ike};

exports! {
    section "Upstream";

    /// Number of reads of `LANE_UP_READ` (a mmsghdr for `recvmmsg`, into slots) that the IKE
    /// reserve can take if all of them are IKE, 0 to `UP_READ_MAX`, or `NO_RING` if the pool is
    /// empty. The reserve is kept until `upstream_end`. With 0, `ROW_IKE_WAITS` is 1 until a sender
    /// has made room.
    fn upstream_begin(lane: u32, conn: u32) -> i32 {
        datagrams::begin(memory::lane(lane), memory::row(ConnId(conn)))
            .map_or(NO_RING, u32::cast_signed)
    }

    /// Queues the datagrams of one read: a datagram or, as UDP_GRO says, a run of them. Returns
    /// `Ok`, or the status of the last one: `Keepalive`, `UpstreamStray`, `TxRingFull`,
    /// `QueueDelay`, `IkeTooLong`, `EspTooLong`, `IkeShort`, `EspShort` or `FrameShort`.
    ///
    /// Unless it is a keepalive or a stray, this resets the score and sets `ROW_VALID_AT`. It also
    /// counts what the socket has lost. There is one copy, into the IKE ring or the transmit ring.
    fn upstream_in(lane: u32, conn: u32, read: u32, now: f64) -> StatusNumber {
        match datagrams::take(memory::numbered_lane(lane), ConnId(conn), read, now) {
            Ok(()) => Status::Ok as u32,
            Err(status) => status as u32,
        }
    }

    /// Queues an IKE message of this process: `octets` from `at` on, without the non-ESP marker.
    /// Returns 1, 0 if the reserve has no room (`ROW_IKE_WAITS` is 1 until a sender has made some)
    /// or the connection has ended, or `NO_RING` if the pool is empty.
    ///
    /// A message that only an authenticated IKE SA sends is a trusted word (`conn_trust`), and
    /// counts as valid traffic. Another one is an answer that everybody gets.
    fn ike_in(_lane: u32, conn: u32, at: Offset, octets: u32, now: f64) -> i32 {
        own_ike::queue(memory::row(ConnId(conn)), at, octets, now)
            .map_or(NO_RING, i32::from)
    }

    /// Releases the reserve that `upstream_begin` took.
    fn upstream_end(_lane: u32, conn: u32) {
        datagrams::end(memory::row(ConnId(conn)));
    }
}
