//! What a device with offloads gives: the header in front is taken in, checksums are completed, and packets of many
//! segments become entries that are cut when they are sealed.

use crate::inner;
use crate::layout::lane::Entry;
use crate::memory;
use crate::offload::segment::{Whole, complete};
use crate::offload::transport::{ROUTED, layout};
use crate::offload::vnet::{self, VNET_LEN};
use crate::outbound::fill;
use crate::report::status::Status;

/// Takes in what a `read` of `octets` octets has left in front of and at `at`.
///
/// # Errors
/// `InnerInvalid` if header and packet do not agree, or segments would be longer than inner packets may be.
pub(crate) fn take(entry: &Entry, at: u32, octets: u32) -> Result<(), Status> {
    let inner_mtu = memory::globals().inner_mtu.get();
    let len = octets.checked_sub(VNET_LEN).ok_or(Status::InnerInvalid)?;
    let header = memory::octets(at - VNET_LEN, VNET_LEN);
    let vnet = vnet::parse(header.first_chunk().ok_or(Status::InnerInvalid)?)?;
    let Some(cut) = vnet.cut else {
        if let Some(partial) = vnet.partial {
            complete(memory::octets_mut(at, len), partial)?;
        }
        fill::set_entry(entry, at, len.min(inner_mtu));
        return Ok(());
    };
    let len = inner::parse(memory::octets(at, len))?.len;
    let whole = Whole::parse(memory::octets_mut(at, len), cut, vnet.partial)?;
    if whole.len_of(len as usize, 0) > inner_mtu as usize {
        return Err(Status::InnerInvalid);
    }
    fill::set_entry(entry, at, len);
    entry.segment_size.set(cut.size.into());
    Ok(())
}

/// How the entry's packet is cut; `None` if it is a plain one.
pub(crate) fn segments(entry: &Entry, packet: &[u8]) -> Option<Whole> {
    let size = entry.segment_size.get() as usize;
    if size == 0 {
        return None;
    }
    layout(packet, ROUTED).map(|layout| Whole { layout, size })
}

/// Packets that an entry still stands for.
pub(crate) fn packets_left(entry: &Entry) -> u64 {
    let packet = memory::octets(entry.at.get(), entry.len.get());
    segments(entry, packet).map_or(1, |segments| {
        segments.count(packet.len()) as u64 - u64::from(entry.next_segment.get())
    })
}
