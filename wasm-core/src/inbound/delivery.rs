//! To the inner side's device: decides which packets of the batch go in which call.
//!
//! A device with offloads wants a header in front of each packet. It takes neighbours of one flow
//! as one packet of many segments: their octets stay where they were opened, and the call gathers
//! them.

use crate::layout::lane::{Entry, LaneBlock, Write};
use crate::layout::system::VNET_LEN;
use crate::layout::{BATCH_MAX, OFFLOAD_NONE, OFFLOAD_TCP, OFFLOAD_UDP};
use crate::memory::{kernel_tables, octets};
use crate::offload::coalesce::{self, Group, Taken};
use crate::offload::vnet::{self, Protocol};

/// Marks the last packet of a group.
const END: u8 = u8::MAX;

/// Lays the inner packets of the last `inbound_finish` out for `writev`. Returns the number of
/// calls.
pub(crate) fn plan(lane: &LaneBlock) -> u32 {
    let packets = &lane.batch.inner[..lane.batch.inner_count.get() as usize];
    let offload = lane.offload.get();
    if offload == OFFLOAD_NONE {
        for (i, entry) in packets.iter().enumerate() {
            kernel_tables::set_iovec(&lane.inner_iov[i], entry.at.get(), entry.len.get());
            set_write(&lane.writes[i], i, 1);
        }
        return packets.len() as u32;
    }
    let mut plan = Plan::new();
    let taken = Taken {
        tcp: offload & OFFLOAD_TCP != 0,
        udp: offload & OFFLOAD_UDP != 0,
    };
    for (i, entry) in packets.iter().enumerate() {
        plan.add(
            packets,
            i,
            with_octets(entry, |packet| Group::new(packet, taken)),
        );
    }
    plan.lay_out(lane, packets)
}

/// Undoes the joining of write `i`: each of its iovecs becomes a whole packet with a header in
/// front. Returns the `OFFLOAD_` bit of their protocol, 0 if there is nothing to undo.
pub(crate) fn split(lane: &LaneBlock, i: u32) -> u32 {
    let Some(write) = lane.writes.get(i as usize) else {
        return 0;
    };
    let first = write.iov.get() as usize;
    let iovecs = lane
        .inner_iov
        .get(first..first + write.packets.get() as usize);
    let Some((head, rest)) = iovecs
        .and_then(<[_]>::split_first)
        .filter(|(_, rest)| !rest.is_empty())
    else {
        return 0;
    };
    let (at, len) = kernel_tables::iovec(head);
    let Some(layout) = octets::with_mut(at + VNET_LEN, len - VNET_LEN, coalesce::restore) else {
        return 0;
    };
    octets::copy_in(at, &vnet::PLAIN);
    // The headers that the others were joined without lie in front of their payloads, unchanged.
    let more = layout.payload_at as u32 + VNET_LEN;
    for iovec in rest {
        let (at, len) = kernel_tables::iovec(iovec);
        octets::copy_in(at - more, &vnet::PLAIN);
        kernel_tables::set_iovec(iovec, at - more, len + more);
    }
    match layout.protocol {
        Protocol::Tcp => OFFLOAD_TCP,
        Protocol::Udp => OFFLOAD_UDP,
    }
}

/// Groups in the order of their first packets, each a chain.
struct Plan {
    groups: [Option<Chain>; BATCH_MAX],
    count: usize,
    /// Index of the packet behind each one in its group.
    next: [u8; BATCH_MAX],
}

#[derive(Clone, Copy)]
struct Chain {
    group: Group,
    first: usize,
    last: usize,
}

impl Plan {
    fn new() -> Self {
        Self {
            groups: [None; BATCH_MAX],
            count: 0,
            next: [END; BATCH_MAX],
        }
    }

    /// Adds packet `i`, which `new` describes, to the last group of its flow, or as a group of its
    /// own.
    fn add(&mut self, packets: &[Entry], i: usize, new: Group) {
        let mut groups = self.groups[..self.count].iter_mut().rev().flatten();
        if new.flow().is_none() {
            groups.for_each(|chain| chain.group.end());
        } else if let Some(chain) = groups.find(|chain| chain.group.flow() == new.flow())
            && with_octets(&packets[chain.first], |head| {
                with_octets(&packets[i], |packet| chain.group.join(head, &new, packet))
            })
        {
            // Below BATCH_MAX.
            self.next[chain.last] = i as u8;
            chain.last = i;
            return;
        }
        self.groups[self.count] = Some(Chain {
            group: new,
            first: i,
            last: i,
        });
        self.count += 1;
    }

    fn lay_out(&self, lane: &LaneBlock, packets: &[Entry]) -> u32 {
        let mut iov = 0;
        for (write, chain) in lane.writes.iter().zip(self.groups.iter().flatten()) {
            set_write(write, iov, chain.group.packets());
            let head = &packets[chain.first];
            let (at, len) = (head.at.get(), head.len.get());
            let vnet = octets::with_mut(at, len, |packet| chain.group.finish(packet));
            // The header takes the place of ESP header and IV, which nobody needs any more.
            octets::copy_in(at - VNET_LEN, &vnet);
            kernel_tables::set_iovec(&lane.inner_iov[iov], at - VNET_LEN, VNET_LEN + len);
            iov += 1;
            let header_len = chain.group.header_len() as u32;
            let mut next = self.next[chain.first];
            while let Some(entry) = packets.get(usize::from(next)) {
                let (at, len) = (entry.at.get(), entry.len.get());
                kernel_tables::set_iovec(&lane.inner_iov[iov], at + header_len, len - header_len);
                iov += 1;
                next = self.next[usize::from(next)];
            }
        }
        self.count as u32
    }
}

fn with_octets<T>(entry: &Entry, read: impl FnOnce(&[u8]) -> T) -> T {
    octets::with(entry.at.get(), entry.len.get(), read)
}

/// Both are at most `BATCH_MAX`.
fn set_write(write: &Write, iov: usize, packets: usize) {
    write.iov.set(iov as u32);
    write.packets.set(packets as u32);
}

const _: () = assert!(BATCH_MAX < END as usize);
