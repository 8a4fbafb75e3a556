//! A memory with one lane block, filled as the core and the shell would fill it, and attached to
//! the library.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use core::mem::offset_of;

use culvert_core::layout::lane::{Job, LaneBlock};
use culvert_core::layout::sa_row::SaSpec;
use culvert_engine::exports as engine;

pub use culvert_core::aead::Algorithm;

/// AEADs that the library has, with every length of their keys: all of the core's but AES-192.
pub fn kinds() -> Vec<(Algorithm, usize)> {
    let all = culvert_core::aead::kinds();
    all.filter(|kind| *kind != (Algorithm::AesGcm16, 24))
        .collect()
}

const PAGE_LEN: usize = 65_536;

/// Octets before and behind the memory that must not change.
const CANARY_LEN: usize = 4096;
const CANARY: u8 = 0xa5;

/// Offset of the lane block.
pub const BLOCK: u32 = 4096;

/// Offset of the room for packets.
pub const ROOM: u32 = 8 << 16;

const _: () = assert!(BLOCK as usize + size_of::<LaneBlock>() <= ROOM as usize);

/// An attached memory.
pub struct Shared {
    allocation: *mut u8,
    len: usize,
    pub handle: u32,
}

// SAFETY: plain octets; each test says which thread touches which.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

/// One packet, as a job describes it.
#[derive(Clone, Debug)]
pub struct Packet {
    pub sa: u32,
    pub nonce: [u8; 12],
    /// 8 or 12 octets, beginning with the SPI.
    pub aad: Vec<u8>,
    /// Offset of the plaintext.
    pub source: u32,
    /// Offset of the ciphertext.
    pub data: u32,
    pub len: u32,
    pub tag: u32,
}

impl Shared {
    pub fn new(pages: usize) -> Self {
        let len = pages * PAGE_LEN;
        let octets = vec![CANARY; CANARY_LEN + len + CANARY_LEN + 16].into_boxed_slice();
        let allocation = Box::leak(octets).as_mut_ptr();
        let allocation = allocation.wrapping_add(allocation.align_offset(16));
        let base = allocation.wrapping_add(CANARY_LEN).expose_provenance();
        // SAFETY: the allocation is leaked, and the jobs are the test's own.
        let handle = unsafe { engine::culvert_engine_attach(base, pages as u32) };
        assert_ne!(handle, 0);
        let shared = Self {
            allocation,
            len,
            handle,
        };
        shared.write(0, &vec![0; len]);
        shared
    }

    pub fn write(&self, at: u32, octets: &[u8]) {
        assert!(at as usize + octets.len() <= self.len);
        // SAFETY: inside the allocation; only one thread uses these octets.
        unsafe {
            self.allocation
                .add(CANARY_LEN + at as usize)
                .copy_from(octets.as_ptr(), octets.len());
        }
    }

    pub fn read(&self, at: u32, len: usize) -> Vec<u8> {
        assert!(at as usize + len <= self.len);
        let mut octets = vec![0; len];
        // SAFETY: as in `write`.
        unsafe {
            octets
                .as_mut_ptr()
                .copy_from(self.allocation.add(CANARY_LEN + at as usize), len);
        }
        octets
    }

    /// The octets themselves, for tests of memory.
    pub fn lend(&self, at: u32, len: usize) -> &[u8] {
        assert!(at as usize + len <= self.len);
        // SAFETY: inside the allocation; the caller does not write while it looks.
        unsafe { core::slice::from_raw_parts(self.allocation.add(CANARY_LEN + at as usize), len) }
    }

    pub fn set_word(&self, at: usize, value: u32) {
        self.write(at as u32, &value.to_le_bytes());
    }

    pub fn word(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.read(at as u32, 4).try_into().unwrap())
    }

    /// Whether nothing has been written before or after the memory.
    pub fn is_intact(&self) -> bool {
        [0, CANARY_LEN + self.len].iter().all(|&at| {
            // SAFETY: inside of the allocation, and no thread writes there.
            let canary =
                unsafe { core::slice::from_raw_parts(self.allocation.add(at), CANARY_LEN) };
            canary.iter().all(|&octet| octet == CANARY)
        })
    }

    /// Lays out a specification, as the shell does before an install.
    pub fn set_spec(&self, block: u32, spi: u32, algorithm: Algorithm, key: &[u8]) {
        let spec = block as usize + offset_of!(LaneBlock, sa_spec);
        self.set_word(spec + offset_of!(SaSpec, spi), spi);
        self.set_word(spec + offset_of!(SaSpec, algorithm), algorithm.number());
        self.set_word(spec + offset_of!(SaSpec, key_len), key.len() as u32 + 4);
        let at = (spec + offset_of!(SaSpec, key)) as u32;
        self.write(at, key);
        self.write(at + key.len() as u32, b"salt");
    }

    /// The key in the specification.
    pub fn spec_key(&self, block: u32) -> Vec<u8> {
        self.read(Self::key_at(block), 40)
    }

    /// Offset of that key.
    pub fn key_at(block: u32) -> u32 {
        block + (offset_of!(LaneBlock, sa_spec) + offset_of!(SaSpec, key)) as u32
    }

    pub fn install(&self, sa: u32, spi: u32, algorithm: Algorithm, key: &[u8]) -> bool {
        self.set_spec(BLOCK, spi, algorithm, key);
        engine::culvert_engine_install(self.handle, BLOCK, sa) == 1
    }

    /// Offset of a job.
    pub fn job_at(block: u32, i: usize) -> usize {
        block as usize + offset_of!(LaneBlock, jobs) + i * size_of::<Job>()
    }

    /// Offset of a job's nonce.
    pub fn nonce_at(block: u32, i: usize) -> u32 {
        (Self::job_at(block, i) + offset_of!(Job, nonce)) as u32
    }

    /// Lays out a batch in the block at `block`.
    pub fn set_jobs(&self, block: u32, packets: &[Packet]) {
        for (i, packet) in packets.iter().enumerate() {
            let at = Self::job_at(block, i);
            for (field, value) in [
                (offset_of!(Job, data), packet.data),
                (offset_of!(Job, data_len), packet.len),
                (offset_of!(Job, source), packet.source),
                (offset_of!(Job, tag), packet.tag),
                (offset_of!(Job, aad_len), packet.aad.len() as u32),
                (offset_of!(Job, ok), 0),
                (offset_of!(Job, sa), packet.sa),
            ] {
                self.set_word(at + field, value);
            }
            self.write((at + offset_of!(Job, nonce)) as u32, &packet.nonce);
            self.write((at + offset_of!(Job, aad)) as u32, &packet.aad);
        }
        self.set_word(
            block as usize + offset_of!(LaneBlock, batch.jobs),
            packets.len() as u32,
        );
    }

    /// The result of the open of each job.
    pub fn results(&self, block: u32, jobs: usize) -> Vec<u32> {
        (0..jobs)
            .map(|i| self.word(Self::job_at(block, i) + offset_of!(Job, ok)))
            .collect()
    }

    pub fn seal(&self, block: u32) -> bool {
        engine::culvert_engine_seal(self.handle, block) == 1
    }

    pub fn open(&self, block: u32) -> bool {
        engine::culvert_engine_open(self.handle, block) == 1
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        assert_eq!(engine::culvert_engine_detach(self.handle), 1);
        assert!(self.is_intact(), "written outside of the memory");
    }
}

/// `len` octets that repeat after 251 and are never 0.
pub fn filler(len: usize) -> Vec<u8> {
    // 1 to 251.
    (0..len).map(|i| (i % 251) as u8 + 1).collect()
}
