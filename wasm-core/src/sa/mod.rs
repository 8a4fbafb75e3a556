//! Security associations: their table, their numbers and limits, and the connection that a peer's
//! packets leave on.

pub mod esn;
pub(crate) mod lifetime;
pub(crate) mod path;
pub(crate) mod policy;
pub mod replay;
pub(crate) mod sad;
pub mod selector;
pub(crate) mod spec;
