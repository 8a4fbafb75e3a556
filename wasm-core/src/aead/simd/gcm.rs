//! AES-GCM (SP 800-38D) over waves: up to eight packets of one context whose odd blocks share the
//! lanes of AES.
//!
//! Groups of eight blocks whose counters are 8 n to 8 n + 7 go through AES by themselves. The other
//! blocks of a packet are odd: the counter block J0 (counter 1), the head (counters 2 to 7) and the
//! tail after the last whole group. Odd blocks are gathered from all packets of the wave and go
//! through together, so that short packets fill the lanes too. Their keystream is made first, since
//! an open needs that of J0 before it may write anything.

use super::counter::Segment;
use super::mask::{Packet, WAVE, mask_in_place, mask_move};
use super::verbs::{V, splat, store, xor};
use super::{aes, counter, ghash};
use crate::aead::batch::Sealing;
use crate::aead::context::Context;
use crate::aead::ct::tag_eq;
use crate::aead::table::Algorithm;

const HEAD_LEN: usize = 6 * 16;
const GROUP_LEN: usize = 8 * 16;

/// J0, six blocks of head, at most eight of tail.
const ODD_MAX: usize = 15;

/// Takes a key of the length that `rounds` asks for.
pub(super) fn install(context: &mut Context, rounds: u32, key: &[u8]) {
    aes::install(context, rounds, key);
    counter::install(context);
    let mut lanes = [splat(0)];
    Segment::of(context, &[0; 12], 0).states(context, 0, &mut lanes);
    aes::last_rounds(context, &mut lanes);
    store(&mut context.hash_key, lanes[0]);
    ghash::install(context);
    context.begin(Algorithm::AesGcm16);
}

/// Keystream of the odd blocks of a wave.
pub(super) struct Wave<'a> {
    context: &'a Context,
    nonces: [[u8; 12]; WAVE],
    segments: [Segment; WAVE],
    odd: [V; WAVE * ODD_MAX],
    starts: [usize; WAVE],
}

impl<'a> Wave<'a> {
    pub(super) fn new(context: &'a Context) -> Self {
        Self {
            context,
            nonces: [[0; 12]; WAVE],
            segments: [Segment::empty(); WAVE],
            odd: [splat(0); WAVE * ODD_MAX],
            starts: [0; WAVE],
        }
    }

    /// Makes the odd keystream of one to eight packets. It is not part of `new`, so that a wave is
    /// built in its place.
    pub(super) fn prepare<'p>(&mut self, packets: impl Iterator<Item = Packet<'p>>) {
        let mut end = 0;
        for (n, packet) in packets.enumerate() {
            self.nonces[n] = *packet.nonce;
            self.segments[n] = Segment::of(self.context, packet.nonce, 0);
            self.starts[n] = end;
            end = self.gather(n, packet.len, end);
        }
        aes::last_rounds(self.context, &mut self.odd[..end]);
    }

    /// Puts the odd blocks of packet `n` at `start`; returns where they end.
    fn gather(&mut self, n: usize, len: usize, start: usize) -> usize {
        let head_len = len.min(HEAD_LEN);
        let head_end = start + 1 + head_len.div_ceil(16);
        self.segments[n].states(self.context, 1, &mut self.odd[start..head_end]);
        let rest_len = len - head_len;
        let end = head_end + (rest_len % GROUP_LEN).div_ceil(16);
        if end > head_end {
            // RFC 4106 packets end long before 2^32 blocks.
            let counter = 8 + (rest_len / GROUP_LEN * 8) as u32;
            let segment = self.segment(n, counter);
            segment.states(self.context, counter, &mut self.odd[head_end..end]);
        }
        end
    }

    fn segment(&self, n: usize, counter: u32) -> Segment {
        if counter < 256 {
            return self.segments[n];
        }
        Segment::of(self.context, &self.nonces[n], counter)
    }

    /// Seals packet `n`.
    pub(super) fn seal(&self, n: usize, sealing: Sealing<'_>) {
        let Sealing {
            aad,
            source,
            sealed,
            tag,
        } = sealing;
        let head_len = source.len().min(HEAD_LEN);
        let (head, rest) = source.split_at(head_len);
        let (sealed_head, sealed_rest) = sealed.split_at_mut(head_len);
        let (groups, tail) = rest.as_chunks::<GROUP_LEN>();
        let (sealed_groups, sealed_tail) = sealed_rest.as_chunks_mut::<GROUP_LEN>();
        let masks = &self.odd[self.starts[n] + 1..];
        mask_move(head, sealed_head, masks);
        let mut keystream = self.groups(n);
        for (from, to) in groups.iter().zip(sealed_groups) {
            mask_move(from, to, &keystream.next());
        }
        mask_move(tail, sealed_tail, &masks[head_len / 16..]);
        store(tag, self.tag(n, aad, sealed));
    }

    /// Opens packet `n` in place if it is authentic.
    pub(super) fn open(&self, n: usize, aad: &[u8], data: &mut [u8], tag: &[u8; 16]) -> bool {
        let mut computed = [0; 16];
        store(&mut computed, self.tag(n, aad, data));
        if !tag_eq(&computed, tag) {
            return false;
        }
        let head_len = data.len().min(HEAD_LEN);
        let (head, rest) = data.split_at_mut(head_len);
        let (groups, tail) = rest.as_chunks_mut::<GROUP_LEN>();
        let masks = &self.odd[self.starts[n] + 1..];
        mask_in_place(head, masks);
        let mut keystream = self.groups(n);
        for group in groups {
            mask_in_place(group, &keystream.next());
        }
        mask_in_place(tail, &masks[head_len / 16..]);
        true
    }

    fn tag(&self, n: usize, aad: &[u8], sealed: &[u8]) -> V {
        let hash = ghash::hash(self.context, aad, sealed);
        xor(hash, self.odd[self.starts[n]])
    }

    fn groups(&self, n: usize) -> Groups<'_> {
        Groups {
            wave: self,
            n,
            counter: 8,
            segment: self.segments[n],
        }
    }
}

/// Keystream of the groups of one packet, in order.
struct Groups<'a> {
    wave: &'a Wave<'a>,
    n: usize,
    counter: u32,
    segment: Segment,
}

impl Groups<'_> {
    #[inline(always)]
    fn next(&mut self) -> [V; 8] {
        if self.counter.is_multiple_of(256) {
            self.segment = self.wave.segment(self.n, self.counter);
        }
        let mut lanes = self.segment.eight_states(self.wave.context, self.counter);
        aes::last_rounds(self.wave.context, &mut lanes);
        self.counter = self.counter.wrapping_add(8);
        lanes
    }
}
