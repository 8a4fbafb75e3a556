//! The library refuses batches that are not its own, corrupt tables, and unknown handles.

mod support;

use core::mem::offset_of;

use culvert_core::layout::BATCH_MAX;
use culvert_core::layout::lane::{Job, LaneBlock};
use culvert_engine::exports as engine;
use proptest::prelude::*;
use support::{Algorithm, BLOCK, Packet, ROOM, Shared, filler};

const SPI: u32 = 0x0102_0304;
const PAGES: usize = 16;

/// A packet of `SPI` with 100 octets at place `i`.
fn packet(sa: u32, i: u32) -> Packet {
    let source = ROOM + i * 512;
    Packet {
        sa,
        nonce: [9; 12],
        aad: [SPI.to_be_bytes(), [0, 0, 0, 1]].concat(),
        source,
        data: source + 256,
        len: 100,
        tag: source + 356,
    }
}

/// A memory with SA 1, a batch of four, and the octets in the packets' place.
fn ready() -> (Shared, Vec<u8>) {
    let shared = Shared::new(PAGES);
    assert!(shared.install(1, SPI, Algorithm::AesGcm16, &[1; 16]));
    shared.write(ROOM, &filler(4096));
    let packets: Vec<Packet> = (0..4).map(|i| packet(1, i)).collect();
    shared.set_jobs(BLOCK, &packets);
    let before = shared.read(ROOM, 4096);
    (shared, before)
}

/// Expects that neither call does anything.
fn is_left(shared: &Shared, before: &[u8]) {
    assert!(!shared.open(BLOCK));
    assert!(!shared.seal(BLOCK));
    assert!(shared.read(ROOM, before.len()) == before);
}

#[test]
fn a_batch_with_a_foreign_job_is_left_whole_to_the_core() {
    let (shared, before) = ready();
    shared.set_word(Shared::job_at(BLOCK, 3) + offset_of!(Job, sa), 2);
    is_left(&shared, &before);
    assert!(!shared.install(2, SPI, Algorithm::AesGcm16, &[1; 24]));
    is_left(&shared, &before);
    shared.set_word(Shared::job_at(BLOCK, 3) + offset_of!(Job, sa), 1);
    assert!(shared.seal(BLOCK));
}

#[test]
fn a_key_is_for_packets_of_its_own_spi() {
    let (shared, before) = ready();
    assert!(shared.install(1, SPI + 1, Algorithm::AesGcm16, &[1; 16]));
    is_left(&shared, &before);
}

#[test]
fn a_removed_key_is_not_used_again() {
    let (shared, before) = ready();
    assert_eq!(engine::culvert_engine_remove(shared.handle, 1), 1);
    assert_eq!(engine::culvert_engine_remove(shared.handle, 1), 0);
    is_left(&shared, &before);
}

#[test]
fn an_install_that_is_refused_leaves_no_older_key() {
    let (shared, before) = ready();
    assert!(!shared.install(1, SPI, Algorithm::AesGcm16, &[1; 24]));
    is_left(&shared, &before);
}

#[test]
fn the_specification_is_wiped_whether_it_is_taken_or_not() {
    let shared = Shared::new(PAGES);
    for key_len in [16, 24, 32, 33] {
        shared.install(1, SPI, Algorithm::AesGcm16, &vec![7; key_len]);
        assert_eq!(shared.spec_key(BLOCK), [0; 40], "{key_len}");
    }
    assert!(!shared.install(1, 0, Algorithm::AesGcm16, &[7; 16]));
    assert!(!shared.install(0, SPI, Algorithm::AesGcm16, &[7; 16]));
    assert!(!shared.install(16_385, SPI, Algorithm::AesGcm16, &[7; 16]));
}

#[test]
fn ranges_outside_of_the_memory_are_refused() {
    let len = (PAGES << 16) as u32;
    for (field, value) in [
        (offset_of!(Job, data), len - 99),
        (offset_of!(Job, data), u32::MAX),
        (offset_of!(Job, data_len), u32::MAX),
        (offset_of!(Job, tag), len - 15),
        (offset_of!(Job, aad_len), 0),
        (offset_of!(Job, aad_len), 13),
        (offset_of!(Job, aad_len), u32::MAX),
        (offset_of!(Job, sa), 0),
        (offset_of!(Job, sa), u32::MAX),
    ] {
        let (shared, before) = ready();
        shared.set_word(Shared::job_at(BLOCK, 2) + field, value);
        is_left(&shared, &before);
    }
    let (shared, before) = ready();
    shared.set_word(Shared::job_at(BLOCK, 2) + offset_of!(Job, source), len - 99);
    assert!(!shared.seal(BLOCK));
    assert!(shared.read(ROOM, before.len()) == before);
}

#[test]
fn counts_and_blocks_outside_are_refused() {
    let (shared, before) = ready();
    for count in [BATCH_MAX as u32 + 1, u32::MAX] {
        let at = BLOCK as usize + offset_of!(LaneBlock, batch.jobs);
        shared.set_word(at, count);
        is_left(&shared, &before);
    }
    for block in [
        1,
        u32::MAX,
        (PAGES << 16) as u32,
        ((PAGES << 16) - 64) as u32,
    ] {
        assert!(!shared.open(block), "{block}");
        assert!(!shared.seal(block), "{block}");
        assert_eq!(engine::culvert_engine_install(shared.handle, block, 1), 0);
    }
}

#[test]
fn unknown_handles_are_refused() {
    for handle in [0, 63, 65, u32::MAX] {
        assert_eq!(engine::culvert_engine_open(handle, BLOCK), 0);
        assert_eq!(engine::culvert_engine_seal(handle, BLOCK), 0);
        assert_eq!(engine::culvert_engine_install(handle, BLOCK, 1), 0);
        assert_eq!(engine::culvert_engine_remove(handle, 1), 0);
        assert_eq!(engine::culvert_engine_detach(handle), 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// `Shared` checks its canaries when it is dropped.
    #[test]
    fn corrupt_tables_touch_nothing_outside(
        words in proptest::collection::vec((0..64_usize, 0..16_usize, prop_oneof![
            any::<u32>(), 0..(PAGES as u32) << 16, 0..200_u32,
        ]), 1..16),
        count in prop_oneof![0..=64_u32, any::<u32>()],
    ) {
        let shared = Shared::new(PAGES);
        assert!(shared.install(1, SPI, Algorithm::ChaCha20Poly1305, &[1; 32]));
        let packets: Vec<Packet> = (0..64).map(|i| packet(1, i)).collect();
        shared.set_jobs(BLOCK, &packets);
        shared.set_word(BLOCK as usize + offset_of!(LaneBlock, batch.jobs), count);
        for (job, word, value) in words {
            shared.set_word(Shared::job_at(BLOCK, job) + 4 * word, value);
        }
        shared.seal(BLOCK);
        shared.open(BLOCK);
    }
}
