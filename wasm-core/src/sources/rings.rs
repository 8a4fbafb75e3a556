//! Ring blocks for connections: who may borrow one from the pool.

use super::by_address;
use super::socket_address::SocketAddress;
use crate::layout::connection_row::Row;
use crate::memory::{self, lock, pool};

/// The ring that a connection borrows a block for: its bit in `Row::charged`.
#[derive(Clone, Copy)]
pub(crate) enum Ring {
    /// Octets from TCP.
    Receive = 1,
    /// ESP towards TCP.
    Transmit = 2,
    /// IKE towards TCP.
    Ike = 4,
}

/// Offset of a free block for a connection, or `None`.
///
/// Half of the pool is for connections that have proved a key. The others share the rest, and each
/// source has a bound. So nobody without a key keeps it empty, whoever comes back.
pub(crate) fn borrow(row: &Row, ring: Ring) -> Option<u32> {
    if by_address::is_trusted(row) {
        return pool::borrow(0);
    }
    let globals = memory::globals();
    let kept = globals.rings.get() / 2;
    let free = globals.pool_free.get().saturating_sub(kept);
    let source = SocketAddress::of_peer(row).source();
    let table = &globals.table_lock.word;
    if !lock::locked(table, || by_address::charge(source, free)) {
        return None;
    }
    let block = pool::borrow(kept);
    if block.is_some() {
        row.charged.set(row.charged.get() | ring as u8);
    } else {
        lock::locked(table, || by_address::refund(source, 1));
    }
    block
}

/// Gives the block of a connection's ring back.
pub(crate) fn give_back(row: &Row, ring: Ring, block: u32) {
    let charged = row.charged.get();
    if charged & ring as u8 != 0 {
        row.charged.set(charged & !(ring as u8));
        let source = SocketAddress::of_peer(row).source();
        let table = &memory::globals().table_lock.word;
        lock::locked(table, || by_address::refund(source, 1));
    }
    pool::give_back(block);
}
