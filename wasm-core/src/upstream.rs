//! From the IKE daemon: one datagram at a time into the connection's rings.
//!
//! IKE goes into a ring of its own, the reserve, and is never dropped: a datagram is read only when the largest message
//! has room (RFC 9329 §6.2: the daemon will not send it again). ESP is relayed unopened, whoever owns its SPI.

use crate::counters::count;
use crate::esp::header::ESP_PACKET_LEN_MIN;
use crate::frame::{Kind, kind_of, length_field};
use crate::frame_ring::{self, Place};
use crate::layout::lane::LaneBlock;
use crate::layout::row::Row;
use crate::layout::{
    DATAGRAM_LEN_MAX, IKE_HEADER_LEN, LENGTH_FIELD_LEN, NON_ESP_MARKER_LEN, TX_QUEUE_MAX,
};
use crate::outbound::Lane;
use crate::status::Status;
use crate::transmit::{self, STAMP_LEN};
use crate::{lock, memory, score};

/// Whether the reserve can take a largest message. If so it can until the next `take` or the owner's `unlock`.
pub(crate) fn is_ready(row: &Row) -> bool {
    if !transmit::lock_open(row) {
        return false;
    }
    let is_ready = frame_ring::ensure_block(&row.ike)
        && frame_ring::reserve(&row.ike, STAMP_LEN + LENGTH_FIELD_LEN + DATAGRAM_LEN_MAX).is_some();
    row.ike_reserved.set(u32::from(is_ready));
    lock::release(&row.tx_lock);
    is_ready
}

/// Queues the datagram of `octets` octets in the lane's `dgram`.
///
/// # Errors
/// Why it was not queued. `Keepalive` counts as nothing (RFC 3948 §2.3).
pub(crate) fn take(lane: Lane<'_>, row: &Row, octets: u32, now: f64) -> Result<(), Status> {
    let at = memory::lane_at(lane.index) + core::mem::offset_of!(LaneBlock, dgram) as u32;
    let datagram = memory::octets(at, octets.min(crate::layout::DGRAM_MAX as u32));
    let kind = kind_of(datagram, octets);
    if kind == Kind::Keepalive {
        return Err(Status::Keepalive);
    }
    score::clear(row);
    row.valid_at.set(now);
    let queued = check(kind, octets).and_then(|()| queue(lane, row, (kind, datagram), now));
    if let Err(status) = queued {
        count(lane.block, status);
    }
    queued
}

/// What may go into a frame at all.
fn check(kind: Kind, octets: u32) -> Result<(), Status> {
    match kind {
        Kind::Ike if octets < NON_ESP_MARKER_LEN + IKE_HEADER_LEN => Err(Status::IkeShort),
        Kind::Ike if octets > DATAGRAM_LEN_MAX => Err(Status::IkeTooLong),
        Kind::Esp(_) if octets < ESP_PACKET_LEN_MIN => Err(Status::EspShort),
        Kind::Esp(_) if octets > DATAGRAM_LEN_MAX => Err(Status::EspTooLong),
        Kind::Ike | Kind::Esp(_) => Ok(()),
        Kind::Keepalive | Kind::Empty | Kind::Short => Err(Status::FrameShort),
    }
}

fn queue(
    lane: Lane<'_>,
    row: &Row,
    (kind, datagram): (Kind, &[u8]),
    now: f64,
) -> Result<(), Status> {
    if !transmit::lock_open(row) {
        return Err(Status::TxRingFull);
    }
    lane.block.batch.now.set(now);
    let queued = if kind == Kind::Ike {
        put_ike(row, datagram, now)
    } else {
        put_esp(row, datagram)
    };
    row.ike_reserved.set(0);
    transmit::note_queue(row);
    lock::release(&row.tx_lock);
    queued.ok_or(Status::TxRingFull)
}

fn put_ike(row: &Row, message: &[u8], now: f64) -> Option<()> {
    if !frame_ring::ensure_block(&row.ike) {
        return None;
    }
    let frame_len = LENGTH_FIELD_LEN + message.len() as u32;
    let place = frame_ring::reserve(&row.ike, STAMP_LEN + frame_len)?;
    memory::octets_mut(place.at, STAMP_LEN).copy_from_slice(&now.to_le_bytes());
    put_frame(place.at + STAMP_LEN, message)?;
    frame_ring::push(&row.ike, place, frame_len);
    Some(())
}

fn put_esp(row: &Row, packet: &[u8]) -> Option<()> {
    let frame_len = LENGTH_FIELD_LEN + packet.len() as u32;
    if transmit::waiting(row) + frame_len > TX_QUEUE_MAX || !frame_ring::ensure_block(&row.tx) {
        return None;
    }
    let place: Place = frame_ring::reserve(&row.tx, frame_len)?;
    put_frame(place.at, packet)?;
    frame_ring::push(&row.tx, place, frame_len);
    Some(())
}

/// Lays Length field and payload to `at`: the one copy on this way.
fn put_frame(at: u32, payload: &[u8]) -> Option<()> {
    // `check` keeps payloads below what the Length field can say.
    let len = payload.len() as u32;
    memory::octets_mut(at, LENGTH_FIELD_LEN).copy_from_slice(&length_field(len)?);
    memory::octets_mut(at + LENGTH_FIELD_LEN, len).copy_from_slice(payload);
    Some(())
}
