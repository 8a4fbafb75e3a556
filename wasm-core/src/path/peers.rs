//! Peers and their paths: the connection on which a peer's last valid packet came (RFC 9329 §6.1).

use core::sync::atomic::Ordering;

use super::Path;
use crate::connection::Served;
use crate::layout::EVENT_PATH_MOVED;
use crate::layout::lane::LaneBlock;
use crate::layout::sa_row::{Peer, SaRow};
use crate::memory;
use crate::report::events::{self, Notice, SaName, tell};
use crate::report::status::Status;

/// Moves the path of the SA's peer to the connection of a packet that was authentic and fresh.
pub(crate) fn move_path(lane: &LaneBlock, sa: &SaRow, served: &Served<'_>) {
    let peer = memory::peer(sa.peer.get());
    let path = Path::to(served.conn, served.row).packed();
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
        sa: Some(SaName::of(sa)),
        value: f64::from(sa.peer.get()),
        measure: None,
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
    Path::unpacked(memory::peer(number).path.load(Ordering::Acquire)).filter(|path| path.is_open())
}

/// Whether a path is that of any peer.
pub(crate) fn is_path_of_any(path: Path) -> bool {
    let packed = path.packed();
    (1..=memory::globals().sas.get())
        .any(|number| memory::peer(number).path.load(Ordering::Acquire) == packed)
}

/// Makes a connection the path of a peer that has sent no ESP on it: an originator uses its own
/// connection from the start, and IKE the one on which it has made the SA. False if it has ended.
pub(crate) fn use_path(number: u32, path: Path) -> bool {
    let is_open = path.is_open();
    if is_open {
        let word = &memory::peer(number).path;
        word.store(path.packed(), Ordering::Release);
    }
    is_open
}

/// Ends the path of a peer that is gone.
pub(crate) fn forget(number: u32) {
    end(memory::peer(number));
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
