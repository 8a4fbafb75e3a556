//! From the IKE of this process: messages into the reserve of their connection.

use core::sync::atomic::Ordering;

use crate::connection::score;
use crate::layout::connection_row::Row;
use crate::layout::{DATAGRAM_LEN_MAX, IKE_HEADER_LEN, LENGTH_FIELD_LEN, NON_ESP_MARKER_LEN};
use crate::memory::{lock, octets};
use crate::sources::trust;
use crate::stream::frame::length_field;
use crate::stream::frame_ring;
use crate::stream::transmit::{self, STAMP_LEN};

/// Queues the `len` octets at `at`, a message without its marker. False if there is no room now, or
/// if it can never have any; `None` if the pool of rings is empty.
pub(crate) fn queue(row: &Row, at: u32, len: u32, now: f64) -> Option<bool> {
    let payload_len = NON_ESP_MARKER_LEN + len;
    if len < IKE_HEADER_LEN || payload_len > DATAGRAM_LEN_MAX || !transmit::lock_open(row) {
        return Some(false);
    }
    let is_queued = frame_ring::ensure_block(row, &row.ike).then(|| {
        let is_queued = put(row, at, payload_len, now);
        row.ike_waits
            .store(u32::from(!is_queued), Ordering::Relaxed);
        transmit::note_queue(row);
        is_queued
    });
    lock::release(&row.tx_lock);
    if is_queued == Some(true) {
        note_word(row, at, len, now);
    }
    is_queued
}

fn put(row: &Row, at: u32, payload_len: u32, now: f64) -> bool {
    let frame_len = LENGTH_FIELD_LEN + payload_len;
    let Some(place) = frame_ring::reserve(&row.ike, STAMP_LEN + frame_len) else {
        return false;
    };
    // A datagram's length is within the range of the Length field.
    let Some(field) = length_field(payload_len) else {
        return false;
    };
    let marker_at = place.at + STAMP_LEN + LENGTH_FIELD_LEN;
    octets::copy_in(place.at, &now.to_le_bytes());
    octets::copy_in(place.at + STAMP_LEN, &field);
    octets::copy_in(marker_at, &[0; NON_ESP_MARKER_LEN as usize]);
    octets::with(at, payload_len - NON_ESP_MARKER_LEN, |message| {
        octets::copy_in(marker_at + NON_ESP_MARKER_LEN, message);
    });
    frame_ring::push(&row.ike, place, frame_len);
    true
}

fn note_word(row: &Row, at: u32, len: u32, now: f64) {
    octets::with(at, len, |message| {
        if trust::note_own_ike(row, message, now) {
            score::clear(row);
            row.valid_at.set(now);
        }
    });
}
