//! ESP packets (RFC 4303) with the AEADs of RFC 4106 and RFC 7634, tunnel mode.

pub mod header;
pub(crate) mod jobs;
pub(crate) mod opening;
pub(crate) mod sealing;
pub mod trailer;
