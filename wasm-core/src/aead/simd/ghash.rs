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

/// The hash of `aad`, `data` and their lengths.
pub(super) fn hash(context: &Context, aad: &[u8], data: &[u8]) -> V {
    if aad.len() < 16 && data.len() <= SHORT_LEN {
        return hash_short(context, aad, data);
    }
    let blocks = aad.len().div_ceil(16) + data.len().div_ceil(16) + 1;
    let mut running = Ghash::new(context, blocks);
    running.update_padded(aad);
    running.update_padded(data);
    running.finish(aad.len(), data.len())
}

/// Octets of data that leave room in a group for an AAD of ESP and for the lengths.
const SHORT_LEN: usize = 16 * (GROUP - 2);

/// Like `hash`, for data that fits one group and is laid out at once. A packet of 64 octets takes
/// 0.24 us instead of 0.28 (V8; JavaScriptCore 0.22 instead of 0.25; Zen 4, Deno 2.9.6, Bun 1.4.5).
/// For the shortest packets the zero blocks are left out.
fn hash_short(context: &Context, aad: &[u8], data: &[u8]) -> V {
    if data.len() <= SHORT_LEN - 32 {
        return hash_group::<{ GROUP - 2 }>(context, aad, data);
    }
    hash_group::<GROUP>(context, aad, data)
}

/// The hash of data that fits `BLOCKS` blocks, lengths included.
#[inline(always)]
fn hash_group<const BLOCKS: usize>(context: &Context, aad: &[u8], data: &[u8]) -> V {
    let mut group = zeros::<BLOCKS>();
    let (before, last) = group.split_at_mut(BLOCKS - 1);
    store(&mut last[0], lengths(aad.len(), data.len()));
    let data_at = before.len() - data.len().div_ceil(16);
    let (whole, part) = data.as_chunks::<16>();
    move_blocks(whole, &mut before[data_at..]);
    if !part.is_empty() {
        store(&mut before[BLOCKS - 2], read_part(data, part.len()));
    }
    if !aad.is_empty() {
        // At most all but two of the blocks are data, so there is one before them.
        store(&mut before[data_at - 1], read_part(aad, aad.len()));
    }
    add_blocks(context, splat(0), &group)
}

/// The last block: both lengths in bits.
#[inline]
fn lengths(aad_len: usize, data_len: usize) -> V {
    let mut lengths = [0; 16];
    lengths[..8].copy_from_slice(&(aad_len as u64 * 8).to_be_bytes());
    lengths[8..].copy_from_slice(&(data_len as u64 * 8).to_be_bytes());
    load(&lengths)
}

#[inline(always)]
fn zeros<const BLOCKS: usize>() -> [[u8; 16]; BLOCKS] {
    let mut group = [[0; 16]; BLOCKS];
    // Known zeros would become a call of `memory.fill` for each packet.
    let zero = load(&opaque(&MASKS).zero);
    for block in &mut group {
        store(block, zero);
    }
    group
}

/// A running hash over a number of blocks that is known beforehand.
///
/// The first group is filled up with zero blocks in front, which do not change the sum, so that the
/// last one is full.
struct Ghash<'a> {
    context: &'a Context,
    sum: V,
    group: [[u8; 16]; GROUP],
    filled: usize,
}

impl<'a> Ghash<'a> {
    fn new(context: &'a Context, blocks: usize) -> Self {
        Self {
            context,
            sum: splat(0),
            group: zeros(),
            filled: blocks.wrapping_neg() % GROUP,
        }
    }

    /// Takes `data`, filled up with zeros to whole blocks.
    fn update_padded(&mut self, data: &[u8]) {
        let rest = if self.filled == 0 {
            data
        } else {
            self.stage(data)
        };
        let (groups, tail) = rest.as_chunks::<{ 16 * GROUP }>();
        for group in groups {
            self.sum = add_blocks(self.context, self.sum, blocks_of(group));
        }
        self.stage(tail);
    }

    /// Takes the last block and returns the hash.
    fn finish(mut self, aad_len: usize, data_len: usize) -> V {
        let mut last = [0; 16];
        store(&mut last, lengths(aad_len, data_len));
        self.stage(&last);
        self.sum
    }

    /// Puts blocks into the group until it is full, and then adds it, or until `data` ends. Returns
    /// the rest of `data`.
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
            self.sum = add_blocks(self.context, self.sum, &self.group);
        }
        rest
    }
}

fn blocks_of(group: &[u8; 16 * GROUP]) -> &[[u8; 16]; GROUP] {
    // A chunk of eight blocks is eight blocks.
    let (blocks, _) = group.as_chunks::<16>();
    blocks.as_array().unwrap_or(&[[0; 16]; GROUP])
}

/// (sum + first block, other blocks) times the last powers, reduced; at most a group.
///
/// One load of a row serves both nibbles. Sixteen indices and four sums are more than the fifteen
/// registers of V8, which keeps some of the indices in memory: 13.3 ns a block, instead of 15.9
/// with all low nibbles first and then all high ones, each with a load, its address and its bounds
/// check (JavaScriptCore 14.4 and 14.5; Sapphire Rapids, shared memory, Deno 2.9.6, Bun 1.4.5).
#[inline(never)]
fn add_blocks<const BLOCKS: usize>(context: &Context, sum: V, blocks: &[[u8; 16]; BLOCKS]) -> V {
    let nibble = load(&opaque(&MASKS).nibble);
    let mut blocks = blocks.each_ref().map(load);
    blocks[0] = xor(blocks[0], sum);
    let low = blocks.map(|block| and(block, nibble));
    let high = blocks.map(|block| and(shr16::<4>(block), nibble));
    let mut products = [Product::zero(), Product::zero()];
    for rows in context.hash_rows.iter().rev() {
        let (_, rows) = rows.split_at(GROUP - BLOCKS);
        let row = load(&rows[0]);
        let mut sums = [swizzle(row, low[0]), swizzle(row, high[0])];
        for block in 1..BLOCKS {
            let row = load(&rows[block]);
            sums[0] = xor(sums[0], swizzle(row, low[block]));
            sums[1] = xor(sums[1], swizzle(row, high[block]));
        }
        products[0].add_row(sums[0]);
        products[1].add_row(sums[1]);
    }
    let [low, high] = products;
    reduce(low, high)
}

/// One nibble of each octet of the blocks times the powers, not reduced.
struct Product {
    /// x^0 to x^127.
    first: V,
    /// The part above.
    second: V,
}

impl Product {
    #[inline(always)]
    fn zero() -> Self {
        Self {
            first: splat(0),
            second: splat(0),
        }
    }

    /// Takes the next row, from the last one down.
    #[inline(always)]
    fn add_row(&mut self, row: V) {
        self.second = up_one(self.first, self.second);
        self.first = xor(up_one(splat(0), self.first), row);
    }
}

/// high + x^4 low, modulo x^128 + x^7 + x^2 + x + 1.
#[inline(always)]
fn reduce(low: Product, high: Product) -> V {
    let (down, up) = (splat(0x0f), splat(0xf0));
    let halves = [low.first, low.second];
    let out = halves.map(|x| and(shl16::<4>(x), up));
    let kept = halves.map(|x| and(shr16::<4>(x), down));
    let first = xor(high.first, xor(kept[0], up_one(splat(0), out[0])));
    let second = xor(high.second, xor(kept[1], up_one(out[0], out[1])));
    xor(first, fold(second))
}

/// x^128 second = (1 + x + x^2 + x^7) second; bits that leave at x^128 come back once more.
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

#[repr(C, align(16))]
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
