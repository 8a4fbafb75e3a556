//! The functions that TypeScript calls: numbers in, numbers out. `docs/architecture.md` says which
//! thread may call which of them, and when.
//!
//! Nothing is decided here; each function finds the rows and hands them on.

#![allow(unsafe_code)] // `no_mangle` is unsafe by name

mod data;
mod manage;
pub mod names;

pub use data::*;
pub use manage::*;
