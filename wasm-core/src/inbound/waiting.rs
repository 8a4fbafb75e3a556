//! Packets of promised SPIs. A peer may use an SA before we have its keys: it installs the SA,
//! sends ESP by it, and only then the answer of IKE that makes the keys here. Its packets are set
//! aside in the lane's block, because that answer may lie behind them in the stream.
//!
//! A lane has `WAITING_MAX` places of `WAITING_LEN` octets, each for `WAITING_MS`. A packet that
//! finds none, or whose SA does not come in time, is dropped as of an unknown SPI. It is no sign of
//! corruption.

use core::sync::atomic::Ordering;

use super::batch;
use crate::connection::{Served, score};
use crate::esp::opening::{self, Packet};
use crate::ids::{ConnId, SaId, Spi};
use crate::layout::lane::{LaneBlock, Waiting};
use crate::layout::{BATCH_ESP, BATCH_MAX, CONN_CLOSED, WAITING_LEN, WAITING_MAX, WAITING_MS};
use crate::memory::{self, octets};
use crate::report::counters::count;
use crate::report::events::{Audited, SaName, audit};
use crate::report::status::Status;
use crate::sa::{recent, sad};

/// Sets the ESP packet of `len` octets at offset `at` aside.
pub(super) fn keep(lane: &LaneBlock, served: &Served<'_>, (at, len): (u32, u32)) {
    let is_free = |place: &Waiting| place.len.get() == 0 || served.now >= place.until.get();
    let free = in_order(lane).find(|(_, place)| is_free(place));
    let Some((i, place)) = free.filter(|_| len <= WAITING_LEN as u32) else {
        drop_packet(lane, served.conn, spi_at(at));
        return;
    };
    // Below WAITING_MAX.
    lane.waiting_next.set(i as u32 + 1);
    if place.len.get() != 0 {
        drop_waiting(lane, place);
    }
    octets::with(at, len, |packet| octets::copy_in(place.at.get(), packet));
    place.conn.set(served.conn.0);
    place.generation.set(generation(served.conn));
    place.until.set(served.now + WAITING_MS);
    place.len.set(len);
}

/// Makes the waiting packets of one connection, whose SAs are there now, the lane's batch. Drops
/// those that wait for nothing any more. Returns the connection, for which the SAD is held; `None`
/// if there is no such packet.
pub(crate) fn next(lane: &LaneBlock, now: f64) -> Option<ConnId> {
    lane.batch.now.set(now);
    sad::hold(lane);
    while let Some(conn) = first_ready(lane, now) {
        let served = Served {
            row: memory::row(conn),
            conn,
            now,
        };
        batch::begin(lane, &served);
        fill(lane, &served);
        if lane.batch.jobs.get() > 0 {
            lane.batch.kind.set(BATCH_ESP);
            return Some(conn);
        }
    }
    sad::let_go(lane);
    None
}

/// The connection of the first packet that can be opened. The SAD is held.
fn first_ready(lane: &LaneBlock, now: f64) -> Option<ConnId> {
    in_order(lane)
        .map(|(_, place)| place)
        .filter(|place| place.len.get() != 0)
        .find(|place| {
            let spi = spi_at(place.at.get());
            let is_live = is_live(place);
            if is_live && sad::find(spi).is_some() {
                return true;
            }
            let is_promised = recent::has(&memory::globals().promised, spi);
            if !is_live || !is_promised || now >= place.until.get() {
                drop_waiting(lane, place);
            }
            false
        })
        .map(|place| ConnId(place.conn.get()))
}

/// Fills the jobs of a batch, and empties the places. Their octets stay until the lane takes in the
/// next packet.
fn fill(lane: &LaneBlock, served: &Served<'_>) {
    let is_ours = |place: &&Waiting| {
        place.len.get() != 0 && place.conn.get() == served.conn.0 && is_live(place)
    };
    for place in in_order(lane).map(|(_, place)| place).filter(is_ours) {
        if let Some(sa) = sad::find(spi_at(place.at.get())) {
            add_job(lane, served, (sa, place));
            place.len.set(0);
        }
    }
}

/// The places with their indices, those of the oldest packets first as far as they have come in
/// turn: out of order, the replay window would drop what is too old.
fn in_order(lane: &LaneBlock) -> impl Iterator<Item = (usize, &Waiting)> {
    let first = lane.waiting_next.get() as usize % WAITING_MAX;
    let (before, behind) = lane.waiting.split_at(first);
    (first..).zip(behind).chain((0..).zip(before))
}

fn add_job(lane: &LaneBlock, served: &Served<'_>, (sa, place): (SaId, &Waiting)) {
    let jobs = &lane.batch.jobs;
    let packet = Packet {
        sa,
        at: place.at.get(),
        len: place.len.get(),
    };
    match opening::prepare(lane, &lane.jobs[jobs.get() as usize], packet, served) {
        Ok(()) => jobs.set(jobs.get() + 1),
        Err(refused) => {
            let packet = Audited {
                conn: served.conn,
                sa: SaName::of(memory::sa(sa)),
                sequence: Some(refused.sequence),
            };
            score::note_esp(lane, served.row, refused.status, &packet);
        }
    }
}

/// Whether the connection that has brought a packet is still the one of its row.
fn is_live(place: &Waiting) -> bool {
    let conn = ConnId(place.conn.get());
    generation(conn) == place.generation.get()
        && memory::row(conn).state.load(Ordering::Relaxed) != CONN_CLOSED
}

fn drop_waiting(lane: &LaneBlock, place: &Waiting) {
    place.len.set(0);
    if is_live(place) {
        drop_packet(lane, ConnId(place.conn.get()), spi_at(place.at.get()));
    } else {
        count(lane, Status::UnknownSpi);
    }
}

fn drop_packet(lane: &LaneBlock, conn: ConnId, spi: Spi) {
    count(lane, Status::UnknownSpi);
    let packet = Audited {
        conn,
        sa: SaName::of_none(spi),
        sequence: None,
    };
    audit(lane, Status::UnknownSpi, &packet);
}

fn generation(conn: ConnId) -> u32 {
    memory::row(conn).generation.load(Ordering::Relaxed)
}

fn spi_at(at: u32) -> Spi {
    Spi(u32::from_be_bytes(octets::array(at)))
}

const _: () = assert!(WAITING_MAX <= BATCH_MAX);
