//! Security associations: the table of them, their numbers and limits, and where a peer's packets leave.

pub mod esn;
pub(crate) mod lifetime;
pub(crate) mod path;
pub(crate) mod policy;
pub mod replay;
pub(crate) mod sad;
pub mod selector;
pub(crate) mod spec;
