//! The extras of a TUN device with offloads: packets of many segments, both ways, and checksums
//! that the other side completes.
//!
//! Outbound, the host's stack hands over up to 64 KiB of one flow with a header that says how to
//! cut it (`segment`). Inbound, we hand over neighbours of one flow in the same way (`coalesce`).
//! The largest cost of a TUN is one call for each packet.

pub mod checksum;
pub mod coalesce;
pub mod segment;
pub mod transport;
pub mod vnet;
