//! From TCP: octets into the receive ring, and batches of frames out of it.

use super::{Offset, exports};
use crate::esp::jobs;
use crate::ids::ConnId;
use crate::inbound::delivery;
use crate::inbound::scan::{self, Found};
use crate::layout::{BATCH_CLOSE, BATCH_ESP, BATCH_NONE, BATCH_SKIPPED, BATCH_UPSTREAM};
use crate::memory;
use crate::stream::receive_ring;

exports! {
    section "Inbound";

    /// Borrows a ring if the row has none, and lays `LANE_RECV_IOV` over all its free space.
    /// Returns the number of parts (1 or 2), 0 if the ring is full, -1 if the pool is empty.
    fn rx_prepare(lane: u32, conn: u32) -> i32 {
        receive_ring::prepare(memory::lane(lane), memory::row(ConnId(conn)))
            .map_or(-1, u32::cast_signed)
    }

    /// Takes in the octets that the kernel wrote.
    fn rx_commit(_lane: u32, conn: u32, octets: u32) {
        receive_ring::commit(memory::row(ConnId(conn)), octets);
    }

    /// Unread octets.
    fn rx_len(conn: u32) -> u32 {
        receive_ring::len(memory::row(ConnId(conn)))
    }

    /// The first unread octet.
    fn rx_at(conn: u32) -> Offset {
        let row = memory::row(ConnId(conn));
        receive_ring::offset(row, row.rx_consumed.get())
    }

    /// Consumes octets of the stream prefix.
    fn rx_skip(_lane: u32, conn: u32, octets: u32) {
        let row = memory::row(ConnId(conn));
        receive_ring::consume_to(row, row.rx_consumed.get().wrapping_add(octets));
    }

    /// Looks for the next batch: up to `BATCH_MAX` frames of one class, among at most `SCAN_MAX`
    /// frames (steps 4 and 5). Frames that are ignored or dropped are counted on the way. Returns
    /// its `BATCH_` kind << 16 | a count:
    ///
    /// - `BATCH_NONE`: no whole frame is left; if `rx_len` is above 0, there is a partial one. The
    ///   count is that of frames before it, which went nowhere.
    /// - `BATCH_SKIPPED`: as many frames as the count says went nowhere; more may follow.
    /// - `BATCH_ESP`: that many jobs in `LANE_JOBS` are to be opened. The SAD is held until
    ///   `inbound_finish`.
    /// - `BATCH_UPSTREAM`: that many sends in `LANE_UP_MMSG`, a mmsghdr each with an iovec for each
    ///   datagram. The marker stays, the Length field is left out. Neighbours of one length are one
    ///   send, which UDP_SEGMENT cuts; IKE goes alone, and with `ROW_UP_PLAIN` each datagram does.
    ///   Only when `LANE_HAS_UPSTREAM` is 1.
    /// - `BATCH_CLOSE`: the connection has to end; the count is the status, `FrameLengthInvalid` or
    ///   `SuspectLimit`.
    fn inbound(lane: u32, conn: u32, now: f64) -> u32 {
        let (kind, count) = match scan::next_batch(memory::lane(lane), ConnId(conn), now) {
            Found::Nothing { frames } => (BATCH_NONE, frames),
            Found::Skipped { frames } => (BATCH_SKIPPED, frames),
            Found::Esp { jobs } => (BATCH_ESP, jobs),
            Found::Upstream { sends } => (BATCH_UPSTREAM, sends),
            Found::Close(status) => (BATCH_CLOSE, status as u32),
        };
        kind << 16 | count
    }

    /// Opens the packets of the batch in place (step 6). The results are in `JOB_OK`.
    fn inbound_open(lane: u32) {
        jobs::open(memory::lane(lane));
    }

    /// Takes the opened packets in (step 7): moves paths, scores suspects. Returns the number of
    /// inner packets. `LANE_FRESH` is the number of packets that were authentic and no replay.
    fn inbound_finish(lane: u32, conn: u32, now: f64) -> u32 {
        scan::finish(memory::lane(lane), ConnId(conn), now)
    }

    /// Lays the inner packets of the last `inbound_finish` out for the device (step 8). Returns the
    /// number of `writev` calls in `LANE_WRITES`, each the index of its first iovec in
    /// `LANE_INNER_IOV` and a number of packets, one iovec a packet. On a device with offloads
    /// neighbours of a flow are joined, and each call begins with a header.
    fn inner_plan(lane: u32) -> u32 {
        delivery::plan(memory::lane(lane))
    }

    /// Releases the first `sends` of the batch with what was ignored between them, or all of it
    /// (-1). An empty ring goes back to the pool.
    fn rx_release(lane: u32, conn: u32, sends: i32) {
        scan::release(memory::lane(lane), ConnId(conn), u32::try_from(sends).ok());
    }
}
