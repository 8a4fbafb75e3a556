//! From TCP: octets into the receive ring, and batches of frames out of it.

use super::{Offset, exports};
use crate::esp::jobs;
use crate::ids::ConnId;
use crate::inbound::delivery;
use crate::inbound::scan::{self, Found};
use crate::layout::{
    BATCH_CLOSE, BATCH_ESP, BATCH_HAND_OVER, BATCH_NONE, BATCH_SKIPPED, BATCH_UPSTREAM,
};
use crate::memory;
use crate::stream::receive_ring;

exports! {
    section "Inbound";

    /// Lays free space into `recv_iov`. Returns the number of parts (1 or 2), 0 if the ring is
    /// full, -1 if the pool is empty.
    fn rx_prepare(lane: u32, conn: u32) -> i32 {
        receive_ring::prepare(memory::lane(lane), memory::row(ConnId(conn)))
            .map_or(-1, u32::cast_signed)
    }

    /// Takes in the octets that the kernel wrote.
    fn rx_commit(_lane: u32, conn: u32, octets: u32, now: f64) {
        receive_ring::commit(memory::row(ConnId(conn)), octets, now);
    }

    /// Unread octets.
    fn rx_len(conn: u32) -> u32 {
        receive_ring::len(memory::row(ConnId(conn)))
    }

    /// Offset of the first unread octet.
    fn rx_at(conn: u32) -> Offset {
        let row = memory::row(ConnId(conn));
        receive_ring::offset(row, row.rx_consumed.get())
    }

    /// Consumes octets of the stream prefix.
    fn rx_skip(_lane: u32, conn: u32, octets: u32) {
        let row = memory::row(ConnId(conn));
        receive_ring::consume_to(row, row.rx_consumed.get().wrapping_add(octets));
    }

    /// Looks for the next batch. Returns its `BATCH_` kind << 16 | a count, which for `BATCH_CLOSE`
    /// is a status.
    fn inbound(lane: u32, conn: u32, now: f64) -> u32 {
        let (kind, count) = match scan::next_batch(memory::lane(lane), ConnId(conn), now) {
            Found::Nothing { frames } => (BATCH_NONE, frames),
            Found::Skipped { frames } => (BATCH_SKIPPED, frames),
            Found::Esp { jobs } => (BATCH_ESP, jobs),
            Found::Upstream { sends } => (BATCH_UPSTREAM, sends),
            Found::HandOver { messages } => (BATCH_HAND_OVER, messages),
            Found::Close(status) => (BATCH_CLOSE, status as u32),
        };
        kind << 16 | count
    }

    /// Opens the batch's packets.
    fn inbound_open(lane: u32) {
        jobs::open(memory::lane(lane));
    }

    /// Takes the opened packets in. Returns the number of inner packets.
    fn inbound_finish(lane: u32, conn: u32, now: f64) -> u32 {
        scan::finish(memory::lane(lane), ConnId(conn), now)
    }

    /// Lays the inner packets of the last `inbound_finish` out for the device. Returns the number
    /// of calls in `writes`.
    fn inner_plan(lane: u32) -> u32 {
        delivery::plan(memory::lane(lane))
    }

    /// Releases the first `sends` of the batch, messages if they are handed over, or all of it (-1).
    fn rx_release(lane: u32, conn: u32, sends: i32) {
        scan::release(memory::lane(lane), ConnId(conn), u32::try_from(sends).ok());
    }

    /// Notes that the connection rests: what is there has been looked at. An empty ring goes back.
    fn rx_rest(_lane: u32, conn: u32) {
        receive_ring::rest(memory::row(ConnId(conn)));
    }
}
