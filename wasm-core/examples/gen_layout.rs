//! Writes `layout.ts` and `status.ts` into the folder given; with `--check`, compares them and
//! fails on a difference.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use culvert_core::border::names::{self, Name};
use culvert_core::layout::{DELAY_BUCKETS, QUEUE_BUCKETS};
use culvert_core::report::status::Status;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let is_check = args.iter().any(|arg| arg == "--check");
    let Some(folder) = args.iter().find(|arg| !arg.starts_with("--")) else {
        eprintln!("usage: gen_layout FOLDER [--check]");
        return ExitCode::from(2);
    };
    let files = [("layout.ts", layout()), ("status.ts", status())];
    for (name, text) in files {
        let path = Path::new(folder).join(name);
        let result = if is_check {
            compare(&path, &text)
        } else {
            write(&path, &text)
        };
        if let Err(problem) = result {
            eprintln!("{problem}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|e| format!("Cannot write {}: {e}", path.display()))
}

fn compare(path: &Path, text: &str) -> Result<(), String> {
    let found = std::fs::read_to_string(path)
        .map_err(|e| format!("Cannot read {}: {e}", path.display()))?;
    if found == text {
        return Ok(());
    }
    Err(format!(
        "Cannot accept {}: it differs from the Rust sources",
        path.display()
    ))
}

fn layout() -> String {
    let mut out = String::from(
        "// Generated from wasm-core/src/layout by `cargo run --example gen_layout`. Do not edit.\n",
    );
    section(
        &mut out,
        "Sizes and limits, octets or counts.",
        names::SIZES,
    );
    section(&mut out, "Values in tables.", names::VALUES);
    section(&mut out, "Offsets in a lane's block.", names::LANE);
    constant(&mut out, &names::LANE_SLOTS);
    section(&mut out, "Offsets in a connection's row.", names::ROW);
    section(
        &mut out,
        "Offsets in ROW_INBOUND and ROW_OUTBOUND: u64 by kind.",
        names::BY_KIND,
    );
    section(&mut out, "Offsets in an SA's row.", names::SA);
    section(&mut out, "Offsets in LANE_SA_SPEC.", names::SPEC);
    section(
        &mut out,
        "Offsets in one prefix of it.",
        names::SPEC_SELECTOR,
    );
    section(&mut out, "Offsets in a job.", names::JOB);
    section(&mut out, "Offsets in an event.", names::EVENT);
    out.push_str("\n// Kinds of frames, in the order of the counters.\n");
    out.push_str(
        "export const FRAME_KINDS = [\"ike\", \"esp\", \"keepalive\", \"empty\"] as const;\n",
    );
    buckets(
        &mut out,
        "Upper bounds of LANE_IKE_DELAY, seconds.",
        "DELAY_BUCKETS",
        &DELAY_BUCKETS,
    );
    buckets(
        &mut out,
        "Upper bounds of LANE_QUEUE, octets.",
        "QUEUE_BUCKETS",
        &QUEUE_BUCKETS,
    );
    out
}

fn section(out: &mut String, title: &str, names: &[Name]) {
    let _ = write!(out, "\n// {title}\n");
    for name in names {
        constant(out, name);
    }
}

fn constant(out: &mut String, (name, value): &Name) {
    let _ = writeln!(out, "export const {name} = {};", grouped(*value));
}

fn buckets(out: &mut String, title: &str, name: &str, bounds: &[f64]) {
    let _ = write!(
        out,
        "\n// {title}\nexport const {name}: readonly number[] = [\n"
    );
    for bound in bounds {
        let _ = writeln!(out, "  {bound},");
    }
    out.push_str("];\n");
}

/// Decimal with digit groups from five digits on.
fn grouped(value: u64) -> String {
    let digits = value.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('_');
        }
        out.push(digit);
    }
    out
}

fn status() -> String {
    let mut out = String::from(
        "// Generated from wasm-core/src/report/status.rs by `cargo run --example gen_layout`. Do not edit.\n\n\
         /** Numbers of the statuses, as the core returns and counts them. */\nexport const Status = {\n",
    );
    for &(status, name) in Status::ALL {
        let _ = writeln!(out, "  {name}: {},", status as u8);
    }
    out.push_str(
        "} as const;\n\n/** Name of a status. */\nexport type StatusName = keyof typeof Status;\n\n\
         /** What a status means for its packet, its connection or its SA. */\nexport type Fate =\n  \
         | \"none\"\n  | \"ignore\"\n  | \"drop\"\n  | \"suspect\"\n  | \"close\"\n  | \"expire\"\n  \
         | \"accept\"\n  | \"refuse\"\n  | \"fatal\";\n\n\
         /** What is known of a status. */\nexport interface StatusInfo {\n  readonly name: StatusName;\n  \
         readonly snakeCase: string;\n  readonly fate: Fate;\n}\n\n\
         /** All statuses; the index is the number. */\n\
         export const STATUSES: readonly StatusInfo[] = [\n",
    );
    for &(status, name) in Status::ALL {
        let _ = writeln!(
            out,
            "  {{ name: \"{name}\", snakeCase: \"{}\", fate: \"{}\" }},",
            snake_case(name),
            status.fate().text()
        );
    }
    out.push_str("];\n");
    out
}

fn snake_case(name: &str) -> String {
    let mut out = String::new();
    for (i, letter) in name.chars().enumerate() {
        if letter.is_ascii_uppercase() && i > 0 {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}
