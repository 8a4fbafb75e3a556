//! From TCP inwards: batches of frames out of a receive ring, and inner packets to the device.

mod batch;
mod class;
pub(crate) mod delivery;
pub(crate) mod scan;
pub(crate) mod waiting;
