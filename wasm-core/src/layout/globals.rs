//! The data that all instances share: offsets, limits, locks and free lists.

use core::cell::Cell;
use core::sync::atomic::AtomicU64;

use super::lane::Line;
use super::{RECENT_PLACES, RECENT_WAYS};

/// Connections of one source address.
#[repr(C)]
pub struct Source {
    /// IPv4 address, or the first half of an IPv6 one.
    pub key: Cell<u64>,
    /// 4 or 6; 0 if the slot is free.
    pub version: Cell<u32>,
    /// Connections.
    pub count: Cell<u32>,
    /// Those of them that have no trusted word yet.
    pub untrusted: Cell<u32>,
    /// Rings that those hold.
    pub rings: Cell<u32>,
    /// Row of its newest connection.
    pub first: Cell<u32>,
    _pad: u32,
    /// Monotonic milliseconds of the last search for a connection that gives way.
    pub looked_at: Cell<f64>,
    /// Monotonic milliseconds at which its silent peers were last asked (`path::asking`).
    pub asked_at: Cell<f64>,
}

/// An address of the echo host.
#[repr(C)]
pub struct EchoAddress {
    /// First eight octets, left-aligned for IPv4.
    pub high: Cell<u64>,
    /// Last eight octets.
    pub low: Cell<u64>,
    /// 1 if set.
    pub is_set: Cell<u32>,
    _pad: u32,
}

/// A bounded set of SPIs (`sa::recent`), 0 in a free place. Under the SAD lock.
#[repr(C)]
pub struct Recent {
    /// Those of one hash, the newest first.
    pub places: [[Cell<u32>; RECENT_WAYS]; RECENT_PLACES],
}

/// `core_init` writes it once. Later changes happen under the locks.
#[repr(C, align(4096))]
pub struct Globals {
    /// Absolute address of the memory.
    pub base: Cell<u64>,
    /// Lanes, without the shell.
    pub lanes: Cell<u32>,
    /// Rows of connections.
    pub connections: Cell<u32>,
    /// Rows of SAs.
    pub sas: Cell<u32>,
    /// Ring blocks.
    pub rings: Cell<u32>,
    /// Largest inner packet read into a slot.
    pub inner_mtu: Cell<u32>,
    /// Octets of the place of one segment.
    pub segment_len: Cell<u32>,
    /// Octets of a lane's block with its slots and segments.
    pub lane_len: Cell<u32>,
    /// Offset of lane 0's block.
    pub lanes_at: Cell<u32>,
    /// Offset of row 0; connections count from 1.
    pub rows_at: Cell<u32>,
    /// Offset of the source table.
    pub sources_at: Cell<u32>,
    /// Slots of it, less one.
    pub sources_mask: Cell<u32>,
    /// Offset of peer 0; peers count from 1.
    pub peers_at: Cell<u32>,
    /// Offset of SA 0; SAs count from 1.
    pub sas_at: Cell<u32>,
    /// Offset of the SPI index.
    pub spi_index_at: Cell<u32>,
    /// Slots of it, less one.
    pub spi_mask: Cell<u32>,
    /// Offset of the policy index.
    pub policy_index_at: Cell<u32>,
    /// Buckets of it, less one.
    pub policy_mask: Cell<u32>,
    /// Offset of the stack of free ring blocks.
    pub pool_at: Cell<u32>,
    /// Offset of the first ring block.
    pub rings_at: Cell<u32>,
    /// Connections that one source may have; 0 is no limit.
    pub max_per_source: Cell<u32>,
    /// Points of the score that close a connection.
    pub suspect_limit: Cell<u32>,
    /// What becomes of IKE: an `IKE_` constant.
    pub ike: Cell<u32>,
    /// What becomes of ESP that has no inbound SA: an `UNKNOWN_SPI_` constant.
    pub unknown_spi: Cell<u32>,
    /// Addresses of the echo host, IPv4 and IPv6.
    pub echo: [EchoAddress; 2],

    /// The SAD lock (`memory::lock`): the number of readers, and a bit for a writer.
    pub sad_lock: Line,
    /// Grows with each install and remove.
    pub sad_version: Line,
    /// Free SA rows; under the SAD lock.
    pub sa_free: Cell<u32>,
    /// SA rows used so far.
    pub sa_used: Cell<u32>,
    /// Number of the last SA that was installed.
    pub sa_numbers: Cell<u64>,
    /// Number of remote prefixes by length: IPv4 from index 0, IPv6 from 64.
    pub length_counts: [Cell<u32>; 256],
    /// A bit for each of `length_counts` that is not 0.
    pub lengths_in_use: [Cell<u64>; 4],

    /// SPIs of inbound SAs that have reached a hard limit and left. Their peers may go on for a
    /// while, and what they send is `SaExpired`, as it was while the SA stood.
    pub ended: Recent,
    /// SPIs that IKE has offered, and whose SAs may come any moment.
    pub promised: Recent,

    /// Lock of the pool.
    pub pool_lock: Line,
    /// Free blocks on the stack.
    pub pool_free: Cell<u32>,
    /// Lock of the connection and source tables.
    pub table_lock: Line,
    /// Free rows.
    pub row_free: Cell<u32>,
    /// Rows used so far.
    pub row_used: Cell<u32>,
    /// Live connections.
    pub live: AtomicU64,
    /// Monotonic milliseconds of the last search of all sources for a connection that gives way.
    pub looked_at: Cell<f64>,
    /// Most connections without a trusted word that a source had when it was last looked for.
    pub heaviest: Cell<u32>,
    /// Row at which the last search of all rows ended.
    pub looked_to: Cell<u32>,
    /// Monotonic milliseconds of the last look for the heaviest source.
    pub heaviest_at: Cell<f64>,
    /// Monotonic milliseconds at which all silent peers were last asked (`path::asking`).
    pub asked_at: Cell<f64>,
}
