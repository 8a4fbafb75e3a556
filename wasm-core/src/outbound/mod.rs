//! From the inner side to TCP: the lane's entries, and their way into the transmit rings.

pub(crate) mod dummy;
pub(crate) mod echo;
mod entry;
pub(crate) mod fill;
mod resolve;
pub(crate) mod slots;
