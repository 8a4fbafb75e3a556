//! The effect of each operator on the stack, the globals and the memory, and where it must not meet
//! a secret.

use wasmparser::{MemArg, Operator};

use crate::machine::Machine;
use crate::numeric;
use crate::stop::Stop;
use crate::value::{Value, mask};
use crate::{Reach, vector};

/// How the octets of a load fill a value.
#[derive(Clone, Copy)]
enum Fill {
    /// With zeros.
    Zero,
    /// With the sign, to this many octets.
    Sign(usize),
    /// With copies.
    Splat,
    /// Lanes of this many octets, each extended to twice its width with zeros or with the sign.
    Lanes(usize, bool),
}

impl Machine<'_> {
    /// Runs one operator that is not about control. Returns true if it loaded a secret from memory.
    pub(crate) fn operate(&mut self, operator: &Operator<'_>) -> Result<bool, Stop> {
        if let Some((place, len, fill)) = load_of(operator) {
            let loaded = filled(self.load(place, len)?, len, fill);
            if is_atomic(operator) && loaded.label() != 0 {
                return Err(Stop::Reach(Reach::Slow, loaded.label()));
            }
            self.stack.push(loaded);
            return Ok(loaded.label() != 0);
        }
        if let Some((place, len)) = store_of(operator) {
            let value = self.pop()?;
            if is_atomic(operator) && value.label() != 0 {
                return Err(Stop::Reach(Reach::Slow, value.label()));
            }
            let at = self.address(place)?;
            self.memory.store(at, &value, len)?;
            return Ok(false);
        }
        if let Some((kind, widths, make)) = numeric::binary(operator) {
            let (b, a) = (self.pop()?, self.pop()?);
            self.stack
                .push(numeric::combine(kind, widths, (&a, &b), make)?);
            return Ok(false);
        }
        if let Some((kind, widths, make)) = numeric::unary(operator) {
            let a = self.pop()?;
            self.stack.push(numeric::change(kind, widths, &a, make)?);
            return Ok(false);
        }
        if vector::operate(operator, &mut self.stack)? {
            return Ok(false);
        }
        match vector::lane_access(operator) {
            Some(access) => self.operate_lane(access),
            None => self.operate_rarely(operator),
        }
    }

    /// Loads or stores one lane of the vector on the stack.
    fn operate_lane(
        &mut self,
        (place, len, lane, is_load): vector::LaneAccess,
    ) -> Result<bool, Stop> {
        let vector = self.pop()?;
        let at = self.address(place)?;
        if is_load {
            let loaded = self.memory.load(at, len)?;
            self.stack.push(vector.with_lane(lane.into(), &loaded, len));
            return Ok(loaded.label() != 0);
        }
        self.memory
            .store(at, &vector::lane_of(&vector, lane.into(), len), len)?;
        Ok(false)
    }

    fn operate_rarely(&mut self, operator: &Operator<'_>) -> Result<bool, Stop> {
        match *operator {
            // Bit patterns.
            Operator::I32Const { value } => self.stack.push(Value::public((value as u32).into())),
            Operator::I64Const { value } => self.stack.push(Value::public((value as u64).into())),
            Operator::F64Const { value } => self.stack.push(Value::public(value.bits().into())),
            Operator::GlobalGet { global_index } => {
                self.stack.push(self.globals[global_index as usize]);
            }
            Operator::GlobalSet { global_index } => {
                self.globals[global_index as usize] = self.pop()?;
            }
            Operator::Drop => drop(self.pop()?),
            Operator::Nop | Operator::AtomicFence { .. } => (),
            // The segment is not used again, so nothing depends on dropping it.
            Operator::DataDrop { .. } => (),
            Operator::Select => {
                let condition = self.pop_public(Reach::Select)?;
                let (other, chosen) = (self.pop()?, self.pop()?);
                let is_chosen = condition & 0xffff_ffff != 0;
                self.stack.push(if is_chosen { chosen } else { other });
            }
            Operator::MemorySize { .. } => {
                self.stack.push(Value::public(self.memory.pages() as u128));
            }
            Operator::MemoryCopy { .. } => {
                let len = self.pop_public(Reach::Length)? as usize;
                let from = self.pop_public(Reach::Address)?;
                let to = self.pop_public(Reach::Address)?;
                self.memory.copy(to, from, len)?;
            }
            Operator::MemoryFill { .. } => {
                let len = self.pop_public(Reach::Length)? as usize;
                let octet = self.pop()?.octet(0);
                let to = self.pop_public(Reach::Address)?;
                self.memory.fill(to, octet, len)?;
            }
            Operator::MemoryInit { data_index, .. } => self.init(data_index as usize)?,
            _ => return self.operate_atomic(operator),
        }
        Ok(false)
    }

    fn init(&mut self, segment: usize) -> Result<(), Stop> {
        let len = self.pop_public(Reach::Length)? as usize;
        let from = self.pop_public(Reach::Address)? as usize;
        let to = self.pop_public(Reach::Address)?;
        let octets = self.module.data[segment]
            .get(from..from + len)
            .ok_or(Stop::Trap("outside of the data"))?;
        self.memory.init(to, octets)
    }

    /// There is only one thread, so atomics are loads and stores. None may hold a secret.
    fn operate_atomic(&mut self, operator: &Operator<'_>) -> Result<bool, Stop> {
        if let Operator::MemoryAtomicNotify { .. } = operator {
            self.pop_public(Reach::Slow)?;
            self.pop_public(Reach::Address)?;
            self.stack.push(Value::public(0));
            return Ok(false);
        }
        let (place, len, update) = numeric::atomic(operator).ok_or(Stop::Unknown)?;
        let operand = self.pop_public(Reach::Slow)?;
        let expected = match update {
            numeric::Update::IfEqual => Some(self.pop_public(Reach::Slow)?),
            numeric::Update::By(_) => None,
        };
        let at = self.address(place)?;
        let before = self.memory.load(at, len)?;
        if before.label() != 0 {
            return Err(Stop::Reach(Reach::Slow, before.label()));
        }
        let old = before.lane(0, 8);
        let new = match update {
            numeric::Update::IfEqual if expected != Some(old) => old,
            numeric::Update::IfEqual => operand,
            numeric::Update::By(make) => make(old, operand),
        };
        let new = Value::public(u128::from(new) & mask(len));
        self.memory.store(at, &new, len)?;
        self.stack.push(before);
        Ok(false)
    }

    fn load(&mut self, place: Place, len: usize) -> Result<Value, Stop> {
        let at = self.address(place)?;
        self.memory.load(at, len)
    }

    fn address(&mut self, place: MemArg) -> Result<u64, Stop> {
        Ok(self.pop_public(Reach::Address)? + place.offset)
    }
}

type Place = MemArg;

fn filled(loaded: Value, len: usize, fill: Fill) -> Value {
    match fill {
        Fill::Zero => loaded,
        Fill::Sign(to) => numeric::sign_extended(&loaded, len, to),
        Fill::Splat => vector::splat(&loaded, len),
        Fill::Lanes(width, is_signed) => vector::extended(&loaded, width, is_signed),
    }
}

/// Whether it is an atomic load or store. Like other atomics, it must not hold a secret.
fn is_atomic(operator: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        operator,
        O::I32AtomicLoad { .. }
            | O::I64AtomicLoad { .. }
            | O::I64AtomicLoad32U { .. }
            | O::I32AtomicLoad8U { .. }
            | O::I64AtomicLoad8U { .. }
            | O::I32AtomicLoad16U { .. }
            | O::I32AtomicStore { .. }
            | O::I64AtomicStore { .. }
            | O::I64AtomicStore32 { .. }
            | O::I32AtomicStore8 { .. }
            | O::I32AtomicStore16 { .. }
    )
}

fn load_of(operator: &Operator<'_>) -> Option<(Place, usize, Fill)> {
    use Operator as O;
    Some(match *operator {
        O::I32Load { memarg } | O::F32Load { memarg } | O::I64Load32U { memarg } => {
            (memarg, 4, Fill::Zero)
        }
        O::I64Load { memarg } | O::F64Load { memarg } => (memarg, 8, Fill::Zero),
        O::I32Load8U { memarg } | O::I64Load8U { memarg } => (memarg, 1, Fill::Zero),
        O::I32Load16U { memarg } | O::I64Load16U { memarg } => (memarg, 2, Fill::Zero),
        O::I32Load8S { memarg } => (memarg, 1, Fill::Sign(4)),
        O::I32Load16S { memarg } => (memarg, 2, Fill::Sign(4)),
        O::I64Load8S { memarg } => (memarg, 1, Fill::Sign(8)),
        O::I64Load16S { memarg } => (memarg, 2, Fill::Sign(8)),
        O::I64Load32S { memarg } => (memarg, 4, Fill::Sign(8)),
        O::I32AtomicLoad { memarg } | O::I64AtomicLoad32U { memarg } => (memarg, 4, Fill::Zero),
        O::I64AtomicLoad { memarg } => (memarg, 8, Fill::Zero),
        O::I32AtomicLoad8U { memarg } | O::I64AtomicLoad8U { memarg } => (memarg, 1, Fill::Zero),
        O::I32AtomicLoad16U { memarg } => (memarg, 2, Fill::Zero),
        O::V128Load { memarg } => (memarg, 16, Fill::Zero),
        O::V128Load32Zero { memarg } => (memarg, 4, Fill::Zero),
        O::V128Load64Zero { memarg } => (memarg, 8, Fill::Zero),
        O::V128Load8Splat { memarg } => (memarg, 1, Fill::Splat),
        O::V128Load16Splat { memarg } => (memarg, 2, Fill::Splat),
        O::V128Load32Splat { memarg } => (memarg, 4, Fill::Splat),
        O::V128Load64Splat { memarg } => (memarg, 8, Fill::Splat),
        O::V128Load8x8U { memarg } => (memarg, 8, Fill::Lanes(1, false)),
        O::V128Load8x8S { memarg } => (memarg, 8, Fill::Lanes(1, true)),
        O::V128Load16x4U { memarg } => (memarg, 8, Fill::Lanes(2, false)),
        O::V128Load16x4S { memarg } => (memarg, 8, Fill::Lanes(2, true)),
        O::V128Load32x2U { memarg } => (memarg, 8, Fill::Lanes(4, false)),
        O::V128Load32x2S { memarg } => (memarg, 8, Fill::Lanes(4, true)),
        _ => return None,
    })
}

fn store_of(operator: &Operator<'_>) -> Option<(Place, usize)> {
    use Operator as O;
    Some(match *operator {
        O::I32Store { memarg }
        | O::F32Store { memarg }
        | O::I64Store32 { memarg }
        | O::I32AtomicStore { memarg }
        | O::I64AtomicStore32 { memarg } => (memarg, 4),
        O::I64Store { memarg } | O::F64Store { memarg } | O::I64AtomicStore { memarg } => {
            (memarg, 8)
        }
        O::I32Store8 { memarg } | O::I64Store8 { memarg } | O::I32AtomicStore8 { memarg } => {
            (memarg, 1)
        }
        O::I32Store16 { memarg } | O::I64Store16 { memarg } | O::I32AtomicStore16 { memarg } => {
            (memarg, 2)
        }
        O::V128Store { memarg } => (memarg, 16),
        _ => return None,
    })
}
