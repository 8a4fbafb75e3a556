//! From TCP: octets into the receive ring, and batches of frames out of it.

use super::table::{Offset, exports};
use crate::esp::jobs;
use crate::ids::ConnId;
use crate::inbound::delivery;
use crate::inbound::scan::{self, Found};
use crate::inbound::waiting;
use crate::layout::{
    BATCH_CLOSE, BATCH_ESP, BATCH_HAND_OVER, BATCH_NONE, BATCH_SKIPPED, BATCH_UPSTREAM, NO_RING,
};
use crate::memory;
use crate::report::status::Status;
use crate::stream::receive_ring;

exports! {
    section "Inbound";

    /// Borrows a ring if the row has none, and lays `LANE_RECV_IOV` over all its free space.
    /// Returns the number of parts (1 or 2), 0 if the ring is full, or
    /// `NO_RING` if the pool is empty.
    fn rx_prepare(lane: u32, conn: u32) -> i32 {
        receive_ring::prepare(memory::lane(lane), memory::row(ConnId(conn)))
            .map_or(NO_RING, u32::cast_signed)
    }

    /// Takes in the octets that the kernel wrote at `now`.
    fn rx_commit(_lane: u32, conn: u32, octets: u32, now: f64) {
        receive_ring::commit(memory::row(ConnId(conn)), octets, now);
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
    /// the kind of batch, with a count in `LANE_BATCH_COUNT`:
    ///
    /// - `BATCH_NONE`: no whole frame is left; if `rx_len` is above 0, there is a partial one. The
    ///   count is that of frames before it, which went nowhere.
    /// - `BATCH_SKIPPED`: as many frames as the count says went nowhere; more may follow.
    /// - `BATCH_ESP`: that many jobs in `LANE_JOBS` are to be opened. The SAD is held until
    ///   `inbound_finish`.
    /// - `BATCH_UPSTREAM`: that many sends in `LANE_UP_MMSG`, a mmsghdr each with an iovec for each
    ///   datagram. The marker stays, the Length field is left out. Neighbours of one length are one
    ///   send, which UDP_SEGMENT cuts; IKE goes alone, and with `ROW_UP_PLAIN` each datagram does.
    ///   All are IKE, `LANE_UP_IKE` of them, or all are ESP, and that is 0.
    /// - `BATCH_HAND_OVER`: that many IKE messages, each an iovec of `LANE_UP_IOV`.
    /// - `BATCH_CLOSE`: the connection has to end with `LANE_BATCH_STATUS`, which is
    ///   `FrameLengthInvalid` or `SuspectLimit`.
    fn inbound(lane: u32, conn: u32, now: f64) -> u32 {
        let lane = memory::lane(lane);
        let (kind, count, status) = match scan::next_batch(lane, ConnId(conn), now) {
            Found::Nothing { frames } => (BATCH_NONE, frames, Status::Ok),
            Found::Skipped { frames } => (BATCH_SKIPPED, frames, Status::Ok),
            Found::Esp { jobs } => (BATCH_ESP, jobs, Status::Ok),
            Found::Upstream { sends } => (BATCH_UPSTREAM, sends, Status::Ok),
            Found::HandOver { messages } => (BATCH_HAND_OVER, messages, Status::Ok),
            Found::Close(status) => (BATCH_CLOSE, 0, status),
        };
        lane.batch_count.set(count);
        lane.batch_status.set(status as u32);
        kind
    }

    /// Makes packets that have waited for a promised SPI the lane's batch, once their SA is there:
    /// those of one connection, whose row it returns, with their number in `LANE_BATCH_COUNT`. Then
    /// it is as after a `BATCH_ESP` of `inbound`. Returns 0 if no packet can be opened; those that
    /// have waited too long, or for a promise that was taken back, are dropped. A lane calls it
    /// when it is told that an SA has come or a promise was taken back.
    fn inbound_waiting(lane: u32, now: f64) -> u32 {
        let lane = memory::lane(lane);
        let conn = waiting::next(lane, now);
        lane.batch_count.set(lane.batch.jobs.get());
        conn.map_or(0, |conn| conn.0)
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

    /// Lays the packets of call `write`, which the device has refused, out one by one: each iovec
    /// of the call is then a call of its own. Returns the `OFFLOAD_` bit of the packets' protocol,
    /// or 0 if the call has one packet.
    fn inner_split(lane: u32, write: u32) -> u32 {
        delivery::split(memory::lane(lane), write)
    }

    /// Releases the whole batch with what was ignored in it. An empty ring goes back to the pool.
    fn rx_release_all(lane: u32, conn: u32) {
        scan::release_all(memory::lane(lane), ConnId(conn));
    }

    /// Releases the first `sends` sends of a batch for upstream, or so many messages of one that is
    /// handed over. The others stay in the ring, to be found again. An empty ring goes back to the
    /// pool.
    fn rx_release_sent(lane: u32, conn: u32, sends: u32) {
        scan::release_sent(memory::lane(lane), ConnId(conn), sends);
    }

    /// Notes that the connection rests: what is there has been looked at. An empty ring goes back.
    fn rx_rest(_lane: u32, conn: u32) {
        receive_ring::rest(memory::row(ConnId(conn)));
    }
}
