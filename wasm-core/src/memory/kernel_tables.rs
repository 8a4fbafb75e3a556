//! The kernel's tables. We write them, with absolute addresses made from offsets, and system calls
//! read them.

use core::mem::offset_of;

use crate::layout::lane::LaneBlock;
use crate::layout::system::{Control, Iovec, Mmsghdr, Msghdr, SOL_UDP, UDP_SEGMENT, VNET_LEN};
use crate::layout::{
    BATCH_MAX, CONTROL_LEN, OFFLOAD_NONE, REGION_ALIGN, SLOT_HEAD_LEN, SLOT_LEN, WAITING_LEN,
};
use crate::memory;

/// Absolute address of an offset.
pub(crate) fn address(offset: u32) -> u64 {
    memory::globals().base.get().wrapping_add(u64::from(offset))
}

/// The offset and the octets that an iovec points at.
pub(crate) fn iovec(iovec: &Iovec) -> (u32, u32) {
    let offset = iovec.base.get().wrapping_sub(memory::globals().base.get());
    // `set_iovec` has made both of 32 bits.
    (offset as u32, iovec.len.get() as u32)
}

/// Points an iovec at `len` octets at `offset`.
#[inline]
pub(crate) fn set_iovec(iovec: &Iovec, offset: u32, len: u32) {
    iovec.base.set(address(offset));
    iovec.len.set(u64::from(len));
}

/// Writes the constant tables of a lane's block.
pub(crate) fn write_constants(lane: u32) {
    let at = memory::lane_at(lane);
    let block = memory::lane(lane);
    set_iovecs(&block.tx_msg, at + offset_of!(LaneBlock, tx_iov) as u32, 0);
    block
        .up_iov_at
        .set(address(at + offset_of!(LaneBlock, up_iov) as u32));
    let control = at + offset_of!(LaneBlock, up_control) as u32;
    for (i, (message, words)) in block.up_mmsg.iter().zip(&block.up_control).enumerate() {
        // Tables are far shorter than 4 GiB.
        let control = control + (i * size_of::<Control>()) as u32;
        message.message.control.set(address(control));
        words.len.set(offset_of!(Control, value) as u64 + 2);
        words.level.set(SOL_UDP);
        words.kind.set(UDP_SEGMENT);
    }
    let waiting = at + offset_of!(LaneBlock, waiting_octets) as u32;
    for (i, place) in block.waiting.iter().enumerate() {
        // As above.
        place.at.set(waiting + (i * WAITING_LEN) as u32);
    }
    set_offload(lane, OFFLOAD_NONE);
    let iov = at + offset_of!(LaneBlock, up_read_iov) as u32;
    let control = at + offset_of!(LaneBlock, up_read_control) as u32;
    for (i, (read, iovec)) in block.up_read.iter().zip(&block.up_read_iov).enumerate() {
        // As above.
        let step = |len: usize| (i * len) as u32;
        set_iovecs(&read.message, iov + step(size_of::<Iovec>()), 1);
        set_iovec(iovec, slot_at(lane, i), SLOT_LEN - SLOT_HEAD_LEN);
        read.message
            .control
            .set(address(control + step(CONTROL_LEN)));
    }
}

/// Datagrams of the lane's batch that leave in one call.
pub(crate) struct Send {
    /// Index of the first one.
    pub(crate) first: u32,
    /// How many there are.
    pub(crate) count: u32,
    /// Octets of each but the last.
    pub(crate) size: u32,
}

/// Describes send `i` of the lane's batch.
pub(crate) fn set_send(lane: &LaneBlock, i: usize, send: &Send) {
    let message = &lane.up_mmsg[i].message;
    let step = u64::from(send.first) * size_of::<Iovec>() as u64;
    message.iov.set(lane.up_iov_at.get() + step);
    message.iov_len.set(u64::from(send.count));
    lane.up_control[i].value.set(u64::from(send.size));
    let control_len = if send.count > 1 {
        size_of::<Control>()
    } else {
        0
    };
    message.control_len.set(control_len as u64);
}

/// Sets what the lane's inner device takes, and fits the slots to one `read` of it.
pub(crate) fn set_offload(lane: u32, offload: u32) {
    let block = memory::lane(lane);
    block.offload.set(offload);
    for (i, iovec) in block.slot_iov.iter().enumerate() {
        let packet = slot_at(lane, i);
        match offload {
            OFFLOAD_NONE => set_iovec(iovec, packet, memory::globals().inner_mtu.get()),
            _ => set_iovec(iovec, packet - VNET_LEN, VNET_LEN + 65_535),
        }
    }
}

/// Offset of the packet in a slot.
pub(crate) fn slot_at(lane: u32, slot: usize) -> u32 {
    // A lane's block is far shorter than 4 GiB.
    memory::lane_at(lane) + SLOTS_AT + slot as u32 * SLOT_LEN + SLOT_HEAD_LEN
}

/// Offset of the place of a segment.
pub(crate) fn segment_at(lane: u32, segment: usize) -> u32 {
    let slots_len = (BATCH_MAX as u32 * SLOT_LEN).next_multiple_of(REGION_ALIGN);
    // As above.
    memory::lane_at(lane)
        + SLOTS_AT
        + slots_len
        + segment as u32 * memory::globals().segment_len.get()
}

/// Where the slots begin in a lane's block.
const SLOTS_AT: u32 = size_of::<LaneBlock>() as u32;

fn set_iovecs(message: &Msghdr, offset: u32, count: u64) {
    message.iov.set(address(offset));
    message.iov_len.set(count);
}

const _: () = assert!(size_of::<Msghdr>() == 56 && size_of::<Mmsghdr>() == 64);
