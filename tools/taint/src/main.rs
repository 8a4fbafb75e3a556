//! `taint FILE...`: fails if a secret can reach a branch, an address or a slow instruction of a module.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use culvert_taint::Problem;
use culvert_taint::layout::Layout;
use culvert_taint::module::Module;
use culvert_taint::shapes::{self, Extent};

/// Operators that may remain unseen, in percent: defences against what the core itself rules out.
const MISSED_PERCENT: usize = 3;

fn main() -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for path in std::env::args().skip(1) {
        match check(&path) {
            Ok(report) => println!("{path}: {report}"),
            Err(why) => {
                eprintln!("{path}: {why}");
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}

fn check(path: &str) -> Result<String, String> {
    let cannot = |error| format!("cannot read it or its layout.ts: {error}");
    let wasm = fs::read(path).map_err(cannot)?;
    let text = fs::read_to_string(Path::new(path).with_file_name("layout.ts")).map_err(cannot)?;
    check_module(&wasm, &Layout::parse(&text)).map_err(|problem| problem.to_string())
}

fn check_module(wasm: &[u8], layout: &Layout) -> Result<String, Problem> {
    let module = Module::parse(wasm)?;
    let gateway = shapes::run((&module, layout), Extent::All)?;
    let coverage = &gateway.machine.coverage;
    let (run, gaps) = (coverage.covered(&module), coverage.gaps(&module));
    let missed: usize = gaps.iter().map(|gap| gap.operators).sum();
    if 100 * missed > MISSED_PERCENT * (run + missed) {
        for gap in &gaps {
            eprintln!(
                "{} at {:#x}: {} not run",
                gap.function, gap.offset, gap.operators
            );
        }
        return Err(Problem::Core(format!(
            "{run} operators have run, {missed} have not"
        )));
    }
    let functions = coverage.secretive(&module).len();
    Ok(format!(
        "no leak; of {functions} functions that meet secrets {run} operators have run, {missed} have not"
    ))
}
