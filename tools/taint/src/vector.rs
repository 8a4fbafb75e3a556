//! 128-bit arithmetic. Swizzles by a secret are look-ups in a register, so they are allowed. Shift
//! counts must be public.

use wasmparser::{MemArg, Operator};

use crate::Reach;
use crate::stop::Stop;
use crate::value::{Label, Value, and, or, xor};

type Make = fn(u64, u64) -> u64;

/// Runs a vector operator on the stack. Returns false if the operator is not one of these.
pub(crate) fn operate(operator: &Operator<'_>, stack: &mut Vec<Value>) -> Result<bool, Stop> {
    if let Operator::V128Const { value } = operator {
        stack.push(Value::public(u128::from_le_bytes(*value.bytes())));
        return Ok(true);
    }
    if let Some((len, make)) = lanewise(operator) {
        let (a, b) = pop_two(stack)?;
        stack.push(Value::each_lane(&a, &b, len, make));
        return Ok(true);
    }
    if let Some((len, make)) = shift(operator) {
        let (a, count) = pop_two(stack)?;
        if count.label() != 0 {
            return Err(Stop::Reach(Reach::Slow, count.label()));
        }
        let by = Value::public(count.lane(0, 4).into());
        stack.push(Value::each_lane(&a, &splat(&by, len.min(4)), len, make));
        return Ok(true);
    }
    Ok(bitwise(operator, stack)? || moves(operator, stack)? || lanes(operator, stack)?)
}

/// Copies of the first lane.
pub(crate) fn splat(value: &Value, len: usize) -> Value {
    (0..16 / len).fold(Value::public(0), |out, lane| {
        out.with_lane(lane, value, len)
    })
}

/// Extends each lane of the lower eight octets to twice its width.
pub(crate) fn extended(value: &Value, len: usize, is_signed: bool) -> Value {
    let mut out = Value::public(0);
    for lane in 0..8 / len {
        let narrow = lane_of(value, lane, len);
        let wide = if is_signed {
            crate::numeric::sign_extended(&narrow, len, 2 * len)
        } else {
            narrow
        };
        out = out.with_lane(lane, &wide, 2 * len);
    }
    out
}

/// A lane as a value of its own.
pub(crate) fn lane_of(value: &Value, lane: usize, len: usize) -> Value {
    let mut out = Value::public(0);
    for n in 0..len {
        out.set_octet(n, value.octet(lane * len + n));
    }
    out
}

fn pop(stack: &mut Vec<Value>) -> Result<Value, Stop> {
    stack.pop().ok_or(Stop::Unknown)
}

fn pop_two(stack: &mut Vec<Value>) -> Result<(Value, Value), Stop> {
    let b = pop(stack)?;
    Ok((pop(stack)?, b))
}

fn lanewise(operator: &Operator<'_>) -> Option<(usize, Make)> {
    use Operator as O;
    Some(match operator {
        O::I8x16Add => (1, u64::wrapping_add),
        O::I16x8Add => (2, u64::wrapping_add),
        O::I32x4Add => (4, u64::wrapping_add),
        O::I64x2Add => (8, u64::wrapping_add),
        O::I8x16Sub => (1, u64::wrapping_sub),
        O::I16x8Sub => (2, u64::wrapping_sub),
        O::I32x4Sub => (4, u64::wrapping_sub),
        O::I64x2Sub => (8, u64::wrapping_sub),
        O::I16x8Mul => (2, u64::wrapping_mul),
        O::I32x4Mul => (4, u64::wrapping_mul),
        O::I64x2Mul => (8, u64::wrapping_mul),
        O::I32x4DotI16x8S => (4, dot),
        O::I8x16Eq | O::I16x8Eq | O::I32x4Eq | O::I64x2Eq => {
            (lane_len(operator), |a, b| all_if(a == b))
        }
        O::I8x16Ne | O::I16x8Ne | O::I32x4Ne | O::I64x2Ne => {
            (lane_len(operator), |a, b| all_if(a != b))
        }
        O::I8x16GtS => (1, |a, b| all_if(a as i8 > b as i8)),
        O::I8x16LtS => (1, |a, b| all_if((a as i8) < b as i8)),
        O::I8x16GtU => (1, |a, b| all_if(a > b)),
        O::I8x16LtU => (1, |a, b| all_if(a < b)),
        O::I8x16MinU => (1, u64::min),
        O::I8x16MaxU => (1, u64::max),
        _ => return None,
    })
}

/// Multiplies both halves of the words and adds the products.
const fn dot(a: u64, b: u64) -> u64 {
    let low = (a as i16 as i32).wrapping_mul(b as i16 as i32);
    let high = ((a >> 16) as i16 as i32).wrapping_mul((b >> 16) as i16 as i32);
    low.wrapping_add(high) as u32 as u64
}

const fn all_if(holds: bool) -> u64 {
    if holds { u64::MAX } else { 0 }
}

const fn lane_len(operator: &Operator<'_>) -> usize {
    match operator {
        Operator::I8x16Eq | Operator::I8x16Ne => 1,
        Operator::I16x8Eq | Operator::I16x8Ne => 2,
        Operator::I32x4Eq | Operator::I32x4Ne => 4,
        _ => 8,
    }
}

fn shift(operator: &Operator<'_>) -> Option<(usize, Make)> {
    use Operator as O;
    Some(match operator {
        O::I8x16Shl => (1, |a, by| a << (by & 7)),
        O::I16x8Shl => (2, |a, by| a << (by & 15)),
        O::I32x4Shl => (4, |a, by| a << (by & 31)),
        O::I64x2Shl => (8, |a, by| a << (by & 63)),
        O::I8x16ShrU => (1, |a, by| a >> (by & 7)),
        O::I16x8ShrU => (2, |a, by| a >> (by & 15)),
        O::I32x4ShrU => (4, |a, by| a >> (by & 31)),
        O::I64x2ShrU => (8, |a, by| a >> (by & 63)),
        O::I8x16ShrS => (1, |a, by| (a as i8 >> (by & 7)) as u64),
        O::I16x8ShrS => (2, |a, by| (a as i16 >> (by & 15)) as u64),
        O::I32x4ShrS => (4, |a, by| (a as i32 >> (by & 31)) as u64),
        O::I64x2ShrS => (8, |a, by| (a as i64 >> (by & 63)) as u64),
        _ => return None,
    })
}

fn bitwise(operator: &Operator<'_>, stack: &mut Vec<Value>) -> Result<bool, Stop> {
    let ones = Value::public(u128::MAX);
    let made = match operator {
        Operator::V128Not => Value::each_octet(&pop(stack)?, &ones, xor),
        Operator::V128And => {
            let (a, b) = pop_two(stack)?;
            Value::each_octet(&a, &b, and)
        }
        Operator::V128Or => {
            let (a, b) = pop_two(stack)?;
            Value::each_octet(&a, &b, or)
        }
        Operator::V128Xor => {
            let (a, b) = pop_two(stack)?;
            Value::each_octet(&a, &b, xor)
        }
        Operator::V128AndNot => {
            let (a, b) = pop_two(stack)?;
            Value::each_octet(&a, &Value::each_octet(&b, &ones, xor), and)
        }
        Operator::V128Bitselect => {
            let chooser = pop(stack)?;
            let (a, b) = pop_two(stack)?;
            let other = Value::each_octet(&chooser, &ones, xor);
            let (a, b) = (
                Value::each_octet(&a, &chooser, and),
                Value::each_octet(&b, &other, and),
            );
            Value::each_octet(&a, &b, or)
        }
        _ => return Ok(false),
    };
    stack.push(made);
    Ok(true)
}

/// Swizzles, shuffles and other operators that move octets.
fn moves(operator: &Operator<'_>, stack: &mut Vec<Value>) -> Result<bool, Stop> {
    use Operator as O;
    let made = match operator {
        O::I8x16Swizzle => {
            let (table, index) = pop_two(stack)?;
            swizzle(&table, &index, |at| (at < 16).then_some(at))
        }
        // As x86 does it. ARM differs for indices 16 to 127, which the core never uses (its native
        // tests check that).
        O::I8x16RelaxedSwizzle => {
            let (table, index) = pop_two(stack)?;
            swizzle(&table, &index, |at| (at < 0x80).then_some(at & 15))
        }
        O::I8x16Shuffle { lanes } => {
            let (a, b) = pop_two(stack)?;
            let mut out = Value::public(0);
            for (n, lane) in lanes.iter().map(|lane| usize::from(*lane)).enumerate() {
                out.set_octet(
                    n,
                    if lane < 16 {
                        a.octet(lane)
                    } else {
                        b.octet(lane - 16)
                    },
                );
            }
            out
        }
        O::I8x16Splat => splat(&pop(stack)?, 1),
        O::I16x8Splat => splat(&pop(stack)?, 2),
        O::I32x4Splat => splat(&pop(stack)?, 4),
        O::I64x2Splat => splat(&pop(stack)?, 8),
        O::I16x8ExtendLowI8x16U => extended(&pop(stack)?, 1, false),
        O::I32x4ExtendLowI16x8U => extended(&pop(stack)?, 2, false),
        O::I64x2ExtendLowI32x4U => extended(&pop(stack)?, 4, false),
        O::I16x8ExtendHighI8x16U => extended(&lane_of(&pop(stack)?, 1, 8), 1, false),
        O::I32x4ExtendHighI16x8U => extended(&lane_of(&pop(stack)?, 1, 8), 2, false),
        O::I64x2ExtendHighI32x4U => extended(&lane_of(&pop(stack)?, 1, 8), 4, false),
        _ => return Ok(false),
    };
    stack.push(made);
    Ok(true)
}

fn swizzle(table: &Value, index: &Value, at: impl Fn(u8) -> Option<u8>) -> Value {
    let any = table.label();
    let mut out = Value::public(0);
    for n in 0..16 {
        let looked_up: (u8, Label) = match index.octet(n) {
            (from, 0) => at(from).map_or((0, 0), |from| table.octet(from.into())),
            (_, label) => (0, label | any),
        };
        out.set_octet(n, looked_up);
    }
    out
}

/// Operators on single lanes, and tests of all lanes.
fn lanes(operator: &Operator<'_>, stack: &mut Vec<Value>) -> Result<bool, Stop> {
    use Operator as O;
    let made = match *operator {
        O::I8x16ExtractLaneU { lane } => lane_of(&pop(stack)?, lane.into(), 1),
        O::I16x8ExtractLaneU { lane } => lane_of(&pop(stack)?, lane.into(), 2),
        O::I32x4ExtractLane { lane } => lane_of(&pop(stack)?, lane.into(), 4),
        O::I64x2ExtractLane { lane } => lane_of(&pop(stack)?, lane.into(), 8),
        O::I8x16ExtractLaneS { lane } => {
            crate::numeric::sign_extended(&lane_of(&pop(stack)?, lane.into(), 1), 1, 4)
        }
        O::I16x8ExtractLaneS { lane } => {
            crate::numeric::sign_extended(&lane_of(&pop(stack)?, lane.into(), 2), 2, 4)
        }
        O::I8x16ReplaceLane { lane } => replace(stack, lane, 1)?,
        O::I16x8ReplaceLane { lane } => replace(stack, lane, 2)?,
        O::I32x4ReplaceLane { lane } => replace(stack, lane, 4)?,
        O::I64x2ReplaceLane { lane } => replace(stack, lane, 8)?,
        O::V128AnyTrue => test(&pop(stack)?, |bits| bits != 0),
        O::I8x16AllTrue => test(&pop(stack)?, |bits| {
            bits.to_le_bytes().iter().all(|x| *x != 0)
        }),
        O::I64x2AllTrue => test(&pop(stack)?, |bits| bits as u64 != 0 && bits >> 64 != 0),
        O::I8x16Bitmask => {
            let a = pop(stack)?;
            Value::known_if(a.label(), 4, || {
                (0..16).fold(0, |all, n| all | (a.bits >> (8 * n + 7) & 1) << n)
            })
        }
        _ => return Ok(false),
    };
    stack.push(made);
    Ok(true)
}

fn replace(stack: &mut Vec<Value>, lane: u8, len: usize) -> Result<Value, Stop> {
    let (vector, new) = pop_two(stack)?;
    Ok(vector.with_lane(lane.into(), &new, len))
}

fn test(a: &Value, holds: impl Fn(u128) -> bool) -> Value {
    Value::known_if(a.label(), 4, || holds(a.bits).into())
}

/// Place, number of octets, lane, and whether it is loaded.
pub(crate) type LaneAccess = (MemArg, usize, u8, bool);

/// The lane that an operator loads or stores.
pub(crate) fn lane_access(operator: &Operator<'_>) -> Option<LaneAccess> {
    use Operator as O;
    Some(match *operator {
        O::V128Load8Lane { memarg, lane } => (memarg, 1, lane, true),
        O::V128Load16Lane { memarg, lane } => (memarg, 2, lane, true),
        O::V128Load32Lane { memarg, lane } => (memarg, 4, lane, true),
        O::V128Load64Lane { memarg, lane } => (memarg, 8, lane, true),
        O::V128Store8Lane { memarg, lane } => (memarg, 1, lane, false),
        O::V128Store16Lane { memarg, lane } => (memarg, 2, lane, false),
        O::V128Store32Lane { memarg, lane } => (memarg, 4, lane, false),
        O::V128Store64Lane { memarg, lane } => (memarg, 8, lane, false),
        _ => return None,
    })
}
