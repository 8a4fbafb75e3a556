//! From the receive ring: whole frames, batch by batch. A batch has frames of one class.
//!
//! A batch ends where the class changes. So you can release the first part of one: no frame of
//! another class lies between two messages. Frames that go nowhere are consumed at once, at the
//! front of a batch only. A peer that sends nothing else holds its lane for no longer than a batch
//! takes.

use super::batch::begin;
use super::class::{Class, classify};
use super::waiting;
use crate::connection::{Served, ike_sas, said, score};
use crate::esp::opening::{self, Packet};
use crate::ids::{ConnId, SaId};
use crate::layout::connection_row::Row;
use crate::layout::lane::{Batch, LaneBlock};
use crate::layout::{
    BATCH_ESP, BATCH_HAND_OVER, BATCH_MAX, BATCH_NONE, BATCH_UPSTREAM, INBOUND, KIND_EMPTY,
    KIND_ESP, KIND_IKE, KIND_KEEPALIVE, LENGTH_FIELD_LEN, NON_ESP_MARKER_LEN, SAID_CLIENT,
    SCAN_MAX,
};
use crate::memory::{self, kernel_tables, octets};
use crate::report::counters::{Frames, count_frames};
use crate::report::events::{self, Audited, SaName};
use crate::report::status::Status;
use crate::sa::sad;
use crate::stream::frame::{Frame, Kind, next_frame};
use crate::stream::receive_ring;
use crate::upstream::runs;

/// The reason why a look for frames ended.
enum End {
    /// No whole frame is left.
    Empty,
    /// The next frame is another batch's.
    Batch,
    /// The look has taken its share of frames.
    Scanned,
}

/// The end of a look for frames.
struct Scanned {
    end: End,
    /// Frames that were taken.
    frames: u32,
}

/// The result of a look for the next batch.
pub(crate) enum Found {
    /// No whole frame is left.
    Nothing {
        /// Frames that went nowhere.
        frames: u32,
    },
    /// No batch yet, but more frames may follow.
    Skipped {
        /// Frames that went nowhere.
        frames: u32,
    },
    /// Packets to be opened.
    Esp {
        /// Jobs of the lane.
        jobs: u32,
    },
    /// Messages for the daemon.
    Upstream {
        /// Calls that send them.
        sends: u32,
    },
    /// IKE messages for an endpoint in this process.
    HandOver {
        /// Messages in `up_iov`.
        messages: u32,
    },
    /// The connection has to end.
    Close(Status),
}

/// Looks for the next batch.
pub(crate) fn next_batch(lane: &LaneBlock, conn: ConnId, now: f64) -> Found {
    let served = Served {
        row: memory::row(conn),
        conn,
        now,
    };
    begin(lane, &served);
    let found = look(lane, &served);
    note_clock(served.row, &found);
    found
}

/// Fills a batch that has just begun.
fn look(lane: &LaneBlock, served: &Served<'_>) -> Found {
    let found = scan(lane, served);
    let batch = &lane.batch;
    if batch.kind.get() != BATCH_ESP {
        sad::let_go(lane);
    }
    match (batch.kind.get(), found) {
        (BATCH_NONE, Err(status)) => Found::Close(status),
        (BATCH_NONE, Ok(scanned)) => match scanned.end {
            End::Scanned => Found::Skipped {
                frames: scanned.frames,
            },
            End::Empty | End::Batch => Found::Nothing {
                frames: scanned.frames,
            },
        },
        (BATCH_UPSTREAM, _) => Found::Upstream {
            sends: runs::plan(lane, served.row),
        },
        (BATCH_HAND_OVER, _) => Found::HandOver {
            messages: batch.messages.get(),
        },
        _ => Found::Esp {
            jobs: batch.jobs.get(),
        },
    }
}

/// Keeps the clock of an incomplete frame. Frames that were taken end it, since the incomplete one
/// was the first of them; a later one has a clock of its own.
fn note_clock(row: &Row, found: &Found) {
    if !matches!(found, Found::Nothing { frames: 0 }) {
        row.partial_at.set(0.0);
    }
    if matches!(found, Found::Nothing { .. }) {
        receive_ring::note_partial(row);
    }
}

/// Step 7 over the opened jobs. Returns the number of inner packets.
pub(crate) fn finish(lane: &LaneBlock, conn: ConnId, now: f64) -> u32 {
    let served = Served {
        row: memory::row(conn),
        conn,
        now,
    };
    lane.fresh.set(0);
    let mut count = 0;
    for job in &lane.jobs[..lane.batch.jobs.get() as usize] {
        match opening::finish(lane, job, &served) {
            Ok(inner) => {
                let entry = &lane.batch.inner[count];
                entry.at.set(job.data.get());
                entry.len.set(inner.len);
                entry.next_header.set(u32::from(inner.next_header));
                count += 1;
            }
            Err(status) => {
                let packet = Audited {
                    conn,
                    sa: opening::name_of(job),
                    sequence: Some(job.sequence.get()),
                };
                score::note_esp(lane, served.row, status, &packet);
            }
        }
    }
    lane.batch.inner_count.set(count as u32);
    sad::let_go(lane);
    count as u32
}

/// Releases the whole batch.
pub(crate) fn release_all(lane: &LaneBlock, conn: ConnId) {
    let batch = &lane.batch;
    if batch.rx_conn.get() == conn.0 {
        let row = memory::row(conn);
        match batch.kind.get() {
            BATCH_UPSTREAM | BATCH_HAND_OVER => release_messages(lane, row, batch.messages.get()),
            BATCH_ESP => receive_ring::consume_to(row, batch.rx_end.get()),
            _ => {}
        }
    }
    end_batch(lane, conn);
}

/// Releases the first `sends` sends of a batch for upstream, or messages of one to be handed over.
pub(crate) fn release_sent(lane: &LaneBlock, conn: ConnId, sends: u32) {
    let batch = &lane.batch;
    if batch.rx_conn.get() == conn.0 {
        let row = memory::row(conn);
        match batch.kind.get() {
            BATCH_UPSTREAM => release_messages(lane, row, runs::messages_before(lane, sends)),
            BATCH_HAND_OVER => release_messages(lane, row, sends),
            _ => {}
        }
    }
    end_batch(lane, conn);
}

/// Forgets the batch and gives an empty ring back.
fn end_batch(lane: &LaneBlock, conn: ConnId) {
    if lane.batch.rx_conn.get() == conn.0 {
        lane.batch.kind.set(BATCH_NONE);
    }
    let row = memory::row(conn);
    if receive_ring::len(row) == 0 {
        receive_ring::give_back(row);
    }
}

/// Adds frames to the batch until it ends.
///
/// # Errors
/// `SuspectLimit`, `FrameLengthInvalid`: the connection has to end after the current batch.
fn scan(lane: &LaneBlock, served: &Served<'_>) -> Result<Scanned, Status> {
    let row = served.row;
    let batch = &lane.batch;
    for frames in 0..SCAN_MAX {
        if batch.kind.get() == BATCH_NONE && score::is_spent(row) {
            return Err(Status::SuspectLimit);
        }
        let head = receive_ring::head(row, batch.rx_end.get());
        let available = row.rx_written.get().wrapping_sub(batch.rx_end.get());
        let Some(frame) = next_frame(head.octets(), available)? else {
            return Ok(Scanned {
                end: End::Empty,
                frames,
            });
        };
        if !take(lane, served, &frame) {
            return Ok(Scanned {
                end: End::Batch,
                frames,
            });
        }
    }
    Ok(Scanned {
        end: End::Scanned,
        frames: SCAN_MAX,
    })
}

/// Takes one frame in. Returns false if it belongs to the next batch.
fn take(lane: &LaneBlock, served: &Served<'_>, frame: &Frame) -> bool {
    let batch = &lane.batch;
    let kind = batch.kind.get();
    match classify(lane, frame) {
        Class::Open(id) if has_room(kind, BATCH_ESP, batch.jobs.get()) => {
            add_job(lane, served, id, frame);
        }
        Class::Relay if has_room_upstream(batch, frame.kind) => {
            add_message(lane, served, frame, BATCH_UPSTREAM);
        }
        Class::HandOver if has_room(kind, BATCH_HAND_OVER, batch.messages.get()) => {
            add_message(lane, served, frame, BATCH_HAND_OVER);
        }
        Class::Wait if kind == BATCH_NONE => set_aside(lane, served, frame),
        Class::Ignore if kind == BATCH_NONE => count_kind(lane, served.row, frame),
        Class::Drop(status) if kind == BATCH_NONE => drop_frame(lane, served, frame, status),
        _ => return false,
    }
    let end = batch.rx_end.get().wrapping_add(frame.len);
    batch.rx_end.set(end);
    if batch.kind.get() == BATCH_NONE {
        // No frame before this one waits. An empty ring begins anew at 0.
        receive_ring::consume_to(served.row, end);
        batch.rx_end.set(served.row.rx_consumed.get());
    }
    true
}

/// Whether a batch of `kind` that holds `count` entries can take one more of class `wanted`.
fn has_room(kind: u32, wanted: u32, count: u32) -> bool {
    (kind == BATCH_NONE || kind == wanted) && count < BATCH_MAX as u32
}

/// Whether a batch can take one more message for the daemon. Messages of a batch are all IKE or all
/// ESP: the lane waits with IKE that it cannot hand over, and drops ESP.
fn has_room_upstream(batch: &Batch, kind: Kind) -> bool {
    let messages = batch.messages.get();
    let is_alike = (batch.ike_messages.get() != 0) == (kind == Kind::Ike);
    has_room(batch.kind.get(), BATCH_UPSTREAM, messages) && (messages == 0 || is_alike)
}

/// Step 5 for one packet. A refused packet gets no job, but its octets belong to the batch.
fn add_job(lane: &LaneBlock, served: &Served<'_>, sa: SaId, frame: &Frame) {
    let batch = &lane.batch;
    let at = receive_ring::make_whole(served.row, batch.rx_end.get(), frame.len) + LENGTH_FIELD_LEN;
    let packet = Packet {
        sa,
        at,
        len: frame.payload_len(),
    };
    let jobs = batch.jobs.get();
    count_kind(lane, served.row, frame);
    match opening::prepare(lane, &lane.jobs[jobs as usize], packet, served) {
        Ok(()) => {
            batch.kind.set(BATCH_ESP);
            batch.jobs.set(jobs + 1);
        }
        Err(refused) => {
            let packet = Audited {
                conn: served.conn,
                sa: SaName::of(memory::sa(sa)),
                sequence: Some(refused.sequence),
            };
            score::note_esp(lane, served.row, refused.status, &packet);
        }
    }
}

/// Adds a message to a batch of `kind`.
fn add_message(lane: &LaneBlock, served: &Served<'_>, frame: &Frame, kind: u32) {
    let batch = &lane.batch;
    let at = receive_ring::make_whole(served.row, batch.rx_end.get(), frame.len) + LENGTH_FIELD_LEN;
    let i = batch.messages.get();
    kernel_tables::set_iovec(&lane.up_iov[i as usize], at, frame.payload_len());
    batch.message_at[i as usize].set(batch.rx_end.get());
    if frame.kind == Kind::Ike {
        batch.ike_messages.set(batch.ike_messages.get() | 1 << i);
        lane.up_ike.set(lane.up_ike.get() + 1);
        octets::with(
            at + NON_ESP_MARKER_LEN,
            frame.payload_len() - NON_ESP_MARKER_LEN,
            |message| ike_sas::note(lane, served, message),
        );
    } else {
        said::note(served.row, SAID_CLIENT);
    }
    batch.kind.set(kind);
    batch.messages.set(i + 1);
}

/// Sets a packet aside whose SA is to come.
fn set_aside(lane: &LaneBlock, served: &Served<'_>, frame: &Frame) {
    let at = receive_ring::make_whole(served.row, lane.batch.rx_end.get(), frame.len);
    count_kind(lane, served.row, frame);
    waiting::keep(lane, served, (at + LENGTH_FIELD_LEN, frame.payload_len()));
}

fn drop_frame(lane: &LaneBlock, served: &Served<'_>, frame: &Frame, status: Status) {
    count_kind(lane, served.row, frame);
    match frame.kind {
        Kind::Esp(spi) => {
            let packet = Audited {
                conn: served.conn,
                sa: SaName::of_none(spi),
                sequence: None,
            };
            score::note_esp(lane, served.row, status, &packet);
        }
        Kind::Ike => {
            score::note(lane, served.row, status);
            events::ike_dropped(lane, status, served.conn);
        }
        _ => score::note(lane, served.row, status),
    }
}

/// Counts a frame by its kind. A frame too short for any message has no kind.
fn count_kind(lane: &LaneBlock, row: &Row, frame: &Frame) {
    let kind = match frame.kind {
        Kind::Ike => KIND_IKE,
        Kind::Esp(_) => KIND_ESP,
        Kind::Keepalive => KIND_KEEPALIVE,
        Kind::Empty => KIND_EMPTY,
        Kind::Short => return,
    };
    count_one(lane, row, kind, frame.payload_len());
}

fn count_one(lane: &LaneBlock, row: &Row, kind: usize, octets: u32) {
    let frames = Frames {
        direction: INBOUND,
        kind,
        count: 1,
        octets,
    };
    count_frames(lane, &row.inbound, &frames);
}

/// Consumes and counts the messages that were sent. The others stay, as if the look had not reached
/// them.
fn release_messages(lane: &LaneBlock, row: &Row, count: u32) {
    let batch = &lane.batch;
    let all = batch.messages.get();
    let count = count.min(all);
    for i in 0..count {
        let is_ike = batch.ike_messages.get() & (1 << i) != 0;
        let kind = if is_ike { KIND_IKE } else { KIND_ESP };
        // A payload is shorter than 65,536 octets.
        let octets = lane.up_iov[i as usize].len.get() as u32;
        count_one(lane, row, kind, octets);
    }
    let end = if count == all {
        &batch.rx_end
    } else {
        &batch.message_at[count as usize]
    };
    receive_ring::consume_to(row, end.get());
}
