//! Dummy packets (RFC 4303 §2.6).

use super::entry;
use crate::esp::trailer::NEXT_HEADER_DUMMY;
use crate::ids::{SaId, SaNumber};
use crate::memory::{self, Lane, kernel_tables, octets};
use crate::report::status::Status;
use crate::sa::sad;

/// Makes a dummy packet of `octets` octets on the outbound SA in this row the lane's only entry
/// (RFC 4303 §2.6). The SAD stays held until `fill::next`, so that the row stays this SA's.
///
/// # Errors
/// `NoPolicy` if it has another SA, or none. The SAD is released then.
pub(crate) fn take(
    lane: Lane<'_>,
    (id, number): (SaId, SaNumber),
    octets: u32,
) -> Result<(), Status> {
    sad::hold(lane.block);
    if !sad::is_outbound(id) || memory::sa(id).number() != number {
        sad::let_go(lane.block);
        return Err(Status::NoPolicy);
    }
    // Linux refuses a dummy without payload.
    let len = octets.clamp(1, memory::globals().inner_mtu.get());
    let at = kernel_tables::slot_at(lane.index, 0);
    octets::with_mut(at, len, |payload| payload.fill(0));
    let entry = &lane.block.batch.entries_table[0];
    entry::set(entry, at, len);
    entry.sa.set(id.0);
    entry.next_header.set(u32::from(NEXT_HEADER_DUMMY));
    entry::begin(lane.block, 1);
    Ok(())
}
