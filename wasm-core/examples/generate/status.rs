//! `status.ts`: numbers, names, fates and meanings of the statuses.

use std::fmt::Write as _;

use culvert_core::report::status::{Fate, Status};

use crate::typescript::{head, jsdoc};

/// The text of the file.
pub fn text() -> String {
    let mut out = head("wasm-core/src/report/status.rs");
    out.push_str(
        "\n/** Numbers of the statuses, as the core returns and counts them. */\n\
         export const Status = {\n",
    );
    for row in Status::ALL {
        out.push_str(&jsdoc(2, row.doc.iter().copied()));
        let _ = writeln!(out, "  {}: {},", row.name, row.status as u8);
    }
    out.push_str("} as const;\n\n/** Name of a status. */\n");
    out.push_str("export type StatusName = keyof typeof Status;\n\n");
    out.push_str("/** The consequence of a status for its packet, its connection or its SA. */\n");
    out.push_str("export type Fate =");
    for fate in Fate::ALL {
        let _ = write!(out, "\n  | \"{}\"", fate.text());
    }
    out.push_str(
        ";\n\n/** The name and the fate of a status. */\nexport interface StatusInfo {\n  \
         readonly name: StatusName;\n  readonly snakeCase: string;\n  readonly fate: Fate;\n}\n\n\
         /** All statuses; the index is the number. */\n\
         export const STATUSES: readonly StatusInfo[] = [\n",
    );
    for row in Status::ALL {
        let _ = writeln!(
            out,
            "  {{ name: \"{}\", snakeCase: \"{}\", fate: \"{}\" }},",
            row.name,
            snake_case(row.name),
            row.status.fate().text()
        );
    }
    out.push_str("];\n");
    out
}

/// The name as logs, metrics and the API write it.
pub fn snake_case(name: &str) -> String {
    let mut out = String::new();
    for (i, letter) in name.chars().enumerate() {
        if letter.is_ascii_uppercase() && i > 0 {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}
