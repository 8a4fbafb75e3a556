//! The functions that TypeScript calls: numbers in, numbers out. `docs/design/borders.md` says
//! which thread may call which of them, and when.
//!
//! Nothing is decided here; each function finds the rows and hands them on. A file is a section of
//! the border. Its `exports!` makes both the functions and their rows in [`SECTIONS`], from which
//! the generator writes what TypeScript and the documents say of them.
//!
//! Results are numbers of one meaning. [`Offset`], [`Outcome`], [`StatusNumber`] and [`Done`] name
//! those that are no plain counts. A row or an id that is none is 0.

#![allow(unsafe_code)] // `no_mangle` is unsafe by name

mod table;

mod connections;
mod fingerprint;
mod ike;
mod inbound;
pub mod names;
mod outbound;
mod report;
mod sas;
mod setup;
mod transmit;
mod upstream;

pub use connections::*;
pub use fingerprint::FINGERPRINT;
pub use ike::*;
pub use inbound::*;
pub use outbound::*;
pub use report::*;
pub use sas::*;
pub use setup::*;
pub use table::{Done, Export, Offset, Outcome, Parameter, Section, StatusNumber};
pub use transmit::*;
pub use upstream::*;

/// All exports, in the order in which documents have them.
pub const SECTIONS: &[Section] = &[
    setup::SECTION,
    connections::SECTION,
    inbound::SECTION,
    upstream::SECTION,
    outbound::SECTION,
    transmit::SECTION,
    sas::SECTION,
    ike::SECTION,
    report::SECTION,
];
