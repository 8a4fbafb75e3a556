//! Peers and their paths: the connection on which a peer's last valid packet came (RFC 9329 §6.1).
//!
//! A path is `generation << 32 | conn`. It leads to one connection, and never to the next one of
//! the same row.

use core::sync::atomic::Ordering;

use crate::connection::Served;
use crate::ids::{ConnId, Spi};
use crate::layout::connection_row::Row;
use crate::layout::lane::LaneBlock;
use crate::layout::sa_row::{Peer, SaRow};
use crate::layout::{CONN_CLOSED, CONN_DRAINING, EVENT_PATH_MOVED};
use crate::memory;
use crate::report::events::{self, Notice, tell};
use crate::report::status::Status;

/// A connection, told apart from others of the same row.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Path {
    /// Its row.
    pub(crate) conn: ConnId,
    /// The row's generation.
    pub(crate) generation: u32,
}

/// Moves the path of the SA's peer to the connection of a packet that was authentic and fresh.
pub(crate) fn move_path(lane: &LaneBlock, sa: &SaRow, served: &Served<'_>) {
    let peer = memory::peer(sa.peer.get());
    let path = pack(Path {
        conn: served.conn,
        generation: generation_of(served.row),
    });
    if peer.path.load(Ordering::Relaxed) == path {
        return;
    }
    let before = peer.path.swap(path, Ordering::AcqRel);
    if before == path {
        return;
    }
    let notice = Notice {
        kind: EVENT_PATH_MOVED,
        status: Status::Ok as u32,
        conn: Some(served.conn),
        spi: Some(Spi(sa.spi.get())),
        value: f64::from(sa.peer.get()),
    };
    // The first path is no move. Its event is not rate limited, and does not delay that of the
    // first move.
    if before == 0 {
        tell(lane, &notice);
    } else {
        events::path_moved(lane, peer, &notice);
    }
}

/// The live path of a peer. It may end at any time, unless you hold the connection's transmit lock.
pub(crate) fn path(number: u32) -> Option<Path> {
    let path = unpack(memory::peer(number).path.load(Ordering::Acquire))?;
    is_open(memory::row(path.conn), path).then_some(path)
}

/// Makes a connection the path of a peer that has sent nothing on it: an originator uses its own
/// connection from the start.
pub(crate) fn use_path(number: u32, conn: ConnId) {
    let path = pack(Path {
        conn,
        generation: generation_of(memory::row(conn)),
    });
    memory::peer(number).path.store(path, Ordering::Release);
}

/// Ends the path of a peer that is gone.
pub(crate) fn forget(number: u32) {
    end(memory::peer(number));
}

/// Whether new ESP may leave on it: the connection is the same, not closed and not draining (RFC
/// 9329 §6.1; half-close).
pub(crate) fn is_open(row: &Row, path: Path) -> bool {
    let state = row.state.load(Ordering::Acquire);
    generation_of(row) == path.generation && state != CONN_CLOSED && state != CONN_DRAINING
}

/// One more SA of this peer. Under the SAD's write lock.
pub(crate) fn join(number: u32) {
    let peer = memory::peer(number);
    peer.sas.set(peer.sas.get() + 1);
}

/// One SA less. A peer without SAs is forgotten, since its number may become another peer's.
pub(crate) fn leave(number: u32) {
    let peer: &Peer = memory::peer(number);
    peer.sas.set(peer.sas.get() - 1);
    if peer.sas.get() == 0 {
        end(peer);
    }
}

/// The next peer with this number begins with nothing.
fn end(peer: &Peer) {
    peer.path.store(0, Ordering::Release);
    peer.told_at.store(0, Ordering::Relaxed);
    peer.told_suppressed.store(0, Ordering::Relaxed);
}

fn generation_of(row: &Row) -> u32 {
    row.generation.load(Ordering::Relaxed)
}

fn pack(path: Path) -> u64 {
    u64::from(path.generation) << 32 | u64::from(path.conn.0)
}

fn unpack(path: u64) -> Option<Path> {
    // Both halves are taken on purpose.
    let (conn, generation) = (path as u32, (path >> 32) as u32);
    (conn != 0).then_some(Path {
        conn: ConnId(conn),
        generation,
    })
}
