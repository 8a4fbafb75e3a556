//! Writes what TypeScript and the documents say of the core: `ts-bindings/*.ts`, and the parts of
//! pages between the marks `<!-- generated: NAME -->` and `<!-- end -->`. With `--check`, compares
//! them and fails on a difference.

mod aead;
mod documents;
mod exports;
mod layout;
mod records;
mod status;
mod typescript;

use std::path::Path;
use std::process::ExitCode;

use documents::{BORDERS, STATUSES, with_part};

/// Makes the text of a file; some are made anew, and some are found and get a new part.
type Make = fn(&str) -> Result<String, String>;

/// Files below the root of the repository.
const FILES: &[(&str, Make)] = &[
    ("ts-bindings/layout.ts", |_| Ok(layout::text())),
    ("ts-bindings/status.ts", |_| Ok(status::text())),
    ("ts-bindings/exports.ts", |_| exports::text()),
    ("ts-bindings/aead.ts", |_| Ok(aead::text())),
    ("ts-bindings/records.ts", |_| Ok(records::text())),
    (BORDERS, |page| {
        with_part(page, "exports", &documents::exports())
    }),
    (STATUSES, |page| {
        with_part(page, "statuses", &documents::statuses())
    }),
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let is_check = args.iter().any(|arg| arg == "--check");
    let Some(root) = args.iter().find(|arg| !arg.starts_with("--")) else {
        eprintln!("usage: generate ROOT [--check]");
        return ExitCode::from(2);
    };
    let mut code = ExitCode::SUCCESS;
    for &(name, make) in FILES {
        if let Err(problem) = refresh(&Path::new(root).join(name), make, is_check) {
            eprintln!("{problem}");
            code = ExitCode::FAILURE;
        }
    }
    code
}

fn refresh(path: &Path, make: Make, is_check: bool) -> Result<(), String> {
    let named = |problem: String| format!("Cannot generate {}: {problem}", path.display());
    // A file that is made anew may not be there yet.
    let found = std::fs::read_to_string(path).unwrap_or_default();
    let text = make(&found).map_err(named)?;
    if found == text {
        return Ok(());
    }
    if is_check {
        return Err(named("it differs from the Rust sources".to_owned()));
    }
    std::fs::write(path, text).map_err(|error| named(error.to_string()))
}
