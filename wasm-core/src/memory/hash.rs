//! The hash of the tables.

/// Spreads a key over 32 bits (the finalizer of splitmix64).
pub(crate) fn mix(key: u64) -> u32 {
    let a = (key ^ (key >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let b = (a ^ (a >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    // The high half is as well mixed as the low one.
    (b >> 32) as u32
}
