//! ChaCha20-Poly1305 (RFC 8439) over waves, four blocks of ChaCha20 at a time.
//!
//! Whole groups of four blocks of a packet go through by themselves. The rest is gathered from all
//! packets of the wave, so that short packets fill the lanes too: block 0, which keys Poly1305, and
//! the tail, the blocks after the last whole group.
//!
//! CT: key, state and keystream are secret; they meet additions, xor and rotations by constants.

use super::mask::{Packet, WAVE, mask_in_place, mask_move};
use super::poly1305::Poly1305;
use super::verbs::{
    V, add32, load, opaque, rotate32, splat, splat32, store, swizzle, transpose, xor,
};
use crate::aead::batch::Sealing;
use crate::aead::context::Context;
use crate::aead::ct::tag_eq;

const GROUP_LEN: usize = 256;

/// Block 0 and at most four tail blocks.
const ODD_MAX: usize = 5;

/// Words 12 to 15 of a block: counter and nonce.
type Foot = [u32; 4];

/// Keystream of the odd blocks of a wave, four vectors to a block.
pub(super) struct Wave<'a> {
    context: &'a Context,
    feet: [Foot; WAVE],
    odd: [V; WAVE * ODD_MAX * 4],
    starts: [usize; WAVE],
}

impl<'a> Wave<'a> {
    pub(super) fn new(context: &'a Context) -> Self {
        Self {
            context,
            feet: [[0; 4]; WAVE],
            odd: [splat(0); WAVE * ODD_MAX * 4],
            starts: [0; WAVE],
        }
    }

    /// Makes the odd keystream of one to eight packets. It is not part of `new`, so that a wave is
    /// built in its place.
    pub(super) fn prepare<'p>(&mut self, packets: impl Iterator<Item = Packet<'p>>) {
        let mut feet = [[0; 4]; WAVE * ODD_MAX];
        let mut end = 0;
        for (n, packet) in packets.enumerate() {
            let foot = foot_of(packet.nonce);
            self.starts[n] = 4 * end;
            self.feet[n] = advanced(foot, 1);
            feet[end] = foot;
            let tail_blocks = (packet.len % GROUP_LEN).div_ceil(64);
            let before = packet.len / GROUP_LEN * 4;
            for (i, tail) in feet[end + 1..][..tail_blocks].iter_mut().enumerate() {
                *tail = advanced(foot, before + 1 + i);
            }
            end += 1 + tail_blocks;
        }
        let groups = feet.as_chunks().0[..end.div_ceil(4)].iter();
        for (feet, masks) in groups.zip(self.odd.as_chunks_mut::<16>().0) {
            *masks = blocks(&self.context.chacha_key, feet);
        }
    }

    /// Seals packet `n`.
    pub(super) fn seal(&self, n: usize, sealing: Sealing<'_>) {
        let Sealing {
            aad,
            source,
            sealed,
            tag,
        } = sealing;
        let (groups, tail) = source.as_chunks::<GROUP_LEN>();
        let (sealed_groups, sealed_tail) = sealed.as_chunks_mut::<GROUP_LEN>();
        let mut foot = self.feet[n];
        for (from, to) in groups.iter().zip(sealed_groups) {
            mask_move(from, to, &self.group(&mut foot));
        }
        mask_move(tail, sealed_tail, self.tail_masks(n));
        *tag = self.tag(n, aad, sealed);
    }

    /// Opens packet `n` in place if it is authentic.
    pub(super) fn open(&self, n: usize, aad: &[u8], data: &mut [u8], tag: &[u8; 16]) -> bool {
        if !tag_eq(&self.tag(n, aad, data), tag) {
            return false;
        }
        let mut foot = self.feet[n];
        let (groups, tail) = data.as_chunks_mut::<GROUP_LEN>();
        for group in groups {
            mask_in_place(group, &self.group(&mut foot));
        }
        mask_in_place(tail, self.tail_masks(n));
        true
    }

    fn group(&self, foot: &mut Foot) -> [V; 16] {
        let feet = [
            *foot,
            advanced(*foot, 1),
            advanced(*foot, 2),
            advanced(*foot, 3),
        ];
        *foot = advanced(*foot, 4);
        blocks(&self.context.chacha_key, &feet)
    }

    fn tail_masks(&self, n: usize) -> &[V] {
        &self.odd[self.starts[n] + 4..]
    }

    fn tag(&self, n: usize, aad: &[u8], sealed: &[u8]) -> [u8; 16] {
        let start = self.starts[n];
        let mut key = [0; 32];
        let (halves, _) = key.as_chunks_mut::<16>();
        store(&mut halves[0], self.odd[start]);
        store(&mut halves[1], self.odd[start + 1]);
        let mut mac = Poly1305::new(&key);
        mac.update_padded(aad);
        mac.update_long(sealed);
        mac.finish(aad.len(), sealed.len())
    }
}

fn foot_of(nonce: &[u8; 12]) -> Foot {
    let (words, _) = nonce.as_chunks::<4>();
    let word = |n: usize| u32::from_le_bytes(words[n]);
    [0, word(0), word(1), word(2)]
}

fn advanced(foot: Foot, blocks: usize) -> Foot {
    // A packet ends long before 2^32 blocks.
    [
        foot[0].wrapping_add(blocks as u32),
        foot[1],
        foot[2],
        foot[3],
    ]
}

/// Four blocks of keystream, each four vectors long.
#[inline(never)]
fn blocks(key: &[u32; 8], feet: &[Foot; 4]) -> [V; 16] {
    let [i, j, k, l] = CONSTANTS.map(splat32);
    let [a, b, c, d, e, f, g, h] = key.map(splat32);
    let [m, n, o, p] = transpose(feet.map(|foot| load_words(&foot)));
    let start = [i, j, k, l, a, b, c, d, e, f, g, h, m, n, o, p];
    let mut state = start;
    let turns = Turns::get();
    for _ in 0..10 {
        for column in 0..4 {
            quarter_round(
                &mut state,
                [column, 4 + column, 8 + column, 12 + column],
                turns,
            );
        }
        for column in 0..4 {
            let diagonal = |row: usize| 4 * row + (column + row) % 4;
            quarter_round(
                &mut state,
                [column, diagonal(1), diagonal(2), diagonal(3)],
                turns,
            );
        }
    }
    for (end, begin) in state.iter_mut().zip(start) {
        *end = add32(*end, begin);
    }
    let [a, b, c, d] = [0, 4, 8, 12].map(|n| transpose([0, 1, 2, 3].map(|i| state[n + i])));
    [
        a[0], b[0], c[0], d[0], a[1], b[1], c[1], d[1], a[2], b[2], c[2], d[2], a[3], b[3], c[3],
        d[3],
    ]
}

const CONSTANTS: [u32; 4] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];

/// Rotations of words to the left as permutations of octets, one instruction instead of three.
#[derive(Clone, Copy)]
struct Turns {
    by_16: V,
    by_8: V,
}

static TURNS: [[u8; 16]; 2] = [
    [2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13],
    [3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14],
];

impl Turns {
    #[inline(always)]
    fn get() -> Self {
        let [by_16, by_8] = opaque(&TURNS);
        Self {
            by_16: load(by_16),
            by_8: load(by_8),
        }
    }
}

/// One quarter round of four blocks.
///
/// Whole quarter rounds one after the other: with the state kept in memory between them V8 took
/// 2.28 us instead of 1.97 for a packet of 1400 octets (JavaScriptCore 2.9 instead of 3.85), and
/// two or four interleaved 2.8 and 3.4 (Zen 4, Deno 2.9.6, Bun 1.4.5).
#[inline(always)]
fn quarter_round(state: &mut [V; 16], [a, b, c, d]: [usize; 4], turns: Turns) {
    state[a] = add32(state[a], state[b]);
    state[d] = swizzle(xor(state[d], state[a]), turns.by_16);
    state[c] = add32(state[c], state[d]);
    state[b] = rotate32::<12, 20>(xor(state[b], state[c]));
    state[a] = add32(state[a], state[b]);
    state[d] = swizzle(xor(state[d], state[a]), turns.by_8);
    state[c] = add32(state[c], state[d]);
    state[b] = rotate32::<7, 25>(xor(state[b], state[c]));
}

fn load_words(words: &[u32; 4]) -> V {
    let mut octets = [0; 16];
    octets
        .as_chunks_mut::<4>()
        .0
        .copy_from_slice(&words.map(u32::to_le_bytes));
    load(&octets)
}
