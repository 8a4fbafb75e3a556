//! `taint [--write] FILE...`: fails if a secret can reach a branch, an address or a slow
//! instruction of a module. It also fails if the module's operator counts, or the operators that no
//! run has seen, differ from the record in `recorded/VARIANT.txt`. With `--write` it writes the
//! record.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use culvert_taint::layout::Layout;
use culvert_taint::module::Module;
use culvert_taint::record;
use culvert_taint::shapes::{self, Extent};

fn main() -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let is_write = arguments.iter().any(|argument| argument == "--write");
    for path in arguments.iter().filter(|argument| *argument != "--write") {
        match check(path, is_write) {
            Ok(report) => println!("{path}: {report}"),
            Err(why) => {
                eprintln!("{path}: {why}");
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}

fn check(path: &str, is_write: bool) -> Result<String, String> {
    let cannot = |error| format!("cannot read the module, its layout or its record: {error}");
    let wasm = fs::read(path).map_err(cannot)?;
    let text = fs::read_to_string(Path::new(path).with_file_name("layout.ts")).map_err(cannot)?;
    let layout = Layout::parse(&text);
    let (functions, now) = run(&wasm, &layout).map_err(|problem| problem.to_string())?;
    let record = record_of(path).ok_or("not one of the core's variants")?;
    if is_write {
        fs::write(&record, now.join("\n") + "\n").map_err(cannot)?;
    }
    let recorded = fs::read_to_string(&record).map_err(cannot)?;
    let recorded: Vec<String> = recorded.lines().map(str::to_owned).collect();
    let found = record::differences(&recorded, &now);
    if !found.is_empty() {
        return Err(format!(
            "no leak, but different from the record (deno task record:taint writes it):\n{}",
            found.join("\n")
        ));
    }
    Ok(format!(
        "no leak; {functions} functions meet secrets; {} lines as recorded",
        now.len()
    ))
}

/// The number of functions that meet secrets, and the lines of the record.
fn run(wasm: &[u8], layout: &Layout) -> Result<(usize, Vec<String>), culvert_taint::Problem> {
    let module = Module::parse(wasm)?;
    let gateway = shapes::run((&module, layout), Extent::All)?;
    let lines = record::lines((&module, layout), &gateway)?;
    Ok((gateway.machine.coverage.secretive(&module).len(), lines))
}

/// `recorded/VARIANT.txt` for `esp.VARIANT.wasm`.
fn record_of(path: &str) -> Option<PathBuf> {
    let name = Path::new(path).file_name()?.to_str()?;
    let variant = name.strip_prefix("esp.")?.strip_suffix(".wasm")?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("recorded");
    Some(folder.join(format!("{variant}.txt")))
}
