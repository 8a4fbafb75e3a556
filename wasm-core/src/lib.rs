//! Frames, rings, ESP and AEADs of the Culvert gateway (RFC 9329, RFC 4303, RFC 4106, RFC 7634).
//!
//! Sans-IO: the core decides and computes on one shared memory; TypeScript makes the system calls. It reads no clock and
//! no randomness. `docs/design/borders.md` is the contract, `memory.rs` the rules of the shared memory.

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

#[cfg(target_arch = "wasm32")]
use wasm_bindgen as _;

pub mod aead;
mod connection;
mod counters;
mod delivery;
mod echo;
mod ecn;
pub mod esn;
pub mod esp;
mod events;
pub mod exports;
pub mod frame;
mod frame_ring;
#[cfg(target_arch = "wasm32")]
mod heap;
pub mod ids;
mod ike_sas;
mod inbound;
pub mod inner;
mod jobs;
pub mod layout;
mod lock;
pub mod memory;
pub mod offload;
mod outbound;
mod peer;
mod policy;
mod pool;
mod queue;
pub mod replay;
mod ring;
mod runs;
mod sa;
mod sad;
mod score;
pub mod selector;
mod setup;
mod source;
mod spec;
pub mod status;
mod tables;
mod transmit;
mod upstream;
