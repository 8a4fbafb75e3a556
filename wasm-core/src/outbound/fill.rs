//! To the transmit rings: the lane's entries, connection by connection.
//!
//! Policy, path and room are decided before a packet takes its number: what is dropped leaves no gap (RFC 4303 §3.3.3).
//! The SAD is held from `next` to `commit`; in between the transmit lock of the connection is taken.

use crate::esp::sealing;
use crate::esp::trailer::NEXT_HEADER_DUMMY;
use crate::ids::{ConnId, SaId, Spi};
use crate::inner::{self, ecn};
use crate::layout::connection_row::Row;
use crate::layout::lane::{Entry, LaneBlock};
use crate::layout::{BATCH_MAX, OFFLOAD_NONE, OUTBOUND, SA_OUTBOUND};
use crate::memory::{self, kernel_tables, lock};
use crate::outbound::slots;
use crate::report::counters::{add, count};
use crate::report::events::audit;
use crate::report::status::{Fate, Status};
use crate::sa::lifetime::{self, Use};
use crate::sa::path::{self, Path};
use crate::sa::{policy, sad};
use crate::stream::frame_ring;
use crate::stream::transmit::{self, Word};

/// No version of the SAD: entries have not been resolved yet.
const UNRESOLVED: u32 = u32::MAX;

/// A lane: its number and its block.
#[derive(Clone, Copy)]
pub(crate) struct Lane<'a> {
    /// Its number.
    pub(crate) index: u32,
    /// Its block.
    pub(crate) block: &'a LaneBlock,
}

/// Makes the packets in the first `slots` slots the lane's entries.
pub(crate) fn take_slots(lane: Lane<'_>, slots: u32) {
    let slots = slots.min(BATCH_MAX as u32);
    for i in 0..slots as usize {
        let entry = &lane.block.batch.entries_table[i];
        let (at, len) = (
            kernel_tables::slot_at(lane.index, i),
            lane.block.slot_len[i].get(),
        );
        let taken = if lane.block.offload.get() == OFFLOAD_NONE {
            set_entry(entry, at, len.min(memory::globals().inner_mtu.get()));
            Ok(())
        } else {
            slots::take(entry, at, len)
        };
        if let Err(status) = taken {
            count(lane.block, status);
            entry.len.set(0);
        }
    }
    begin(lane.block, slots);
}

/// Makes a dummy packet of `octets` octets on the outbound SA with this SPI the lane's one entry (RFC 4303 §2.6). The SAD stays
/// held until `next`: in between the SA's row might become another one's.
///
/// # Errors
/// `NoPolicy`, and the SAD let go, if there is no such outbound SA.
pub(crate) fn take_dummy(lane: Lane<'_>, spi: Spi, octets: u32) -> Result<(), Status> {
    sad::hold(lane.block);
    let Some(id) = sad::find(spi).filter(|&id| is_outbound(id)) else {
        sad::let_go(lane.block);
        return Err(Status::NoPolicy);
    };
    // Linux refuses a dummy without payload.
    let len = octets.clamp(1, memory::globals().inner_mtu.get());
    let at = kernel_tables::slot_at(lane.index, 0);
    memory::octets_mut(at, len).fill(0);
    let entry = &lane.block.batch.entries_table[0];
    set_entry(entry, at, len);
    entry.sa.set(id.0);
    entry.next_header.set(u32::from(NEXT_HEADER_DUMMY));
    begin(lane.block, 1);
    Ok(())
}

/// Begins with the first `entries` of the table.
pub(crate) fn begin(lane: &LaneBlock, entries: u32) {
    lane.batch.entries.set(entries);
    lane.batch.next_entry.set(0);
    lane.batch.sad_version.set(UNRESOLVED);
}

/// Sets an entry that leaves by policy.
pub(crate) fn set_entry(entry: &Entry, at: u32, len: u32) {
    entry.at.set(at);
    entry.len.set(len);
    entry.next_header.set(0);
    entry.segment_size.set(0);
    entry.next_segment.set(0);
}

/// Fills the jobs of the next connection that entries want to leave on, and locks its transmit side. `None`, with the
/// SAD let go, when no entry is left.
pub(crate) fn next(lane: Lane<'_>, now: f64) -> Option<ConnId> {
    let batch = &lane.block.batch;
    batch.now.set(now);
    batch.jobs.set(0);
    sad::hold(lane.block);
    if batch.sad_version.replace(sad::version()) != sad::version() {
        resolve_all(lane.block);
    }
    while let Some(path) = next_path(lane.block) {
        fill(lane, path, now);
        if batch.jobs.get() > 0 {
            return Some(path.conn);
        }
    }
    sad::let_go(lane.block);
    None
}

/// Counts the sealed packets, and lets the SAD go. The transmit lock stays.
pub(crate) fn commit(lane: &LaneBlock) {
    let batch = &lane.batch;
    add(
        &lane.esp_packets[OUTBOUND],
        u64::from(batch.jobs.replace(0)),
    );
    transmit::note_queue(memory::row(ConnId(batch.tx_conn.get())));
    sad::let_go(lane);
}

fn is_outbound(id: SaId) -> bool {
    let sas = memory::globals().sas.get();
    if !(1..=sas).contains(&id.0) {
        return false;
    }
    let row = memory::sa(id);
    row.spi.get() != 0 && row.direction.get() == SA_OUTBOUND
}

/// Finds SA and path of every entry that is left; drops those without.
fn resolve_all(lane: &LaneBlock) {
    let batch = &lane.batch;
    for entry in &batch.entries_table[..batch.entries.get() as usize] {
        if entry.len.get() == 0 {
            continue;
        }
        if let Err(status) = resolve(entry) {
            drop_entry(lane, entry, status);
        }
    }
}

fn resolve(entry: &Entry) -> Result<(), Status> {
    if entry.next_header.get() == u32::from(NEXT_HEADER_DUMMY) {
        if !is_outbound(SaId(entry.sa.get())) {
            return Err(Status::NoPolicy);
        }
    } else {
        let inner = inner::parse(memory::octets(entry.at.get(), entry.len.get()))?;
        let id = policy::find(inner.source, inner.destination).ok_or(Status::NoPolicy)?;
        entry.len.set(inner.len);
        entry.next_header.set(u32::from(inner.next_header));
        entry.sa.set(id.0);
    }
    let peer = memory::sa(SaId(entry.sa.get())).peer.get();
    let path = path::path(peer).ok_or(Status::NoPath)?;
    entry.conn.set(path.conn.0);
    entry.generation.set(path.generation);
    Ok(())
}

/// Path of the first entry that is left.
fn next_path(lane: &LaneBlock) -> Option<Path> {
    let batch = &lane.batch;
    while batch.next_entry.get() < batch.entries.get() {
        let entry = &batch.entries_table[batch.next_entry.get() as usize];
        if entry.len.get() != 0 {
            return Some(path_of(entry));
        }
        batch.next_entry.set(batch.next_entry.get() + 1);
    }
    None
}

fn path_of(entry: &Entry) -> Path {
    Path {
        conn: ConnId(entry.conn.get()),
        generation: entry.generation.get(),
    }
}

/// Fills jobs for the entries of one connection. With at least one, its transmit lock is held on return.
fn fill(lane: Lane<'_>, path: Path, now: f64) {
    let row = memory::row(path.conn);
    lock::acquire(&row.tx_lock);
    let ready = if !path::is_open(row, path) {
        Err(Status::NoPath)
    } else if !frame_ring::ensure_block(&row.tx) {
        Err(Status::TxRingFull)
    } else {
        Ok(())
    };
    let batch = &lane.block.batch;
    let entries = &batch.entries_table[..batch.entries.get() as usize];
    for entry in entries
        .iter()
        .filter(|e| e.len.get() != 0 && path_of(e) == path)
    {
        match ready.and_then(|()| place(lane, row, entry, now)) {
            Ok(()) => entry.len.set(0),
            // The ring is sent before the next call: the rest may have room then.
            Err(Status::TxRingFull) if batch.jobs.get() > 0 => break,
            Err(status) => drop_entry(lane.block, entry, status),
        }
    }
    batch.tx_conn.set(path.conn.0);
    if batch.jobs.get() == 0 {
        transmit::unlock(row);
    }
}

/// Gives an entry, or each of its segments, a place in the ring, a number and a job.
fn place(lane: Lane<'_>, row: &Row, entry: &Entry, now: f64) -> Result<(), Status> {
    let packet = memory::octets(entry.at.get(), entry.len.get());
    let Some(segments) = slots::segments(entry, packet) else {
        return place_one(lane.block, (row, entry), packet.len(), now, |_| {
            entry.at.get()
        });
    };
    for i in entry.next_segment.get() as usize..segments.count(packet.len()) {
        let placed = place_one(
            lane.block,
            (row, entry),
            segments.len_of(packet.len(), i),
            now,
            |job| {
                let at = kernel_tables::segment_at(lane.index, job);
                segments.emit(
                    packet,
                    i,
                    memory::octets_mut(at, memory::globals().inner_mtu.get()),
                );
                at
            },
        );
        match placed {
            // One segment tells its sender enough: the others of the packet go on.
            Err(Status::QueueDelay) => count(lane.block, Status::QueueDelay),
            placed => placed?,
        }
        // Less than 65,536.
        entry.next_segment.set(i as u32 + 1);
    }
    Ok(())
}

/// Gives one packet of `len` octets its place in the ring, its number and its job. It is where `source` says, which is
/// asked once nothing can fail any more.
fn place_one(
    lane: &LaneBlock,
    (row, entry): (&Row, &Entry),
    len: usize,
    now: f64,
    source: impl FnOnce(usize) -> u32,
) -> Result<(), Status> {
    let jobs = lane.batch.jobs.get();
    // Shorter than 65,536.
    let sizes = sealing::sizes(len as u32).ok_or(Status::InnerInvalid)?;
    if jobs == BATCH_MAX as u32 {
        return Err(Status::TxRingFull);
    }
    let is_capable = ecn::is_capable(memory::octets(entry.at.get(), entry.len.get()));
    let word = if is_capable { Word::Mark } else { Word::Loss };
    let (place, is_marked) = transmit::admit(row, (sizes.frame_len, word), now)?;
    let asked = Use {
        octets: sizes.sealed_len,
        now,
        conn: ConnId(entry.conn.get()),
    };
    let seq = lifetime::take_number(lane, memory::sa(SaId(entry.sa.get())), &asked)?;
    let source = source(jobs as usize);
    if is_marked {
        ecn::mark(memory::octets_mut(source, sizes.inner_len));
        add(&lane.ecn_marks, 1);
    }
    sealing::prepare(
        &lane.jobs[jobs as usize],
        (entry, source),
        &sizes,
        (place.at, seq),
    );
    transmit::push(row, place, sizes.frame_len, now);
    lane.batch.jobs.set(jobs + 1);
    Ok(())
}

fn drop_entry(lane: &LaneBlock, entry: &Entry, status: Status) {
    add(&lane.counters[status as usize], slots::packets_left(entry));
    entry.len.set(0);
    // RFC 4303 §4: what stops for the SA's own limits is auditable.
    if status.fate() == Fate::Expire {
        let sa = memory::sa(SaId(entry.sa.get()));
        let last = sa.live.sequence.load(core::sync::atomic::Ordering::Relaxed);
        audit(
            lane,
            status,
            ConnId(entry.conn.get()),
            Spi(sa.spi.get()),
            last,
        );
    }
}
