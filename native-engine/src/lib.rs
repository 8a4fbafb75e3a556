//! The AEAD step of a batch with the CPU's own instructions, in place on the memory of the
//! WebAssembly core.
//!
//! A lane calls [`exports::culvert_engine_open`] or [`exports::culvert_engine_seal`] where it would
//! call the core's `inbound_open` or `outbound_seal`. Frames, SAs, numbers and windows stay in the
//! core; only keys and octets cross. A batch is done whole or left untouched for the core.
//! `memory.rs` has the rules of the shared memory and all unsafe code except the exports' names.

#![deny(unsafe_code)]
#![warn(
    missing_docs,
    unreachable_pub,
    clippy::undocumented_unsafe_blocks,
    clippy::missing_panics_doc,
    clippy::missing_errors_doc,
    clippy::unwrap_used,
    clippy::use_self
)]

mod batch;
pub mod exports;
mod key;
mod keys;
mod memory;
mod registry;
mod spec;
