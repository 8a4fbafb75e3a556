//! Security associations: their table, their numbers and limits, and the policy that chooses one.

pub mod esn;
pub(crate) mod lifetime;
pub(crate) mod policy;
pub(crate) mod recent;
pub mod replay;
pub(crate) mod sad;
pub mod selector;
pub(crate) mod spec;
