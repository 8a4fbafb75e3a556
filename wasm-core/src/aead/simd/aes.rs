//! AES by vector permutation: every look-up is a swizzle of a register.
//!
//! Octets are kept as nibble pairs of a tower field (`tables`), and ShiftRows is never done: after n rounds row r
//! stands n r columns too far to the right, the permutations of MixColumns make up for it, and the last round sets it right.
//!
//! CT: blocks and round keys are secret; they meet xor, and, shifts by constants and swizzles. The counter is public.

use super::tables::{CONSTANT_PAIR, TABLES, Tables};
use super::verbs::{V, and, load, opaque, shr16, splat, store, swizzle, xor};
use crate::aead::context::Context;
use crate::aead::soft::aes::key_schedule;

/// Octet `4 c + r` of `NEXT[s]` is where row r + 1, column c + s stands; `PREVIOUS` is its inverse.
struct Turns {
    next: [[u8; 16]; 4],
    previous: [[u8; 16]; 4],
    rows: [[u8; 16]; 4],
}

static TURNS: Turns = Turns {
    next: [turn(1, 0, 0), turn(1, 1, 0), turn(1, 2, 0), turn(1, 3, 0)],
    previous: [turn(3, 0, 0), turn(3, 3, 0), turn(3, 2, 0), turn(3, 1, 0)],
    rows: [turn(0, 0, 0), turn(0, 0, 1), turn(0, 0, 2), turn(0, 0, 3)],
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

/// Expands `key` and everything that depends on it alone, `hash_key` included.
pub(super) fn install(context: &mut Context, rounds: u32, key: &[u8]) {
    let schedule = key_schedule(key);
    let last = rounds as usize;
    context.rounds = rounds;
    context.round_keys = schedule;
    let tables = opaque(&TABLES);
    for (round, round_key) in context.round_keys[..=last].iter_mut().enumerate().skip(1) {
        if round == last {
            store(round_key, xor(load(round_key), splat(0x63)));
            continue;
        }
        let pairs = xor(enter(tables, load(round_key)), splat(CONSTANT_PAIR));
        store(
            round_key,
            swizzle(pairs, load(&TURNS.rows[(4 - round % 4) % 4])),
        );
    }
    install_round_one(context);
    let mut lanes = [splat(0)];
    first_round(context, &mut lanes);
    last_rounds(context, &mut lanes);
    store(&mut context.hash_key, lanes[0]);
}

/// Round 1 is affine in the S-box of each octet, so octet 15, the low part of the counter, adds a term of its own.
fn install_round_one(context: &mut Context) {
    let mut zero = [splat(0)];
    first_round(context, &mut zero);
    for counter in 0..=255u8 {
        let mut block = [0; 16];
        block[15] = counter;
        let mut lanes = [load(&block)];
        first_round(context, &mut lanes);
        store(
            &mut context.round_one[usize::from(counter)],
            xor(lanes[0], zero[0]),
        );
    }
}

/// Turns counter blocks into states after round 1.
pub(super) fn first_round(context: &Context, lanes: &mut [V]) {
    let tables = opaque(&TABLES);
    let key = load(&context.round_keys[0]);
    for lane in lanes.iter_mut() {
        *lane = enter(tables, xor(*lane, key));
    }
    round(tables, &Mix::of(&context.round_keys[1], 1), lanes);
}

/// The state after round 1 of the packet's counter block `counter`; `packet` is that of the same block with octet 15 zero.
#[inline(always)]
pub(super) fn after_round_one(context: &Context, packet: V, counter: u32) -> V {
    xor(packet, load(&context.round_one[(counter & 0xff) as usize]))
}

/// Turns states after round 1 into keystream.
#[inline(never)]
pub(super) fn last_rounds(context: &Context, lanes: &mut [V]) {
    let tables = opaque(&TABLES);
    let rounds = context.rounds as usize & 15;
    for (n, round_key) in context.round_keys[..rounds].iter().enumerate().skip(2) {
        round(tables, &Mix::of(round_key, n), lanes);
    }
    last_round(tables, &context.round_keys[rounds], rounds, lanes);
}

/// What one full round adds and turns by.
struct Mix {
    key: V,
    next: V,
    previous: V,
}

impl Mix {
    #[inline(always)]
    fn of(round_key: &[u8; 16], round: usize) -> Self {
        let turns = opaque(&TURNS);
        Self {
            key: load(round_key),
            next: load(&turns.next[round % 4]),
            previous: load(&turns.previous[round % 4]),
        }
    }
}

/// SubBytes, MixColumns and AddRoundKey on every lane.
#[inline(always)]
fn round(tables: &Tables, mix: &Mix, lanes: &mut [V]) {
    let inversion = Inversion::of(tables);
    let (once_u, once_t) = (load(&tables.once_u), load(&tables.once_t));
    let (twice_u, twice_t) = (load(&tables.twice_u), load(&tables.twice_t));
    for lane in lanes {
        let (io, jo) = inversion.of_pair(*lane);
        let once = xor(swizzle(once_u, io), swizzle(once_t, jo));
        let twice = xor(swizzle(twice_u, io), swizzle(twice_t, jo));
        // With a, b, c, d down the column: 2a + b, turned 2b + c, and d: together 2a + 3b + c + d.
        let pair = xor(twice, swizzle(once, mix.next));
        let rest = xor(swizzle(once, mix.previous), mix.key);
        *lane = xor(xor(pair, rest), swizzle(pair, mix.next));
    }
}

/// SubBytes back into octets, all of ShiftRows, and the last key.
#[inline(always)]
fn last_round(tables: &Tables, round_key: &[u8; 16], rounds: usize, lanes: &mut [V]) {
    let inversion = Inversion::of(tables);
    let (last_u, last_t) = (load(&tables.last_u), load(&tables.last_t));
    let key = load(round_key);
    let rows = load(&opaque(&TURNS).rows[rounds % 4]);
    for lane in lanes {
        let (io, jo) = inversion.of_pair(*lane);
        let octets = xor(swizzle(last_u, io), swizzle(last_t, jo));
        *lane = xor(swizzle(octets, rows), key);
    }
}

/// The tables of the nested inversions.
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
            nibble: splat(15),
        }
    }

    /// Both coordinates' reciprocals of the inverse of each pair; see `tools/gen_aes_tables/tables.ts`.
    #[inline(always)]
    fn of_pair(&self, pairs: V) -> (V, V) {
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
