//! What a TUN device with offloads adds: packets of many segments, both ways, and checksums that are left to somebody.
//!
//! Outbound the host's stack hands over up to 64 KiB of one flow with a header that says how to cut it (`segment`);
//! inbound neighbours of one flow are handed over the same way (`coalesce`). One call a packet is what a TUN costs most.

pub mod checksum;
pub mod coalesce;
pub mod segment;
pub mod transport;
pub mod vnet;
