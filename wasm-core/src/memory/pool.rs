//! The pool of ring blocks: last in, first out, so that warm pages are used again.
//!
//! A block is borrowed only while it holds octets; an idle connection has none.

use crate::layout::RING_BLOCK_LEN;
use crate::memory::{self, lock};

/// Puts every block into the pool. Set-up only.
pub(crate) fn fill() {
    let globals = memory::globals();
    let rings = globals.rings.get();
    for place in 0..rings {
        // The lowest block is on top.
        let block = globals.rings_at.get() + (rings - 1 - place) * RING_BLOCK_LEN;
        memory::pool_place(place).set(block);
    }
    globals.pool_free.set(rings);
}

/// Offset of a free block, or `None` if no more than `kept` are left.
pub(crate) fn borrow(kept: u32) -> Option<u32> {
    let globals = memory::globals();
    lock::locked(&globals.pool_lock.word, || {
        let place = globals.pool_free.get();
        if place <= kept {
            return None;
        }
        globals.pool_free.set(place - 1);
        Some(memory::pool_place(place - 1).get())
    })
}

/// Takes a block back.
pub(crate) fn give_back(block: u32) {
    let globals = memory::globals();
    lock::locked(&globals.pool_lock.word, || {
        let place = globals.pool_free.get();
        memory::pool_place(place).set(block);
        globals.pool_free.set(place + 1);
    });
}
