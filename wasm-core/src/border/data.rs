//! The data path: inbound, upstream, outbound, transmit.

use crate::esp::jobs;
use crate::ids::{ConnId, Spi};
use crate::inbound::delivery;
use crate::inbound::scan::{self, Found};
use crate::layout::{BATCH_CLOSE, BATCH_ESP, BATCH_NONE, BATCH_SKIPPED, BATCH_UPSTREAM};
use crate::memory::{self, kernel_tables};
use crate::outbound::{dummy, echo, fill, slots};
use crate::stream::{receive_ring, transmit};
use crate::upstream::datagrams;

/// Lays free space into `recv_iov`. Returns the number of parts (1 or 2), 0 if the ring is full, -1
/// if the pool is empty.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn rx_prepare(lane: u32, conn: u32) -> i32 {
    receive_ring::prepare(memory::lane(lane), memory::row(ConnId(conn)))
        .map_or(-1, u32::cast_signed)
}

/// Takes in the octets that the kernel wrote.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn rx_commit(_lane: u32, conn: u32, octets: u32) {
    receive_ring::commit(memory::row(ConnId(conn)), octets);
}

/// Unread octets.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn rx_len(conn: u32) -> u32 {
    receive_ring::len(memory::row(ConnId(conn)))
}

/// Offset of the first unread octet.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn rx_at(conn: u32) -> u32 {
    let row = memory::row(ConnId(conn));
    receive_ring::offset(row, row.rx_consumed.get())
}

/// Consumes octets of the stream prefix.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn rx_skip(_lane: u32, conn: u32, octets: u32) {
    let row = memory::row(ConnId(conn));
    receive_ring::consume_to(row, row.rx_consumed.get().wrapping_add(octets));
}

/// Releases the first `sends` of the batch, or all of it (-1).
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn rx_release(lane: u32, conn: u32, sends: i32) {
    scan::release(memory::lane(lane), ConnId(conn), u32::try_from(sends).ok());
}

/// Looks for the next batch. Returns its `BATCH_` kind << 16 | a count, which for `BATCH_CLOSE` is
/// a status.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn inbound(lane: u32, conn: u32, now: f64) -> u32 {
    let (kind, count) = match scan::next_batch(memory::lane(lane), ConnId(conn), now) {
        Found::Nothing { frames } => (BATCH_NONE, frames),
        Found::Skipped { frames } => (BATCH_SKIPPED, frames),
        Found::Esp { jobs } => (BATCH_ESP, jobs),
        Found::Upstream { sends } => (BATCH_UPSTREAM, sends),
        Found::Close(status) => (BATCH_CLOSE, status as u32),
    };
    kind << 16 | count
}

/// Opens the batch's packets.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn inbound_open(lane: u32) {
    jobs::open(memory::lane(lane));
}

/// Takes the opened packets in. Returns the number of inner packets.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn inbound_finish(lane: u32, conn: u32, now: f64) -> u32 {
    scan::finish(memory::lane(lane), ConnId(conn), now)
}

/// Lays the inner packets of the last `inbound_finish` out for the device. Returns the number of
/// calls in `writes`.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn inner_plan(lane: u32) -> u32 {
    delivery::plan(memory::lane(lane))
}

/// Lays `up_read` out for `recvmmsg`. Returns the number of reads that the reserve has room for, -1
/// if the pool is empty.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn upstream_begin(lane: u32, conn: u32) -> i32 {
    datagrams::begin(memory::lane(lane), memory::row(ConnId(conn))).map_or(-1, u32::cast_signed)
}

/// Releases the reserve that `upstream_begin` took.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn upstream_end(_lane: u32, conn: u32) {
    datagrams::end(memory::row(ConnId(conn)));
}

/// Queues the datagrams of read `i`. Returns 0, or the status of the last one.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn upstream_in(lane: u32, conn: u32, i: u32, now: f64) -> i32 {
    match datagrams::take(memory::numbered_lane(lane), ConnId(conn), i, now) {
        Ok(()) => 0,
        Err(status) => status as i32,
    }
}

/// Sets which packets of many segments the lane's inner device takes, and lays the slots out for
/// them. Call it once, before the lane reads from the device.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn inner_offload(lane: u32, offload: u32) {
    kernel_tables::set_offload(lane, offload);
}

/// Makes the packets in the slots the lane's outbound entries.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn slots_in(lane: u32, count: u32) {
    slots::take(memory::numbered_lane(lane), count);
}

/// Lets the echo host answer the inner packets of the last `inbound_finish`. Returns the number of
/// replies.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn echo_in(lane: u32, count: u32) -> u32 {
    echo::answer(memory::lane(lane), count)
}

/// Makes one dummy packet on the outbound SA with this SPI the lane's only entry. Returns 1, with
/// the SAD held until `outbound_next`, or a negative status.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn dummy_in(lane: u32, spi: u32, octets: u32) -> i32 {
    match dummy::take(memory::numbered_lane(lane), Spi(spi), octets) {
        Ok(()) => 1,
        Err(status) => -(status as i32),
    }
}

/// Fills jobs for the next connection and takes its transmit lock. Returns the connection, or 0
/// when no entry is left.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn outbound_next(lane: u32, now: f64) -> u32 {
    fill::next(memory::numbered_lane(lane), now).map_or(0, |conn| conn.0)
}

/// Seals the batch's packets into the transmit ring.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn outbound_seal(lane: u32) {
    jobs::seal(memory::lane(lane));
}

/// Ends the batch; the transmit lock stays.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn outbound_commit(lane: u32) {
    fill::commit(memory::lane(lane));
}

/// Takes a connection's transmit lock. Returns 1, or 0 if the connection has ended.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn tx_lock(_lane: u32, conn: u32) -> i32 {
    i32::from(transmit::lock_open(memory::row(ConnId(conn))))
}

/// Lays the octets that may leave into `tx_msg`. Returns their number.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn tx_plan(lane: u32, conn: u32) -> u32 {
    transmit::plan(memory::lane(lane), memory::row(ConnId(conn)))
}

/// Takes note of the octets that the kernel took. Returns the octets still queued.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn tx_sent(lane: u32, conn: u32, octets: u32, now: f64) -> u32 {
    transmit::sent(memory::lane(lane), memory::row(ConnId(conn)), octets, now)
}

/// Gives empty rings back and releases the transmit lock.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
pub extern "C" fn tx_unlock(_lane: u32, conn: u32) {
    transmit::unlock(memory::row(ConnId(conn)));
}
