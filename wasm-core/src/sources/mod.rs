//! Sources: the addresses that connections come from, how many connections and rings each of them
//! has, and which of those have proved a key.

pub(crate) mod by_address;
pub(crate) mod rings;
pub(crate) mod socket_address;
pub(crate) mod trust;
