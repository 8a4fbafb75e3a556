//! Reads the AEAD vectors beside the core's tests, for every Rust test that uses them. This crate
//! alone knows the formats of the files.
//!
//! `esp.json` is not among them: it holds whole packets, which only the core's tests use.

mod case;
pub mod packets;
pub mod wycheproof;

pub use case::Case;
