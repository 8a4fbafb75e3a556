//! The shared memory. Offsets become references in this room and nowhere else.
//!
//! Rules, to which every SAFETY line refers:
//!
//! 1. The memory lives as long as the process (natively: as the attachment, `native.rs`) and never
//!    moves or grows.
//! 2. Offsets come from the plan, so that regions do not overlap, are aligned, and end inside the
//!    memory.
//! 3. Types in the memory consist of atomics and of cells of plain numbers: every bit pattern is a
//!    value.
//! 4. Cells are touched by one thread at a time.
//!    - A lane's block is its lane's. The nonces of its jobs may be wiped by the holder of the
//!      SAD's write lock, since no lane has a batch then.
//!    - A row's identity and receive side are the owner lane's, its transmit side is under
//!      `tx_lock`.
//!    - An SA's window is under its lock; the other cells of an SA, the indices and the keys are
//!      under the SAD lock. A free row is the shell's.
//!    - Free lists are under their locks. The globals are written before the lanes start.
//! 5. Octets of a ring belong to the thread that may touch its cursors by rule 4; slots, scratch
//!    areas, datagrams and waiting packets are the lane's. They are lent for one operation
//!    (`octets.rs`), and no loan for writing overlaps another loan.

#![allow(unsafe_code)]

use core::cell::Cell;

use crate::ids::{ConnId, SaId};
use crate::layout::connection_row::Row;
use crate::layout::globals::{Globals, Source};
use crate::layout::lane::LaneBlock;
use crate::layout::sa_row::{Peer, SaRow};

pub(crate) mod hash;
#[cfg(target_arch = "wasm32")]
mod heap;
pub(crate) mod kernel_tables;
pub(crate) mod keys;
mod loans;
pub(crate) mod lock;
#[cfg(not(target_arch = "wasm32"))]
mod native;
pub(crate) mod octets;
pub(crate) mod pool;
pub(crate) mod setup;
#[cfg(target_arch = "wasm32")]
mod wasm;

#[cfg(not(target_arch = "wasm32"))]
pub use native::{Memory, attach};
#[cfg(not(target_arch = "wasm32"))]
use native::{pointer, start};
#[cfg(target_arch = "wasm32")]
use wasm::{pointer, start};

/// Types that may lie in the memory.
///
/// # Safety
/// Rule 3 holds for them.
unsafe trait Shared {}

// SAFETY: rule 3: these consist of atomics and cells of plain numbers.
unsafe impl Shared for Globals {}
// SAFETY: as above.
unsafe impl Shared for LaneBlock {}
// SAFETY: as above.
unsafe impl Shared for Row {}
// SAFETY: as above.
unsafe impl Shared for Source {}
// SAFETY: as above.
unsafe impl Shared for Peer {}
// SAFETY: as above; the context is a cell of plain numbers, and zeroed is a value.
unsafe impl Shared for SaRow {}
// SAFETY: as above.
unsafe impl Shared for Cell<u32> {}

fn at<T: Shared>(offset: u32) -> &'static T {
    let pointer = pointer(offset, size_of::<T>()).cast::<T>();
    debug_assert!(pointer.is_aligned());
    // SAFETY: bounds and alignment: rule 2; validity: rule 3; lifetime: rule 1; aliasing: rule 4.
    unsafe { &*pointer }
}

/// Where the regions begin.
pub(crate) fn regions_at() -> u32 {
    start()
}

/// The data that all instances share.
pub(crate) fn globals() -> &'static Globals {
    at(start())
}

/// Offset of a lane's block.
///
/// # Panics
/// If there is no such lane.
pub(crate) fn lane_at(lane: u32) -> u32 {
    let globals = globals();
    assert!(lane <= globals.lanes.get(), "no such lane");
    globals.lanes_at.get() + lane * globals.lane_len.get()
}

/// A lane's block.
pub(crate) fn lane(lane: u32) -> &'static LaneBlock {
    at(lane_at(lane))
}

/// A lane: its number and its block.
#[derive(Clone, Copy)]
pub(crate) struct Lane<'a> {
    /// Its number.
    pub(crate) index: u32,
    /// Its block.
    pub(crate) block: &'a LaneBlock,
}

/// A lane with its number.
pub(crate) fn numbered_lane(index: u32) -> Lane<'static> {
    Lane {
        index,
        block: lane(index),
    }
}

/// Offset of a connection's row.
///
/// # Panics
/// If there is no such row.
pub(crate) fn row_at(conn: ConnId) -> u32 {
    let globals = globals();
    assert!(
        (1..=globals.connections.get()).contains(&conn.0),
        "no such connection"
    );
    // Below 2^20 rows of less than 2^12 octets, inside the plan.
    globals.rows_at.get() + conn.0 * size_of::<Row>() as u32
}

/// A connection's row.
pub(crate) fn row(conn: ConnId) -> &'static Row {
    at(row_at(conn))
}

/// Offset of an SA's row.
///
/// # Panics
/// If there is no such row.
pub(crate) fn sa_at(sa: SaId) -> u32 {
    let globals = globals();
    assert!((1..=globals.sas.get()).contains(&sa.0), "no such SA");
    globals.sas_at.get() + sa.0 * size_of::<SaRow>() as u32
}

/// An SA's row.
pub(crate) fn sa(sa: SaId) -> &'static SaRow {
    at(sa_at(sa))
}

/// A peer.
///
/// # Panics
/// If there is no such peer.
pub(crate) fn peer(number: u32) -> &'static Peer {
    let globals = globals();
    assert!((1..=globals.sas.get()).contains(&number), "no such peer");
    at(globals.peers_at.get() + number * size_of::<Peer>() as u32)
}

/// A slot of the source table; `slot` is taken modulo its size.
pub(crate) fn source(slot: u32) -> &'static Source {
    let globals = globals();
    let slot = slot & globals.sources_mask.get();
    at(globals.sources_at.get() + slot * size_of::<Source>() as u32)
}

/// A slot of the SPI index; taken modulo its size.
pub(crate) fn spi_slot(slot: u32) -> &'static Cell<u32> {
    let globals = globals();
    at(globals.spi_index_at.get() + (slot & globals.spi_mask.get()) * 4)
}

/// A bucket of the policy index; taken modulo its size.
pub(crate) fn policy_bucket(bucket: u32) -> &'static Cell<u32> {
    let globals = globals();
    at(globals.policy_index_at.get() + (bucket & globals.policy_mask.get()) * 4)
}

/// A place on the stack of free ring blocks.
pub(crate) fn pool_place(place: u32) -> &'static Cell<u32> {
    let globals = globals();
    assert!(place < globals.rings.get(), "no such place");
    at(globals.pool_at.get() + place * 4)
}
