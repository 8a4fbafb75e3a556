//! To the transmit rings: the lane's entries, connection by connection.
//!
//! Policy, path and room are decided before a packet takes its number, so a dropped packet leaves
//! no gap (RFC 4303 §3.3.3). The SAD is held from `next` to `commit`, and so is the transmit lock
//! of the connection, which stays held after that.

use super::{entry, resolve};
use crate::esp::sealing::{self, Placing};
use crate::ids::{ConnId, SaId};
use crate::inner::ecn;
use crate::layout::connection_row::Row;
use crate::layout::lane::{Entry, LaneBlock};
use crate::layout::{BATCH_MAX, OUTBOUND};
use crate::memory::{self, Lane, kernel_tables, lock, octets};
use crate::path::Path;
use crate::report::counters::{add, count};
use crate::report::status::Status;
use crate::sa::lifetime::{self, Use};
use crate::sa::sad;
use crate::stream::frame_ring;
use crate::stream::transmit::{self, Word};

/// Fills the jobs of the next connection that entries want to leave on, and takes its transmit
/// lock. Returns `None`, with the SAD released, when no entry is left.
pub(crate) fn next(lane: Lane<'_>, now: f64) -> Option<ConnId> {
    let batch = &lane.block.batch;
    batch.now.set(now);
    batch.jobs.set(0);
    sad::hold(lane.block);
    if batch.sad_version.replace(sad::version()) != sad::version() {
        resolve::resolve_all(lane.block);
    }
    while let Some(path) = next_path(lane.block) {
        fill(lane, path, now);
        if batch.jobs.get() > 0 {
            let Path::Tcp { conn, .. } = path;
            return Some(conn);
        }
    }
    sad::let_go(lane.block);
    None
}

/// Counts the sealed packets and releases the SAD. The transmit lock stays held.
pub(crate) fn commit(lane: &LaneBlock) {
    let batch = &lane.batch;
    add(
        &lane.esp_packets[OUTBOUND],
        u64::from(batch.jobs.replace(0)),
    );
    transmit::note_queue(memory::row(ConnId(batch.tx_conn.get())));
    sad::let_go(lane);
}

/// Path of the first entry that is left.
fn next_path(lane: &LaneBlock) -> Option<Path> {
    let batch = &lane.batch;
    while batch.next_entry.get() < batch.entries.get() {
        let entry = &batch.entries_table[batch.next_entry.get() as usize];
        if entry.len.get() != 0 {
            return entry::path_of(entry);
        }
        batch.next_entry.set(batch.next_entry.get() + 1);
    }
    None
}

/// An entry that is about to leave.
#[derive(Clone, Copy)]
struct Leaving<'a> {
    lane: Lane<'a>,
    /// Its connection, whose transmit lock is held.
    conn: ConnId,
    /// The connection's row.
    row: &'a Row,
    entry: &'a Entry,
    /// Monotonic milliseconds.
    now: f64,
}

/// Fills jobs for the entries of one connection. If there is at least one, the transmit lock is
/// held on return.
fn fill(lane: Lane<'_>, path: Path, now: f64) {
    let Path::Tcp { conn, .. } = path;
    let row = memory::row(conn);
    lock::acquire(&row.tx_lock);
    let ready = if !path.is_open() {
        Err(Status::NoPath)
    } else if !frame_ring::ensure_block(row, &row.tx) {
        Err(Status::TxRingFull)
    } else {
        Ok(())
    };
    let batch = &lane.block.batch;
    let entries = &batch.entries_table[..batch.entries.get() as usize];
    for entry in entries
        .iter()
        .filter(|e| e.len.get() != 0 && e.path.get() == path.packed())
    {
        let leaving = Leaving {
            lane,
            conn,
            row,
            entry,
            now,
        };
        match ready.and_then(|()| place(leaving)) {
            Ok(()) => entry.len.set(0),
            // The caller sends the ring before the next call. The rest may find room then.
            Err(Status::TxRingFull) if batch.jobs.get() > 0 => break,
            Err(status) => entry::discard(lane.block, entry, status),
        }
    }
    batch.tx_conn.set(conn.0);
    if batch.jobs.get() == 0 {
        transmit::unlock(row);
    }
}

/// Gives an entry, or each of its segments, a place in the ring, a number and a job.
fn place(leaving: Leaving<'_>) -> Result<(), Status> {
    let Leaving { lane, entry, .. } = leaving;
    let (at, len) = (entry.at.get(), entry.len.get());
    let Some(segments) = entry::segments(entry) else {
        return place_one(leaving, len, |_| at);
    };
    let inner_mtu = memory::globals().inner_mtu.get();
    for i in entry.next_segment.get() as usize..segments.count(len as usize) {
        // Less than 65,536.
        let segment_len = segments.len_of(len as usize, i) as u32;
        let placed = place_one(leaving, segment_len, |job| {
            let segment_at = kernel_tables::segment_at(lane.index, job);
            octets::with(at, len, |packet| {
                octets::with_mut(segment_at, inner_mtu, |out| segments.emit(packet, i, out));
            });
            segment_at
        });
        match placed {
            // One lost segment tells its sender enough. The other segments of the packet go on.
            Err(Status::QueueDelay) => count(lane.block, Status::QueueDelay),
            placed => placed?,
        }
        // Less than 65,536.
        entry.next_segment.set(i as u32 + 1);
    }
    Ok(())
}

/// Gives one packet of `len` octets its place in the ring, its number and its job. The packet is at
/// the offset that `source` returns for the job, which is called once nothing can fail any more.
fn place_one(
    leaving: Leaving<'_>,
    len: u32,
    source: impl FnOnce(usize) -> u32,
) -> Result<(), Status> {
    let Leaving {
        lane: Lane { block: lane, .. },
        conn,
        row,
        entry,
        now,
    } = leaving;
    let jobs = lane.batch.jobs.get();
    let sizes = sealing::sizes(len).ok_or(Status::InnerInvalid)?;
    if jobs == BATCH_MAX as u32 {
        return Err(Status::TxRingFull);
    }
    let is_capable = octets::with(entry.at.get(), entry.len.get(), ecn::is_capable);
    let word = if is_capable { Word::Mark } else { Word::Loss };
    let admitted = transmit::admit(row, sizes.frame_len, word, now)?;
    let asked = Use {
        octets: sizes.sealed_len,
        now,
        conn,
    };
    let sequence = lifetime::take_number(lane, memory::sa(SaId(entry.sa.get())), &asked)?;
    let source = source(jobs as usize);
    if admitted.is_marked {
        octets::with_mut(source, sizes.inner_len, ecn::mark);
        add(&lane.ecn_marks, 1);
    }
    let placing = Placing {
        sizes,
        source,
        frame_at: admitted.place.at,
        sequence,
    };
    sealing::prepare(&lane.jobs[jobs as usize], entry, &placing);
    transmit::push(row, admitted.place, sizes.frame_len, now);
    lane.batch.jobs.set(jobs + 1);
    Ok(())
}
