//! Entries: the packets that want to leave by a lane, in its block's table.

use crate::ids::SaId;
use crate::layout::lane::{Entry, LaneBlock};
use crate::memory::{self, octets};
use crate::offload::segment::Whole;
use crate::offload::transport::{ROUTED, layout};
use crate::path::Path;
use crate::report::counters::add;
use crate::report::events::{Audited, SaName, audit};
use crate::report::status::{Fate, Status};

/// No version of the SAD: entries have not been resolved yet.
const UNRESOLVED: u32 = u32::MAX;

/// Begins with the first `entries` of the table.
pub(crate) fn begin(lane: &LaneBlock, entries: u32) {
    lane.batch.entries.set(entries);
    lane.batch.next_entry.set(0);
    lane.batch.sad_version.set(UNRESOLVED);
}

/// Sets an entry that leaves by policy.
pub(crate) fn set(entry: &Entry, at: u32, len: u32) {
    entry.at.set(at);
    entry.len.set(len);
    entry.next_header.set(0);
    entry.segment_size.set(0);
    entry.next_segment.set(0);
}

/// The path that an entry leaves by, once it is resolved.
pub(crate) fn path_of(entry: &Entry) -> Option<Path> {
    Path::unpacked(entry.path.get())
}

/// How the entry's packet is cut; `None` if it is a plain one.
pub(crate) fn segments(entry: &Entry) -> Option<Whole> {
    let size = entry.segment_size.get() as usize;
    if size == 0 {
        return None;
    }
    let found = octets::with(entry.at.get(), entry.len.get(), |packet| {
        layout(packet, ROUTED)
    });
    found.map(|layout| Whole { layout, size })
}

/// Packets that an entry still stands for.
pub(crate) fn packets_left(entry: &Entry) -> u64 {
    let len = entry.len.get() as usize;
    segments(entry).map_or(1, |segments| {
        segments.count(len) as u64 - u64::from(entry.next_segment.get())
    })
}

/// Takes an entry out that cannot leave, and counts its packets.
pub(crate) fn discard(lane: &LaneBlock, entry: &Entry, status: Status) {
    add(&lane.counters[status as usize], packets_left(entry));
    entry.len.set(0);
    // RFC 4303 §4: a packet that stops at its SA's limits is auditable.
    if status.fate() == Fate::Expire
        && let Some(path) = path_of(entry)
    {
        let Path::Tcp { conn, .. } = path;
        let sa = memory::sa(SaId(entry.sa.get()));
        let last = sa.live.sequence.load(core::sync::atomic::Ordering::Relaxed);
        let packet = Audited {
            conn,
            sa: SaName::of(sa),
            sequence: Some(last),
        };
        audit(lane, status, &packet);
    }
}
