//! Notices to the shell: a bounded ring in the lane's block, one producer, one consumer.
//!
//! The producer publishes `events_written` with Release after the record. It reads the consumer's
//! `events_consumed` with Acquire before it writes a record again. Events that do not fit are
//! counted.

use core::cell::Cell;
use core::sync::atomic::Ordering;

use crate::ids::{ConnId, SaNumber, Spi};
use crate::layout::lane::{Event, LaneBlock};
use crate::layout::sa_row::{Peer, SaRow};
use crate::layout::{EVENT_AUDIT, EVENT_COUNT, EVENT_IKE_DROPPED};
use crate::memory;
use crate::report::counters::add;
use crate::report::measure::Measure;
use crate::report::status::{Fate, Status};
use crate::sources::by_address;

/// Part of the ring that connections without a trusted word may fill. The rest is for events of the
/// others, however many strangers come and go.
const STRANGERS_COUNT: usize = EVENT_COUNT / 2;

/// Least time between two events of one status, if peers can cause them.
const TOLD_EVERY_MS: f64 = 1000.0;

/// The content of an event.
pub(crate) struct Notice {
    /// `EVENT_` kind.
    pub(crate) kind: u32,
    /// The condition, or `Ok`.
    pub(crate) status: u32,
    /// The connection that it is about.
    pub(crate) conn: Option<ConnId>,
    /// The SA that it is about.
    pub(crate) sa: Option<SaName>,
    /// A value whose meaning depends on the kind.
    pub(crate) value: f64,
    /// The limit that it is about.
    pub(crate) measure: Option<Measure>,
}

/// An SA in an event.
#[derive(Clone, Copy)]
pub(crate) struct SaName {
    /// Its SPI.
    pub(crate) spi: Spi,
    /// Its number; `None` if there is no such SA.
    pub(crate) number: Option<SaNumber>,
}

impl SaName {
    /// The name of the SA in a row.
    pub(crate) fn of(row: &SaRow) -> Self {
        Self {
            spi: Spi(row.spi.get()),
            number: Some(row.number()),
        }
    }

    /// The name of an SA that is not here.
    pub(crate) fn of_none(spi: Spi) -> Self {
        Self { spi, number: None }
    }
}

impl Notice {
    /// Whether it is about a connection that has proved a key, or about none.
    fn is_trusted(&self) -> bool {
        self.conn
            .is_none_or(|conn| by_address::is_trusted(memory::row(conn)))
    }
}

/// An ESP packet in an audit event.
pub(crate) struct Audited {
    /// The connection that it came by, or was to leave on.
    pub(crate) conn: ConnId,
    /// Its SA.
    pub(crate) sa: SaName,
    /// Its sequence number, if it was looked for.
    pub(crate) sequence: Option<u64>,
}

/// Appends an event. False if the ring is full.
pub(crate) fn tell(lane: &LaneBlock, notice: &Notice) -> bool {
    append(lane, notice, 0)
}

/// Appends an audit event of a dropped ESP packet (RFC 4303 §4), at most once a second for each
/// status, and for those that have proved a key and the others by themselves.
pub(crate) fn audit(lane: &LaneBlock, status: Status, packet: &Audited) {
    debug_assert!(matches!(
        status.fate(),
        Fate::Drop | Fate::Suspect | Fate::Expire
    ));
    let notice = Notice {
        kind: EVENT_AUDIT,
        status: status as u32,
        conn: Some(packet.conn),
        sa: Some(packet.sa),
        // A sequence number above 2^53 loses its low bits; the record is for people.
        value: packet.sequence.unwrap_or(0) as f64,
        measure: None,
    };
    tell_limited(lane, &notice);
}

/// Appends an event of a dropped IKE message, at most as often as an audit event. Over TCP its
/// sender does not send it again (RFC 9329 §6.2).
pub(crate) fn ike_dropped(lane: &LaneBlock, status: Status, conn: ConnId) {
    let notice = Notice {
        kind: EVENT_IKE_DROPPED,
        status: status as u32,
        conn: Some(conn),
        sa: None,
        value: 0.0,
        measure: None,
    };
    tell_limited(lane, &notice);
}

/// Appends an event of a path that has moved, at most once a second for each peer. A peer that
/// sends on several connections moves its path with each batch.
pub(crate) fn path_moved(lane: &LaneBlock, peer: &Peer, notice: &Notice) {
    let now = lane.batch.now.get();
    let told_at = peer.told_at.load(Ordering::Relaxed);
    let is_early = told_at != 0 && now - f64::from_bits(told_at) < TOLD_EVERY_MS;
    // If two lanes move it at the same time, one of them appends the event.
    let is_ours = || {
        let swapped = peer.told_at.compare_exchange(
            told_at,
            now.to_bits(),
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
        swapped.is_ok()
    };
    if is_early || !is_ours() {
        peer.told_suppressed.fetch_add(1, Ordering::Relaxed);
        return;
    }
    let suppressed = peer.told_suppressed.swap(0, Ordering::Relaxed);
    if !append(lane, notice, suppressed) {
        peer.told_suppressed
            .fetch_add(suppressed.saturating_add(1), Ordering::Relaxed);
    }
}

/// Appends an event that a peer can cause at will, with the number of events held back before it.
fn tell_limited(lane: &LaneBlock, notice: &Notice) {
    let (status, account) = (notice.status as usize, usize::from(notice.is_trusted()));
    let (at, suppressed) = (
        &lane.batch.told_at[account][status],
        &lane.batch.told_suppressed[account][status],
    );
    let now = lane.batch.now.get();
    let is_early = at.get() > 0.0 && now - at.get() < TOLD_EVERY_MS;
    if is_early || !append(lane, notice, suppressed.get()) {
        suppressed.set(suppressed.get().saturating_add(1));
        return;
    }
    at.set(now);
    suppressed.set(0);
}

fn append(lane: &LaneBlock, notice: &Notice, suppressed: u32) -> bool {
    let written = lane.events_written.word.load(Ordering::Relaxed);
    let consumed = lane.events_consumed.word.load(Ordering::Acquire);
    let is_trusted = notice.is_trusted();
    let room = if is_trusted {
        EVENT_COUNT
    } else {
        STRANGERS_COUNT
    };
    if written.wrapping_sub(consumed) as usize >= room {
        add(&lane.events_lost, 1);
        return false;
    }
    let event = &lane.events[written as usize % EVENT_COUNT];
    event.kind.set(notice.kind);
    event.status.set(notice.status);
    event.spi.set(notice.sa.map_or(0, |sa| sa.spi.0));
    let number = notice.sa.and_then(|sa| sa.number);
    // Numbers count installs: an f64 has them exactly.
    event.sa.set(number.map_or(0.0, |number| number.0 as f64));
    event.value.set(notice.value);
    event.at.set(lane.batch.now.get());
    event.suppressed.set(suppressed);
    event.is_trusted.set(u32::from(is_trusted));
    event
        .measure
        .set(notice.measure.map_or(0, |measure| measure as u32));
    set_connection(event, notice.conn);
    lane.events_written
        .word
        .store(written.wrapping_add(1), Ordering::Release);
    true
}

/// The record has the addresses, since the row may be another connection's when the event is read.
fn set_connection(event: &Event, conn: Option<ConnId>) {
    let Some(conn) = conn else {
        event.conn.set(0);
        event.family.set(0);
        return;
    };
    let row = memory::row(conn);
    event.conn.set(conn.0);
    event.family.set(row.family.get());
    event.port.set(row.port.get());
    event.generation.set(row.generation.load(Ordering::Relaxed));
    event.local_port.set(row.local_port.get());
    copy(&event.address, &row.address);
    copy(&event.local_address, &row.local_address);
}

fn copy(to: &[Cell<u8>; 16], from: &[Cell<u8>; 16]) {
    for (to, from) in to.iter().zip(from) {
        to.set(from.get());
    }
}
