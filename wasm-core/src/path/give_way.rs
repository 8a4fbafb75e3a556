//! At a limit of connections one that is of no use gives way to a new one (RFC 9329 §6.1, §6.3).
//!
//! First comes a connection that its peer has left: its last valid words have been seen since on a
//! newer connection. Then come those on which nothing has proved a key, the one without a valid
//! word for longest. One that has proved a key and has no successor never gives way.
//!
//! At the limit of a source its own connections are searched. At the limit in total those of the
//! new one's source are, then those of the source with most connections without a trusted word, if
//! it has more of them than the new one's. If no source has, for a crowd has an address for each
//! connection, a source that has none yet takes the place of one that has been there for some time
//! without a trusted word. A search is short: no source has more connections than its limit.
//! Searches that end a connection which might be in use are rationed.
//!
//! Descriptors and ports have no limit in the core. When they are short, the same search finds a
//! connection whose end frees some (`spare`).

use core::sync::atomic::Ordering;

use super::{Path, peers};
use crate::connection::table;
use crate::ids::ConnId;
use crate::layout::CONN_CLOSED;
use crate::layout::connection_row::Row;
use crate::layout::globals::Source;
use crate::layout::lane::LaneBlock;
use crate::memory::{self, lock};
use crate::sources::by_address;
use crate::sources::socket_address::SocketAddress;

/// Time, ms, for which a connection without a trusted word keeps its place: a handshake needs it.
const KEPT_MS: f64 = 2000.0;
/// Least time, ms, between two searches of a source or of all that found no abandoned connection.
const LOOK_MS: f64 = 20.0;
/// Time, ms, for which the heaviest source of the last search stands for that of now.
const HEAVIEST_MS: f64 = 1000.0;
/// Time, ms, for which it keeps its place against sources that have none: most handshakes have
/// ended by then.
const EVEN_KEPT_MS: f64 = 10_000.0;
/// Most connections of a source that one search looks at, and most rows.
const SEARCHED_MAX: usize = 256;
const ROWS_SEARCHED_MAX: u32 = 2048;

/// A search on behalf of a connection.
struct Search {
    lane: u32,
    now: f64,
    /// Connections of other lanes count, too.
    is_global: bool,
    /// The connection, if it is there already.
    asker: Option<ConnId>,
}

/// The connection that gives way to one of the peer in the lane's `sockaddr`; `None` if there is
/// room, or nobody gives way.
///
/// One of another lane counts for its source no more from here on. Its lane has to close it.
pub(crate) fn find(block: &LaneBlock, lane: u32, now: f64) -> Option<ConnId> {
    let peer = SocketAddress::read(&block.sockaddr).source();
    let globals = memory::globals();
    lock::locked(&globals.table_lock.word, || {
        let own = by_address::slot_of(peer);
        let is_crowded = by_address::is_crowded(own, globals.max_per_source.get());
        if !is_crowded && table::free_row().is_some() {
            return None;
        }
        let search = Search {
            lane,
            now,
            is_global: is_crowded,
            asker: None,
        };
        let found = if is_crowded {
            of_source(&search, own)
        } else {
            of_all(&search, own)
        }?;
        let row = memory::row(found);
        if row.lane.get() != lane {
            by_address::leave(peer, row);
            row.has_left.set(1);
        }
        Some(found)
    })
}

fn of_source(search: &Search, slot: &Source) -> Option<ConnId> {
    let rows = rows_of(slot);
    if let Some(found) = abandoned(search, &rows) {
        return Some(found);
    }
    if search.now - slot.looked_at.get() < LOOK_MS {
        return None;
    }
    slot.looked_at.set(search.now);
    silent(search, &rows)
}

/// The connection of the lane whose end frees descriptors and ports for `asker`, or for a new one
/// of the peer in the lane's `sockaddr`. The caller closes it.
pub(crate) fn spare(
    block: &LaneBlock,
    lane: u32,
    asker: Option<ConnId>,
    now: f64,
) -> Option<ConnId> {
    let peer = asker.map_or_else(
        || SocketAddress::read(&block.sockaddr),
        |conn| SocketAddress::of_peer(memory::row(conn)),
    );
    let search = Search {
        lane,
        now,
        is_global: false,
        asker,
    };
    lock::locked(&memory::globals().table_lock.word, || {
        of_all(&search, by_address::slot_of(peer.source()))
    })
}

fn of_all(search: &Search, own: &Source) -> Option<ConnId> {
    if let Some(found) = abandoned(search, &rows_of(own)) {
        return Some(found);
    }
    let globals = memory::globals();
    if search.now - globals.looked_at.get() < LOOK_MS {
        return None;
    }
    globals.looked_at.set(search.now);
    of_heaviest(search, own).or_else(|| {
        let has_none = search.weight(own) == 0;
        has_none.then(|| of_anybody(search)).flatten()
    })
}

/// One of the source that has most connections without a trusted word, if that has more than the
/// asker's.
fn of_heaviest(search: &Search, own: &Source) -> Option<ConnId> {
    let globals = memory::globals();
    let is_lighter = |than: u32| search.weight(own) + 1 < than;
    let is_fresh = search.now - globals.heaviest_at.get() < HEAVIEST_MS;
    if is_fresh && !is_lighter(globals.heaviest.get()) {
        return None;
    }
    let all = (0..=globals.sources_mask.get()).map(memory::source);
    let heaviest = all.max_by_key(|slot| slot.untrusted.get())?;
    globals.heaviest.set(heaviest.untrusted.get());
    globals.heaviest_at.set(search.now);
    let rows = rows_of(heaviest);
    abandoned(search, &rows).or_else(|| {
        is_lighter(heaviest.untrusted.get())
            .then(|| silent(search, &rows))
            .flatten()
    })
}

/// The next row that has been without a trusted word for some time. Searches go round, so that
/// nobody is chosen for being honest and slow. Whose key is likely is chosen last.
fn of_anybody(search: &Search) -> Option<ConnId> {
    let globals = memory::globals();
    let (used, from) = (globals.row_used.get(), globals.looked_to.get());
    let mut likely = None;
    for step in 1..=used.min(ROWS_SEARCHED_MAX) {
        let conn = ConnId((from + step - 1) % used + 1);
        globals.looked_to.set(conn.0);
        let row = memory::row(conn);
        let is_open = row.state.load(Ordering::Relaxed) != CONN_CLOSED;
        let is_old = search.now - row.opened_at.get() >= EVEN_KEPT_MS;
        if !is_open || !is_old || by_address::is_trusted(row) || !search.reaches(conn, row) {
            continue;
        }
        if row.is_likely.get() == 0 {
            return Some(conn);
        }
        likely = likely.or(Some(conn));
    }
    likely
}

/// The newest connections of a source.
struct Rows {
    conns: [u32; SEARCHED_MAX],
    len: usize,
}

impl Rows {
    fn iter(&self) -> impl Iterator<Item = (ConnId, &'static Row)> {
        // The oldest first: of equal ones it gives way.
        self.conns[..self.len]
            .iter()
            .rev()
            .map(|&conn| (ConnId(conn), memory::row(ConnId(conn))))
    }
}

fn rows_of(slot: &Source) -> Rows {
    let mut rows = Rows {
        conns: [0; SEARCHED_MAX],
        len: 0,
    };
    let mut conn = slot.first.get();
    while conn != 0 && rows.len < SEARCHED_MAX {
        let row = memory::row(ConnId(conn));
        if row.state.load(Ordering::Relaxed) != CONN_CLOSED {
            rows.conns[rows.len] = conn;
            rows.len += 1;
        }
        conn = row.source_next.get();
    }
    rows
}

impl Search {
    fn reaches(&self, conn: ConnId, row: &Row) -> bool {
        (self.is_global || row.lane.get() == self.lane) && self.asker != Some(conn)
    }

    /// Connections without a trusted word that the asker's source has beside it; 0 for one with it.
    fn weight(&self, own: &Source) -> u32 {
        match self.asker.map(memory::row) {
            Some(row) if by_address::is_trusted(row) => 0,
            Some(_) => own.untrusted.get().saturating_sub(1),
            None => own.untrusted.get(),
        }
    }
}

/// The connection of `rows` that its peer has left the longest ago.
fn abandoned(search: &Search, rows: &Rows) -> Option<ConnId> {
    rows.iter()
        .filter(|(conn, row)| search.reaches(*conn, row) && is_abandoned(*conn, row, rows))
        .min_by(|(_, a), (_, b)| a.trusted_at.get().total_cmp(&b.trusted_at.get()))
        .map(|(conn, _)| conn)
}

/// Whether what has proved a key on a connection was seen on another one since. ESP and IKE of a
/// client move together (RFC 9329 §6.1), so either of them shows it.
fn is_abandoned(conn: ConnId, row: &Row, rows: &Rows) -> bool {
    if !by_address::is_trusted(row) {
        return false;
    }
    if row.last_peer.get() != 0 {
        return has_moved(conn, row);
    }
    let (ike, spi) = (spis_of(row), row.relayed_spi.get());
    rows.iter().any(|(_, newer)| {
        let has_same = (ike != [0, 0] && spis_of(newer) == ike)
            || (spi != 0 && newer.relayed_spi.get() == spi);
        has_same && newer.trusted_at.get() > row.trusted_at.get()
    })
}

/// Whether the last peer of a connection has its path on one with a newer word, and no other peer
/// has its path here.
fn has_moved(conn: ConnId, row: &Row) -> bool {
    let here = Path::to(conn, row);
    let Some(path @ Path::Tcp { conn: other, .. }) = peers::path(row.last_peer.get()) else {
        return false;
    };
    path != here
        && memory::row(other).trusted_at.get() > row.trusted_at.get()
        && !peers::is_path_of_any(here)
}

fn spis_of(row: &Row) -> [u64; 2] {
    [row.trusted_ike[0].get(), row.trusted_ike[1].get()]
}

/// The connection of `rows` without a trusted word that has had no valid word for longest.
fn silent(search: &Search, rows: &Rows) -> Option<ConnId> {
    let word_at = |row: &Row| row.valid_at.get().max(row.opened_at.get());
    rows.iter()
        .filter(|(conn, row)| search.reaches(*conn, row) && !by_address::is_trusted(row))
        .filter(|(_, row)| search.now - word_at(row) >= KEPT_MS)
        .min_by(|(_, a), (_, b)| word_at(a).total_cmp(&word_at(b)))
        .map(|(conn, _)| conn)
}
