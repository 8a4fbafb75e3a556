//! Counts connections by source address. An IPv6 source is its /64.
//!
//! The table uses open addressing with linear probing. When a slot empties, later ones move back to
//! close the gap. Callers hold the table lock.

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

/// Counts one more connection, unless the source has `max` already (0 is no limit).
pub(crate) fn admit(source: SourceKey, max: u32) -> bool {
    let slot = memory::source(find(source));
    if max != 0 && slot.count.get() >= max {
        return false;
    }
    slot.version.set(source.version);
    slot.key.set(source.key);
    slot.count.set(slot.count.get() + 1);
    true
}

/// Counts one connection less.
///
/// # Panics
/// If the source has none.
pub(crate) fn leave(source: SourceKey) {
    let at = find(source);
    let slot = memory::source(at);
    let count = slot.count.get().checked_sub(1).expect("a counted source");
    slot.count.set(count);
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
}

fn copy(from: &Source, to: &Source) {
    to.version.set(from.version.get());
    to.key.set(from.key.get());
    to.count.set(from.count.get());
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
