//! `records.ts`: writers of records, by the names of their members.

use std::fmt::Write as _;

use culvert_core::border::names::constant_of;
use culvert_core::layout::lane::Job;
use culvert_core::layout::record::{Content, Member};
use culvert_core::layout::sa_row::{SaSpec, SpecSelector};

use crate::typescript::{camel_case, head, jsdoc};

/// A record that TypeScript writes.
struct Record {
    name: &'static str,
    what: &'static str,
    prefix: &'static str,
    members: &'static [Member],
}

const RECORDS: [Record; 3] = [
    Record {
        name: "SpecSelector",
        what: "an address prefix of a specification",
        prefix: "SPEC_SELECTOR",
        members: SpecSelector::MEMBERS,
    },
    Record {
        name: "SaSpec",
        what: "the specification that `sa_install` reads and wipes",
        prefix: "SPEC",
        members: SaSpec::MEMBERS,
    },
    Record {
        name: "Job",
        what: "an AEAD job, as `inbound` and `outbound_next` lay them",
        prefix: "JOB",
        members: Job::MEMBERS,
    },
];

/// The text of the file.
pub fn text() -> String {
    let mut imports: Vec<String> = RECORDS.iter().flat_map(Record::constants).collect();
    imports.sort();
    let mut out = head("wasm-core/src/layout");
    let _ = write!(
        out,
        "\nimport {{\n  {},\n}} from \"./layout.ts\";\n{VIEWS}",
        imports.join(",\n  ")
    );
    for record in RECORDS {
        out.push('\n');
        out.push_str(&record.interface());
        out.push('\n');
        out.push_str(&record.writer());
    }
    out
}

impl Record {
    fn named(&self) -> impl Iterator<Item = &'static Member> {
        self.members
            .iter()
            .filter(|member| !member.field.starts_with('_'))
    }

    fn constants(&self) -> Vec<String> {
        let members = self.named().map(|member| constant_of(self.prefix, member));
        members.chain([format!("{}_LEN", self.prefix)]).collect()
    }

    fn interface(&self) -> String {
        let mut out = format!("/** Members of {}. */\n", self.what);
        let _ = writeln!(out, "export interface {} {{", self.name);
        for member in self.named() {
            out.push_str(&jsdoc(2, member.doc.iter().copied()));
            let kind = match member.content {
                Content::U32 | Content::F64 => "number",
                Content::U64 => "bigint",
                Content::Octets(_) => "Uint8Array",
                Content::Selectors => "readonly SpecSelector[]",
            };
            let _ = writeln!(out, "  readonly {}: {kind};", camel_case(member.field));
        }
        out.push_str("}\n");
        out
    }

    fn writer(&self) -> String {
        let mut out = format!("/** Writes {} at offset `at`. */\n", self.what);
        let _ = writeln!(
            out,
            "export function write{}(views: RecordViews, at: number, members: {}): void {{",
            self.name, self.name
        );
        let _ = writeln!(out, "  views.u8.fill(0, at, at + {}_LEN);", self.prefix);
        for member in self.named() {
            let constant = constant_of(self.prefix, member);
            let value = format!("members.{}", camel_case(member.field));
            out.push_str(&match member.content {
                Content::U32 => format!("  views.u32[(at + {constant}) >>> 2] = {value};\n"),
                Content::U64 => format!("  views.u64[(at + {constant}) / 8] = {value};\n"),
                Content::F64 => format!("  views.f64[(at + {constant}) / 8] = {value};\n"),
                Content::Octets(_) => format!("  views.u8.set({value}, at + {constant});\n"),
                Content::Selectors => format!(
                    "  {value}.forEach((one, i) =>\n    writeSpecSelector(views, at + {constant} \
                     + i * SPEC_SELECTOR_LEN, one)\n  );\n"
                ),
            });
        }
        out.push_str("}\n");
        out
    }
}

const VIEWS: &str = "
/** Views of a memory, through which records are written. */
export interface RecordViews {
  readonly u8: Uint8Array;
  readonly u32: Uint32Array;
  readonly u64: BigUint64Array;
  readonly f64: Float64Array;
}

/** Lays the views over a memory, which does not grow. */
export function viewRecords({ buffer }: WebAssembly.Memory): RecordViews {
  return {
    u8: new Uint8Array(buffer),
    u32: new Uint32Array(buffer),
    u64: new BigUint64Array(buffer),
    f64: new Float64Array(buffer),
  };
}
";
