//! The receive ring of a connection: octets from the kernel, consumed frame by frame.
//!
//! It is a block of `RING_LEN` octets with a slack of one largest frame behind it. Rules:
//!
//! 1. One thread, the connection's owner lane, produces and consumes, so the cursors need no
//!    ordering.
//! 2. `consumed <= written <= consumed + RING_LEN`, both running freely; octet `n` lies at `n %
//!    RING_LEN`.
//! 3. Octets in `[consumed, written)` stay where they are until `consumed` passes them. Until then
//!    a batch may be opened in place, read by system calls and turned into replies.
//! 4. A frame that straddles the end is made whole: its rest is copied into the slack, which no
//!    other frame uses until the ring has gone round.
//! 5. The first octet borrows a block. The ring gives it back when it is empty.

use crate::layout::RING_LEN;
use crate::layout::connection_row::Row;
use crate::layout::lane::LaneBlock;
use crate::memory::{kernel_tables, octets};
use crate::sources::rings::{self, Ring};
use crate::stream::frame::HEAD_LEN;

/// Unread octets.
pub(crate) fn len(row: &Row) -> u32 {
    row.rx_written.get().wrapping_sub(row.rx_consumed.get())
}

/// Offset of octet `cursor`.
pub(crate) fn offset(row: &Row, cursor: u32) -> u32 {
    row.rx_block.get() + cursor % RING_LEN
}

/// Lays all free space into the lane's iovecs. Returns their number, which is 0 if the ring is
/// full. `None` if the pool is empty.
pub(crate) fn prepare(lane: &LaneBlock, row: &Row) -> Option<u32> {
    if row.rx_block.get() == 0 && !borrow(row) {
        return None;
    }
    let free = RING_LEN - len(row);
    if free == 0 {
        return Some(0);
    }
    let at = row.rx_written.get() % RING_LEN;
    let first = free.min(RING_LEN - at);
    kernel_tables::set_iovec(&lane.recv_iov[0], row.rx_block.get() + at, first);
    if first == free {
        return Some(1);
    }
    kernel_tables::set_iovec(&lane.recv_iov[1], row.rx_block.get(), free - first);
    Some(2)
}

/// Takes in `octets` octets that the kernel has written.
///
/// # Panics
/// If there was no room for them.
pub(crate) fn commit(row: &Row, octets: u32, now: f64) {
    assert!(octets <= RING_LEN - len(row), "more octets than room");
    row.rx_written
        .set(row.rx_written.get().wrapping_add(octets));
    row.read_at.set(now);
    if row.held_at.get() == 0.0 {
        row.held_at.set(now);
    }
}

/// Gives an empty ring back when the connection rests, and ends its time of holding one.
pub(crate) fn rest(row: &Row) {
    if len(row) == 0 {
        give_back(row);
        row.held_at.set(0.0);
    }
}

/// Begins the clock of an incomplete frame or lets it run. An empty ring has none.
pub(crate) fn note_partial(row: &Row) {
    if len(row) == 0 {
        row.partial_at.set(0.0);
    } else if row.partial_at.get() == 0.0 {
        row.partial_at.set(row.read_at.get());
    }
}

/// Moves `consumed` to `cursor`, and gives the block back if nothing is left.
pub(crate) fn consume_to(row: &Row, cursor: u32) {
    let done = cursor.wrapping_sub(row.rx_consumed.get());
    assert!(done <= len(row), "more consumed than there is");
    row.rx_consumed.set(cursor);
    if len(row) == 0 {
        give_back(row);
    }
}

/// Gives the block back, with whatever it holds.
pub(crate) fn give_back(row: &Row) {
    if row.rx_block.get() != 0 {
        rings::give_back(row, Ring::Receive, row.rx_block.replace(0));
    }
    row.rx_written.set(0);
    row.rx_consumed.set(0);
}

/// The first octets of a stream.
pub(crate) struct Head {
    octets: [u8; HEAD_LEN],
    len: usize,
}

impl Head {
    /// `HEAD_LEN` of them, or as many as there are.
    pub(crate) fn octets(&self) -> &[u8] {
        &self.octets[..self.len]
    }
}

/// The first octets from `cursor` on.
pub(crate) fn head(row: &Row, cursor: u32) -> Head {
    let available = row.rx_written.get().wrapping_sub(cursor);
    let count = available.min(HEAD_LEN as u32);
    let mut head = [0; HEAD_LEN];
    let at = cursor % RING_LEN;
    let first = count.min(RING_LEN - at);
    let (front, rest) = head.split_at_mut(first as usize);
    octets::copy_out(row.rx_block.get() + at, front);
    let rest_len = count - first;
    octets::copy_out(row.rx_block.get(), &mut rest[..rest_len as usize]);
    Head {
        octets: head,
        len: count as usize,
    }
}

/// Makes the frame of `len` octets at `cursor` contiguous and returns its offset.
pub(crate) fn make_whole(row: &Row, cursor: u32, len: u32) -> u32 {
    let at = cursor % RING_LEN;
    let block = row.rx_block.get();
    if at + len > RING_LEN {
        let rest = at + len - RING_LEN;
        // Rule 4. The copy does not overlap its source, since a frame is shorter than the ring.
        octets::with(block, rest, |start| {
            octets::copy_in(block + RING_LEN, start)
        });
    }
    block + at
}

fn borrow(row: &Row) -> bool {
    let Some(block) = rings::borrow(row, Ring::Receive) else {
        return false;
    };
    row.rx_block.set(block);
    row.rx_written.set(0);
    row.rx_consumed.set(0);
    true
}
