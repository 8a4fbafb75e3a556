//! Adding keystream to octets.

use super::verbs::{V, load, splat, store, xor};

/// Packets of one wave at most.
pub(super) const WAVE: usize = 8;

/// What a wave has to know of a packet before it starts.
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
    if let [last, ..] = rest {
        mask_part(part, *last);
    }
}

/// Moves `source` to `sealed` and adds `masks`; both are whole blocks.
#[inline(always)]
pub(super) fn mask_blocks(source: &[u8], sealed: &mut [u8], masks: &[V]) {
    let pairs = source
        .as_chunks::<16>()
        .0
        .iter()
        .zip(sealed.as_chunks_mut::<16>().0);
    for ((from, to), mask) in pairs.zip(masks) {
        store(to, xor(load(from), *mask));
    }
}

fn mask_part(part: &mut [u8], mask: V) {
    let mut block = [0; 16];
    block[..part.len()].copy_from_slice(part);
    let masked = xor(load(&block), mask);
    store(&mut block, masked);
    part.copy_from_slice(&block[..part.len()]);
    store(&mut block, splat(0));
}
