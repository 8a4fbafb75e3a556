//! Inner packets: the IPv4 or IPv6 packets that ESP protects.

mod address;
pub(crate) mod ecn;
mod header;

pub use address::Address;
pub(crate) use address::prefix_masks;
pub use header::{Inner, NEXT_HEADER_IPV4, NEXT_HEADER_IPV6, parse, parse_as};
