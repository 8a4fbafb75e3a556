//! One SA's numbers and lifetimes (RFC 4303 §3.3.3, RFC 4301 §4.4.2.1).
//!
//! The outbound number is one atomic, so no number is used twice, even if several lanes seal at the
//! same time. Inbound, the window and the counters change under the SA's window lock. The SA ends
//! at the first limit that it reaches.

use core::sync::atomic::{AtomicU64, Ordering};

use crate::ids::{ConnId, Spi};
use crate::layout::lane::LaneBlock;
use crate::layout::sa_row::SaRow;
use crate::layout::{EVENT_SA_EXPIRED, EVENT_SOFT_LIMIT, SA_ACTIVE, SA_EXPIRED, SA_SOFT};
use crate::report::counters::count;
use crate::report::events::{Notice, tell};
use crate::report::status::Status;
use crate::sa::replay::ReplayWindow;

/// A rekey is due this many numbers before the last one, whatever the limits say.
const EXHAUSTION_MARGIN: u64 = 1 << 20;

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
        return Err(expire(lane, sa, Status::SaExpired, Some(asked.conn)));
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
        return Err(expire(lane, sa, Status::SeqExhausted, Some(asked.conn)));
    }
    check_alive(lane, sa, asked)?;
    let octets = u64::from(asked.octets);
    if !add_below(&live.octets, octets, sa.hard_octets.get()) {
        return Err(expire(lane, sa, Status::SaExpired, Some(asked.conn)));
    }
    if !add_below(&live.packets, 1, sa.hard_packets.get()) {
        live.octets.fetch_sub(octets, Ordering::Relaxed);
        return Err(expire(lane, sa, Status::SaExpired, Some(asked.conn)));
    }
    let taken = live
        .sequence
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |sequence| {
            (sequence < last).then_some(sequence.wrapping_add(1))
        });
    let Ok(before) = taken else {
        return Err(expire(lane, sa, Status::SeqExhausted, Some(asked.conn)));
    };
    note_soft_limit(lane, sa, before + 1, asked.conn);
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
    if !has_room(&live.octets, asked.octets.into(), sa.hard_octets.get())
        || !has_room(&live.packets, 1, sa.hard_packets.get())
    {
        return Err(expire(lane, sa, Status::SaExpired, Some(asked.conn)));
    }
    window(sa).mark(sequence)?;
    crate::report::counters::add(&live.octets, asked.octets.into());
    crate::report::counters::add(&live.packets, 1);
    live.valid_at.store(asked.now.to_bits(), Ordering::Relaxed);
    note_soft_limit(lane, sa, sequence, asked.conn);
    Ok(())
}

/// Stops the SA and appends one event. The shell wipes the key, under the SAD's write lock.
pub(crate) fn expire(lane: &LaneBlock, sa: &SaRow, status: Status, conn: Option<ConnId>) -> Status {
    if sa.live.state.swap(SA_EXPIRED, Ordering::AcqRel) != SA_EXPIRED {
        let told = Told {
            kind: EVENT_SA_EXPIRED,
            status: status as u32,
        };
        tell_of(lane, sa, told, conn);
    }
    status
}

/// Says once that a rekey is due.
fn note_soft_limit(lane: &LaneBlock, sa: &SaRow, sequence: u64, conn: ConnId) {
    let soft = sa.soft_packets.get();
    let is_soft = soft != 0 && sa.live.packets.load(Ordering::Relaxed) >= soft;
    if !is_soft && sequence <= last_number(sa) - EXHAUSTION_MARGIN {
        return;
    }
    let told =
        sa.live
            .state
            .compare_exchange(SA_ACTIVE, SA_SOFT, Ordering::AcqRel, Ordering::Relaxed);
    if told.is_ok() {
        count(lane, Status::SeqSoftLimit);
        let told = Told {
            kind: EVENT_SOFT_LIMIT,
            status: Status::SeqSoftLimit as u32,
        };
        tell_of(lane, sa, told, Some(conn));
    }
}

/// An event of an SA.
#[derive(Clone, Copy)]
struct Told {
    /// `EVENT_` kind.
    kind: u32,
    /// Number of a status.
    status: u32,
}

/// Appends the event for which a lane had no room. Shell only.
pub(crate) fn tell_untold(lane: &LaneBlock, sa: &SaRow) {
    let kind = sa.live.untold.swap(0, Ordering::AcqRel);
    if kind != 0 {
        let status = sa.live.untold_status.load(Ordering::Relaxed);
        tell_of(lane, sa, Told { kind, status }, None);
    }
}

/// Appends an event, or leaves it to the shell if there is no room. It must not get lost, since an
/// operator has to rekey.
fn tell_of(lane: &LaneBlock, sa: &SaRow, told: Told, conn: Option<ConnId>) {
    let Told { kind, status } = told;
    // A sequence number above 2^53 loses its low bits; the event is for people.
    let value = sa.live.sequence.load(Ordering::Relaxed) as f64;
    let notice = Notice {
        kind,
        status,
        conn,
        spi: Some(Spi(sa.spi.get())),
        value,
    };
    if !tell(lane, &notice) {
        sa.live.untold_status.store(status, Ordering::Relaxed);
        sa.live.untold.store(kind, Ordering::Release);
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
