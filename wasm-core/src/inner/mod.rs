//! Inner packets: the IPv4 or IPv6 packets that ESP protects.

pub(crate) mod ecn;
mod header;

pub use header::{Inner, parse, parse_as};
