//! What the limits of an SA count (RFC 4301 §4.4.2.1).

use crate::layout::{MEASURE_OCTETS, MEASURE_PACKETS, MEASURE_SECONDS, MEASURE_SEQUENCE};
use crate::report::status::Status;

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Measure {
    /// Packets since the install.
    Packets = MEASURE_PACKETS,
    /// Octets the cipher was applied to since the install.
    Octets = MEASURE_OCTETS,
    /// Seconds since the install.
    Seconds = MEASURE_SECONDS,
    /// Sequence numbers, which must not repeat (RFC 4303 §3.3.3).
    Sequence = MEASURE_SEQUENCE,
}

impl Measure {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Packets, Self::Octets, Self::Seconds, Self::Sequence];

    /// The status of packets that come when nothing is left.
    pub(crate) fn end(self) -> Status {
        match self {
            Self::Sequence => Status::SeqExhausted,
            Self::Packets | Self::Octets | Self::Seconds => Status::SaExpired,
        }
    }

    /// A bit that no limit has.
    pub(crate) const fn spare_bit() -> u32 {
        1 << (2 * Self::ALL.len() + 1)
    }

    /// A bit for its soft limit.
    pub(crate) fn soft_bit(self) -> u32 {
        1 << self as u32
    }

    /// Another bit for its hard limit.
    pub(crate) fn hard_bit(self) -> u32 {
        self.soft_bit() << Self::ALL.len()
    }
}
