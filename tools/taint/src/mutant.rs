//! Makes mutants of the core: copies with one leak inserted where the core holds a secret.

use wasmparser::{BinaryReader, Operator, ValType};

use crate::machine::Machine;
use crate::module::Module;

/// The kinds of leaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leakage {
    /// Looks a secret octet up in a table in memory.
    Table,
    /// Stores to an address that a secret octet gives.
    Store,
    /// Branches on a secret octet, like a comparison that ends early.
    EarlyExit,
    /// Branches on a secret octet by a table of branches.
    BranchTable,
    /// Selects one of two numbers by a secret octet.
    Select,
    /// Divides a number by a secret octet.
    Division,
    /// Shifts a number by a secret octet.
    Shift,
    /// Copies as many octets as a secret octet says.
    CopyLength,
    /// Loads a vector from a table by a secret octet.
    VectorTable,
    /// Stores a secret octet with an atomic.
    AtomicStore,
    /// Loads with an atomic a secret octet that a plain store has written.
    AtomicLoad,
}

impl Leakage {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Table,
        Self::Store,
        Self::EarlyExit,
        Self::BranchTable,
        Self::Select,
        Self::Division,
        Self::Shift,
        Self::CopyLength,
        Self::VectorTable,
        Self::AtomicStore,
        Self::AtomicLoad,
    ];

    /// Operators around one secret octet as an i32: those that come before it on the stack, and
    /// those that use it.
    const fn around(self) -> (&'static [u8], &'static [u8]) {
        match self {
            // i32.load8_u; drop
            Self::Table => (&[], &[0x2d, 0, 0, 0x1a]),
            // i32.const 0; i32.store8
            Self::Store => (&[], &[0x41, 0, 0x3a, 0, 0]),
            // block; SECRET; br_if 0; end
            Self::EarlyExit => (&[0x02, 0x40], &[0x0d, 0, 0x0b]),
            // block; SECRET; br_table 0 0; end
            Self::BranchTable => (&[0x02, 0x40], &[0x0e, 1, 0, 0, 0x0b]),
            // i32.const 1; i32.const 2; SECRET; select; drop
            Self::Select => (&[0x41, 1, 0x41, 2], &[0x1b, 0x1a]),
            // i32.const 9; SECRET; i32.const 1; i32.or; i32.div_u; drop
            Self::Division => (&[0x41, 9], &[0x41, 1, 0x72, 0x6e, 0x1a]),
            // i32.const 9; SECRET; i32.shl; drop
            Self::Shift => (&[0x41, 9], &[0x74, 0x1a]),
            // i32.const 0; i32.const 0; SECRET; memory.copy
            Self::CopyLength => (&[0x41, 0, 0x41, 0], &[0xfc, 10, 0, 0]),
            // v128.load; drop
            Self::VectorTable => (&[], &[0xfd, 0, 0, 0, 0x1a]),
            // i32.const 0; i32.atomic.store8
            Self::AtomicStore => (&[0x41, 0], &[0xfe, 0x19, 0, 0]),
            // i32.const 0; i32.store8; i32.const 0; i32.atomic.load8_u; drop
            Self::AtomicLoad => (&[0x41, 0], &[0x3a, 0, 0, 0x41, 0, 0xfe, 0x12, 0, 0, 0x1a]),
        }
    }
}

/// An operator that loads a secret.
#[derive(Clone, Copy, Debug)]
pub struct Site {
    /// Index of its function.
    pub function: usize,
    /// Offset in the file of the next operator.
    end: usize,
    kind: ValType,
}

/// The first and the last site of each function, among those that a run has reached.
pub fn sites(machine: &Machine<'_>, module: &Module<'_>) -> Vec<Site> {
    let mut all: Vec<(u32, usize)> = machine.sites.clone();
    all.sort_unstable();
    let ends = all
        .chunk_by(|a, b| a.0 == b.0)
        .flat_map(|same| [same.first(), same.last()])
        .flatten();
    let site = |&(index, at): &(u32, usize)| {
        let function = &module.functions[index as usize];
        Some(Site {
            function: index as usize,
            end: *function.offsets.get(at + 1)?,
            kind: kind_of(&function.operators[at]),
        })
    };
    ends.filter_map(site).collect()
}

/// The module with a leak inserted after a site.
///
/// # Panics
/// If the site is not one of the module's.
pub fn spoil(wasm: &[u8], module: &Module<'_>, site: Site, leakage: Leakage) -> Vec<u8> {
    let function = &module.functions[site.function];
    let parameters = module.types[function.signature as usize].params().len();
    // A function has fewer than 2^32 locals.
    let copy = (parameters + function.locals.len()) as u32;
    let mut added = vec![0x22];
    push_leb(&mut added, copy);
    let (before, after) = leakage.around();
    added.extend(before);
    added.push(0x20);
    push_leb(&mut added, copy);
    added.extend(octet_of(site.kind));
    added.extend(after);
    let locals_end = function.offsets[0];
    let body = [
        locals_with(&wasm[function.range.start..locals_end], site.kind),
        wasm[locals_end..site.end].to_vec(),
        added,
        wasm[site.end..function.range.end].to_vec(),
    ]
    .concat();
    replace_body(wasm, module, site.function, &body)
}

fn kind_of(operator: &Operator<'_>) -> ValType {
    let name = format!("{operator:?}");
    match &name[..3] {
        "I32" => ValType::I32,
        "I64" => ValType::I64,
        "F64" => ValType::F64,
        _ => ValType::V128,
    }
}

/// Operators that turn a value into an i32 below 256.
fn octet_of(kind: ValType) -> Vec<u8> {
    // i32.const 255; i32.and
    let low = [0x41, 0xff, 0x01, 0x71];
    match kind {
        ValType::I32 => low.to_vec(),
        // i32.wrap_i64
        ValType::I64 => [&[0xa7][..], &low].concat(),
        // i64.reinterpret_f64; i32.wrap_i64
        ValType::F64 => [&[0xbd, 0xa7][..], &low].concat(),
        // i8x16.extract_lane_u 0
        _ => vec![0xfd, 22, 0],
    }
}

/// Declarations of locals with one more local.
fn locals_with(declared: &[u8], kind: ValType) -> Vec<u8> {
    let mut reader = BinaryReader::new(declared, 0);
    let groups = reader.read_var_u32().expect("a number of groups");
    let mut out = Vec::new();
    push_leb(&mut out, groups + 1);
    let rest = reader.read_bytes(reader.bytes_remaining());
    out.extend(rest.expect("what is left"));
    let code = match kind {
        ValType::I32 => 0x7f,
        ValType::I64 => 0x7e,
        ValType::F64 => 0x7c,
        _ => 0x7b,
    };
    out.extend([1, code]);
    out
}

/// The module with another body for one function. The code section is written anew, and the rest is
/// copied.
fn replace_body(wasm: &[u8], module: &Module<'_>, index: usize, body: &[u8]) -> Vec<u8> {
    let mut bodies = Vec::new();
    // The core has fewer than 2^32 functions.
    push_leb(&mut bodies, module.functions.len() as u32);
    for (n, function) in module.functions.iter().enumerate() {
        let octets = if n == index {
            body
        } else {
            &wasm[function.range.clone()]
        };
        push_leb(&mut bodies, octets.len() as u32);
        bodies.extend(octets);
    }
    let mut out = wasm[..module.code.start].to_vec();
    out.push(10);
    push_leb(&mut out, bodies.len() as u32);
    out.extend(bodies);
    out.extend(&wasm[module.code.end..]);
    out
}

fn push_leb(out: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        // The low seven bits.
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}
