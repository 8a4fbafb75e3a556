//! Runs of datagrams between a connection and the IKE daemon. A run has neighbours of one length;
//! only its last datagram may be shorter. Towards the daemon the kernel takes a run in one call and
//! cuts it (UDP_SEGMENT). From the daemon it joins datagrams into runs (UDP_GRO).
//!
//! An IKE message leaves for the daemon alone. If a socket keeps refusing a send, it is given up,
//! and must not cost more than one IKE message.

use core::mem::{offset_of, size_of};

use crate::layout::connection_row::Row;
use crate::layout::lane::LaneBlock;
use crate::layout::system::{Control, SO_RXQ_OVFL, SOL_SOCKET, SOL_UDP, UDP_GRO};
use crate::layout::{CONTROL_LEN, UP_RUN_LEN_MAX, UP_RUN_MAX};
use crate::memory::kernel_tables::{self, Send};

/// Messages that leave in one call.
struct Run {
    first: u32,
    count: u32,
    /// Octets of each message but the last.
    size: u32,
    octets: u32,
    is_open: bool,
}

impl Run {
    fn takes(&self, len: u32) -> bool {
        self.is_open
            && len <= self.size
            && self.count < UP_RUN_MAX
            && self.octets + len <= UP_RUN_LEN_MAX
    }

    fn add(&mut self, len: u32) {
        self.count += 1;
        self.octets += len;
        self.is_open = len == self.size;
    }
}

/// Lays the batch's messages out for `sendmmsg`. How many sends there are.
pub(crate) fn plan(lane: &LaneBlock, row: &Row) -> u32 {
    let batch = &lane.batch;
    let is_plain = row.up_plain.get() != 0;
    batch.sends.set(0);
    let mut last: Option<Run> = None;
    for i in 0..batch.messages.get() {
        // A payload is shorter than 65,536 octets.
        let len = lane.up_iov[i as usize].len.get() as u32;
        let is_alone = is_plain || batch.ike_messages.get() & (1 << i) != 0;
        match last.as_mut().filter(|run| !is_alone && run.takes(len)) {
            Some(run) => run.add(len),
            None => {
                let run = Run {
                    first: i,
                    count: 1,
                    size: len,
                    octets: len,
                    is_open: !is_alone,
                };
                if let Some(run) = last.replace(run) {
                    close(lane, &run);
                }
            }
        }
    }
    if let Some(run) = last {
        close(lane, &run);
    }
    batch.sends.get()
}

/// Messages in the first `sends` sends of the batch.
pub(crate) fn messages_before(lane: &LaneBlock, sends: u32) -> u32 {
    let batch = &lane.batch;
    if sends >= batch.sends.get() {
        return batch.messages.get();
    }
    batch.send_first[sends as usize].get()
}

fn close(lane: &LaneBlock, run: &Run) {
    let i = lane.batch.sends.get();
    lane.batch.send_first[i as usize].set(run.first);
    let send = Send {
        first: run.first,
        count: run.count,
        size: run.size,
    };
    kernel_tables::set_send(lane, i as usize, &send);
    lane.batch.sends.set(i + 1);
}

/// The kernel's remarks on a datagram from the daemon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    /// Octets of each datagram but the last, if it is a run.
    pub(crate) size: Option<u32>,
    /// Datagrams that the socket has lost so far.
    pub(crate) lost: Option<u32>,
}

/// Parses the first `len` octets of control messages.
pub(crate) fn read_control(octets: &[u8; CONTROL_LEN], len: usize) -> Said {
    const HEADER_LEN: usize = offset_of!(Control, value);
    let mut said = Said::default();
    let mut rest = &octets[..len.min(CONTROL_LEN)];
    while let Some((header, behind)) = rest.split_first_chunk::<HEADER_LEN>() {
        let word = |at: usize| header[at..at + 4].try_into().map_or(0, u32::from_le_bytes);
        let value = behind
            .first_chunk::<4>()
            .map(|value| u32::from_le_bytes(*value));
        match (
            word(offset_of!(Control, level)),
            word(offset_of!(Control, kind)),
        ) {
            (SOL_UDP, UDP_GRO) => said.size = value.filter(|&size| size > 0),
            (SOL_SOCKET, SO_RXQ_OVFL) => said.lost = value,
            _ => {}
        }
        // At least its own header, in steps of a word, so the loop ends for any octets.
        let len = (word(0) as usize)
            .max(HEADER_LEN)
            .next_multiple_of(size_of::<u64>());
        rest = rest.get(len..).unwrap_or_default();
    }
    said
}
