//! The interpreter: calls, blocks and branches. `operate.rs` computes single operators.

use wasmparser::{BlockType, Operator};

use crate::coverage::Coverage;
use crate::memory::Memory;
use crate::module::{Function, Module};
use crate::stop::Stop;
use crate::value::Value;
use crate::verdict::Verdicts;
use crate::{Leak, Problem, Reach};

/// An instance of a module, and its memory.
pub struct Machine<'a> {
    pub(crate) module: &'a Module<'a>,
    /// The memory. Imitated system calls write to it too.
    pub memory: Memory,
    /// The operators that have run.
    pub coverage: Coverage,
    /// Answers to questions about tags, while packets are opened.
    pub verdicts: Option<Verdicts>,
    /// Number of operators that have run.
    pub operators: u64,
    /// Loads whose lowest octet was secret, by function and operator.
    pub sites: Vec<(u32, usize)>,
    pub(crate) globals: Vec<Value>,
    pub(crate) stack: Vec<Value>,
    calls: Vec<(u32, usize)>,
}

struct Block {
    /// Operator at which a branch continues.
    target: usize,
    is_loop: bool,
    /// Height of the stack below its operands.
    height: usize,
    /// Number of operands that a branch carries.
    carried: usize,
}

struct Frame<'a> {
    index: u32,
    function: &'a Function<'a>,
    next: usize,
    locals: Vec<Value>,
    blocks: Vec<Block>,
}

impl<'a> Machine<'a> {
    /// Makes an instance on `pages` pages of zeros, and runs its start function.
    ///
    /// # Errors
    /// If that fails.
    pub fn new(module: &'a Module<'a>, pages: usize) -> Result<Self, Problem> {
        let mut machine = Self {
            module,
            memory: Memory::new(pages),
            coverage: Coverage::of(module),
            verdicts: None,
            operators: 0,
            sites: Vec::new(),
            globals: module
                .globals
                .iter()
                .map(|&bits| Value::public(bits))
                .collect(),
            stack: Vec::new(),
            calls: Vec::new(),
        };
        if let Some(start) = module.start {
            machine.call(start)?;
        }
        Ok(machine)
    }

    /// Calls an export. Returns its result as bits, or 0 if it has none.
    ///
    /// # Errors
    /// If it leaks, traps, or does not exist. A result that depends on a secret is a leak.
    pub fn invoke(&mut self, export: &str, arguments: &[u64]) -> Result<u64, Problem> {
        let index = *self
            .module
            .exports
            .get(export)
            .ok_or_else(|| Problem::Module(format!("no export {export}")))?;
        self.stack.clear();
        self.calls.clear();
        let all = arguments.iter().map(|&bits| Value::public(bits.into()));
        self.stack.extend(all);
        self.call(index)?;
        let result = self.stack.pop().unwrap_or(Value::public(0));
        let verdicts = self.verdicts.as_ref();
        if verdicts.is_some_and(|verdicts| verdicts.has_answered(result.label())) {
            // It tells what its branch has told. Its value is not known here.
            return Ok(0);
        }
        if result.label() != 0 {
            return Err(Problem::Core(format!("{export} returns a secret")));
        }
        Ok(result.lane(0, 8))
    }

    pub(crate) fn call(&mut self, index: u32) -> Result<(), Problem> {
        let module = self.module;
        let function = &module.functions[index as usize];
        let signature = &module.types[function.signature as usize];
        let base = self.stack.len() - signature.params().len();
        let mut locals: Vec<Value> = self.stack.drain(base..).collect();
        if locals.iter().any(|local| local.label() != 0) {
            self.coverage.note_secret(index);
        }
        locals.resize(locals.len() + function.locals.len(), Value::public(0));
        let whole = Block {
            target: function.operators.len(),
            is_loop: false,
            height: base,
            carried: signature.results().len(),
        };
        let mut frame = Frame {
            index,
            function,
            next: 0,
            locals,
            blocks: vec![whole],
        };
        while frame.next < function.operators.len() {
            let at = frame.next;
            self.coverage.note_run(index, at);
            self.operators += 1;
            self.calls.push((index, at));
            self.step(&mut frame).map_err(|stop| self.problem(stop))?;
            self.calls.pop();
        }
        Ok(())
    }

    fn step(&mut self, frame: &mut Frame<'a>) -> Result<(), Stop> {
        let at = frame.next;
        frame.next += 1;
        let operator = &frame.function.operators[at];
        match operator {
            Operator::LocalGet { local_index } => {
                self.stack.push(frame.locals[*local_index as usize]);
            }
            Operator::LocalSet { local_index } => {
                frame.locals[*local_index as usize] = self.pop()?
            }
            Operator::LocalTee { local_index } => {
                frame.locals[*local_index as usize] = *self.stack.last().ok_or(Stop::Unknown)?;
            }
            Operator::Block { blockty } => {
                let target = frame.function.ends[at] as usize + 1;
                self.enter(frame, *blockty, (target, false));
            }
            Operator::Loop { blockty } => self.enter(frame, *blockty, (at + 1, true)),
            Operator::If { blockty } => self.enter_if(frame, at, *blockty)?,
            Operator::Else => frame.next = frame.function.ends[at] as usize,
            Operator::End => {
                frame.blocks.pop();
            }
            Operator::Br { relative_depth } => self.branch(frame, *relative_depth),
            Operator::BrIf { relative_depth } => {
                if self.decide()? {
                    self.branch(frame, *relative_depth);
                }
            }
            Operator::BrTable { targets } => {
                let index = self.pop_public(Reach::Branch)? as usize;
                let all: Result<Vec<u32>, _> = targets.targets().collect();
                let all = all.map_err(Problem::from)?;
                self.branch(frame, *all.get(index).unwrap_or(&targets.default()));
            }
            // The outermost block is the function itself.
            Operator::Return => self.branch(frame, frame.blocks.len() as u32 - 1),
            Operator::Call { function_index } => self.call(*function_index)?,
            Operator::CallIndirect { .. } => {
                let index = self.pop_public(Reach::Callee)? as usize;
                let callee = self.module.table.get(index).copied().flatten();
                self.call(callee.ok_or(Stop::Trap("no such function"))?)?;
            }
            Operator::Unreachable => return Err(Stop::Trap("unreachable")),
            other => {
                if self.operate(other)? {
                    self.note_secret(frame.index, at);
                }
            }
        }
        Ok(())
    }

    fn enter(&mut self, frame: &mut Frame<'a>, kind: BlockType, (target, is_loop): (usize, bool)) {
        let (parameters, results) = match kind {
            BlockType::Empty => (0, 0),
            BlockType::Type(_) => (0, 1),
            BlockType::FuncType(index) => {
                let signature = &self.module.types[index as usize];
                (signature.params().len(), signature.results().len())
            }
        };
        frame.blocks.push(Block {
            target,
            is_loop,
            height: self.stack.len() - parameters,
            carried: if is_loop { parameters } else { results },
        });
    }

    fn enter_if(&mut self, frame: &mut Frame<'a>, at: usize, kind: BlockType) -> Result<(), Stop> {
        let holds = self.decide()?;
        let (other, end) = (
            frame.function.elses[at] as usize,
            frame.function.ends[at] as usize,
        );
        self.enter(frame, kind, (end + 1, false));
        if !holds {
            frame.next = if other == end { end } else { other + 1 };
        }
        Ok(())
    }

    fn branch(&mut self, frame: &mut Frame<'a>, depth: u32) {
        let kept = frame.blocks.len() - depth as usize;
        let block = &frame.blocks[kept - 1];
        let carried_at = self.stack.len() - block.carried;
        self.stack.drain(block.height..carried_at);
        frame.next = block.target;
        frame
            .blocks
            .truncate(if block.is_loop { kept } else { kept - 1 });
    }

    /// Pops a condition and decides it. A secret condition must be a verdict on a tag.
    fn decide(&mut self) -> Result<bool, Stop> {
        let condition = self.pop()?;
        let label = condition.label();
        if label == 0 {
            return Ok(condition.lane(0, 4) != 0);
        }
        let answer = self.verdicts.as_mut().and_then(|all| all.answer(label));
        answer.ok_or(Stop::Reach(Reach::Branch, label))
    }

    pub(crate) fn pop(&mut self) -> Result<Value, Stop> {
        self.stack.pop().ok_or(Stop::Unknown)
    }

    pub(crate) fn pop_public(&mut self, reach: Reach) -> Result<u64, Stop> {
        let value = self.pop()?;
        match value.label() {
            0 => Ok(value.lane(0, 8)),
            label => Err(Stop::Reach(reach, label)),
        }
    }

    fn note_secret(&mut self, function: u32, at: usize) {
        self.coverage.note_secret(function);
        let is_lowest = self.stack.last().is_some_and(|value| value.labels[0] != 0);
        if is_lowest && !self.sites.contains(&(function, at)) {
            self.sites.push((function, at));
        }
    }

    fn problem(&self, stop: Stop) -> Problem {
        let place = |&(index, at): &(u32, usize)| {
            let function = &self.module.functions[index as usize];
            (
                function.name.clone(),
                function.offsets[at],
                format!("{:?}", function.operators[at]),
            )
        };
        let places: Vec<_> = self.calls.iter().rev().map(place).collect();
        let (_, offset, operator) = places.first().cloned().unwrap_or_default();
        let functions: Vec<String> = places.into_iter().map(|(name, ..)| name).collect();
        let at = format!("{operator} at {offset:#x} in {}", functions.join(" < "));
        match stop {
            Stop::Reach(reach, label) => Problem::Leak(Leak {
                reach,
                label,
                functions,
                offset,
                operator,
            }),
            Stop::Trap(why) => Problem::Core(format!("{why}: {at}")),
            Stop::Unknown => Problem::unknown(&at),
            Stop::Problem(problem) => problem,
        }
    }
}
