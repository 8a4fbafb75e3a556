//! `exports.ts`: the interface of the core, with names of parameters and documentation.

use culvert_core::border::{Export, SECTIONS};

use crate::typescript::{call, camel_case, head, jsdoc};

/// The text of the file.
///
/// # Errors
/// If an export has a type that is no number of TypeScript's.
pub fn text() -> Result<String, String> {
    let mut out = head("wasm-core/src/border");
    out.push_str("\n// deno-lint-ignore-file camelcase -- names are those of the exports\n\n");
    out.push_str(&jsdoc(0, CORE_DOC.lines()));
    out.push_str("export interface Core {\n");
    for (n, section) in SECTIONS.iter().enumerate() {
        if n > 0 {
            out.push('\n');
        }
        out.push_str(&format!("  // {}.\n", section.title));
        for export in section.exports {
            out.push('\n');
            out.push_str(&member(export)?);
        }
    }
    out.push_str("}\n\n");
    out.push_str(&unsigned());
    Ok(out)
}

fn member(export: &Export) -> Result<String, String> {
    let parameters: Vec<String> = export
        .parameters
        .iter()
        .map(|one| Ok(format!("{}: {}", camel_case(one.name), number(one.kind)?)))
        .collect::<Result<_, String>>()?;
    let result = export.result.map_or(Ok("void"), number)?;
    let doc = jsdoc(2, export.doc.iter().copied());
    let name = format!("  {}", export.name);
    Ok(doc + &call(&name, &parameters, &format!(": {result};")))
}

/// TypeScript's type for a type of the border. A u64 would be a bigint there.
fn number(kind: &str) -> Result<&'static str, String> {
    match kind {
        "u32" | "i32" | "f64" | "Offset" | "Outcome" | "StatusNumber" | "Done" => Ok("number"),
        _ => Err(format!("no number of TypeScript's is a {kind}")),
    }
}

fn unsigned() -> String {
    let mut out = jsdoc(0, UNSIGNED_DOC.lines());
    out.push_str("export function withOffsets<Raw extends Core>(core: Raw): Core {\n");
    out.push_str("  return {\n    ...core,\n");
    let exports = SECTIONS.iter().flat_map(|section| section.exports);
    for export in exports.filter(|export| export.result == Some("Offset")) {
        let names: Vec<String> = export
            .parameters
            .iter()
            .map(|one| camel_case(one.name))
            .collect();
        let typed: Vec<String> = names.iter().map(|name| format!("{name}: number")).collect();
        out.push_str(&format!(
            "    {}: ({}): number => core.{}({}) >>> 0,\n",
            export.name,
            typed.join(", "),
            export.name,
            names.join(", ")
        ));
    }
    out.push_str("  };\n}\n");
    out
}

const CORE_DOC: &str = "\
Everything the core does, as numbers.

`lane` is the number of the caller's lane block; `conn` is the row of a connection, 1 and up, and
0 is none; `now` is monotonic milliseconds with a fraction. An offset is octets from the start of
the memory. A result that may be refused is a value, 1 and up, or minus a status (`outcome.ts`).
Nothing here calls the kernel.";

const UNSIGNED_DOC: &str = "\
Makes offsets that the exports return unsigned.

WebAssembly hands out i32: an offset above 2 GiB would come out negative.";
