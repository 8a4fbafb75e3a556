//! From the inner side to TCP: the lane's entries, and their way into the transmit rings.

pub(crate) mod echo;
pub(crate) mod fill;
pub(crate) mod slots;
