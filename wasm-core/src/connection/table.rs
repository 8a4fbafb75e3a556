//! The table of connections: open, change state, close.
//!
//! A row is free or holds one connection. `generation` grows at each close, so a path to an earlier
//! connection of the row leads nowhere.

use core::sync::atomic::Ordering;

use super::{ike_sas, said};
use crate::ids::ConnId;
use crate::layout::connection_row::{ByKind, FrameCursors, Row};
use crate::layout::lane::LaneBlock;
use crate::layout::{CONN_ACCEPTED, CONN_CLOSED, CONN_DRAINING};
use crate::memory::{self, lock};
use crate::report::counters::count;
use crate::report::status::Status;
use crate::sources::socket_address::SocketAddress;
use crate::sources::{by_address, trust};
use crate::stream::{frame_ring, queue, receive_ring};

/// A connection that the kernel has accepted.
pub(crate) struct Accepted {
    /// Owner lane.
    pub(crate) lane: u32,
    /// Its descriptor.
    pub(crate) fd: i32,
    /// The owner's epoll set.
    pub(crate) epfd: i32,
    /// Monotonic milliseconds.
    pub(crate) now: f64,
    /// Milliseconds since 1970.
    pub(crate) epoch_ms: f64,
}

/// Gives a row to a new connection of the peer in the lane's `sockaddr`.
///
/// # Errors
/// `RefusedTotal`, `RefusedSource`.
pub(crate) fn open(lane: &LaneBlock, accepted: &Accepted) -> Result<ConnId, Status> {
    let peer = SocketAddress::read(&lane.sockaddr);
    let globals = memory::globals();
    let taken = lock::locked(&globals.table_lock.word, || {
        let conn = free_row().ok_or(Status::RefusedTotal)?;
        if !by_address::admit(peer.source(), globals.max_per_source.get()) {
            return Err(Status::RefusedSource);
        }
        take_row(conn);
        // Before others find it in the list of its source.
        fill(memory::row(conn), accepted, &peer);
        by_address::link(peer.source(), conn, memory::row(conn));
        Ok(conn)
    });
    count(lane, taken.err().unwrap_or(Status::Accepted));
    taken
}

/// Stores the address in the lane's `sockaddr` as the one that the peer has connected to.
pub(crate) fn set_local(lane: &LaneBlock, conn: ConnId) {
    let row = memory::row(conn);
    let local = SocketAddress::read(&lane.sockaddr);
    local.write(&row.local_address);
    row.local_port.set(u32::from(local.port));
}

/// Takes the transmit lock and marks the row closed. Returns false, without the lock, if it was
/// closed already.
pub(crate) fn close_begin(lane: &LaneBlock, conn: ConnId, status: u32) -> bool {
    let row = memory::row(conn);
    lock::acquire(&row.tx_lock);
    if row.state.load(Ordering::Relaxed) == CONN_CLOSED {
        lock::release(&row.tx_lock);
        return false;
    }
    row.generation.fetch_add(1, Ordering::Relaxed);
    row.state.store(CONN_CLOSED, Ordering::Release);
    if let Some(word) = lane.counters.get(status as usize) {
        crate::report::counters::add(word, 1);
    }
    true
}

/// Gives back the connection's rings, releases the transmit lock, and frees the row.
pub(crate) fn close_end(conn: ConnId) {
    let row = memory::row(conn);
    receive_ring::give_back(row);
    frame_ring::give_back(row, &row.tx);
    frame_ring::give_back(row, &row.ike);
    row.tx_queued.store(0, Ordering::Relaxed);
    lock::release(&row.tx_lock);
    let globals = memory::globals();
    lock::locked(&globals.table_lock.word, || {
        if row.has_left.get() == 0 {
            by_address::leave(SocketAddress::of_peer(row).source(), row);
        }
        row.next_free.set(globals.row_free.replace(conn.0));
        crate::report::counters::add(&globals.live, u64::MAX);
    });
}

/// Changes the state under the transmit lock, so that no lane seals for a connection that drains.
/// One that drains is not read any more, so an incomplete frame has no clock.
pub(crate) fn set_state(conn: ConnId, state: u32) {
    let row = memory::row(conn);
    lock::locked(&row.tx_lock, || {
        if row.state.load(Ordering::Relaxed) != CONN_CLOSED {
            row.state.store(state, Ordering::Release);
        }
    });
    if state == CONN_DRAINING {
        row.partial_at.set(0.0);
    }
}

/// A free row, which stays free. Under the table lock.
pub(crate) fn free_row() -> Option<ConnId> {
    let globals = memory::globals();
    match globals.row_free.get() {
        0 => {
            let next = globals.row_used.get() + 1;
            (next <= globals.connections.get()).then_some(ConnId(next))
        }
        free => Some(ConnId(free)),
    }
}

/// Takes the row that `free_row` found.
fn take_row(conn: ConnId) {
    let globals = memory::globals();
    if globals.row_free.get() == conn.0 {
        globals.row_free.set(memory::row(conn).next_free.get());
    } else {
        globals.row_used.set(conn.0);
    }
    crate::report::counters::add(&globals.live, 1);
}

/// Fills a row. Its transmit lock is free, and no path leads to its new generation.
fn fill(row: &Row, accepted: &Accepted, peer: &SocketAddress) {
    row.lane.set(accepted.lane);
    row.fd.set(accepted.fd);
    row.epfd.set(accepted.epfd);
    row.epoch_ms.set(accepted.epoch_ms);
    row.opened_at.set(accepted.now);
    row.family.set(peer.family);
    row.port.set(u32::from(peer.port));
    peer.write(&row.address);
    SocketAddress::UNKNOWN.write(&row.local_address);
    row.local_port.set(0);
    row.score.set(0);
    row.valid_at.set(0.0);
    row.read_at.set(accepted.now);
    row.partial_at.set(0.0);
    row.held_at.set(0.0);
    row.up_plain.set(0);
    row.up_lost.set(0);
    said::clear(row);
    row.up_port.set(0);
    ike_sas::clear(row);
    trust::clear(row);
    row.begun.set(0);
    row.begun_octets.set(0);
    row.ike_reserved.set(0);
    row.ike_waits.store(0, Ordering::Relaxed);
    row.tx_partial_at.store(0, Ordering::Relaxed);
    queue::clear(&row.queue);
    clear_cursors(&row.tx);
    clear_cursors(&row.ike);
    clear_counts(&row.inbound);
    clear_counts(&row.outbound);
    row.state.store(CONN_ACCEPTED, Ordering::Release);
}

fn clear_cursors(ring: &FrameCursors) {
    debug_assert_eq!(ring.block.get(), 0);
    ring.queued.set(0);
}

fn clear_counts(counts: &ByKind) {
    for word in counts.frames.iter().chain(&counts.octets) {
        word.store(0, Ordering::Relaxed);
    }
}
