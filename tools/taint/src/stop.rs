//! Why the interpreter stops at an operator.

use crate::{Problem, Reach};

/// Why the interpreter could not go on at an operator.
pub(crate) enum Stop {
    Reach(Reach, u32),
    Trap(&'static str),
    Unknown,
    /// A problem that is already complete.
    Problem(Problem),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}
