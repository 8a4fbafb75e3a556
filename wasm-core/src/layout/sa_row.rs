//! Rows of SAs and peers, and the specification from which an SA is installed.

use core::cell::{Cell, UnsafeCell};
use core::sync::atomic::{AtomicU32, AtomicU64};

use super::record::{Content, Crosses, record};
use super::{KEY_MATERIAL_ROOM, SELECTOR_MAX, WINDOW_WORDS};
use crate::aead::Context;
use crate::ids::SaNumber;

/// An address prefix, left-aligned: IPv4 in the first four octets of `high`.
#[repr(C)]
pub struct Selector {
    /// Address, first eight octets as one big-endian number.
    pub high: Cell<u64>,
    /// Address, last eight octets.
    pub low: Cell<u64>,
    /// 4 or 6.
    pub version: Cell<u32>,
    /// Length of the prefix.
    pub bits: Cell<u32>,
}

/// One SA. Lanes write only its live part; all else is written under the SAD's write lock, or while
/// the row is free.
#[repr(C, align(64))]
pub struct SaRow {
    /// SPI in host order; 0 while the row is free.
    pub spi: Cell<u32>,
    /// `SA_INBOUND` or `SA_OUTBOUND`.
    pub direction: Cell<u32>,
    /// Number of the peer.
    pub peer: Cell<u32>,
    /// 1 with extended sequence numbers.
    pub esn: Cell<u32>,
    /// Anti-replay window, 0 if off.
    pub window_len: Cell<u32>,
    /// Salt, as it stands in the nonce.
    pub salt: [Cell<u8>; 4],
    /// Next free row, while this one is free.
    pub next_free: Cell<u32>,
    /// Number of the AEAD.
    pub algorithm: Cell<u32>,
    /// Number of the SA: it counts installs, so that newer ones have larger numbers.
    pub number: Cell<u64>,
    /// The last number used before the install.
    pub initial_sequence: Cell<u64>,
    /// The IV of a packet is its number and this, modulo 2^64.
    pub iv_offset: Cell<u64>,
    /// Packets since the install that ask for a rekey; 0 is no limit.
    pub soft_packets: Cell<u64>,
    /// Octets of the cipher that ask for one; 0 is no limit.
    pub soft_octets: Cell<u64>,
    /// Monotonic milliseconds of the moment that asks for one; infinite without a limit.
    pub soft_at: Cell<f64>,
    /// Packets since the install that are allowed; 0 is no limit.
    pub hard_packets: Cell<u64>,
    /// Octets of the cipher that are allowed; 0 is no limit.
    pub hard_octets: Cell<u64>,
    /// Monotonic milliseconds of the end; infinite without a limit.
    pub expires_at: Cell<f64>,
    /// Monotonic milliseconds of the install.
    pub installed_at: Cell<f64>,
    /// Used elements of `local`.
    pub local_count: Cell<u32>,
    /// Used elements of `remote`.
    pub remote_count: Cell<u32>,
    /// 1 once the key of an expired SA has been wiped.
    pub is_wiped: Cell<u32>,
    /// Outbound: 1 while packets leave by it only if no other SA fits.
    pub is_standby: Cell<u32>,
    /// Own side.
    pub local: [Selector; SELECTOR_MAX],
    /// The peer's side.
    pub remote: [Selector; SELECTOR_MAX],
    /// Next node of the policy index, for each of `remote`.
    pub policy_next: [Cell<u32>; SELECTOR_MAX],
    /// The part that changes with each packet.
    pub live: SaLive,
    /// The key. Read under the SAD's read lock.
    pub context: UnsafeCell<Context>,
}

impl SaRow {
    /// Its number.
    #[inline]
    pub(crate) fn number(&self) -> SaNumber {
        SaNumber(self.number.get())
    }
}

/// The part of an SA that lanes write.
#[repr(C, align(64))]
pub struct SaLive {
    /// `SA_` state constant.
    pub state: AtomicU32,
    /// The window lock.
    pub lock: AtomicU32,
    /// Outbound: the last number used. Inbound: the highest number authenticated.
    pub sequence: AtomicU64,
    /// Packets since the install.
    pub packets: AtomicU64,
    /// Octets the cipher was applied to since the install.
    pub octets: AtomicU64,
    /// Monotonic milliseconds of the last valid packet, as bits of an f64; 0 if none.
    pub valid_at: AtomicU64,
    /// Soft limits that have warned, a bit for each measure.
    pub warned: AtomicU32,
    /// Notices that found no room in the lane's ring, and that the shell tells: a bit for the soft
    /// limit of each measure, behind them one for the end by it, and one for the first packet.
    pub untold: AtomicU32,
    _pad: [u64; 2],
    /// Anti-replay window: bit `n % WINDOW_MAX` is number `n`.
    pub window: [AtomicU64; WINDOW_WORDS],
}

/// A peer: pairs its SAs by direction.
#[repr(C)]
pub struct Peer {
    /// The path, packed (`path`): the connection that brought its last fresh packet; 0 without one.
    pub path: AtomicU64,
    /// Monotonic milliseconds of the last path move with an event, as bits of an f64; 0 if none.
    pub told_at: AtomicU64,
    /// Moves without an event since then.
    pub told_suppressed: AtomicU32,
    /// Its SAs. Under the SAD lock.
    pub sas: Cell<u32>,
}

record! {
    /// An address prefix as the shell writes it.
    #[repr(C)]
    pub struct SpecSelector {
        /// 4 or 6.
        pub version: Cell<u32>,
        /// Length of the prefix.
        pub bits: Cell<u32>,
        /// 4 or 16 octets, in wire order.
        pub octets: [Cell<u8>; 16],
    }
}

impl<const N: usize> Crosses for [SpecSelector; N] {
    const CONTENT: Content = Content::Selectors;
}

record! {
    /// The specification that `sa_install` reads and wipes.
    #[repr(C, align(64))]
    pub struct SaSpec {
        /// 0x100 and up.
        pub spi: Cell<u32>,
        /// `SA_INBOUND` or `SA_OUTBOUND`.
        pub direction: Cell<u32>,
        /// Number of the peer, 1 and up.
        pub peer: Cell<u32>,
        /// Number of the AEAD.
        pub algorithm: Cell<u32>,
        /// 1 with extended sequence numbers.
        pub esn: Cell<u32>,
        /// 32 to 4096, or 0 for off.
        pub window_len: Cell<u32>,
        /// Octets of `key`: key, then salt.
        pub key_len: Cell<u32>,
        /// Used elements of `local`.
        pub local_count: Cell<u32>,
        /// Used elements of `remote`.
        pub remote_count: Cell<u32>,
        /// Outbound: 1 if packets leave by it only where no other SA fits, until `sa_use`.
        pub standby: Cell<u32>,
        /// The last number already used.
        pub initial_sequence: Cell<u64>,
        /// Added to each number, modulo 2^64, for the packet's IV.
        pub iv_offset: Cell<u64>,
        /// 0 is no limit.
        pub soft_packets: Cell<u64>,
        /// 0 is no limit.
        pub soft_octets: Cell<u64>,
        /// 0 is no limit.
        pub soft_seconds: Cell<f64>,
        /// 0 is no limit.
        pub hard_packets: Cell<u64>,
        /// 0 is no limit.
        pub hard_octets: Cell<u64>,
        /// 0 is no limit.
        pub hard_seconds: Cell<f64>,
        /// Monotonic milliseconds of the lanes' clock.
        pub now: Cell<f64>,
        /// Key, then salt.
        pub key: [Cell<u8>; KEY_MATERIAL_ROOM],
        /// Own side.
        pub local: [SpecSelector; SELECTOR_MAX],
        /// The peer's side.
        pub remote: [SpecSelector; SELECTOR_MAX],
    }
}
