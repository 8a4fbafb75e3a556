//! GHASH, eight blocks to one reduction, by swizzles of nibble tables.
//!
//! For each power of H a table gives n(x) H^i for the sixteen nibbles n; row j holds octet j of all
//! sixteen. A swizzle of row j by the nibbles of a block multiplies all of them at once, and its
//! lane i belongs at octet i + j of the product. Rows of eight blocks are summed before they are
//! moved there, so that moves and reduction are paid once for eight blocks.
//!
//! CT: blocks, tables and sums are secret; rows are loaded in a fixed order.

use super::mask::{move_blocks, read_part};
use super::verbs::{
    V, and, load, opaque, shl16, shl64, shr16, shr64, splat, store, swap64, swizzle, up_one, xor,
};
use crate::aead::context::Context;
use crate::aead::soft::ghash::{multiply, times_x};

/// Blocks of one group.
pub(super) const GROUP: usize = 8;

/// Fills the rows from `hash_key`: block b of a group is multiplied by H^(8 - b).
pub(super) fn install(context: &mut Context) {
    let key = u128::from_be_bytes(context.hash_key);
    let mut power = key;
    for block in (0..GROUP).rev() {
        let multiples = nibble_multiples(power);
        for (nibble, multiple) in multiples.iter().enumerate() {
            for (row, octet) in context.hash_rows.iter_mut().zip(multiple.to_be_bytes()) {
                row[block][nibble] = octet;
            }
        }
        power = multiply(power, key);
    }
}

/// n(x) times `power` for all nibbles n. The highest bit of a nibble is the lowest power of x.
fn nibble_multiples(power: u128) -> [u128; 16] {
    let by_1 = power;
    let by_x = times_x(by_1);
    let by_x2 = times_x(by_x);
    let by_x3 = times_x(by_x2);
    let mut multiples = [0; 16];
    for (bit, single) in [by_x3, by_x2, by_x, by_1].into_iter().enumerate() {
        for below in 0..1 << bit {
            multiples[(1 << bit) + below] = multiples[below] ^ single;
        }
    }
    multiples
}

/// A running hash over a number of blocks that is known beforehand.
///
/// The first group is filled up with zero blocks in front, which do not change the sum, so that the
/// last one is full.
pub(super) struct Ghash<'a> {
    context: &'a Context,
    sum: V,
    group: [[u8; 16]; GROUP],
    filled: usize,
}

impl<'a> Ghash<'a> {
    pub(super) fn new(context: &'a Context, blocks: usize) -> Self {
        let mut group = [[0; 16]; GROUP];
        // Known zeros would become a call of `memory.fill` for each packet.
        let zero = load(&opaque(&MASKS).zero);
        for block in &mut group {
            store(block, zero);
        }
        Self {
            context,
            sum: zero,
            group,
            filled: blocks.wrapping_neg() % GROUP,
        }
    }

    /// Takes `data`, filled up with zeros to whole blocks.
    pub(super) fn update_padded(&mut self, data: &[u8]) {
        let rest = if self.filled == 0 {
            data
        } else {
            self.stage(data)
        };
        let (groups, tail) = rest.as_chunks::<{ 16 * GROUP }>();
        for group in groups {
            self.sum = add_group(self.context, self.sum, blocks_of(group));
        }
        self.stage(tail);
    }

    /// Takes the last block, both lengths in bits, and returns the hash.
    pub(super) fn finish(mut self, aad_len: usize, data_len: usize) -> V {
        let mut lengths = [0; 16];
        lengths[..8].copy_from_slice(&(aad_len as u64 * 8).to_be_bytes());
        lengths[8..].copy_from_slice(&(data_len as u64 * 8).to_be_bytes());
        self.stage(&lengths);
        self.sum
    }

    /// Puts blocks into the group until it is full, and then adds it, or `data` ends. Returns what
    /// is left.
    fn stage<'d>(&mut self, data: &'d [u8]) -> &'d [u8] {
        let room = 16 * (GROUP - self.filled);
        let (now, rest) = data.split_at(room.min(data.len()));
        let open = &mut self.group[self.filled..];
        let (whole, part) = now.as_chunks::<16>();
        move_blocks(whole, open);
        if !part.is_empty() {
            store(&mut open[whole.len()], read_part(now, part.len()));
        }
        self.filled += now.len().div_ceil(16);
        if self.filled == GROUP {
            self.filled = 0;
            self.sum = add_group(self.context, self.sum, &self.group);
        }
        rest
    }
}

fn blocks_of(group: &[u8; 16 * GROUP]) -> &[[u8; 16]; GROUP] {
    // A chunk of eight blocks is eight blocks.
    let (blocks, _) = group.as_chunks::<16>();
    blocks.as_array().unwrap_or(&[[0; 16]; GROUP])
}

/// (sum + first block, other blocks) times the powers, reduced.
///
/// Four blocks at a time: the nibbles of eight do not fit the registers. All eight, and high and
/// low nibbles of eight one after the other, took 7 % and 17 % longer on V8; the latter was 14 %
/// faster on JavaScriptCore (9000 octets, Zen 4, Deno 2.9.6, Bun 1.4.5).
#[inline(never)]
fn add_group(context: &Context, sum: V, blocks: &[[u8; 16]; GROUP]) -> V {
    let later = products::<4>(context, [4, 5, 6, 7].map(|b| load(&blocks[b])));
    let mut first = [0, 1, 2, 3].map(|b| load(&blocks[b]));
    first[0] = xor(first[0], sum);
    let first = products::<0>(context, first);
    reduce(
        [xor(first[0], later[0]), xor(first[1], later[1])],
        [xor(first[2], later[2]), xor(first[3], later[3])],
    )
}

/// Four blocks, from `FROM` on, times their powers, not reduced: by low nibbles x^0 to x^127 and
/// what lies above, and the same by high nibbles.
#[inline(always)]
fn products<const FROM: usize>(context: &Context, blocks: [V; 4]) -> [V; 4] {
    let nibble = load(&opaque(&MASKS).nibble);
    let low = blocks.map(|block| and(block, nibble));
    let high = blocks.map(|block| and(shr16::<4>(block), nibble));
    let zero = splat(0);
    let (mut l0, mut l1, mut h0, mut h1) = (zero, zero, zero, zero);
    for row in context.hash_rows.iter().rev() {
        let row = [0, 1, 2, 3].map(|b| load(&row[FROM + b]));
        l1 = up_one(l0, l1);
        h1 = up_one(h0, h1);
        l0 = up_one(zero, l0);
        h0 = up_one(zero, h0);
        for b in [3, 2, 1, 0] {
            l0 = xor(l0, swizzle(row[b], low[b]));
            h0 = xor(h0, swizzle(row[b], high[b]));
        }
    }
    [l0, l1, h0, h1]
}

/// high + x^4 low, modulo x^128 + x^7 + x^2 + x + 1. The first of a pair holds x^0 to x^127.
#[inline(always)]
fn reduce(low: [V; 2], high: [V; 2]) -> V {
    let (down, up) = (splat(0x0f), splat(0xf0));
    let out = low.map(|x| and(shl16::<4>(x), up));
    let kept = low.map(|x| and(shr16::<4>(x), down));
    let first = xor(high[0], xor(kept[0], up_one(splat(0), out[0])));
    let second = xor(high[1], xor(kept[1], up_one(out[0], out[1])));
    xor(first, fold(second))
}

/// x^128 second = (1 + x + x^2 + x^7) second; what leaves at x^128 comes back once more.
#[inline(always)]
fn fold(second: V) -> V {
    let masks = opaque(&MASKS);
    let reverse = load(&masks.reverse);
    // As one little-endian number times x is a shift to the right, with lane 1 above lane 0.
    let second = swizzle(second, reverse);
    let leaving = xor(
        xor(shl64::<63>(second), shl64::<62>(second)),
        shl64::<57>(second),
    );
    let crossed = swap64(leaving);
    let whole = xor(second, and(crossed, load(&masks.upper)));
    let shifted = xor(xor(shr64::<1>(whole), shr64::<2>(whole)), shr64::<7>(whole));
    swizzle(xor(xor(second, crossed), shifted), reverse)
}

struct Masks {
    zero: [u8; 16],
    nibble: [u8; 16],
    reverse: [u8; 16],
    upper: [u8; 16],
}

static MASKS: Masks = Masks {
    zero: [0; 16],
    nibble: [15; 16],
    reverse: [15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
    upper: [
        0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255,
    ],
};
