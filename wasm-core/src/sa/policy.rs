//! The outbound policy: finds the SA that an inner packet leaves by.
//!
//! It is a hash index over the `remote` prefixes of outbound SAs, keyed by version, length and
//! address, with one look-up for each length in use. An SA fits if its `remote` holds the
//! destination and its `local` holds the source. The newest fitting SA wins (rekey), one on standby
//! only if no other that works fits. A stopped SA wins only if no other fits at all; the packet is
//! then counted as dropped by it. Nodes are chained through the SAs' rows. Callers hold the SAD
//! lock.

use core::cell::Cell;
use core::sync::atomic::Ordering;

use crate::ids::SaId;
use crate::inner::Address;
use crate::layout::sa_row::{SaRow, Selector};
use crate::layout::{SA_EXPIRED, SELECTOR_MAX};
use crate::memory;
use crate::memory::hash::mix;
use crate::sa::selector::{any_contains, network};

/// The SA for a packet from `source` to `destination`.
pub(crate) fn find(source: Address, destination: Address) -> Option<SaId> {
    let mut best: Option<((bool, bool, u64), SaId)> = None;
    for_each_length(destination.version, |bits| {
        let key = destination.prefix(bits);
        let mut node = memory::policy_bucket(hash(key, bits)).get();
        while let Some((id, i)) = unpack(node) {
            let sa = memory::sa(id);
            node = sa.policy_next[i].get();
            let is_live = sa.live.state.load(Ordering::Relaxed) != SA_EXPIRED;
            let rank = (is_live, sa.is_standby.get() == 0, sa.number.get());
            if best.is_none_or(|(highest, _)| rank > highest)
                && is_key(&sa.remote[i], key, bits)
                && any_contains(&sa.local[..sa.local_count.get() as usize], source)
            {
                best = Some((rank, id));
            }
        }
    });
    best.map(|(_, id)| id)
}

/// Puts an SA's `remote` prefixes into the index.
pub(crate) fn insert(id: SaId) {
    let sa = memory::sa(id);
    for i in 0..sa.remote_count.get() as usize {
        let selector = &sa.remote[i];
        let bucket = bucket_of(selector);
        sa.policy_next[i].set(bucket.replace(pack(id, i)));
        count_length(selector, 1);
    }
}

/// Takes them out.
pub(crate) fn remove(id: SaId) {
    let sa = memory::sa(id);
    for i in 0..sa.remote_count.get() as usize {
        let selector = &sa.remote[i];
        unlink(bucket_of(selector), pack(id, i), sa.policy_next[i].get());
        count_length(selector, -1);
    }
}

/// Takes `node` out of the chain that begins at `link`.
fn unlink(mut link: &'static Cell<u32>, node: u32, next: u32) {
    while link.get() != node {
        let Some((id, i)) = unpack(link.get()) else {
            return;
        };
        link = &memory::sa(id).policy_next[i];
    }
    link.set(next);
}

fn bucket_of(selector: &Selector) -> &'static Cell<u32> {
    memory::policy_bucket(hash(network(selector), selector.bits.get()))
}

fn is_key(selector: &Selector, key: Address, bits: u32) -> bool {
    selector.bits.get() == bits && network(selector) == key
}

fn hash(key: Address, bits: u32) -> u32 {
    let low = mix(key.low ^ u64::from(bits) << 8 ^ u64::from(key.version));
    mix(key.high ^ u64::from(low))
}

/// A node is an SA and the index of one of its prefixes; 0 is none.
fn pack(id: SaId, i: usize) -> u32 {
    // i is less than SELECTOR_MAX.
    id.0 * SELECTOR_MAX as u32 + i as u32
}

fn unpack(node: u32) -> Option<(SaId, usize)> {
    let per_sa = SELECTOR_MAX as u32;
    (node != 0).then(|| (SaId(node / per_sa), (node % per_sa) as usize))
}

/// The words of `lengths_in_use` for a version.
fn words_of(version: u32) -> core::ops::Range<usize> {
    if version == 4 { 0..1 } else { 1..4 }
}

fn for_each_length(version: u32, mut visit: impl FnMut(u32)) {
    let words = words_of(version);
    let first = words.start;
    for word in words {
        let mut in_use = memory::globals().lengths_in_use[word].get();
        while in_use != 0 {
            visit(64 * (word - first) as u32 + in_use.trailing_zeros());
            in_use &= in_use - 1;
        }
    }
}

fn count_length(selector: &Selector, change: i32) {
    let globals = memory::globals();
    let bits = selector.bits.get() as usize;
    let index = 64 * words_of(selector.version.get()).start + bits;
    let count = globals.length_counts[index]
        .get()
        .wrapping_add_signed(change);
    globals.length_counts[index].set(count);
    let (word, bit) = (&globals.lengths_in_use[index / 64], 1_u64 << (index % 64));
    word.set(if count == 0 {
        word.get() & !bit
    } else {
        word.get() | bit
    });
}

/// Whether the SA may carry an inbound packet (RFC 4301 §5.2): source in `remote`, destination in
/// `local`.
pub(crate) fn admits_inbound(sa: &SaRow, source: Address, destination: Address) -> bool {
    any_contains(&sa.remote[..sa.remote_count.get() as usize], source)
        && any_contains(&sa.local[..sa.local_count.get() as usize], destination)
}
