//! Parts of pages: the exports and the statuses.

use std::fmt::Write as _;

use culvert_core::border::SECTIONS;
use culvert_core::report::status::Status;

use crate::status::snake_case;
use crate::typescript::WIDTH;

/// The page about the borders.
pub const BORDERS: &str = "docs/design/borders.md";
/// The page about the statuses.
pub const STATUSES: &str = "docs/reference/statuses.md";

/// The page with a new part between the marks of `name`.
///
/// # Errors
/// If the page has no such marks.
pub fn with_part(page: &str, name: &str, part: &str) -> Result<String, String> {
    let mark = format!("<!-- generated: {name} -->\n");
    let missing = || format!("no `<!-- generated: {name} -->` with an `<!-- end -->`");
    let (before, rest) = page.split_once(&mark).ok_or_else(missing)?;
    let (_, after) = rest.split_once("<!-- end -->\n").ok_or_else(missing)?;
    Ok(format!("{before}{mark}\n{part}\n<!-- end -->\n{after}"))
}

/// All exports, section by section.
pub fn exports() -> String {
    let mut out = String::new();
    for (n, section) in SECTIONS.iter().enumerate() {
        let blank = if n > 0 { "\n" } else { "" };
        let _ = write!(out, "{blank}### {}\n\n", section.title);
        for export in section.exports {
            let names: Vec<&str> = export
                .parameters
                .iter()
                .map(|one| one.name.trim_start_matches('_'))
                .collect();
            let result = export
                .result
                .map_or(String::new(), |kind| format!(" -> {kind}"));
            let call = format!("- `{}({}){result}`", export.name, names.join(", "));
            out.push_str(&wrapped(&call));
            out.push_str("\n\n");
            for line in export.doc {
                let line = line.strip_prefix(' ').unwrap_or(line);
                out.push_str(format!("  {line}").trim_end());
                out.push('\n');
            }
            out.push('\n');
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
    }
    out
}

/// An item of a list, on lines that are no longer than a page's.
fn wrapped(item: &str) -> String {
    let mut lines = vec![String::new()];
    for word in item.split(' ') {
        let line = lines.last_mut().expect("never empty");
        if line.len() + word.len() >= WIDTH {
            lines.push(format!("  {word}"));
        } else {
            line.push_str(if line.is_empty() { "" } else { " " });
            line.push_str(word);
        }
    }
    lines.join("\n")
}

/// The table of the statuses, named as logs and metrics name them.
pub fn statuses() -> String {
    let mut out = String::from("| status | fate | condition |\n|---|---|---|\n");
    for row in Status::ALL {
        let meaning: Vec<&str> = row.doc.iter().map(|line| line.trim()).collect();
        let fate = row.status.fate().text();
        let name = snake_case(row.name);
        let _ = writeln!(out, "| `{name}` | {fate} | {} |", meaning.join(" "));
    }
    out
}
