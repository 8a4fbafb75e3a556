//! Adding keystream to octets, and reading and writing blocks that are not whole.
//!
//! If the compiler does not know the length of a copy, the copy becomes `memory.copy`, for which
//! engines make a call that costs as much as a block of AES. So an unfinished block is read and
//! written as part of the sixteen octets that end with it.

use super::verbs::{V, and, load, opaque, store, swizzle, xor};

/// Packets of one wave at most.
pub(super) const WAVE: usize = 8;

/// The data of a packet that a wave needs before it starts.
#[derive(Clone)]
pub(super) struct Packet<'a> {
    pub(super) nonce: &'a [u8; 12],
    pub(super) len: usize,
}

/// Adds `masks` to `data` in place; there are enough of them.
#[inline(always)]
pub(super) fn mask_in_place(data: &mut [u8], masks: &[V]) {
    let (blocks, part) = data.as_chunks_mut::<16>();
    let (whole, rest) = masks.split_at(blocks.len());
    for (block, mask) in blocks.iter_mut().zip(whole) {
        store(block, xor(load(block), *mask));
    }
    let part_len = part.len();
    if let (1.., [mask, ..]) = (part_len, rest) {
        write_part(data, part_len, xor(read_part(data, part_len), *mask));
    }
}

/// Moves `source` to `sealed` and adds `masks`; there are enough of them.
#[inline(always)]
pub(super) fn mask_move(source: &[u8], sealed: &mut [u8], masks: &[V]) {
    let (blocks, part) = source.as_chunks::<16>();
    let (whole, rest) = masks.split_at(blocks.len());
    let pairs = blocks.iter().zip(sealed.as_chunks_mut::<16>().0);
    for ((from, to), mask) in pairs.zip(whole) {
        store(to, xor(load(from), *mask));
    }
    if let (1.., [mask, ..]) = (part.len(), rest) {
        write_part(
            sealed,
            part.len(),
            xor(read_part(source, part.len()), *mask),
        );
    }
}

/// Moves whole blocks.
#[inline(always)]
pub(super) fn move_blocks(from: &[[u8; 16]], to: &mut [[u8; 16]]) {
    for (from, to) in from.iter().zip(to) {
        // Else the compiler sees through the loop and calls `memory.copy` after all.
        store(to, load(opaque(from)));
    }
}

/// The last `len` octets of `data`, 1 to 15, then zeros.
pub(super) fn read_part(data: &[u8], len: usize) -> V {
    if let Some(window) = data.last_chunk::<16>() {
        return swizzle(load(window), at(&SLIDE, 32 - len));
    }
    let mut block = [0; 16];
    match (data.as_chunks::<4>(), len) {
        // AADs, which are shorter than a block.
        (([a, b], []), 8) => block[..8].copy_from_slice([*a, *b].as_flattened()),
        (([a, b, c], []), 12) => block[..12].copy_from_slice([*a, *b, *c].as_flattened()),
        _ => block[..len].copy_from_slice(&data[data.len() - len..]),
    }
    load(&block)
}

/// Writes the first `len` octets of `block`, 1 to 15, over the last of `data`.
fn write_part(data: &mut [u8], len: usize, block: V) {
    if let Some(window) = data.last_chunk_mut::<16>() {
        let kept = and(load(window), at(&KEEP, len));
        store(window, xor(kept, swizzle(block, at(&SLIDE, len))));
        return;
    }
    let from = data.len() - len;
    let mut octets = [0; 16];
    store(&mut octets, block);
    data[from..].copy_from_slice(&octets[..len]);
}

/// Permutations that move a block up (from 0 to 16) or down (from 16 to 32), with zeros coming in.
static SLIDE: [u8; 48] = {
    let mut slide = [0x80; 48];
    let mut n = 0;
    while n < 16 {
        slide[16 + n] = n as u8;
        n += 1;
    }
    slide
};

/// From n, a mask that clears the last n octets.
static KEEP: [u8; 32] = {
    let mut keep = [0; 32];
    let mut n = 0;
    while n < 16 {
        keep[n] = 0xff;
        n += 1;
    }
    keep
};

fn at(table: &[u8], from: usize) -> V {
    // `from` is at most 32 in a table of 48, at most 15 in one of 32.
    table[from..]
        .first_chunk()
        .map_or_else(|| super::verbs::splat(0), load)
}
