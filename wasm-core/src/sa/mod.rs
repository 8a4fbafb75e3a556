//! Security associations: their table, their numbers and limits, and the policy that chooses one.

pub(crate) mod ended;
pub mod esn;
pub(crate) mod lifetime;
pub(crate) mod policy;
pub mod replay;
pub(crate) mod sad;
pub mod selector;
pub(crate) mod spec;
