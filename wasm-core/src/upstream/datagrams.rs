//! From the IKE daemon: puts datagrams, or runs of them, into the connection's rings.
//!
//! IKE goes into a ring of its own, the reserve, and is never dropped, since the daemon will not
//! send it again (RFC 9329 §6.2). So datagrams are read only while the largest messages have room.
//! ESP is relayed unopened, whatever its SPI.

use core::sync::atomic::Ordering;

use crate::connection::{said, score};
use crate::esp::header::ESP_LEN_MIN;
use crate::ids::ConnId;
use crate::layout::connection_row::Row;
use crate::layout::lane::LaneBlock;
use crate::layout::{
    CONTROL_LEN, DATAGRAM_LEN_MAX, IKE_HEADER_LEN, LENGTH_FIELD_LEN, NON_ESP_MARKER_LEN,
    SLOT_HEAD_LEN, SLOT_LEN, UP_READ_MAX,
};
use crate::memory::{self, Lane, kernel_tables, lock, octets};
use crate::report::counters::{add, count};
use crate::report::events;
use crate::report::status::Status;
use crate::sources::trust;
use crate::stream::frame::{Kind, kind_of, length_field};
use crate::stream::frame_ring;
use crate::stream::transmit::{self, READ_LEN_MAX, STAMP_LEN, Word};
use crate::upstream::runs;

/// Lays out as many reads as the reserve can take if all of them are IKE. The room is reserved
/// until `end`. If the result is 0, `ike_waits` says when to ask again. `None` if the pool is
/// empty.
pub(crate) fn begin(lane: &LaneBlock, row: &Row) -> Option<u32> {
    if !transmit::lock_open(row) {
        return Some(0);
    }
    let reads = frame_ring::ensure_block(row, &row.ike)
        .then(|| (frame_ring::room(&row.ike) / READ_LEN_MAX).min(UP_READ_MAX as u32));
    row.ike_reserved
        .set(u32::from(reads.is_some_and(|reads| reads > 0)));
    row.ike_waits
        .store(u32::from(reads == Some(0)), Ordering::Relaxed);
    lock::release(&row.tx_lock);
    for read in &lane.up_read[..reads.unwrap_or(0) as usize] {
        read.message.control_len.set(CONTROL_LEN as u64);
    }
    reads
}

/// Ends the reservation of `begin`: an empty reserve may go back to the pool.
pub(crate) fn end(row: &Row) {
    lock::locked(&row.tx_lock, || row.ike_reserved.set(0));
}

/// Queues the result of read `i`: a datagram, or a run of them.
///
/// # Errors
/// The condition that kept the last one out of the queue. `Keepalive` is not counted (RFC 3948
/// §2.3).
pub(crate) fn take(lane: Lane<'_>, conn: ConnId, i: u32, now: f64) -> Result<(), Status> {
    lane.block.batch.now.set(now);
    let read = &lane.block.up_read[i as usize];
    let control = &lane.block.up_read_control[i as usize];
    let control_octets = core::array::from_fn(|i| control[i].get());
    // `begin` has bounded both.
    let said = runs::read_control(&control_octets, read.message.control_len.get() as usize);
    note_lost(lane.block, conn, said.lost);
    let len = (read.len.get() as u32).min(SLOT_LEN - SLOT_HEAD_LEN);
    let size = said.size.unwrap_or(len).max(1) as usize;
    octets::with(kernel_tables::slot_at(lane.index, i as usize), len, |run| {
        if run.is_empty() {
            return take_one(lane, conn, run, now);
        }
        let mut outcome = Ok(());
        for datagram in run.chunks(size) {
            outcome = take_one(lane, conn, datagram, now);
        }
        outcome
    })
}

/// Counts the datagrams that the kernel has dropped since it last gave their number.
fn note_lost(lane: &LaneBlock, conn: ConnId, lost: Option<u32>) {
    let Some(lost) = lost else { return };
    let since = lost.wrapping_sub(memory::row(conn).up_lost.replace(lost));
    if since == 0 {
        return;
    }
    // They are unknown. IKE may be among them.
    events::ike_dropped(lane, Status::UpstreamOverflow, conn);
    add(
        &lane.counters[Status::UpstreamOverflow as usize],
        since.into(),
    );
}

fn take_one(lane: Lane<'_>, conn: ConnId, datagram: &[u8], now: f64) -> Result<(), Status> {
    let row = memory::row(conn);
    // A read is shorter than 65,536 octets.
    let octets = datagram.len() as u32;
    let kind = kind_of(datagram, octets);
    if kind == Kind::Keepalive {
        return Err(Status::Keepalive);
    }
    let checked = check(kind, octets);
    if checked.is_ok() && !said::admits(row, kind, datagram) {
        count(lane.block, Status::UpstreamStray);
        return Err(Status::UpstreamStray);
    }
    score::clear(row);
    row.valid_at.set(now);
    if checked.is_ok() {
        note_trust(row, kind, datagram, now);
    }
    let queued = checked.and_then(|()| queue(row, kind, datagram, now));
    if let Err(status) = queued {
        count(lane.block, status);
        if kind == Kind::Ike {
            events::ike_dropped(lane.block, status, conn);
        }
    }
    queued
}

/// Notes a datagram that `said` admits: another one may be for a client before, and proves nothing
/// of this one.
fn note_trust(row: &Row, kind: Kind, datagram: &[u8], now: f64) {
    match kind {
        Kind::Ike => trust::note_ike(row, datagram, now),
        Kind::Esp(_) => trust::note_relayed(row, datagram, now),
        Kind::Keepalive | Kind::Empty | Kind::Short => {}
    }
}

/// Checks whether a datagram may go into a frame.
fn check(kind: Kind, octets: u32) -> Result<(), Status> {
    match kind {
        Kind::Ike if octets < NON_ESP_MARKER_LEN + IKE_HEADER_LEN => Err(Status::IkeShort),
        Kind::Ike if octets > DATAGRAM_LEN_MAX => Err(Status::IkeTooLong),
        Kind::Esp(_) if octets < ESP_LEN_MIN => Err(Status::EspShort),
        Kind::Esp(_) if octets > DATAGRAM_LEN_MAX => Err(Status::EspTooLong),
        Kind::Ike | Kind::Esp(_) => Ok(()),
        Kind::Keepalive | Kind::Empty | Kind::Short => Err(Status::FrameShort),
    }
}

fn queue(row: &Row, kind: Kind, datagram: &[u8], now: f64) -> Result<(), Status> {
    if !transmit::lock_open(row) {
        return Err(Status::TxRingFull);
    }
    let queued = if kind == Kind::Ike {
        put_ike(row, datagram, now)
    } else {
        put_esp(row, datagram, now)
    };
    transmit::note_queue(row);
    lock::release(&row.tx_lock);
    queued
}

fn put_ike(row: &Row, message: &[u8], now: f64) -> Result<(), Status> {
    if !frame_ring::ensure_block(row, &row.ike) {
        return Err(Status::TxRingFull);
    }
    let frame_len = LENGTH_FIELD_LEN + message.len() as u32;
    let place = frame_ring::reserve(&row.ike, STAMP_LEN + frame_len).ok_or(Status::TxRingFull)?;
    octets::copy_in(place.at, &now.to_le_bytes());
    put_frame(place.at + STAMP_LEN, message)?;
    frame_ring::push(&row.ike, place, frame_len);
    Ok(())
}

fn put_esp(row: &Row, packet: &[u8], now: f64) -> Result<(), Status> {
    if !frame_ring::ensure_block(row, &row.tx) {
        return Err(Status::TxRingFull);
    }
    let frame_len = LENGTH_FIELD_LEN + packet.len() as u32;
    // A packet that is sealed elsewhere cannot be marked.
    let place = transmit::admit(row, frame_len, Word::Loss, now)?.place;
    put_frame(place.at, packet)?;
    transmit::push(row, place, frame_len, now);
    Ok(())
}

/// Lays Length field and payload to `at`. It is the only copy on this way.
fn put_frame(at: u32, payload: &[u8]) -> Result<(), Status> {
    // `check` keeps payloads within the range of the Length field.
    let len = payload.len() as u32;
    let field = length_field(len).ok_or(Status::EspTooLong)?;
    octets::copy_in(at, &field);
    octets::copy_in(at + LENGTH_FIELD_LEN, payload);
    Ok(())
}
