//! A module that is decoded once into operators with their jumps, data, globals and names. It
//! supports only what the core uses.

use std::collections::HashMap;
use std::ops::Range;

use wasmparser::{
    BinaryReader, ConstExpr, DataKind, ElementItems, ExternalKind, FuncType, FunctionBody,
    KnownCustom, Name, NameSectionReader, Operator, Parser, Payload, TypeRef, ValType,
};

use crate::Problem;

/// A function with a body.
pub struct Function<'a> {
    /// Its name from the name section, or else its index.
    pub name: String,
    /// Index of its type.
    pub signature: u32,
    /// Types of its locals, without its parameters.
    pub locals: Vec<ValType>,
    /// Its operators.
    pub operators: Vec<Operator<'a>>,
    /// Offset of each operator in the file.
    pub offsets: Vec<usize>,
    /// For a block, loop or if, its end. For an else, the end of its if.
    pub ends: Vec<u32>,
    /// For an if, its else or its end.
    pub elses: Vec<u32>,
    /// Range of the body in the file, without its size field.
    pub range: Range<usize>,
}

/// A module without imported functions.
#[derive(Default)]
pub struct Module<'a> {
    /// Signatures.
    pub types: Vec<FuncType>,
    /// All functions, by index.
    pub functions: Vec<Function<'a>>,
    /// Initial values of the globals.
    pub globals: Vec<u128>,
    /// Exported functions.
    pub exports: HashMap<&'a str, u32>,
    /// Passive data segments.
    pub data: Vec<&'a [u8]>,
    /// The only table of functions.
    pub table: Vec<Option<u32>>,
    /// The start function.
    pub start: Option<u32>,
    /// Range of the code section in the file, with its header.
    pub code: Range<usize>,
}

impl<'a> Module<'a> {
    /// Decodes and validates a module.
    ///
    /// # Errors
    /// If the module is not valid, or has features that the core does not use.
    pub fn parse(wasm: &'a [u8]) -> Result<Self, Problem> {
        wasmparser::validate(wasm)?;
        let mut module = Self::default();
        let mut signatures = Vec::new();
        let mut names = HashMap::new();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::FunctionSection(section) => {
                    signatures = section.into_iter().collect::<Result<_, _>>()?;
                }
                Payload::CodeSectionEntry(body) => {
                    let signature = signatures[module.functions.len()];
                    module.functions.push(function(&body, signature)?);
                }
                Payload::CustomSection(section) => {
                    if let KnownCustom::Name(section) = section.as_known() {
                        names = function_names(section)?;
                    }
                }
                other => module.take(other)?,
            }
        }
        module.code = code_section(wasm)?;
        for (index, function) in module.functions.iter_mut().enumerate() {
            function.name = names
                .remove(&index)
                .unwrap_or_else(|| format!("function {index}"));
        }
        Ok(module)
    }

    /// Functions that a function may call.
    pub fn callees(&self, index: u32) -> Vec<u32> {
        let callees = |operator: &Operator<'_>| match operator {
            Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                vec![*function_index]
            }
            Operator::CallIndirect { .. } | Operator::ReturnCallIndirect { .. } => {
                self.table.iter().copied().flatten().collect()
            }
            _ => Vec::new(),
        };
        let function = &self.functions[index as usize];
        function.operators.iter().flat_map(callees).collect()
    }

    fn take(&mut self, payload: Payload<'a>) -> Result<(), Problem> {
        match payload {
            Payload::TypeSection(section) => {
                self.types = section
                    .into_iter_err_on_gc_types()
                    .collect::<Result<_, _>>()?;
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    if !matches!(import?.ty, TypeRef::Memory(_)) {
                        return Err(Problem::unknown("an import other than the memory"));
                    }
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    self.globals.push(constant(&global?.init_expr)?);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    if export.kind == ExternalKind::Func {
                        self.exports.insert(export.name, export.index);
                    }
                }
            }
            Payload::DataSection(section) => {
                for data in section {
                    let data = data?;
                    if !matches!(data.kind, DataKind::Passive) {
                        return Err(Problem::unknown("an active data segment"));
                    }
                    self.data.push(data.data);
                }
            }
            Payload::ElementSection(section) => {
                for element in section {
                    self.take_element(&element?)?;
                }
            }
            Payload::StartSection { func, .. } => self.start = Some(func),
            _ => (),
        }
        Ok(())
    }

    fn take_element(&mut self, element: &wasmparser::Element<'a>) -> Result<(), Problem> {
        let wasmparser::ElementKind::Active { offset_expr, .. } = &element.kind else {
            return Err(Problem::unknown("a passive element segment"));
        };
        let ElementItems::Functions(functions) = &element.items else {
            return Err(Problem::unknown("elements that are expressions"));
        };
        // The table has at most 2^32 entries.
        let start = constant(offset_expr)? as usize;
        self.table.resize(self.table.len().max(start), None);
        for function in functions.clone() {
            self.table.push(Some(function?));
        }
        Ok(())
    }
}

fn function<'a>(body: &FunctionBody<'a>, signature: u32) -> Result<Function<'a>, Problem> {
    let mut locals = Vec::new();
    for group in body.get_locals_reader()? {
        let (count, kind) = group?;
        locals.extend((0..count).map(|_| kind));
    }
    let mut operators = Vec::new();
    let mut offsets = Vec::new();
    let mut reader = body.get_operators_reader()?;
    while !reader.eof() {
        let (operator, offset) = reader.read_with_offset()?;
        operators.push(operator);
        offsets.push(in_file(offset));
    }
    let (ends, elses) = jumps(&operators);
    Ok(Function {
        name: String::new(),
        signature,
        locals,
        operators,
        offsets,
        ends,
        elses,
        range: in_file(body.range().start)..in_file(body.range().end),
    })
}

fn jumps(operators: &[Operator<'_>]) -> (Vec<u32>, Vec<u32>) {
    let mut ends = vec![0; operators.len()];
    let mut elses = vec![0; operators.len()];
    let mut open = Vec::new();
    for (at, operator) in operators.iter().enumerate() {
        // A function has fewer than 2^32 operators.
        let here = at as u32;
        match operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                open.push((at, None));
            }
            Operator::Else => {
                if let Some((begin, other)) = open.last_mut() {
                    elses[*begin] = here;
                    *other = Some(at);
                }
            }
            Operator::End => {
                if let Some((begin, other)) = open.pop() {
                    ends[begin] = here;
                    match other {
                        Some(other) => ends[other] = here,
                        None => elses[begin] = here,
                    }
                }
            }
            _ => (),
        }
    }
    (ends, elses)
}

fn constant(expression: &ConstExpr<'_>) -> Result<u128, Problem> {
    match expression.get_operators_reader().read()? {
        // The bit pattern.
        Operator::I32Const { value } => Ok(u128::from(value as u32)),
        Operator::I64Const { value } => Ok(u128::from(value as u64)),
        other => Err(Problem::unknown(&format!("a constant made by {other:?}"))),
    }
}

fn function_names(section: NameSectionReader<'_>) -> Result<HashMap<usize, String>, Problem> {
    let mut names = HashMap::new();
    for part in section {
        if let Name::Function(map) = part? {
            for naming in map {
                let naming = naming?;
                names.insert(naming.index as usize, naming.name.to_owned());
            }
        }
    }
    Ok(names)
}

/// Finds section 10, which comes after magic and version.
fn code_section(wasm: &[u8]) -> Result<Range<usize>, Problem> {
    let mut reader = BinaryReader::new(wasm, 0);
    reader.read_bytes(8)?;
    while !reader.eof() {
        let start = in_file(reader.original_position());
        let number = reader.read_u8()?;
        let len = reader.read_var_u32()?;
        reader.read_bytes(len as usize)?;
        if number == 10 {
            return Ok(start..in_file(reader.original_position()));
        }
    }
    Err(Problem::unknown("a module without code"))
}

/// The file is in memory, so the offset fits.
fn in_file(offset: u64) -> usize {
    usize::try_from(offset).expect("an offset in a file that is in memory")
}
