//! The vector verbs of the kernels: sixteen octets at a time, octet 0 first.
//!
//! On WebAssembly each is one instruction. Elsewhere they are spelt out, so that the kernels run in
//! native tests. That form looks octets up by index, and only tests may use it.

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
pub(super) use portable::*;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(super) use wasm::*;

/// Returns the same reference but hides its target from the compiler, so that tables are loaded
/// from memory.
///
/// Otherwise V8 and LLVM rebuild a constant vector at every use, with four instructions instead of
/// one load.
#[inline]
pub(super) fn opaque<T>(target: &T) -> &T {
    core::hint::black_box(target)
}

/// Word w of row r to word r of row w.
#[inline(always)]
pub(super) fn transpose([a, b, c, d]: [V; 4]) -> [V; 4] {
    let (ab, cd) = (zip32_low(a, b), zip32_low(c, d));
    let (ab_high, cd_high) = (zip32_high(a, b), zip32_high(c, d));
    [
        zip64_low(ab, cd),
        zip64_high(ab, cd),
        zip64_low(ab_high, cd_high),
        zip64_high(ab_high, cd_high),
    ]
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm {
    use core::arch::wasm32 as w;

    pub(in super::super) type V = w::v128;

    #[inline(always)]
    pub(in super::super) fn load(octets: &[u8; 16]) -> V {
        let (halves, _) = octets.as_chunks::<8>();
        w::u64x2(u64::from_le_bytes(halves[0]), u64::from_le_bytes(halves[1]))
    }

    #[inline(always)]
    pub(in super::super) fn store(octets: &mut [u8; 16], x: V) {
        let (halves, _) = octets.as_chunks_mut::<8>();
        halves[0] = w::u64x2_extract_lane::<0>(x).to_le_bytes();
        halves[1] = w::u64x2_extract_lane::<1>(x).to_le_bytes();
    }

    #[inline(always)]
    pub(in super::super) fn splat(octet: u8) -> V {
        w::u8x16_splat(octet)
    }

    #[inline(always)]
    pub(in super::super) fn xor(a: V, b: V) -> V {
        w::v128_xor(a, b)
    }

    #[inline(always)]
    pub(in super::super) fn and(a: V, b: V) -> V {
        w::v128_and(a, b)
    }

    /// Octet n becomes `table[index[n]]`, or 0 where the index is 0x80 or more. No index is
    /// 16..=127.
    #[inline(always)]
    pub(in super::super) fn swizzle(table: V, index: V) -> V {
        #[cfg(target_feature = "relaxed-simd")]
        return w::i8x16_relaxed_swizzle(table, index);
        #[cfg(not(target_feature = "relaxed-simd"))]
        return w::i8x16_swizzle(table, index);
    }

    #[inline(always)]
    pub(in super::super) fn shl16<const N: u32>(x: V) -> V {
        w::i16x8_shl(x, N)
    }

    #[inline(always)]
    pub(in super::super) fn shr16<const N: u32>(x: V) -> V {
        w::u16x8_shr(x, N)
    }

    #[inline(always)]
    pub(in super::super) fn shl64<const N: u32>(x: V) -> V {
        w::i64x2_shl(x, N)
    }

    #[inline(always)]
    pub(in super::super) fn shr64<const N: u32>(x: V) -> V {
        w::u64x2_shr(x, N)
    }

    #[inline(always)]
    pub(in super::super) fn swap64(x: V) -> V {
        w::i64x2_shuffle::<1, 0>(x, x)
    }

    /// `upper` moved up one octet, with the last octet of `lower` coming in.
    #[inline(always)]
    pub(in super::super) fn up_one(lower: V, upper: V) -> V {
        w::i8x16_shuffle::<15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30>(
            lower, upper,
        )
    }

    #[inline(always)]
    pub(in super::super) fn splat32(word: u32) -> V {
        w::u32x4_splat(word)
    }

    #[inline(always)]
    pub(in super::super) fn add32(a: V, b: V) -> V {
        w::u32x4_add(a, b)
    }

    #[inline(always)]
    pub(in super::super) fn add16(a: V, b: V) -> V {
        w::i16x8_add(a, b)
    }

    /// Word n is the sum of the products of halves 2 n and 2 n + 1, all with signs.
    #[inline(always)]
    pub(in super::super) fn dot16(a: V, b: V) -> V {
        w::i32x4_dot_i16x8(a, b)
    }

    #[inline(always)]
    pub(in super::super) fn shl32<const N: u32>(x: V) -> V {
        w::u32x4_shl(x, N)
    }

    #[inline(always)]
    pub(in super::super) fn shr32<const N: u32>(x: V) -> V {
        w::u32x4_shr(x, N)
    }

    /// As `shr32`, of words with signs.
    #[inline(always)]
    pub(in super::super) fn sar32<const N: u32>(x: V) -> V {
        w::i32x4_shr(x, N)
    }

    #[inline(always)]
    pub(in super::super) fn of_words([a, b, c, d]: [u32; 4]) -> V {
        w::u32x4(a, b, c, d)
    }

    #[inline(always)]
    pub(in super::super) fn words(x: V) -> [u32; 4] {
        [
            w::u32x4_extract_lane::<0>(x),
            w::u32x4_extract_lane::<1>(x),
            w::u32x4_extract_lane::<2>(x),
            w::u32x4_extract_lane::<3>(x),
        ]
    }

    /// Word 0 four times.
    #[inline(always)]
    pub(in super::super) fn lowest32(x: V) -> V {
        w::i32x4_shuffle::<0, 0, 0, 0>(x, x)
    }

    #[inline(always)]
    pub(in super::super) fn rotate32<const LEFT: u32, const RIGHT: u32>(x: V) -> V {
        w::v128_or(w::u32x4_shl(x, LEFT), w::u32x4_shr(x, RIGHT))
    }

    /// Words 0 and 1 of both: a0 b0 a1 b1.
    #[inline(always)]
    pub(in super::super) fn zip32_low(a: V, b: V) -> V {
        w::i32x4_shuffle::<0, 4, 1, 5>(a, b)
    }

    #[inline(always)]
    pub(in super::super) fn zip32_high(a: V, b: V) -> V {
        w::i32x4_shuffle::<2, 6, 3, 7>(a, b)
    }

    #[inline(always)]
    pub(in super::super) fn zip64_low(a: V, b: V) -> V {
        w::i64x2_shuffle::<0, 2>(a, b)
    }

    #[inline(always)]
    pub(in super::super) fn zip64_high(a: V, b: V) -> V {
        w::i64x2_shuffle::<1, 3>(a, b)
    }
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod portable {
    #[derive(Clone, Copy)]
    #[repr(align(16))]
    pub(in super::super) struct V([u8; 16]);

    pub(in super::super) fn load(octets: &[u8; 16]) -> V {
        V(*octets)
    }

    pub(in super::super) fn store(octets: &mut [u8; 16], x: V) {
        *octets = x.0;
    }

    pub(in super::super) fn splat(octet: u8) -> V {
        V([octet; 16])
    }

    pub(in super::super) fn xor(a: V, b: V) -> V {
        from_u128(to_u128(a) ^ to_u128(b))
    }

    pub(in super::super) fn and(a: V, b: V) -> V {
        from_u128(to_u128(a) & to_u128(b))
    }

    pub(in super::super) fn swizzle(table: V, index: V) -> V {
        V(index.0.map(|at| {
            assert!(!(16..128).contains(&at), "machines differ for index {at}");
            if at < 16 { table.0[usize::from(at)] } else { 0 }
        }))
    }

    pub(in super::super) fn shl16<const N: u32>(x: V) -> V {
        each16(x, |lane| lane << N)
    }

    pub(in super::super) fn shr16<const N: u32>(x: V) -> V {
        each16(x, |lane| lane >> N)
    }

    pub(in super::super) fn shl64<const N: u32>(x: V) -> V {
        each64(x, |lane| lane << N)
    }

    pub(in super::super) fn shr64<const N: u32>(x: V) -> V {
        each64(x, |lane| lane >> N)
    }

    pub(in super::super) fn swap64(x: V) -> V {
        from_u128(to_u128(x).rotate_left(64))
    }

    pub(in super::super) fn up_one(lower: V, upper: V) -> V {
        from_u128(to_u128(upper) << 8 | to_u128(lower) >> 120)
    }

    pub(in super::super) fn splat32(word: u32) -> V {
        of_words([word; 4])
    }

    pub(in super::super) fn add32(a: V, b: V) -> V {
        let (a, b) = (words(a), words(b));
        of_words(core::array::from_fn(|n| a[n].wrapping_add(b[n])))
    }

    pub(in super::super) fn add16(a: V, b: V) -> V {
        let (a, b) = (halves(a), halves(b));
        of_halves(core::array::from_fn(|n| a[n].wrapping_add(b[n])))
    }

    pub(in super::super) fn dot16(a: V, b: V) -> V {
        let (a, b) = (halves(a), halves(b));
        let product = |n: usize| i32::from(a[n]) * i32::from(b[n]);
        let sum = |n: usize| product(2 * n).wrapping_add(product(2 * n + 1));
        of_words(core::array::from_fn(|n| sum(n) as u32))
    }

    pub(in super::super) fn shl32<const N: u32>(x: V) -> V {
        of_words(words(x).map(|word| word << N))
    }

    pub(in super::super) fn shr32<const N: u32>(x: V) -> V {
        of_words(words(x).map(|word| word >> N))
    }

    pub(in super::super) fn sar32<const N: u32>(x: V) -> V {
        of_words(words(x).map(|word| (word as i32 >> N) as u32))
    }

    pub(in super::super) fn lowest32(x: V) -> V {
        of_words([words(x)[0]; 4])
    }

    pub(in super::super) fn rotate32<const LEFT: u32, const RIGHT: u32>(x: V) -> V {
        of_words(words(x).map(|word| word << LEFT | word >> RIGHT))
    }

    pub(in super::super) fn zip32_low(a: V, b: V) -> V {
        let (a, b) = (words(a), words(b));
        of_words([a[0], b[0], a[1], b[1]])
    }

    pub(in super::super) fn zip32_high(a: V, b: V) -> V {
        let (a, b) = (words(a), words(b));
        of_words([a[2], b[2], a[3], b[3]])
    }

    pub(in super::super) fn zip64_low(a: V, b: V) -> V {
        from_u128(to_u128(a) << 64 >> 64 | to_u128(b) << 64)
    }

    pub(in super::super) fn zip64_high(a: V, b: V) -> V {
        from_u128(to_u128(a) >> 64 | to_u128(b) >> 64 << 64)
    }

    fn to_u128(x: V) -> u128 {
        u128::from_le_bytes(x.0)
    }

    fn from_u128(x: u128) -> V {
        V(x.to_le_bytes())
    }

    pub(in super::super) fn words(x: V) -> [u32; 4] {
        let (words, _) = x.0.as_chunks::<4>();
        core::array::from_fn(|n| u32::from_le_bytes(words[n]))
    }

    pub(in super::super) fn of_words(words: [u32; 4]) -> V {
        let mut out = [0; 16];
        out.as_chunks_mut::<4>()
            .0
            .copy_from_slice(&words.map(u32::to_le_bytes));
        V(out)
    }

    fn halves(x: V) -> [i16; 8] {
        let (halves, _) = x.0.as_chunks::<2>();
        core::array::from_fn(|n| i16::from_le_bytes(halves[n]))
    }

    fn of_halves(halves: [i16; 8]) -> V {
        let mut out = [0; 16];
        out.as_chunks_mut::<2>()
            .0
            .copy_from_slice(&halves.map(i16::to_le_bytes));
        V(out)
    }

    fn each16(x: V, change: impl Fn(u16) -> u16) -> V {
        let mut out = x.0;
        for lane in out.as_chunks_mut::<2>().0 {
            *lane = change(u16::from_le_bytes(*lane)).to_le_bytes();
        }
        V(out)
    }

    fn each64(x: V, change: impl Fn(u64) -> u64) -> V {
        let mut out = x.0;
        for lane in out.as_chunks_mut::<8>().0 {
            *lane = change(u64::from_le_bytes(*lane)).to_le_bytes();
        }
        V(out)
    }
}
