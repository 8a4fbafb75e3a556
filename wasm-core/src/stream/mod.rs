//! The octets of a TCP connection: frames, the rings that hold them, and the order in which they
//! leave.

pub mod frame;
pub(crate) mod frame_ring;
pub(crate) mod queue;
pub(crate) mod receive_ring;
pub(crate) mod transmit;
