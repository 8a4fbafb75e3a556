//! To TCP: sends the frames of a connection's two rings in their order.
//!
//! A frame that has left in part is finished first. Then IKE leaves, then ESP; they change only at
//! the end of a frame. Callers hold the connection's transmit lock. In its ring an IKE frame has a
//! stamp in front: the time when its message came.

use core::sync::atomic::Ordering;

use crate::layout::connection_row::{FrameCursors, Row};
use crate::layout::lane::LaneBlock;
use crate::layout::{
    CONN_CLOSED, DATAGRAM_LEN_MAX, KIND_ESP, KIND_IKE, LENGTH_FIELD_LEN, OUTBOUND, TX_IOV_MAX,
    UP_READ_RUN_MAX,
};
use crate::memory::{kernel_tables, lock, octets};
use crate::report::counters::{Frames, count_frames, observe_delay, observe_queue};
use crate::report::status::Status;
use crate::stream::frame_ring::{self, Place, after, front, is_empty, pieces, pop};
use crate::stream::queue::{self, Sent};

/// Octets of the stamp before an IKE frame.
pub(crate) const STAMP_LEN: u32 = 8;

/// Octets of the reserve that one read may take: a largest message, or a run of small ones, each
/// with a stamp and a Length field.
pub(crate) const READ_LEN_MAX: u32 =
    DATAGRAM_LEN_MAX + UP_READ_RUN_MAX * (STAMP_LEN + LENGTH_FIELD_LEN);

/// No frame has left in part.
const BEGUN_NONE: u32 = 0;
/// The first frame of the IKE ring has left in part.
const BEGUN_IKE: u32 = 1;
/// The first frame of the transmit ring has left in part.
const BEGUN_ESP: u32 = 2;

/// Takes the transmit lock. Returns false, without the lock, if the connection has ended.
pub(crate) fn lock_open(row: &Row) -> bool {
    lock::acquire(&row.tx_lock);
    if row.state.load(Ordering::Relaxed) != CONN_CLOSED {
        return true;
    }
    lock::release(&row.tx_lock);
    false
}

/// Gives empty rings back and releases the transmit lock.
pub(crate) fn unlock(row: &Row) {
    if is_empty(&row.tx) {
        frame_ring::give_back(row, &row.tx);
    }
    // The owner may be about to put a message into its reserve.
    if is_empty(&row.ike) && row.ike_reserved.get() == 0 {
        frame_ring::give_back(row, &row.ike);
    }
    lock::release(&row.tx_lock);
}

/// Lays everything that may leave now into the lane's message. Returns the octets planned.
pub(crate) fn plan(lane: &LaneBlock, row: &Row) -> u32 {
    let mut parts = Parts {
        lane,
        count: 0,
        octets: 0,
        most: queue::part_max(&row.queue),
    };
    let (mut ike, mut esp) = (row.ike.consumed.get(), row.tx.consumed.get());
    let gone = row.begun_octets.get();
    match row.begun.get() {
        BEGUN_IKE => ike = parts.add_ike(&row.ike, ike, gone),
        BEGUN_ESP => {
            let len = frame_len(front(&row.tx));
            parts.add(front(&row.tx) + gone, len - gone);
            esp = after(esp, len);
        }
        _ => {}
    }
    while ike != row.ike.written.get() && parts.count < TX_IOV_MAX - 2 {
        ike = parts.add_ike(&row.ike, ike, 0);
    }
    // ESP follows only if all IKE is planned.
    if ike == row.ike.written.get() {
        for piece in pieces(&row.tx, esp) {
            parts.add(piece.at, piece.len);
        }
    }
    lane.tx_msg.iov_len.set(parts.count as u64);
    lane.tx_planned.set(parts.octets);
    parts.octets
}

/// Takes note of the octets that the kernel took of the plan. Returns the octets still queued.
///
/// # Panics
/// If it took more than was planned.
pub(crate) fn sent(lane: &LaneBlock, row: &Row, octets: u32, now: f64) -> u32 {
    let mut left = octets;
    let (mut ike, mut esp) = (none_of(KIND_IKE), none_of(KIND_ESP));
    while let Some(kind) = head_kind(row) {
        let (ring, done) = match kind {
            BEGUN_IKE => (&row.ike, &mut ike),
            _ => (&row.tx, &mut esp),
        };
        let len = frame_len(head_at(row, kind));
        let rest = len - row.begun_octets.get();
        let taken = rest.min(left);
        ring.queued.set(ring.queued.get() - taken);
        left -= taken;
        if taken < rest {
            row.begun_octets.set(row.begun_octets.get() + taken);
            row.begun.set(if row.begun_octets.get() > 0 {
                kind
            } else {
                BEGUN_NONE
            });
            break;
        }
        row.begun.set(BEGUN_NONE);
        row.begun_octets.set(0);
        match kind {
            BEGUN_IKE => end_ike(lane, row, len, now),
            _ => pop(&row.tx, len),
        }
        done.add(len - LENGTH_FIELD_LEN);
    }
    assert!(left == 0, "more octets sent than planned");
    count_frames(lane, &row.outbound, &ike);
    count_frames(lane, &row.outbound, &esp);
    if frame_ring::room(&row.ike) >= READ_LEN_MAX {
        row.ike_waits.store(0, Ordering::Relaxed);
    }
    let sent = Sent {
        octets,
        planned: lane.tx_planned.get(),
    };
    queue::left(&row.queue, &row.tx, sent, now);
    let queued = note_queue(row);
    observe_queue(lane, queued);
    note_partial(row, ike.count + esp.count > 0, now);
    queued
}

fn none_of(kind: usize) -> Frames {
    Frames {
        direction: OUTBOUND,
        kind,
        count: 0,
        octets: 0,
    }
}

/// Octets of ESP that wait. A frame that has left in part does not count.
pub(crate) fn waiting(row: &Row) -> u32 {
    let queued = row.tx.queued.get();
    if row.begun.get() != BEGUN_ESP {
        return queued;
    }
    queued - (frame_len(front(&row.tx)) - row.begun_octets.get())
}

/// The way to tell a sender of a standing queue.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    /// By the loss of its packet.
    Loss,
    /// By a mark, which its packet can carry.
    Mark,
}

/// A frame of ESP that may queue up.
pub(crate) struct Admitted {
    /// Where it goes.
    pub(crate) place: Place,
    /// Whether its sender is to be told of a standing queue by a mark in it.
    pub(crate) is_marked: bool,
}

/// Asks whether a frame of ESP may queue up behind those that wait.
///
/// # Errors
/// `TxRingFull`, or `QueueDelay` to tell the sender by a loss.
pub(crate) fn admit(row: &Row, frame_len: u32, word: Word, now: f64) -> Result<Admitted, Status> {
    let is_marked = match queue::admit(&row.queue, waiting(row), frame_len, now) {
        Err(Status::QueueDelay) if word == Word::Mark => true,
        admitted => admitted.map(|()| false)?,
    };
    let place = frame_ring::reserve(&row.tx, frame_len).ok_or(Status::TxRingFull)?;
    Ok(Admitted { place, is_marked })
}

/// Takes in the frame that you have laid into `place`.
pub(crate) fn push(row: &Row, place: Place, frame_len: u32, now: f64) {
    frame_ring::push(&row.tx, place, frame_len);
    queue::entered(&row.queue, &row.tx, now);
}

/// Publishes the octets queued, and returns them.
pub(crate) fn note_queue(row: &Row) -> u32 {
    let queued = row.tx.queued.get() + row.ike.queued.get();
    row.tx_queued.store(queued, Ordering::Relaxed);
    queued
}

/// The kind of the frame that leaves next.
fn head_kind(row: &Row) -> Option<u32> {
    match row.begun.get() {
        BEGUN_NONE if !is_empty(&row.ike) => Some(BEGUN_IKE),
        BEGUN_NONE if !is_empty(&row.tx) => Some(BEGUN_ESP),
        BEGUN_NONE => None,
        begun => Some(begun),
    }
}

/// Offset of its Length field.
fn head_at(row: &Row, kind: u32) -> u32 {
    match kind {
        BEGUN_IKE => front(&row.ike) + STAMP_LEN,
        _ => front(&row.tx),
    }
}

/// Removes a frame of IKE that has left whole.
fn end_ike(lane: &LaneBlock, row: &Row, len: u32, now: f64) {
    let stamp = f64::from_le_bytes(octets::array(front(&row.ike)));
    observe_delay(lane, now - stamp);
    pop(&row.ike, STAMP_LEN + len);
}

/// Keeps the time since when the first frame of the queue has not left whole.
fn note_partial(row: &Row, has_ended_one: bool, now: f64) {
    let is_idle = is_empty(&row.ike) && is_empty(&row.tx);
    let since = f64::from_bits(row.tx_partial_at.load(Ordering::Relaxed));
    let at = match (is_idle, has_ended_one || since == 0.0) {
        (true, _) => 0.0,
        (false, true) => now,
        (false, false) => since,
    };
    row.tx_partial_at.store(at.to_bits(), Ordering::Relaxed);
}

fn frame_len(at: u32) -> u32 {
    u32::from(u16::from_be_bytes(octets::array(at)))
}

/// The parts of the lane's message so far.
struct Parts<'a> {
    lane: &'a LaneBlock,
    count: usize,
    octets: u32,
    /// Octets that it may have.
    most: u32,
}

impl Parts<'_> {
    /// Adds as much as there is room for.
    fn add(&mut self, at: u32, len: u32) {
        let len = len.min(self.most - self.octets);
        if len > 0 {
            kernel_tables::set_iovec(&self.lane.tx_iov[self.count], at, len);
            self.count += 1;
            self.octets += len;
        }
    }

    /// Adds the IKE frame at `cursor` without the `gone` octets that have left. Returns the cursor
    /// behind it.
    fn add_ike(&mut self, ring: &FrameCursors, cursor: u32, gone: u32) -> u32 {
        let at = ring.block.get() + cursor % crate::layout::RING_LEN + STAMP_LEN;
        let len = frame_len(at);
        self.add(at + gone, len - gone);
        after(cursor, STAMP_LEN + len)
    }
}
