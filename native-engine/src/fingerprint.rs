//! One number for everything about tables in memory that library and gateway must agree on.
//!
//! `gateway/engine/fingerprint.ts` computes it from the generated layout, and refuses a library of
//! another build.

use core::mem::offset_of;

use culvert_core::layout::lane::{Job, LaneBlock};
use culvert_core::layout::sa_row::SaSpec;
use culvert_core::layout::{ABI, AEAD_AES_GCM_16, AEAD_CHACHA20_POLY1305, BATCH_MAX, SAS_MAX};

/// Version of the exports.
const EXPORTS: usize = 1;

/// FNV-1a over the words, octet by octet from the low end.
pub(crate) const FINGERPRINT: u32 = {
    let words = [
        EXPORTS,
        ABI as usize,
        BATCH_MAX,
        SAS_MAX as usize,
        AEAD_AES_GCM_16 as usize,
        AEAD_CHACHA20_POLY1305 as usize,
        offset_of!(LaneBlock, jobs),
        offset_of!(LaneBlock, batch.jobs),
        offset_of!(LaneBlock, sa_spec),
        size_of::<Job>(),
        offset_of!(Job, data),
        offset_of!(Job, data_len),
        offset_of!(Job, source),
        offset_of!(Job, tag),
        offset_of!(Job, aad_len),
        offset_of!(Job, ok),
        offset_of!(Job, sa),
        offset_of!(Job, nonce),
        offset_of!(Job, aad),
        offset_of!(SaSpec, spi),
        offset_of!(SaSpec, algorithm),
        offset_of!(SaSpec, key_len),
        offset_of!(SaSpec, key),
    ];
    let mut hash = 0x811c_9dc5_u32;
    let mut i = 0;
    while i < words.len() {
        let mut shift = 0;
        while shift < 32 {
            hash ^= (words[i] >> shift) as u32 & 0xff;
            hash = hash.wrapping_mul(0x0100_0193);
            shift += 8;
        }
        i += 1;
    }
    hash
};
