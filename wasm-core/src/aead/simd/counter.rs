//! The first two rounds of AES in counter mode, which depend little on the block.
//!
//! Within a segment of 256 counters only octet 15 of the counter block changes. Round 1 is affine
//! in the S-box of each octet, so octet 15 adds a term of its own, which depends on the key alone
//! and touches the four octets of one diagonal; `diagonals` keeps it for every counter, and four
//! counters fill one vector. Round 2 then needs the S-box of one diagonal per block, so one vector
//! serves four blocks. The rest of round 2 is computed once per segment.
//!
//! CT: the state is secret; counters, which alone choose what is loaded, are public.

use super::aes::{Bytes, Mix, SubBytes, first_round};
use super::tables::TABLES;
use super::verbs::{V, and, load, opaque, splat, store, swizzle, xor};
use crate::aead::context::Context;

/// Where round 2 takes the diagonals of four blocks from and puts them.
#[repr(C, align(16))]
struct Spread {
    /// The diagonal (0, 0), (1, 1), (2, 2), (3, 3), four times.
    gather: [u8; 16],
    /// 255 off the diagonal.
    fixed: [u8; 16],
    /// Per block: which octet of the vector reaches each octet of the state once, 0x80 for none.
    once: [[u8; 16]; 4],
    /// The same, doubled.
    twice: [[u8; 16]; 4],
}

static SPREAD: Spread = Spread {
    gather: [0, 5, 10, 15, 0, 5, 10, 15, 0, 5, 10, 15, 0, 5, 10, 15],
    fixed: [
        0, 255, 255, 255, 255, 0, 255, 255, 255, 255, 0, 255, 255, 255, 255, 0,
    ],
    once: [
        spread([false, true, true, true], 0),
        spread([false, true, true, true], 4),
        spread([false, true, true, true], 8),
        spread([false, true, true, true], 12),
    ],
    twice: [
        spread([true, true, false, false], 0),
        spread([true, true, false, false], 4),
        spread([true, true, false, false], 8),
        spread([true, true, false, false], 12),
    ],
};

/// In round 2, (r, c) sums (r + n, c + 2 n) for n from 0 to 3; `terms` says for which n. Only the
/// diagonal counts.
const fn spread(terms: [bool; 4], first: u8) -> [u8; 16] {
    let mut from = [0x80; 16];
    let mut at = 0;
    while at < 16 {
        let mut n = 0;
        while n < 4 {
            let (row, column) = ((at % 4 + n) % 4, (at / 4 + 2 * n) % 4);
            if terms[n] && row == column {
                // Below 4.
                from[at] = first + row as u8;
            }
            n += 1;
        }
        at += 1;
    }
    from
}

/// Fills `diagonals`: the difference that each counter makes to round 1, against counter 0.
pub(super) fn install(context: &mut Context) {
    let zero = first_round(context, splat(0));
    for counter in 0..=255u8 {
        let mut block = [0; 16];
        block[15] = counter;
        let change = xor(first_round(context, load(&block)), zero);
        let mut diagonal = [0; 16];
        store(&mut diagonal, swizzle(change, load(&SPREAD.gather)));
        let at = usize::from(counter);
        context.diagonals[at / 4][4 * (at % 4)..][..4].copy_from_slice(&diagonal[..4]);
    }
}

/// The blocks of one nonce whose counters differ in the low octet only.
#[derive(Clone, Copy)]
pub(super) struct Segment {
    /// Round 2 without the diagonals.
    fixed: V,
    /// The diagonal after round 1 for counter 0, four times.
    diagonal: V,
}

impl Segment {
    pub(super) fn empty() -> Self {
        Self {
            fixed: splat(0),
            diagonal: splat(0),
        }
    }

    /// The segment that contains `counter`.
    pub(super) fn of(context: &Context, nonce: &[u8; 12], counter: u32) -> Self {
        let mut block = [0; 16];
        block[..12].copy_from_slice(nonce);
        block[12..].copy_from_slice(&(counter & !0xff).to_be_bytes());
        let state = first_round(context, load(&block));
        let spread = opaque(&SPREAD);
        let bytes = SubBytes::of(opaque(&TABLES)).pairs(state);
        let fixed = load(&spread.fixed);
        let bytes = Bytes {
            once: and(bytes.once, fixed),
            twice: and(bytes.twice, fixed),
        };
        Self {
            fixed: Mix::of(&context.round_keys[2], 2).columns(bytes),
            diagonal: swizzle(state, load(&spread.gather)),
        }
    }

    /// States after round 2 of the blocks from `counter` on, which end with the segment at the
    /// latest.
    pub(super) fn states(&self, context: &Context, counter: u32, lanes: &mut [V]) {
        let spread = opaque(&SPREAD);
        let first = counter as usize;
        let (to_quad, quads) = lanes.split_at_mut(lanes.len().min(first.wrapping_neg() % 4));
        let bytes = self.bytes(context, first / 4);
        for (n, lane) in to_quad.iter_mut().enumerate() {
            *lane = self.state(spread, bytes, (first + n) % 4);
        }
        for (quad, lanes) in quads.chunks_mut(4).enumerate() {
            let bytes = self.bytes(context, first.div_ceil(4) + quad);
            for (n, lane) in lanes.iter_mut().enumerate() {
                *lane = self.state(spread, bytes, n);
            }
        }
    }

    /// The eight states from `counter` on, a multiple of eight.
    #[inline(always)]
    pub(super) fn eight_states(&self, context: &Context, counter: u32) -> [V; 8] {
        let spread = opaque(&SPREAD);
        let quad = counter as usize / 4;
        let bytes = [self.bytes(context, quad), self.bytes(context, quad + 1)];
        let state = |n: usize| self.state(spread, bytes[n / 4], n % 4);
        // Written out: a `map` over eight becomes a call, and its lanes go through memory.
        [
            state(0),
            state(1),
            state(2),
            state(3),
            state(4),
            state(5),
            state(6),
            state(7),
        ]
    }

    #[inline(always)]
    fn state(&self, spread: &Spread, bytes: Bytes, n: usize) -> V {
        let once = swizzle(bytes.once, load(&spread.once[n]));
        xor(
            xor(self.fixed, once),
            swizzle(bytes.twice, load(&spread.twice[n])),
        )
    }

    /// S-boxes of the diagonals of four counters, `4 * quad` and on.
    #[inline(always)]
    fn bytes(&self, context: &Context, quad: usize) -> Bytes {
        let diagonals = xor(self.diagonal, load(&context.diagonals[quad & 63]));
        SubBytes::of(opaque(&TABLES)).pairs(diagonals)
    }
}
