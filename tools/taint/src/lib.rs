//! Checks whether a secret can reach a branch, an address or a slow instruction of the committed
//! core.
//!
//! The core's own exports run on an interpreter. Every octet there is either public and has a
//! value, or secret and has none. So a run visits the same operators for all secrets, or it ends
//! with a [`Leak`]. `docs/design/constant-time.md` explains what follows from that and what does
//! not.

pub mod coverage;
pub mod gateway;
pub mod ike;
pub mod layout;
pub mod machine;
pub mod memory;
pub mod module;
pub mod mutant;
mod numeric;
mod operate;
pub mod packet;
pub mod record;
pub mod shapes;
mod stop;
pub mod value;
mod vector;
pub mod verdict;

use std::fmt;

use value::{DATA, KEY, Label, TAG};

/// A place that a secret must not reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reach {
    /// `if`, `br_if`, `br_table`.
    Branch,
    /// `select`, which engines may compile to a branch.
    Select,
    /// The address of a load or store.
    Address,
    /// The number of octets that are copied or filled.
    Length,
    /// The index of an indirect call.
    Callee,
    /// An instruction whose time depends on its operands on some machine: division, shift by a
    /// variable, counting, floats, atomics.
    Slow,
}

/// A secret that reached a forbidden place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leak {
    /// The kind of place.
    pub reach: Reach,
    /// The secrets that reached it.
    pub label: Label,
    /// The function and its callers, innermost first.
    pub functions: Vec<String>,
    /// Offset in the file.
    pub offset: usize,
    /// The operator.
    pub operator: String,
}

/// Why a run ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A secret reached a forbidden place.
    Leak(Leak),
    /// The module is not valid, or the interpreter cannot run it.
    Module(String),
    /// The core trapped or gave a wrong answer.
    Core(String),
}

impl Problem {
    pub(crate) fn unknown(what: &str) -> Self {
        Self::Module(format!("cannot run {what}"))
    }
}

impl From<wasmparser::BinaryReaderError> for Problem {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        Self::Module(error.to_string())
    }
}

impl std::error::Error for Problem {}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leak(leak) => leak.fmt(f),
            Self::Module(why) => write!(f, "module: {why}"),
            Self::Core(why) => write!(f, "core: {why}"),
        }
    }
}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [(KEY, "key"), (DATA, "data"), (TAG, "tag")];
        let secrets: Vec<&str> = all
            .iter()
            .filter(|(label, _)| self.label & label != 0)
            .map(|(_, name)| *name)
            .collect();
        write!(
            f,
            "{:?} depends on {}: {} at {:#x} in {}",
            self.reach,
            secrets.join(", "),
            self.operator,
            self.offset,
            self.functions.join(" < ")
        )
    }
}
