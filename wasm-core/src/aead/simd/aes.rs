//! AES by vector permutation: every look-up is a swizzle of a register.
//!
//! Octets are kept as nibble pairs of a tower field (`tables`). ShiftRows is never done: after n
//! rounds row r stands n r columns too far to the right. The permutations of MixColumns make up for
//! it, and the last round sets it right.
//!
//! CT: blocks and round keys are secret; they meet xor, and, shifts by constants and swizzles.

use super::tables::{CONSTANT_PAIR, TABLES, Tables};
use super::verbs::{V, and, load, opaque, shr16, splat, store, swizzle, xor};
use crate::aead::context::Context;
use crate::aead::soft::aes::key_schedule;

/// Permutations of the state, by how far row r has moved, modulo 4.
#[repr(C, align(16))]
struct Turns {
    /// Octet (r, c) takes from row r + 1, column c + n.
    next: [[u8; 16]; 4],
    /// The inverse of `next`.
    previous: [[u8; 16]; 4],
    /// Octet (r, c) takes from row r, column c + n r.
    rows: [[u8; 16]; 4],
    /// The low nibble of every octet.
    nibble: [u8; 16],
}

static TURNS: Turns = Turns {
    next: [turn(1, 0, 0), turn(1, 1, 0), turn(1, 2, 0), turn(1, 3, 0)],
    previous: [turn(3, 0, 0), turn(3, 3, 0), turn(3, 2, 0), turn(3, 1, 0)],
    rows: [turn(0, 0, 0), turn(0, 0, 1), turn(0, 0, 2), turn(0, 0, 3)],
    nibble: [15; 16],
};

/// The permutation by which (r, c) takes from (r + down, c + right + slope r).
const fn turn(down: usize, right: usize, slope: usize) -> [u8; 16] {
    let mut from = [0; 16];
    let mut at = 0;
    while at < 16 {
        let (row, column) = (at % 4, at / 4);
        // Below 16.
        from[at] = (4 * ((column + right + slope * row) % 4) + (row + down) % 4) as u8;
        at += 1;
    }
    from
}

/// Expands `key` into round keys as this file wants them.
pub(super) fn install(context: &mut Context, rounds: u32, key: &[u8]) {
    let last = rounds as usize;
    context.rounds = rounds;
    context.round_keys = key_schedule(key);
    for (round, round_key) in context.round_keys[..last].iter_mut().enumerate().skip(1) {
        let pairs = xor(enter(&TABLES, load(round_key)), splat(CONSTANT_PAIR));
        store(
            round_key,
            swizzle(pairs, load(&TURNS.rows[(4 - round % 4) % 4])),
        );
    }
    let round_key = &mut context.round_keys[last];
    store(round_key, xor(load(round_key), splat(0x63)));
}

/// The state of one block after round 1.
pub(super) fn first_round(context: &Context, block: V) -> V {
    let tables = opaque(&TABLES);
    let state = enter(tables, xor(block, load(&context.round_keys[0])));
    let mix = Mix::of(&context.round_keys[1], 1);
    mix.columns(SubBytes::of(tables).pairs(state))
}

/// Turns states after round 2 into keystream, any number of them.
///
/// One lane to a pass of the inner loop: with its ten tables it just fits the registers, and
/// processors overlap passes by themselves. Two lanes to a pass measured the same on V8 and
/// JavaScriptCore (Zen 4, within 2 %).
#[inline(never)]
pub(super) fn last_rounds(context: &Context, lanes: &mut [V]) {
    let tables = opaque(&TABLES);
    let rounds = context.rounds as usize & 15;
    for (n, round_key) in context.round_keys[..rounds].iter().enumerate().skip(3) {
        let bytes = SubBytes::of(tables);
        let mix = Mix::of(round_key, n);
        for lane in lanes.iter_mut() {
            *lane = mix.columns(bytes.pairs(*lane));
        }
    }
    last_round(tables, &context.round_keys[rounds], rounds, lanes);
}

/// SubBytes back into octets, all of ShiftRows, and the last key.
#[inline(always)]
fn last_round(tables: &Tables, round_key: &[u8; 16], rounds: usize, lanes: &mut [V]) {
    let inversion = Inversion::of(tables);
    let (last_u, last_t) = (load(&tables.last_u), load(&tables.last_t));
    let key = load(round_key);
    let rows = load(&opaque(&TURNS).rows[rounds % 4]);
    for lane in lanes {
        let (io, jo) = inversion.of_pairs(*lane);
        let octets = xor(swizzle(last_u, io), swizzle(last_t, jo));
        *lane = xor(swizzle(octets, rows), key);
    }
}

/// S-box outputs of a state, once and doubled, as pairs and without 0x63.
#[derive(Clone, Copy)]
pub(super) struct Bytes {
    pub(super) once: V,
    pub(super) twice: V,
}

/// Tables of SubBytes within the tower.
pub(super) struct SubBytes {
    inversion: Inversion,
    once_u: V,
    once_t: V,
    twice_u: V,
    twice_t: V,
}

impl SubBytes {
    #[inline(always)]
    pub(super) fn of(tables: &Tables) -> Self {
        Self {
            inversion: Inversion::of(tables),
            once_u: load(&tables.once_u),
            once_t: load(&tables.once_t),
            twice_u: load(&tables.twice_u),
            twice_t: load(&tables.twice_t),
        }
    }

    #[inline(always)]
    pub(super) fn pairs(&self, state: V) -> Bytes {
        let (io, jo) = self.inversion.of_pairs(state);
        Bytes {
            once: xor(swizzle(self.once_u, io), swizzle(self.once_t, jo)),
            twice: xor(swizzle(self.twice_u, io), swizzle(self.twice_t, jo)),
        }
    }
}

/// MixColumns and AddRoundKey of one round.
pub(super) struct Mix {
    key: V,
    next: V,
    previous: V,
}

impl Mix {
    /// * `round`: 1 is the first
    #[inline(always)]
    pub(super) fn of(round_key: &[u8; 16], round: usize) -> Self {
        let turns = opaque(&TURNS);
        Self {
            key: load(round_key),
            next: load(&turns.next[round % 4]),
            previous: load(&turns.previous[round % 4]),
        }
    }

    /// With a, b, c, d down a column: 2a + b, the same one row on, 2b + c, and d make 2a + 3b + c +
    /// d.
    #[inline(always)]
    pub(super) fn columns(&self, bytes: Bytes) -> V {
        let pair = xor(bytes.twice, swizzle(bytes.once, self.next));
        let rest = xor(swizzle(bytes.once, self.previous), self.key);
        xor(xor(pair, rest), swizzle(pair, self.next))
    }
}

/// Tables of the nested inversions.
struct Inversion {
    inverse: V,
    a_over: V,
    nibble: V,
}

impl Inversion {
    #[inline(always)]
    fn of(tables: &Tables) -> Self {
        Self {
            inverse: load(&tables.inverse),
            a_over: load(&tables.a_over),
            nibble: load(&opaque(&TURNS).nibble),
        }
    }

    /// Reciprocals of both coordinates of the inverse of each pair; see
    /// `tools/gen_aes_tables/tables.ts`.
    #[inline(always)]
    fn of_pairs(&self, pairs: V) -> (V, V) {
        let k = and(pairs, self.nibble);
        let i = and(shr16::<4>(pairs), self.nibble);
        let j = xor(i, k);
        let over = swizzle(self.a_over, k);
        let below_io = xor(swizzle(self.inverse, i), over);
        let below_jo = xor(swizzle(self.inverse, j), over);
        (
            xor(swizzle(self.inverse, below_io), j),
            xor(swizzle(self.inverse, below_jo), i),
        )
    }
}

/// Octets to nibble pairs.
#[inline(always)]
fn enter(tables: &Tables, octets: V) -> V {
    let low = and(octets, splat(15));
    let high = and(shr16::<4>(octets), splat(15));
    xor(
        swizzle(load(&tables.enter_low), low),
        swizzle(load(&tables.enter_high), high),
    )
}

#[cfg(test)]
mod tests {
    use super::{CONSTANT_PAIR, SubBytes, TABLES, enter, splat, store, xor};

    fn pair(octet: u8) -> [u8; 16] {
        let mut out = [0; 16];
        store(&mut out, enter(&TABLES, splat(octet)));
        out
    }

    /// FIPS 197 §4.2 and §5.1.1, by definition.
    fn substitute(octet: u8) -> u8 {
        let product = |a: u8, b: u8| {
            (0..8).rev().fold(0u8, |sum, bit| {
                (sum << 1) ^ ((sum >> 7) * 0x1b) ^ ((b >> bit & 1) * a)
            })
        };
        let inverse = (1..=255).find(|b| product(octet, *b) == 1).unwrap_or(0);
        [0, 1, 2, 3, 4]
            .map(|turn| inverse.rotate_left(turn))
            .iter()
            .fold(0x63, |a, b| a ^ b)
    }

    #[test]
    fn tables_substitute_and_double_all_256_octets() {
        let bytes = SubBytes::of(&TABLES);
        for octet in 0..=255 {
            let out = bytes.pairs(enter(&TABLES, splat(octet)));
            let expected = substitute(octet) ^ 0x63;
            let (mut once, mut twice) = ([0; 16], [0; 16]);
            store(&mut once, out.once);
            store(&mut twice, out.twice);
            assert_eq!(once, pair(expected));
            assert_eq!(twice, pair((expected << 1) ^ ((expected >> 7) * 0x1b)));
            store(&mut once, xor(out.once, splat(CONSTANT_PAIR)));
            assert_eq!(once, pair(substitute(octet)));
        }
    }
}
