//! Which SA an entry leaves by, and which connection that SA's packets use.

use super::entry;
use crate::esp::trailer::NEXT_HEADER_DUMMY;
use crate::ids::SaId;
use crate::inner;
use crate::layout::lane::{Entry, LaneBlock};
use crate::memory::{self, octets};
use crate::path::peers;
use crate::report::status::Status;
use crate::sa::{policy, sad};

/// Finds SA and path of every entry that is left; drops those without.
pub(crate) fn resolve_all(lane: &LaneBlock) {
    let batch = &lane.batch;
    for entry in &batch.entries_table[..batch.entries.get() as usize] {
        if entry.len.get() == 0 {
            continue;
        }
        if let Err(status) = resolve(entry) {
            entry::discard(lane, entry, status);
        }
    }
}

fn resolve(entry: &Entry) -> Result<(), Status> {
    if entry.next_header.get() == u32::from(NEXT_HEADER_DUMMY) {
        if !sad::is_outbound(SaId(entry.sa.get())) {
            return Err(Status::NoPolicy);
        }
    } else {
        let inner = octets::with(entry.at.get(), entry.len.get(), inner::parse)?;
        let id = policy::find(inner.source, inner.destination).ok_or(Status::NoPolicy)?;
        entry.len.set(inner.len);
        entry.next_header.set(u32::from(inner.next_header));
        entry.sa.set(id.0);
    }
    let peer = memory::sa(SaId(entry.sa.get())).peer.get();
    let path = peers::path(peer).ok_or(Status::NoPath)?;
    entry.path.set(path.packed());
    Ok(())
}
