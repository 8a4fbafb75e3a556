//! From the slots, which the inner side's device has filled, to entries. A device with offloads
//! puts a header in front of each packet. Checksums are completed here; a packet of many segments
//! becomes one entry, and is cut when it is sealed.

use super::entry;
use crate::inner;
use crate::layout::lane::Entry;
use crate::layout::system::VNET_LEN;
use crate::layout::{BATCH_MAX, OFFLOAD_NONE};
use crate::memory::{self, Lane, kernel_tables, octets};
use crate::offload::segment::{Whole, complete};
use crate::offload::vnet;
use crate::report::counters::count;
use crate::report::status::Status;

/// Makes the packets in the first `slots` slots the lane's entries.
pub(crate) fn take(lane: Lane<'_>, slots: u32) {
    let slots = slots.min(BATCH_MAX as u32);
    for i in 0..slots as usize {
        let entry = &lane.block.batch.entries_table[i];
        let (at, len) = (
            kernel_tables::slot_at(lane.index, i),
            lane.block.slot_len[i].get(),
        );
        let taken = if lane.block.offload.get() == OFFLOAD_NONE {
            entry::set(entry, at, len.min(memory::globals().inner_mtu.get()));
            Ok(())
        } else {
            take_packet(entry, at, len)
        };
        if let Err(status) = taken {
            count(lane.block, status);
            entry.len.set(0);
        }
    }
    entry::begin(lane.block, slots);
}

/// Takes in a packet at `at`, and the header in front of it, after a `read` of `read_len` octets.
///
/// # Errors
/// `InnerInvalid` if header and packet do not agree, or if segments would be longer than an inner
/// packet may be.
fn take_packet(entry: &Entry, at: u32, read_len: u32) -> Result<(), Status> {
    let inner_mtu = memory::globals().inner_mtu.get();
    let len = read_len.checked_sub(VNET_LEN).ok_or(Status::InnerInvalid)?;
    let vnet = vnet::parse(&octets::array(at - VNET_LEN))?;
    let Some(cut) = vnet.cut else {
        if let Some(partial) = vnet.partial {
            octets::with_mut(at, len, |packet| complete(packet, partial))?;
        }
        entry::set(entry, at, len.min(inner_mtu));
        return Ok(());
    };
    let len = octets::with(at, len, inner::parse)?.len;
    let whole = octets::with_mut(at, len, |packet| Whole::parse(packet, cut, vnet.partial))?;
    if whole.len_of(len as usize, 0) > inner_mtu as usize {
        return Err(Status::InnerInvalid);
    }
    entry::set(entry, at, len);
    entry.segment_size.set(cut.size.into());
    Ok(())
}
