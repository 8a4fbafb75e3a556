//! The counters of a lane: u64 words that it alone writes and any thread may read.

use core::sync::atomic::{AtomicU64, Ordering};

use crate::layout::connection_row::ByKind;
use crate::layout::lane::{Histogram, LaneBlock};
use crate::layout::{BUCKETS, DELAY_BUCKETS, QUEUE_BUCKETS};
use crate::report::status::Status;

/// Adds to a word that only this thread writes.
#[inline]
pub(crate) fn add(word: &AtomicU64, n: u64) {
    word.store(
        word.load(Ordering::Relaxed).wrapping_add(n),
        Ordering::Relaxed,
    );
}

/// Counts a condition.
#[inline]
pub(crate) fn count(lane: &LaneBlock, status: Status) {
    add(&lane.counters[status as usize], 1);
}

/// Frames of one kind that went one way.
pub(crate) struct Frames {
    /// `INBOUND` or `OUTBOUND`.
    pub(crate) direction: usize,
    /// `KIND_` constant.
    pub(crate) kind: usize,
    /// How many there were.
    pub(crate) count: u32,
    /// Octets of all of them, without Length fields.
    pub(crate) octets: u32,
}

impl Frames {
    /// One more frame.
    pub(crate) fn add(&mut self, octets: u32) {
        self.count += 1;
        self.octets += octets;
    }
}

/// Counts frames, for the lane and for the connection.
pub(crate) fn count_frames(lane: &LaneBlock, row: &ByKind, frames: &Frames) {
    let (direction, kind) = (frames.direction, frames.kind);
    let (count, octets) = (u64::from(frames.count), u64::from(frames.octets));
    add(&lane.frames[direction][kind], count);
    add(&lane.octets[direction][kind], octets);
    add(&row.frames[kind], count);
    add(&row.octets[kind], octets);
}

/// Records the delay of an IKE message.
pub(crate) fn observe_delay(lane: &LaneBlock, ms: f64) {
    observe(&lane.ike_delay, &DELAY_BUCKETS, ms.max(0.0) / 1000.0);
}

/// Records the octets in a connection's queue.
pub(crate) fn observe_queue(lane: &LaneBlock, octets: u32) {
    observe(&lane.queue, &QUEUE_BUCKETS, f64::from(octets));
}

fn observe(histogram: &Histogram, bounds: &[f64; BUCKETS], value: f64) {
    let bucket = bounds
        .iter()
        .position(|&bound| value <= bound)
        .unwrap_or(BUCKETS);
    add(&histogram.counts[bucket], 1);
    let sum = f64::from_bits(histogram.sum.load(Ordering::Relaxed)) + value;
    histogram.sum.store(sum.to_bits(), Ordering::Relaxed);
}
