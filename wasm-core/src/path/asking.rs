//! Connections whose peers may have vanished (RFC 9329 §6.1, §6.3). A client whose network has
//! changed comes back with a new IKE SA, and its old connection stays half open: nothing shows that
//! it has a successor. So from half of a limit on, the peers of silent connections are asked, by
//! their lanes (`gateway/lane/asking.ts`).
//!
//! The question is for connections that have proved a key: the others give way without one.

use core::sync::atomic::Ordering;

use crate::ids::ConnId;
use crate::layout::CONN_CLOSED;
use crate::layout::connection_row::Row;
use crate::layout::globals::Source;
use crate::layout::lane::LaneBlock;
use crate::memory::{self, lock};
use crate::sources::by_address;
use crate::sources::socket_address::SocketAddress;

/// Silence, ms, before there is a question.
const SILENT_MS: f64 = 4000.0;
/// Least time, ms, between two looks at a source, and at all of them.
const SOURCE_EVERY_MS: f64 = 1000.0;
const ALL_EVERY_MS: f64 = 5000.0;

/// Marks the silent connections of the source in the lane's `sockaddr` if it has half of what it
/// may have, or those of all sources if there is half of what there may be. Returns how many there
/// are. Their lanes have to ask.
pub(crate) fn mark(block: &LaneBlock, now: f64) -> u32 {
    let peer = SocketAddress::read(&block.sockaddr).source();
    let globals = memory::globals();
    let (of_source, is_half_full) = lock::locked(&globals.table_lock.word, || {
        let live = globals.live.load(Ordering::Relaxed);
        let is_half_full = 2 * live >= u64::from(globals.connections.get());
        (mark_source(by_address::slot_of(peer), now), is_half_full)
    });
    if !is_half_full || now - globals.asked_at.get() < ALL_EVERY_MS {
        return of_source;
    }
    globals.asked_at.set(now);
    // Without the lock: there are many, and a mark at a wrong row asks in vain.
    let rows = 1..=globals.row_used.get();
    of_source + mark_silent(rows.map(|conn| memory::row(ConnId(conn))), now)
}

fn mark_source(slot: &Source, now: f64) -> u32 {
    let max = memory::globals().max_per_source.get();
    if !by_address::is_half_full(slot, max) || now - slot.asked_at.get() < SOURCE_EVERY_MS {
        return 0;
    }
    slot.asked_at.set(now);
    let mut next = slot.first.get();
    let rows = core::iter::from_fn(|| {
        let row = (next != 0).then(|| memory::row(ConnId(next)))?;
        next = row.source_next.get();
        Some(row)
    });
    mark_silent(rows, now)
}

/// Marks those of `rows` that are silent.
fn mark_silent(rows: impl Iterator<Item = &'static Row>, now: f64) -> u32 {
    rows.filter(|row| is_silent(row, now))
        .map(|row| row.is_asked.set(1))
        .fold(0, |marked, ()| marked + 1)
}

fn is_silent(row: &Row, now: f64) -> bool {
    row.state.load(Ordering::Relaxed) != CONN_CLOSED
        && by_address::is_trusted(row)
        && now - row.read_at.get() >= SILENT_MS
}
