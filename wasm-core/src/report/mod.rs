//! Reports to the outside: statuses, counters and events.

pub(crate) mod counters;
pub(crate) mod events;
pub(crate) mod measure;
pub mod status;
