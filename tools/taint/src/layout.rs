//! Offsets in the core's memory, from the module's own bindings.

use std::collections::HashMap;

use crate::Problem;

/// Numbers by name.
pub struct Layout {
    names: HashMap<String, u32>,
}

impl Layout {
    /// Reads the numbers from the text of `layout.ts`.
    pub fn parse(text: &str) -> Self {
        let number = |line: &str| {
            let (name, value) = line.strip_prefix("export const ")?.split_once(" = ")?;
            let digits = value.trim_end_matches(';').replace('_', "");
            Some((name.to_owned(), digits.parse().ok()?))
        };
        Self {
            names: text.lines().filter_map(number).collect(),
        }
    }

    /// The number of a name.
    ///
    /// # Errors
    /// If there is no such name.
    pub fn of(&self, name: &str) -> Result<u32, Problem> {
        let found = self.names.get(name).copied();
        found.ok_or_else(|| Problem::Module(format!("the layout has no {name}")))
    }
}
