//! Frames, rings, ESP and AEADs of the Culvert gateway (RFC 9329, RFC 4303, RFC 4106, RFC 7634).
//!
//! Sans-IO: the core decides and computes on one shared memory; TypeScript makes the system calls.
//! The core reads no clock and no randomness. `docs/design/borders.md` is the contract,
//! `memory/mod.rs` the rules of the shared memory.

#![deny(unsafe_code)]
#![warn(
    missing_docs,
    unreachable_pub,
    clippy::undocumented_unsafe_blocks,
    clippy::missing_panics_doc,
    clippy::missing_errors_doc,
    clippy::unwrap_used,
    clippy::self_named_module_files,
    clippy::use_self
)]

#[cfg(target_arch = "wasm32")]
use wasm_bindgen as _;

// The modules here are rooms. A room imports only from the rooms before it in this list: ids, aead,
// layout, memory, ike, report, offload, inner, stream, connection, path, sa, esp, upstream,
// inbound, outbound, border.
pub mod aead;
pub mod border;
mod connection;
pub mod esp;
pub mod ids;
mod ike;
mod inbound;
pub mod inner;
pub mod layout;
pub mod memory;
pub mod offload;
mod outbound;
mod path;
pub mod report;
pub mod sa;
mod sources;
pub mod stream;
mod upstream;
