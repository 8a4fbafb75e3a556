//! Between a connection and the IKE daemon, or the IKE of this process.

pub(crate) mod datagrams;
pub(crate) mod own_ike;
pub(crate) mod runs;
