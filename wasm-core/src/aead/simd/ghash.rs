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

/// As `hash`, for what fits one group: laid out at once, a packet of 64 octets takes 0.24 us
/// instead of 0.28 (V8; JavaScriptCore 0.22 instead of 0.25; Zen 4, Deno 2.9.6, Bun 1.4.5).
fn hash_short(context: &Context, aad: &[u8], data: &[u8]) -> V {
    let mut group = zero_group();
    let (before, last) = group.split_at_mut(GROUP - 1);
    store(&mut last[0], lengths(aad.len(), data.len()));
    let data_at = before.len() - data.len().div_ceil(16);
    let (whole, part) = data.as_chunks::<16>();
    move_blocks(whole, &mut before[data_at..]);
    if !part.is_empty() {
        store(&mut before[GROUP - 2], read_part(data, part.len()));
    }
    if !aad.is_empty() {
        // At most six blocks are data, so there is one before them.
        store(&mut before[data_at - 1], read_part(aad, aad.len()));
    }
    add_group(context, splat(0), &group)
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
fn zero_group() -> [[u8; 16]; GROUP] {
    let mut group = [[0; 16]; GROUP];
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
            group: zero_group(),
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
            self.sum = add_group(self.context, self.sum, blocks_of(group));
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
/// All low nibbles, then all high ones, with the blocks loaded twice: so eight indices, the sums of
/// a row and of all rows just fit the fifteen registers that V8 has. Whatever else is alive moves
/// the running sum to memory, and then each row waits for it: four blocks with both nibbles took
/// 11.9 ns instead of 10.9 for a block (JavaScriptCore 12.3 instead of 10.5), three blocks 10.4 and
/// 20.7 (Zen 4, shared memory, Deno 2.9.6, Bun 1.4.5).
#[inline(never)]
fn add_group(context: &Context, sum: V, blocks: &[[u8; 16]; GROUP]) -> V {
    let low = products(context, nibbles(sum, blocks, and));
    let high = products(
        context,
        nibbles(sum, opaque(blocks), |block, nibble| {
            and(shr16::<4>(block), nibble)
        }),
    );
    reduce(low, high)
}

/// One nibble of each octet of (sum + first block, other blocks).
#[inline(always)]
fn nibbles(sum: V, blocks: &[[u8; 16]; GROUP], pick: impl Fn(V, V) -> V) -> [V; GROUP] {
    let nibble = load(&opaque(&MASKS).nibble);
    let mut blocks = blocks.each_ref().map(load);
    blocks[0] = xor(blocks[0], sum);
    blocks.map(|block| pick(block, nibble))
}

/// One nibble of each octet of eight blocks times their powers, not reduced: x^0 to x^127 and what
/// lies above.
#[inline(always)]
fn products(context: &Context, nibbles: [V; GROUP]) -> [V; 2] {
    let zero = splat(0);
    let (mut low, mut high) = (zero, zero);
    for rows in context.hash_rows.iter().rev() {
        let mut row = swizzle(load(&rows[0]), nibbles[0]);
        for block in 1..GROUP {
            row = xor(row, swizzle(load(&rows[block]), nibbles[block]));
        }
        high = up_one(low, high);
        low = xor(up_one(zero, low), row);
    }
    [low, high]
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
