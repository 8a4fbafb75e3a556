//! What the core tells: statuses, counters and events.

pub(crate) mod counters;
pub(crate) mod events;
pub mod status;
