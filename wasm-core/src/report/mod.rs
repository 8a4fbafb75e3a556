//! Reports to the outside: statuses, counters and events.

pub(crate) mod counters;
pub(crate) mod events;
pub mod status;
