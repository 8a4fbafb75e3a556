//! Connections: their table, how many each source has, and what their peers' mistakes cost them.

pub(crate) mod ike_sas;
pub(crate) mod score;
pub(crate) mod sources;
pub(crate) mod table;
