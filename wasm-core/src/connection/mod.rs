//! Connections: their table, how many each source has, and what their peers' mistakes cost them.

pub(crate) mod ike_sas;
pub(crate) mod said;
pub(crate) mod score;
mod served;
mod socket_address;
pub(crate) mod sources;
pub(crate) mod table;

pub(crate) use served::Served;
