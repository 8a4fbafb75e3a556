//! Connections: their table, and what their peers' mistakes cost them.

pub(crate) mod ike_sas;
pub(crate) mod said;
pub(crate) mod score;
mod served;
pub(crate) mod table;

pub(crate) use served::Served;
