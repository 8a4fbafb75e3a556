//! AES-GCM (SP 800-38D) over waves: up to eight packets of one context whose odd blocks share the lanes of AES.
//!
//! Of each packet, whole groups of eight blocks go through AES by themselves. The counter block J0 and the blocks after
//! the last whole group, the tail, are gathered from all packets of the wave and go through together, so that short
//! packets fill the lanes too. Their keystream is made first: an open needs that of J0 before it may write anything.

use super::aes;
use super::ghash::Ghash;
use super::mask::{Packet, WAVE, mask_blocks, mask_in_place};
use super::verbs::{V, load, splat, store, xor};
use crate::aead::context::Context;
use crate::aead::ct::tag_eq;

/// Octets of one group.
const GROUP_LEN: usize = 128;

/// J0 and at most eight tail blocks.
const ODD_MAX: usize = 9;

/// Keystream of the odd blocks of a wave.
pub(super) struct Wave<'a> {
    context: &'a Context,
    counters: [Counter; WAVE],
    odd: [V; WAVE * ODD_MAX],
    starts: [usize; WAVE],
}

impl<'a> Wave<'a> {
    /// * `packets`: one to eight
    pub(super) fn of<'p>(
        context: &'a Context,
        packets: impl ExactSizeIterator<Item = Packet<'p>> + Clone,
    ) -> Self {
        let count = packets.len();
        let mut firsts = [splat(0); WAVE];
        for (first, packet) in firsts.iter_mut().zip(packets.clone()) {
            *first = load(&counter_block(packet.nonce, 0));
        }
        aes::first_round(context, &mut firsts[..count]);
        let mut wave = Self {
            context,
            counters: [Counter {
                nonce: [0; 12],
                next: 0,
                segment: splat(0),
            }; WAVE],
            odd: [splat(0); WAVE * ODD_MAX],
            starts: [0; WAVE],
        };
        let mut end = 0;
        for (n, packet) in packets.enumerate() {
            wave.starts[n] = end;
            wave.counters[n] = Counter {
                nonce: *packet.nonce,
                next: 1,
                segment: firsts[n],
            };
            end = wave.gather(n, packet.len, end);
        }
        aes::last_rounds(context, &mut wave.odd[..end]);
        wave
    }

    /// Puts the odd blocks of packet `n` at `end`; returns the new end. Its counter then stands at the first group.
    fn gather(&mut self, n: usize, len: usize, end: usize) -> usize {
        let context = self.context;
        self.odd[end] = self.counters[n].state(context);
        let tail_blocks = (len % GROUP_LEN).div_ceil(16);
        let mut tail = self.counters[n];
        tail.skip(context, len / GROUP_LEN * 8);
        for state in &mut self.odd[end + 1..][..tail_blocks] {
            *state = tail.state(context);
        }
        end + 1 + tail_blocks
    }

    /// Seals packet `n`.
    pub(super) fn seal(
        &self,
        n: usize,
        aad: &[u8],
        source: &[u8],
        sealed: &mut [u8],
        tag: &mut [u8; 16],
    ) {
        let (groups, tail) = source.as_chunks::<GROUP_LEN>();
        let (sealed_groups, sealed_tail) = sealed.as_chunks_mut::<GROUP_LEN>();
        let mut counter = self.counters[n];
        for (from, to) in groups.iter().zip(sealed_groups) {
            mask_blocks(from, to, &counter.group(self.context));
        }
        sealed_tail.copy_from_slice(tail);
        mask_in_place(sealed_tail, self.tail_masks(n));
        store(tag, self.tag(n, aad, sealed));
    }

    /// Opens packet `n` in place if it is authentic.
    pub(super) fn open(&self, n: usize, aad: &[u8], data: &mut [u8], tag: &[u8; 16]) -> bool {
        let mut computed = [0; 16];
        store(&mut computed, self.tag(n, aad, data));
        if !tag_eq(&computed, tag) {
            return false;
        }
        let mut counter = self.counters[n];
        let (groups, tail) = data.as_chunks_mut::<GROUP_LEN>();
        for group in groups {
            mask_in_place(group, &counter.group(self.context));
        }
        mask_in_place(tail, self.tail_masks(n));
        true
    }

    fn tail_masks(&self, n: usize) -> &[V] {
        &self.odd[self.starts[n] + 1..]
    }

    fn tag(&self, n: usize, aad: &[u8], sealed: &[u8]) -> V {
        let blocks = aad.len().div_ceil(16) + sealed.len().div_ceil(16) + 1;
        let mut hash = Ghash::new(self.context, blocks);
        hash.update_padded(aad);
        hash.update_padded(sealed);
        xor(
            hash.finish(aad.len(), sealed.len()),
            self.odd[self.starts[n]],
        )
    }
}

/// Counter blocks of one packet, as states after round 1.
#[derive(Clone, Copy)]
struct Counter {
    nonce: [u8; 12],
    next: u32,
    /// State after round 1 of the block whose counter is `next` with its low octet zero.
    segment: V,
}

impl Counter {
    #[inline(always)]
    fn state(&mut self, context: &Context) -> V {
        let state = aes::after_round_one(context, self.segment, self.next);
        self.next = self.next.wrapping_add(1);
        if self.next & 0xff == 0 {
            self.start_segment(context);
        }
        state
    }

    fn skip(&mut self, context: &Context, blocks: usize) {
        let from = self.next;
        // RFC 4106 packets end long before 2^32 blocks.
        self.next = from.wrapping_add(blocks as u32);
        if from >> 8 != self.next >> 8 {
            self.start_segment(context);
        }
    }

    #[cold]
    fn start_segment(&mut self, context: &Context) {
        let mut lanes = [load(&counter_block(&self.nonce, self.next & !0xff))];
        aes::first_round(context, &mut lanes);
        self.segment = lanes[0];
    }

    /// Keystream of the next eight blocks.
    #[inline(always)]
    fn group(&mut self, context: &Context) -> [V; 8] {
        let mut lanes = [self.segment; 8];
        for lane in &mut lanes {
            *lane = self.state(context);
        }
        aes::last_rounds(context, &mut lanes);
        lanes
    }
}

fn counter_block(nonce: &[u8; 12], counter: u32) -> [u8; 16] {
    let mut block = [0; 16];
    block[..12].copy_from_slice(nonce);
    block[12..].copy_from_slice(&counter.to_be_bytes());
    block
}
