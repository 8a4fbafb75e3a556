//! Counts connections by source address. An IPv6 source is its /64.
//!
//! The table uses open addressing with linear probing. When a slot empties, later ones move back to
//! close the gap. Callers hold the table lock.

use crate::ids::ConnId;
use crate::layout::connection_row::Row;
use crate::layout::globals::Source;
use crate::memory;
use crate::memory::hash::mix;

/// One source.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct SourceKey {
    /// 4 or 6.
    pub(crate) version: u32,
    /// IPv4 address, or the first half of an IPv6 one.
    pub(crate) key: u64,
}

/// Least rings that the connections of a source without a trusted word may hold.
const RINGS_MIN: u32 = 4;
/// Otherwise they may hold this part of the rings that are free for such connections, so that no
/// number of sources takes the last one from the next source.
const RINGS_PART: u32 = 16;

/// Counts one more connection, unless the source has `max` already (0 is no limit).
pub(crate) fn admit(source: SourceKey, max: u32) -> bool {
    let slot = slot_of(source);
    if is_crowded(slot, max) {
        return false;
    }
    slot.version.set(source.version);
    slot.key.set(source.key);
    slot.count.set(slot.count.get() + 1);
    slot.untrusted.set(slot.untrusted.get() + 1);
    true
}

/// Whether a trusted word has come on a connection (`trust`).
pub(crate) fn is_trusted(row: &Row) -> bool {
    row.trusted_at.get() != 0.0
}

/// Whether a source has as many connections as it may have.
pub(crate) fn is_crowded(slot: &Source, max: u32) -> bool {
    max != 0 && slot.count.get() >= max
}

/// Whether half of the connections are there that a source may have.
pub(crate) fn is_half_full(slot: &Source, max: u32) -> bool {
    max != 0 && slot.count.get() >= max.div_ceil(2)
}

/// The slot of a source. If the source has no connection, it is the free one where it belongs.
pub(crate) fn slot_of(source: SourceKey) -> &'static Source {
    memory::source(find(source))
}

/// One connection less without a trusted word.
pub(crate) fn trust(source: SourceKey) {
    let slot = slot_of(source);
    slot.untrusted.set(slot.untrusted.get().saturating_sub(1));
}

/// Charges a source for a ring of a connection without a trusted word. False if such connections of
/// the source hold their share of `free` rings already.
pub(crate) fn charge(source: SourceKey, free: u32) -> bool {
    let slot = slot_of(source);
    let is_gone = slot.version.get() == 0;
    if is_gone || slot.rings.get() >= RINGS_MIN.max(free / RINGS_PART) {
        return false;
    }
    slot.rings.set(slot.rings.get() + 1);
    true
}

/// Takes rings off a source's charge.
pub(crate) fn refund(source: SourceKey, rings: u32) {
    let slot = slot_of(source);
    slot.rings.set(slot.rings.get().saturating_sub(rings));
}

/// Puts a connection in front of the others of its source.
pub(crate) fn link(source: SourceKey, conn: ConnId, row: &Row) {
    let slot = slot_of(source);
    let next = slot.first.replace(conn.0);
    row.source_next.set(next);
    row.source_before.set(0);
    if next != 0 {
        memory::row(ConnId(next)).source_before.set(conn.0);
    }
}

/// Takes a connection out of the list of its source.
fn unlink(slot: &Source, row: &Row) {
    let (before, next) = (row.source_before.get(), row.source_next.get());
    if before == 0 {
        slot.first.set(next);
    } else {
        memory::row(ConnId(before)).source_next.set(next);
    }
    if next != 0 {
        memory::row(ConnId(next)).source_before.set(before);
    }
}

/// Counts one connection less.
///
/// # Panics
/// If the source has none.
pub(crate) fn leave(source: SourceKey, row: &Row) {
    let at = find(source);
    let slot = memory::source(at);
    let count = slot.count.get().checked_sub(1).expect("a counted source");
    slot.count.set(count);
    if !is_trusted(row) {
        slot.untrusted.set(slot.untrusted.get().saturating_sub(1));
    }
    unlink(slot, row);
    if count == 0 {
        close_gap(at);
    }
}

/// The source's slot, or the free slot where it belongs. The search ends, for the table has twice
/// as many slots as there can be sources.
fn find(source: SourceKey) -> u32 {
    let mut at = home(source);
    loop {
        let slot = memory::source(at);
        if slot.version.get() == 0 || key_of(slot) == source {
            return at;
        }
        at = at.wrapping_add(1);
    }
}

/// Frees the slot at `gap`, so that no search ends too early.
fn close_gap(mut gap: u32) {
    let mask = memory::globals().sources_mask.get();
    let mut at = gap;
    loop {
        at = at.wrapping_add(1);
        let slot = memory::source(at);
        if slot.version.get() == 0 {
            break;
        }
        let from_home = at.wrapping_sub(home(key_of(slot))) & mask;
        if from_home >= at.wrapping_sub(gap) & mask {
            copy(slot, memory::source(gap));
            gap = at;
        }
    }
    let slot = memory::source(gap);
    slot.version.set(0);
    slot.count.set(0);
    slot.untrusted.set(0);
    slot.rings.set(0);
    slot.first.set(0);
    slot.looked_at.set(0.0);
    slot.asked_at.set(0.0);
}

fn copy(from: &Source, to: &Source) {
    to.version.set(from.version.get());
    to.key.set(from.key.get());
    to.count.set(from.count.get());
    to.untrusted.set(from.untrusted.get());
    to.rings.set(from.rings.get());
    to.first.set(from.first.get());
    to.looked_at.set(from.looked_at.get());
    to.asked_at.set(from.asked_at.get());
}

fn key_of(slot: &Source) -> SourceKey {
    SourceKey {
        version: slot.version.get(),
        key: slot.key.get(),
    }
}

/// The slot where a search begins. The seed is the base address, which an attacker does not know.
fn home(source: SourceKey) -> u32 {
    let seed = memory::globals().base.get() ^ u64::from(source.version);
    mix(source.key ^ seed.rotate_left(17))
}
