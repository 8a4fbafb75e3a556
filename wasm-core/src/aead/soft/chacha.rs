//! ChaCha20 (RFC 8439 §2.3, §2.4), one block at a time.

/// RFC 8439 §2.6: the first 32 octets of block 0.
pub(super) fn poly1305_key(key: &[u32; 8], nonce: &[u8; 12]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(&block(key, 0, nonce)[..32]);
    out
}

/// Adds the keystream from block 1 on.
pub(super) fn apply(key: &[u32; 8], nonce: &[u8; 12], data: &mut [u8]) {
    let mut counter = 1u32;
    for part in data.chunks_mut(64) {
        for (octet, mask) in part.iter_mut().zip(block(key, counter, nonce)) {
            *octet ^= mask;
        }
        counter = counter.wrapping_add(1);
    }
}

fn block(key: &[u32; 8], counter: u32, nonce: &[u8; 12]) -> [u8; 64] {
    let mut start = [0; 16];
    start[..4].copy_from_slice(&[0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574]);
    start[4..12].copy_from_slice(key);
    start[12] = counter;
    for (word, octets) in start[13..].iter_mut().zip(nonce.as_chunks::<4>().0) {
        *word = u32::from_le_bytes(*octets);
    }
    let mut state = start;
    for _ in 0..10 {
        for column in 0..4 {
            quarter_round(&mut state, [column, 4 + column, 8 + column, 12 + column]);
        }
        for column in 0..4 {
            let diagonal = |row: usize| 4 * row + (column + row) % 4;
            quarter_round(&mut state, [column, diagonal(1), diagonal(2), diagonal(3)]);
        }
    }
    let mut out = [0; 64];
    for (octets, (end, begin)) in out
        .as_chunks_mut::<4>()
        .0
        .iter_mut()
        .zip(state.iter().zip(start))
    {
        *octets = end.wrapping_add(begin).to_le_bytes();
    }
    out
}

fn quarter_round(state: &mut [u32; 16], [a, b, c, d]: [usize; 4]) {
    for (to_d, to_b) in [(16, 12), (8, 7)] {
        state[a] = state[a].wrapping_add(state[b]);
        state[d] = (state[d] ^ state[a]).rotate_left(to_d);
        state[c] = state[c].wrapping_add(state[d]);
        state[b] = (state[b] ^ state[c]).rotate_left(to_b);
    }
}
