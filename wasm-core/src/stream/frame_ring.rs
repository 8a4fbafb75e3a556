//! Rings of whole frames towards TCP: the transmit ring, and the reserve for IKE.
//!
//! Every frame is contiguous. A frame that reaches the end of the ring runs on into the slack, and
//! the next one begins at the start. Rules:
//!
//! 1. The holder of the connection's transmit lock produces and consumes.
//! 2. Cursors run freely, and stand where frames begin. The frame at cursor `n` lies at `n %
//!    RING_LEN`. The next cursor is behind the frame, or at the next multiple of `RING_LEN` if the
//!    frame reached the end.
//! 3. `lap_end` is the place in the block where the frames of the previous lap end. One such place
//!    is enough, since consumer and producer are never more than `RING_LEN` apart.
//! 4. The first frame borrows a block. The ring gives it back when it is empty.

use crate::layout::connection_row::{FrameCursors, Row};
use crate::layout::{RING_LEN, SLACK_LEN};
use crate::sources::rings::{self, Ring};

/// Where a frame goes.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    /// Offset in the memory.
    pub(crate) at: u32,
    written: u32,
    lap_end: Option<u32>,
}

/// No frame is in the ring.
pub(crate) fn is_empty(ring: &FrameCursors) -> bool {
    ring.written.get() == ring.consumed.get()
}

/// Borrows a block for a ring of `row` if there is none. False if the pool is empty.
pub(crate) fn ensure_block(row: &Row, ring: &FrameCursors) -> bool {
    if ring.block.get() != 0 {
        return true;
    }
    let Some(block) = rings::borrow(row, kind_of(row, ring)) else {
        return false;
    };
    clear(ring);
    ring.block.set(block);
    true
}

/// Gives the block back, with whatever it holds.
pub(crate) fn give_back(row: &Row, ring: &FrameCursors) {
    if ring.block.get() != 0 {
        rings::give_back(row, kind_of(row, ring), ring.block.replace(0));
    }
    clear(ring);
}

/// A place for `len` octets behind the last frame; `None` without room. Needs a block.
pub(crate) fn reserve(ring: &FrameCursors, len: u32) -> Option<Place> {
    debug_assert!(ring.block.get() != 0 && len <= SLACK_LEN);
    let written = ring.written.get();
    let at = written % RING_LEN;
    let end = at + len;
    let (next, lap_end) = if end < RING_LEN {
        (written.wrapping_add(len), None)
    } else {
        (written.wrapping_add(RING_LEN - at), Some(end))
    };
    let held = next.wrapping_sub(ring.consumed.get());
    (held <= RING_LEN).then_some(Place {
        at: ring.block.get() + at,
        written: next,
        lap_end,
    })
}

/// Octets that frames may still take.
pub(crate) fn room(ring: &FrameCursors) -> u32 {
    RING_LEN - ring.written.get().wrapping_sub(ring.consumed.get())
}

/// Takes in the frame that you have laid into `place`; `octets` of it count as queued.
pub(crate) fn push(ring: &FrameCursors, place: Place, octets: u32) {
    ring.written.set(place.written);
    if let Some(lap_end) = place.lap_end {
        ring.lap_end.set(lap_end);
    }
    ring.queued.set(ring.queued.get() + octets);
}

/// Offset of the oldest frame.
pub(crate) fn front(ring: &FrameCursors) -> u32 {
    ring.block.get() + ring.consumed.get() % RING_LEN
}

/// Removes the oldest frame, which took `len` octets of the ring.
pub(crate) fn pop(ring: &FrameCursors, len: u32) {
    let consumed = ring.consumed.get();
    ring.consumed.set(after(consumed, len));
}

/// The cursor behind a frame of `len` octets at `cursor`.
pub(crate) fn after(cursor: u32, len: u32) -> u32 {
    let at = cursor % RING_LEN;
    let advance = if at + len < RING_LEN {
        len
    } else {
        RING_LEN - at
    };
    cursor.wrapping_add(advance)
}

/// Octets of a ring that lie together.
pub(crate) struct Piece {
    /// Offset in the memory.
    pub(crate) at: u32,
    /// How many there are.
    pub(crate) len: u32,
}

/// The frames from `cursor` on as one or two pieces; the second may be empty.
pub(crate) fn pieces(ring: &FrameCursors, cursor: u32) -> [Piece; 2] {
    let (block, at) = (ring.block.get(), cursor % RING_LEN);
    let written = ring.written.get();
    let piece = |at, len| Piece { at, len };
    if written == cursor {
        return [piece(block, 0), piece(block, 0)];
    }
    let end = written % RING_LEN;
    // Equal laps: the frames lie in one piece. Else the first piece ends with the lap.
    if written.wrapping_sub(cursor) <= RING_LEN - 1 - at {
        return [piece(block + at, end - at), piece(block, 0)];
    }
    [
        piece(block + at, ring.lap_end.get() - at),
        piece(block, end),
    ]
}

fn kind_of(row: &Row, ring: &FrameCursors) -> Ring {
    if core::ptr::eq(ring, &raw const row.ike) {
        Ring::Ike
    } else {
        Ring::Transmit
    }
}

fn clear(ring: &FrameCursors) {
    ring.written.set(0);
    ring.consumed.set(0);
    ring.lap_end.set(0);
    ring.queued.set(0);
}
