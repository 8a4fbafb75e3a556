//! The AEAD vectors beside the core's tests, for every Rust test that runs them: the form of each file is spelt out here.
//!
//! `esp.json` is not among them: whole packets are for the core alone, whose tests have their form.

mod case;
pub mod packets;
pub mod wycheproof;

pub use case::Case;
