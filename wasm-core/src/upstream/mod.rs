//! Between a connection and the IKE daemon: datagrams, and runs of them.

pub(crate) mod datagrams;
pub(crate) mod runs;
