//! From TCP inwards: batches of frames out of a receive ring, and inner packets to the device.

pub(crate) mod delivery;
pub(crate) mod scan;
