//! One SA's numbers and lifetimes (RFC 4303 §3.3.3, RFC 4301 §4.4.2.1).
//!
//! The outbound number is one atomic, so no number is used twice, even if several lanes seal at the
//! same time. Inbound, the window and the counters change under the SA's window lock. The SA ends
//! at the first hard limit that it reaches. Each soft limit warns once.

use core::sync::atomic::{AtomicU64, Ordering};

use crate::ids::ConnId;
use crate::layout::lane::LaneBlock;
use crate::layout::sa_row::SaRow;
use crate::layout::{
    EVENT_SA_EXPIRED, EVENT_SA_FIRST, EVENT_SOFT_LIMIT, SA_ACTIVE, SA_EXPIRED, SA_SOFT,
};
use crate::report::counters::count;
use crate::report::events::{Notice, SaName, tell};
use crate::report::measure::Measure;
use crate::report::status::Status;
use crate::sa::replay::ReplayWindow;

/// A rekey is due this many numbers before the last one, whatever the limits say: two minutes at
/// half a million packets a second.
const EXHAUSTION_MARGIN: u64 = 1 << 26;

/// The use that a packet makes of its SA.
#[derive(Clone, Copy)]
pub(crate) struct Use {
    /// Octets the cipher is applied to.
    pub(crate) octets: u32,
    /// Monotonic milliseconds.
    pub(crate) now: f64,
    /// The connection that it comes by or leaves on.
    pub(crate) conn: ConnId,
}

/// The last number that the SA may use.
pub(crate) fn last_number(sa: &SaRow) -> u64 {
    if sa.esn.get() != 0 {
        u64::MAX
    } else {
        u64::from(u32::MAX)
    }
}

/// The window of an inbound SA.
pub(crate) fn window(sa: &SaRow) -> ReplayWindow<'_> {
    ReplayWindow {
        top: &sa.live.sequence,
        bits: &sa.live.window,
        len: sa.window_len.get(),
    }
}

/// Checks before any cipher runs that the SA still works.
///
/// # Errors
/// `SeqExhausted`, `SaExpired`.
pub(crate) fn check_alive(lane: &LaneBlock, sa: &SaRow, asked: &Use) -> Result<(), Status> {
    if sa.live.state.load(Ordering::Acquire) == SA_EXPIRED {
        return Err(Status::SaExpired);
    }
    if asked.now >= sa.expires_at.get() {
        return Err(expire(lane, sa, Measure::Seconds, Some(asked.conn)));
    }
    Ok(())
}

/// Takes the next outbound number. It is never used again, even if the packet is dropped.
///
/// # Errors
/// `SeqExhausted`, `SaExpired`: the SA has stopped.
pub(crate) fn take_number(lane: &LaneBlock, sa: &SaRow, asked: &Use) -> Result<u64, Status> {
    let (live, last) = (&sa.live, last_number(sa));
    if live.sequence.load(Ordering::Relaxed) >= last {
        return Err(expire(lane, sa, Measure::Sequence, Some(asked.conn)));
    }
    check_alive(lane, sa, asked)?;
    let octets = u64::from(asked.octets);
    if !add_below(&live.octets, octets, sa.hard_octets.get()) {
        return Err(expire(lane, sa, Measure::Octets, Some(asked.conn)));
    }
    if !add_below(&live.packets, 1, sa.hard_packets.get()) {
        live.octets.fetch_sub(octets, Ordering::Relaxed);
        return Err(expire(lane, sa, Measure::Packets, Some(asked.conn)));
    }
    let taken = live
        .sequence
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |sequence| {
            (sequence < last).then_some(sequence.wrapping_add(1))
        });
    let Ok(before) = taken else {
        return Err(expire(lane, sa, Measure::Sequence, Some(asked.conn)));
    };
    note_soft_limits(lane, sa, before + 1, asked.conn);
    Ok(before + 1)
}

/// Takes in an inbound packet whose ICV was right: marks its number, counts it. Under the window
/// lock.
///
/// # Errors
/// `SaExpired`, `SeqZero`, `SeqStale`, `SeqReplayed`: the window has moved meanwhile. The packet
/// does not count.
pub(crate) fn take_in(
    lane: &LaneBlock,
    sa: &SaRow,
    sequence: u64,
    asked: &Use,
) -> Result<(), Status> {
    check_alive(lane, sa, asked)?;
    let live = &sa.live;
    window(sa).check(sequence)?;
    if !has_room(&live.octets, asked.octets.into(), sa.hard_octets.get()) {
        return Err(expire(lane, sa, Measure::Octets, Some(asked.conn)));
    }
    if !has_room(&live.packets, 1, sa.hard_packets.get()) {
        return Err(expire(lane, sa, Measure::Packets, Some(asked.conn)));
    }
    window(sa).mark(sequence)?;
    crate::report::counters::add(&live.octets, asked.octets.into());
    let is_first = live.packets.load(Ordering::Relaxed) == 0;
    crate::report::counters::add(&live.packets, 1);
    if is_first {
        tell_of(lane, sa, Told::First, Some(asked.conn));
    }
    live.valid_at.store(asked.now.to_bits(), Ordering::Relaxed);
    note_soft_limits(lane, sa, sequence, asked.conn);
    Ok(())
}

/// Ends the SA or warns, if it has become that old. Shell only: a packet does not wait for it.
pub(crate) fn note_age(lane: &LaneBlock, sa: &SaRow, now: f64) {
    if now >= sa.expires_at.get() {
        expire(lane, sa, Measure::Seconds, None);
    } else if now >= sa.soft_at.get() && sa.live.state.load(Ordering::Acquire) != SA_EXPIRED {
        warn(lane, sa, Measure::Seconds, None);
    }
}

/// Stops the SA at a hard limit and appends one event. The shell wipes the key, under the SAD's
/// write lock.
fn expire(lane: &LaneBlock, sa: &SaRow, measure: Measure, conn: Option<ConnId>) -> Status {
    if sa.live.state.swap(SA_EXPIRED, Ordering::AcqRel) != SA_EXPIRED {
        tell_of(lane, sa, Told::End(measure), conn);
    }
    measure.end()
}

/// Says once for each measure that a rekey is due.
fn note_soft_limits(lane: &LaneBlock, sa: &SaRow, sequence: u64, conn: ConnId) {
    let is_past = |word: &AtomicU64, soft: u64| soft != 0 && word.load(Ordering::Relaxed) >= soft;
    if is_past(&sa.live.packets, sa.soft_packets.get()) {
        warn(lane, sa, Measure::Packets, Some(conn));
    }
    if is_past(&sa.live.octets, sa.soft_octets.get()) {
        warn(lane, sa, Measure::Octets, Some(conn));
    }
    if sequence > last_number(sa) - EXHAUSTION_MARGIN {
        warn(lane, sa, Measure::Sequence, Some(conn));
    }
}

/// Appends the event of a soft limit, unless that has been done.
fn warn(lane: &LaneBlock, sa: &SaRow, measure: Measure, conn: Option<ConnId>) {
    let (live, bit) = (&sa.live, measure.soft_bit());
    // Each packet behind the limit comes here: it only reads.
    if live.warned.load(Ordering::Relaxed) & bit != 0
        || live.warned.fetch_or(bit, Ordering::Relaxed) & bit != 0
    {
        return;
    }
    // An SA that has ended meanwhile stays ended.
    let _ = live
        .state
        .compare_exchange(SA_ACTIVE, SA_SOFT, Ordering::AcqRel, Ordering::Relaxed);
    count(lane, Status::SeqSoftLimit);
    tell_of(lane, sa, Told::Warning(measure), conn);
}

/// An event of an SA.
#[derive(Clone, Copy)]
enum Told {
    /// It is past a soft limit.
    Warning(Measure),
    /// It has stopped.
    End(Measure),
    /// Its first packet has come: its peer has it, and uses it.
    First,
}

impl Told {
    /// Its bit among those that wait for the shell.
    fn bit(self) -> u32 {
        match self {
            Self::Warning(measure) => measure.soft_bit(),
            Self::End(measure) => measure.hard_bit(),
            Self::First => Measure::spare_bit(),
        }
    }
}

/// Appends the events for which lanes had no room. Shell only.
pub(crate) fn tell_untold(lane: &LaneBlock, sa: &SaRow) {
    let untold = sa.live.untold.swap(0, Ordering::AcqRel);
    if untold == 0 {
        return;
    }
    let warnings = Measure::ALL.map(Told::Warning);
    let ends = Measure::ALL.map(Told::End);
    for told in [Told::First].into_iter().chain(warnings).chain(ends) {
        if untold & told.bit() != 0 {
            tell_of(lane, sa, told, None);
        }
    }
}

/// Appends an event, or leaves it to the shell if there is no room. It must not get lost, since an
/// operator has to rekey.
fn tell_of(lane: &LaneBlock, sa: &SaRow, told: Told, conn: Option<ConnId>) {
    let (kind, status, measure) = match told {
        Told::Warning(measure) => (EVENT_SOFT_LIMIT, Status::SeqSoftLimit, Some(measure)),
        Told::End(measure) => (EVENT_SA_EXPIRED, measure.end(), Some(measure)),
        Told::First => (EVENT_SA_FIRST, Status::Ok, None),
    };
    let notice = Notice {
        kind,
        status: status as u32,
        conn,
        sa: Some(SaName::of(sa)),
        // A sequence number above 2^53 loses its low bits; the event is for people.
        value: sa.live.sequence.load(Ordering::Relaxed) as f64,
        measure,
    };
    if !tell(lane, &notice) {
        sa.live.untold.fetch_or(told.bit(), Ordering::Release);
    }
}

/// Adds unless that exceeds `limit` (0 is none).
fn add_below(word: &AtomicU64, n: u64, limit: u64) -> bool {
    if limit == 0 {
        word.fetch_add(n, Ordering::Relaxed);
        return true;
    }
    word.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |value| {
        value.checked_add(n).filter(|&sum| sum <= limit)
    })
    .is_ok()
}

fn has_room(word: &AtomicU64, n: u64, limit: u64) -> bool {
    limit == 0 || word.load(Ordering::Relaxed).saturating_add(n) <= limit
}
