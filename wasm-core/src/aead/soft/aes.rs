//! AES (FIPS 197), bitsliced: plane k holds bit k of every octet of four blocks.
//!
//! Octet `4 * column + row` of block b is bit `16 * b + 4 * column + row` of each plane. A round
//! key in this form is eight planes of 16 bits: sixteen octets, as long as the key itself.

use zeroize::Zeroize;

/// Blocks that one call encrypts.
pub(super) const BLOCKS: usize = 4;

type Planes = [u64; 8];

/// FIPS 197 §5.2. A key of 16 octets fills eleven of the fifteen round keys, a key of 24 octets
/// thirteen.
pub(in super::super) fn key_schedule(key: &[u8]) -> [[u8; 16]; 15] {
    let key_words = key.len() / 4;
    let words = 4 * (key_words + 7);
    let mut schedule = [[0u8; 4]; 60];
    let (given, _) = key.as_chunks::<4>();
    schedule[..key_words].copy_from_slice(given);
    let mut constant = 1u8;
    for i in key_words..words {
        let mut word = schedule[i - 1];
        if i % key_words == 0 {
            word.rotate_left(1);
            word = substitute_word(word);
            word[0] ^= constant;
            constant = double(constant);
        } else if key_words == 8 && i % 8 == 4 {
            word = substitute_word(word);
        }
        for (octet, before) in word.iter_mut().zip(schedule[i - key_words]) {
            *octet ^= before;
        }
        schedule[i] = word;
    }
    let mut round_keys = [[0; 16]; 15];
    round_keys
        .as_flattened_mut()
        .copy_from_slice(schedule.as_flattened());
    schedule.as_flattened_mut().zeroize();
    round_keys
}

/// Round keys in plane form, as `encrypt` takes them.
pub(super) fn expand_key(round_keys: &mut [[u8; 16]; 15], key: &[u8]) {
    let mut schedule = key_schedule(key);
    for (round_key, octets) in round_keys.iter_mut().zip(schedule) {
        for (pair, plane) in round_key
            .as_chunks_mut::<2>()
            .0
            .iter_mut()
            .zip(planes_of(&octets))
        {
            // Sixteen octets went in, so the upper bits of each plane are zero.
            *pair = (plane as u16).to_le_bytes();
        }
    }
    schedule.as_flattened_mut().zeroize();
}

/// Encrypts four blocks; the number of round keys is the number of rounds plus one.
pub(super) fn encrypt(round_keys: &[[u8; 16]], blocks: &mut [[u8; 16]; BLOCKS]) {
    let Some(([first, middle @ ..], last)) = round_keys.split_last().map(|(l, rest)| (rest, l))
    else {
        return;
    };
    let mut state = planes_of(blocks.as_flattened());
    add_round_key(&mut state, first);
    for round_key in middle {
        substitute(&mut state);
        shift_rows(&mut state);
        mix_columns(&mut state);
        add_round_key(&mut state, round_key);
    }
    substitute(&mut state);
    shift_rows(&mut state);
    add_round_key(&mut state, last);
    octets_of(&state, blocks.as_flattened_mut());
}

fn planes_of(octets: &[u8]) -> Planes {
    let mut planes = [0; 8];
    for (at, octet) in octets.iter().enumerate() {
        for (bit, plane) in planes.iter_mut().enumerate() {
            *plane |= u64::from(octet >> bit & 1) << at;
        }
    }
    planes
}

fn octets_of(planes: &Planes, octets: &mut [u8]) {
    for (at, octet) in octets.iter_mut().enumerate() {
        *octet = 0;
        for (bit, plane) in planes.iter().enumerate() {
            *octet |= ((plane >> at & 1) as u8) << bit;
        }
    }
}

fn add_round_key(state: &mut Planes, round_key: &[u8; 16]) {
    for (plane, pair) in state.iter_mut().zip(round_key.as_chunks::<2>().0) {
        *plane ^= u64::from(u16::from_le_bytes(*pair)) * 0x0001_0001_0001_0001;
    }
}

fn substitute_word(word: [u8; 4]) -> [u8; 4] {
    let mut planes = planes_of(&word);
    substitute(&mut planes);
    let mut out = [0; 4];
    octets_of(&planes, &mut out);
    out
}

/// SubBytes: the inverse as x^254 (0 stays 0), then the affine map.
fn substitute(x: &mut Planes) {
    let x2 = square(x);
    let x3 = multiply(x, &x2);
    let x12 = square(&square(&x3));
    let x15 = multiply(&x3, &x12);
    let x240 = square(&square(&square(&square(&x15))));
    let x252 = multiply(&x240, &x12);
    let inverse = multiply(&x252, &x2);
    for (bit, plane) in x.iter_mut().enumerate() {
        let turned = |by: usize| inverse[(bit + by) % 8];
        let constant = 0u64.wrapping_sub(0x63 >> bit & 1);
        *plane = turned(0) ^ turned(4) ^ turned(5) ^ turned(6) ^ turned(7) ^ constant;
    }
}

fn multiply(a: &Planes, b: &Planes) -> Planes {
    let mut product = [0; 15];
    for i in 0..8 {
        for j in 0..8 {
            product[i + j] ^= a[i] & b[j];
        }
    }
    reduce(product)
}

fn square(a: &Planes) -> Planes {
    let mut product = [0; 15];
    for i in 0..8 {
        product[2 * i] = a[i];
    }
    reduce(product)
}

/// Modulo x^8 + x^4 + x^3 + x + 1.
fn reduce(mut product: [u64; 15]) -> Planes {
    for i in (8..15).rev() {
        for down in [8, 7, 5, 4] {
            product[i - down] ^= product[i];
        }
    }
    let mut planes = [0; 8];
    planes.copy_from_slice(&product[..8]);
    planes
}

const fn double(a: u8) -> u8 {
    (a << 1) ^ ((a >> 7) * 0x1b)
}

/// Row r moves r columns to the left, that is 4 r bits down within the 16 bits of its block.
fn shift_rows(state: &mut Planes) {
    for plane in state {
        let x = *plane;
        *plane = (x & 0x1111_1111_1111_1111)
            | (x >> 4 & 0x0222_0222_0222_0222)
            | (x << 12 & 0x2000_2000_2000_2000)
            | (x >> 8 & 0x0044_0044_0044_0044)
            | (x << 8 & 0x4400_4400_4400_4400)
            | (x >> 12 & 0x0008_0008_0008_0008)
            | (x << 4 & 0x8880_8880_8880_8880);
    }
}

/// Column (a, b, c, d): row 0 becomes 2(a + b) + b + (c + d), and so on round the column.
fn mix_columns(state: &mut Planes) {
    let below = state.map(|x| (x >> 1 & 0x7777_7777_7777_7777) | (x << 3 & 0x8888_8888_8888_8888));
    let mut pair = *state;
    for (sum, next) in pair.iter_mut().zip(below) {
        *sum ^= next;
    }
    for (bit, plane) in state.iter_mut().enumerate() {
        let opposite =
            (pair[bit] >> 2 & 0x3333_3333_3333_3333) | (pair[bit] << 2 & 0xcccc_cccc_cccc_cccc);
        let carry = if matches!(bit, 1 | 3 | 4) { pair[7] } else { 0 };
        *plane = pair[(bit + 7) % 8] ^ carry ^ below[bit] ^ opposite;
    }
}
