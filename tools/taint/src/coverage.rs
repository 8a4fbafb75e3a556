//! Records which operators have run in functions that meet secrets.

use wasmparser::Operator;

use crate::module::{Function, Module};

/// The operators of a module that have run.
pub struct Coverage {
    run: Vec<Vec<bool>>,
    meets_secrets: Vec<bool>,
    /// Whether functions that meet secrets are noted at the moment.
    pub is_watching: bool,
}

/// A stretch of operators that has not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Name of the function.
    pub function: String,
    /// Offset in the file of its first operator.
    pub offset: usize,
    /// Number of operators.
    pub operators: usize,
}

impl Coverage {
    /// Coverage before anything has run, with noting switched off.
    pub fn of(module: &Module<'_>) -> Self {
        Self {
            run: module
                .functions
                .iter()
                .map(|function| vec![false; function.operators.len()])
                .collect(),
            meets_secrets: vec![false; module.functions.len()],
            is_watching: false,
        }
    }

    pub(crate) fn note_run(&mut self, function: u32, operator: usize) {
        self.run[function as usize][operator] = true;
    }

    pub(crate) fn note_secret(&mut self, function: u32) {
        self.meets_secrets[function as usize] |= self.is_watching;
    }

    /// Names of the functions that have met a secret.
    pub fn secretive<'m>(&self, module: &'m Module<'_>) -> Vec<&'m str> {
        self.marked(module)
            .map(|(_, function)| function.name.as_str())
            .collect()
    }

    /// Number of operators that have run in functions that have met a secret.
    pub fn covered(&self, module: &Module<'_>) -> usize {
        self.marked(module)
            .map(|(index, _)| self.run[index].iter().filter(|run| **run).count())
            .sum()
    }

    /// Stretches that have not run in functions that have met a secret, except those that end in a
    /// trap.
    pub fn gaps(&self, module: &Module<'_>) -> Vec<Gap> {
        self.marked(module)
            .flat_map(|(index, function)| gaps_of(function, &self.run[index]))
            .collect()
    }

    /// Names of functions that calls from `roots` may reach but no run has entered. An indirect
    /// call may reach every function in the table.
    pub fn never_entered<'m>(&self, module: &'m Module<'_>, roots: &[&str]) -> Vec<&'m str> {
        let mut is_reached = vec![false; module.functions.len()];
        let mut open: Vec<u32> = roots
            .iter()
            .filter_map(|root| module.exports.get(root).copied())
            .collect();
        while let Some(index) = open.pop() {
            if !std::mem::replace(&mut is_reached[index as usize], true) {
                open.extend(module.callees(index));
            }
        }
        let all = module.functions.iter().enumerate();
        all.filter(|(index, _)| is_reached[*index] && !self.run[*index].contains(&true))
            .map(|(_, function)| function.name.as_str())
            .collect()
    }

    fn marked<'m, 'a>(
        &self,
        module: &'m Module<'a>,
    ) -> impl Iterator<Item = (usize, &'m Function<'a>)> {
        let all = module.functions.iter().enumerate();
        all.filter(|(index, _)| self.meets_secrets[*index])
    }
}

/// Straight stretches that have not run, except those that end in `unreachable`: that is how the
/// core panics.
fn gaps_of(function: &Function<'_>, run: &[bool]) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let mut start = None;
    for (at, operator) in function.operators.iter().enumerate() {
        if !run[at] && !is_mark(operator) {
            start.get_or_insert(at);
        }
        if !run[at] && !ends_stretch(operator) {
            continue;
        }
        let Some(first) = start.take() else {
            continue;
        };
        if !matches!(operator, Operator::Unreachable) {
            gaps.push(Gap {
                function: function.name.clone(),
                offset: function.offsets[first],
                operators: at - first,
            });
        }
    }
    gaps
}

/// Whether an operator only marks a place and does nothing.
const fn is_mark(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::End | Operator::Block { .. } | Operator::Loop { .. } | Operator::Nop
    )
}

const fn ends_stretch(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::Br { .. }
            | Operator::BrIf { .. }
            | Operator::BrTable { .. }
            | Operator::If { .. }
            | Operator::Else
            | Operator::Return
            | Operator::Unreachable
    )
}
