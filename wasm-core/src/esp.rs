//! ESP packets (RFC 4303) with the AEADs of RFC 4106 and RFC 7634, tunnel mode.

pub mod header;
pub(crate) mod inbound;
pub(crate) mod outbound;
pub mod trailer;
