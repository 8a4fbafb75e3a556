//! Scalar arithmetic as tables: what an operator computes, on how many octets, and whether it may
//! meet secrets.

use wasmparser::{MemArg, Operator};

use crate::Reach;
use crate::stop::Stop;
use crate::value::{Value, and, mask, or, xor};

/// How secrets pass through an operator.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Octet by octet.
    And,
    /// Octet by octet.
    Or,
    /// Octet by octet.
    Xor,
    /// A secret octet makes the whole result secret.
    Mixed,
    /// Like `Mixed`, but the second operand, a count, must be public.
    Shift,
    /// No operand may be secret, because on some engine or processor the time depends on it.
    Slow,
    /// Like `Slow`, but it traps if the second operand is 0.
    Division,
}

/// Numbers of octets of the operands and of the result.
pub(crate) type Widths = (usize, usize);

pub(crate) type Binary = fn(u64, u64) -> u64;
pub(crate) type Unary = fn(u64) -> u64;

/// The value that an atomic operator writes.
#[derive(Clone, Copy)]
pub(crate) enum Update {
    By(Binary),
    IfEqual,
}

const I32: Widths = (4, 4);
const I64: Widths = (8, 8);
const TEST_I32: Widths = (4, 4);
const TEST_I64: Widths = (8, 4);

pub(crate) fn combine(
    kind: Kind,
    (from, to): Widths,
    (a, b): (&Value, &Value),
    make: Binary,
) -> Result<Value, Stop> {
    let label = a.lane_label(0, from) | b.lane_label(0, from);
    match kind {
        Kind::And => return Ok(Value::each_octet(a, b, and)),
        Kind::Or => return Ok(Value::each_octet(a, b, or)),
        Kind::Xor => return Ok(Value::each_octet(a, b, xor)),
        Kind::Mixed => (),
        Kind::Shift if b.label() == 0 => (),
        Kind::Shift => return Err(Stop::Reach(Reach::Slow, b.label())),
        Kind::Slow | Kind::Division if label != 0 => return Err(Stop::Reach(Reach::Slow, label)),
        Kind::Division if b.lane(0, from) == 0 => return Err(Stop::Trap("division by zero")),
        Kind::Slow | Kind::Division => (),
    }
    Ok(Value::known_if(label, to, || {
        u128::from(make(a.lane(0, from), b.lane(0, from))) & mask(to)
    }))
}

pub(crate) fn change(
    kind: Kind,
    (from, to): Widths,
    a: &Value,
    make: Unary,
) -> Result<Value, Stop> {
    let label = a.lane_label(0, from);
    if kind == Kind::Slow && label != 0 {
        return Err(Stop::Reach(Reach::Slow, label));
    }
    if kind == Kind::And {
        // Widening with zeros and narrowing leave the remaining octets unchanged.
        let mut kept = Value::public(0);
        for n in 0..from.min(to) {
            kept.set_octet(n, a.octet(n));
        }
        return Ok(kept);
    }
    Ok(Value::known_if(label, to, || {
        u128::from(make(a.lane(0, from))) & mask(to)
    }))
}

/// Extends the first `len` octets to `to` octets with their sign.
pub(crate) fn sign_extended(value: &Value, len: usize, to: usize) -> Value {
    let (top, label) = value.octet(len - 1);
    let sign = if top & 0x80 == 0 { 0 } else { 0xff };
    let mut out = *value;
    for n in len..to {
        out.set_octet(n, (sign, label));
    }
    out
}

/// Signed view of a 32-bit lane.
const fn s32(x: u64) -> i32 {
    x as i32
}

/// Signed view of a 64-bit lane.
const fn s64(x: u64) -> i64 {
    x as i64
}

const fn f64_of(x: u64) -> f64 {
    f64::from_bits(x)
}

pub(crate) fn binary(operator: &Operator<'_>) -> Option<(Kind, Widths, Binary)> {
    binary32(operator)
        .or_else(|| binary64(operator))
        .or_else(|| binary_float(operator))
}

fn binary32(operator: &Operator<'_>) -> Option<(Kind, Widths, Binary)> {
    use Kind::{And, Division, Mixed, Or, Shift, Xor};
    use Operator as O;
    let (kind, make): (Kind, Binary) = match operator {
        O::I32Add => (Mixed, u64::wrapping_add),
        O::I32Sub => (Mixed, u64::wrapping_sub),
        O::I32Mul => (Mixed, u64::wrapping_mul),
        O::I32And => (And, |a, b| a & b),
        O::I32Or => (Or, |a, b| a | b),
        O::I32Xor => (Xor, |a, b| a ^ b),
        O::I32Shl => (Shift, |a, b| a << (b & 31)),
        O::I32ShrU => (Shift, |a, b| a >> (b & 31)),
        O::I32ShrS => (Shift, |a, b| (s32(a) >> (b & 31)) as u64),
        O::I32Rotl => (Shift, |a, b| (a as u32).rotate_left(b as u32 & 31).into()),
        O::I32Rotr => (Shift, |a, b| (a as u32).rotate_right(b as u32 & 31).into()),
        O::I32DivU => (Division, |a, b| a / b),
        O::I32RemU => (Division, |a, b| a % b),
        O::I32DivS => (Division, |a, b| s32(a).wrapping_div(s32(b)) as u64),
        O::I32RemS => (Division, |a, b| s32(a).wrapping_rem(s32(b)) as u64),
        O::I32Eq => (Mixed, |a, b| (a == b).into()),
        O::I32Ne => (Mixed, |a, b| (a != b).into()),
        O::I32LtU => (Mixed, |a, b| (a < b).into()),
        O::I32GtU => (Mixed, |a, b| (a > b).into()),
        O::I32LeU => (Mixed, |a, b| (a <= b).into()),
        O::I32GeU => (Mixed, |a, b| (a >= b).into()),
        O::I32LtS => (Mixed, |a, b| (s32(a) < s32(b)).into()),
        O::I32GtS => (Mixed, |a, b| (s32(a) > s32(b)).into()),
        O::I32LeS => (Mixed, |a, b| (s32(a) <= s32(b)).into()),
        O::I32GeS => (Mixed, |a, b| (s32(a) >= s32(b)).into()),
        _ => return None,
    };
    Some((kind, I32, make))
}

fn binary64(operator: &Operator<'_>) -> Option<(Kind, Widths, Binary)> {
    use Kind::{And, Division, Mixed, Or, Shift, Xor};
    use Operator as O;
    Some(match operator {
        O::I64Add => (Mixed, I64, u64::wrapping_add),
        O::I64Sub => (Mixed, I64, u64::wrapping_sub),
        O::I64Mul => (Mixed, I64, u64::wrapping_mul),
        O::I64And => (And, I64, |a, b| a & b),
        O::I64Or => (Or, I64, |a, b| a | b),
        O::I64Xor => (Xor, I64, |a, b| a ^ b),
        O::I64Shl => (Shift, I64, |a, b| a << (b & 63)),
        O::I64ShrU => (Shift, I64, |a, b| a >> (b & 63)),
        O::I64ShrS => (Shift, I64, |a, b| (s64(a) >> (b & 63)) as u64),
        O::I64Rotl => (Shift, I64, |a, b| a.rotate_left(b as u32 & 63)),
        O::I64Rotr => (Shift, I64, |a, b| a.rotate_right(b as u32 & 63)),
        O::I64DivU => (Division, I64, |a, b| a / b),
        O::I64RemU => (Division, I64, |a, b| a % b),
        O::I64DivS => (Division, I64, |a, b| s64(a).wrapping_div(s64(b)) as u64),
        O::I64RemS => (Division, I64, |a, b| s64(a).wrapping_rem(s64(b)) as u64),
        O::I64Eq => (Mixed, TEST_I64, |a, b| (a == b).into()),
        O::I64Ne => (Mixed, TEST_I64, |a, b| (a != b).into()),
        O::I64LtU => (Mixed, TEST_I64, |a, b| (a < b).into()),
        O::I64GtU => (Mixed, TEST_I64, |a, b| (a > b).into()),
        O::I64LeU => (Mixed, TEST_I64, |a, b| (a <= b).into()),
        O::I64GeU => (Mixed, TEST_I64, |a, b| (a >= b).into()),
        O::I64LtS => (Mixed, TEST_I64, |a, b| (s64(a) < s64(b)).into()),
        O::I64GtS => (Mixed, TEST_I64, |a, b| (s64(a) > s64(b)).into()),
        O::I64LeS => (Mixed, TEST_I64, |a, b| (s64(a) <= s64(b)).into()),
        O::I64GeS => (Mixed, TEST_I64, |a, b| (s64(a) >= s64(b)).into()),
        _ => return None,
    })
}

fn binary_float(operator: &Operator<'_>) -> Option<(Kind, Widths, Binary)> {
    use Operator as O;
    let (widths, make): (Widths, Binary) = match operator {
        O::F64Add => (I64, |a, b| (f64_of(a) + f64_of(b)).to_bits()),
        O::F64Sub => (I64, |a, b| (f64_of(a) - f64_of(b)).to_bits()),
        O::F64Mul => (I64, |a, b| (f64_of(a) * f64_of(b)).to_bits()),
        O::F64Div => (I64, |a, b| (f64_of(a) / f64_of(b)).to_bits()),
        O::F64Eq => (TEST_I64, |a, b| (f64_of(a) == f64_of(b)).into()),
        O::F64Ne => (TEST_I64, |a, b| (f64_of(a) != f64_of(b)).into()),
        O::F64Lt => (TEST_I64, |a, b| (f64_of(a) < f64_of(b)).into()),
        O::F64Gt => (TEST_I64, |a, b| (f64_of(a) > f64_of(b)).into()),
        O::F64Le => (TEST_I64, |a, b| (f64_of(a) <= f64_of(b)).into()),
        O::F64Ge => (TEST_I64, |a, b| (f64_of(a) >= f64_of(b)).into()),
        _ => return None,
    };
    Some((Kind::Slow, widths, make))
}

pub(crate) fn unary(operator: &Operator<'_>) -> Option<(Kind, Widths, Unary)> {
    use Kind::{And, Mixed, Slow};
    use Operator as O;
    Some(match operator {
        O::I32Eqz => (Mixed, TEST_I32, |a| (a == 0).into()),
        O::I64Eqz => (Mixed, TEST_I64, |a| (a == 0).into()),
        O::I32WrapI64 => (And, (8, 4), |a| a),
        O::I64ExtendI32U => (And, (4, 8), |a| a),
        O::I64ReinterpretF64 | O::F64ReinterpretI64 => (And, I64, |a| a),
        O::I64ExtendI32S => (Mixed, (4, 8), |a| i64::from(s32(a)) as u64),
        O::I32Extend8S => (Mixed, I32, |a| i32::from(a as i8) as u64),
        O::I32Extend16S => (Mixed, I32, |a| i32::from(a as i16) as u64),
        O::I64Extend8S => (Mixed, I64, |a| i64::from(a as i8) as u64),
        O::I64Extend16S => (Mixed, I64, |a| i64::from(a as i16) as u64),
        O::I64Extend32S => (Mixed, I64, |a| i64::from(s32(a)) as u64),
        O::I32Clz => (Slow, I32, |a| (a as u32).leading_zeros().into()),
        O::I32Ctz => (Slow, I32, |a| (a as u32).trailing_zeros().into()),
        O::I32Popcnt => (Slow, I32, |a| a.count_ones().into()),
        O::I64Clz => (Slow, I64, |a| a.leading_zeros().into()),
        O::I64Ctz => (Slow, I64, |a| a.trailing_zeros().into()),
        O::I64Popcnt => (Slow, I64, |a| a.count_ones().into()),
        O::F64ConvertI32U | O::F64ConvertI64U => (Slow, I64, |a| (a as f64).to_bits()),
        O::F64ConvertI32S => (Slow, (4, 8), |a| f64::from(s32(a)).to_bits()),
        O::F64ConvertI64S => (Slow, I64, |a| (s64(a) as f64).to_bits()),
        _ => return None,
    })
}

/// Place, number of octets and update of an atomic operator that reads and writes.
pub(crate) fn atomic(operator: &Operator<'_>) -> Option<(MemArg, usize, Update)> {
    use Operator as O;
    use Update::{By, IfEqual};
    let second: Binary = |_, new| new;
    Some(match *operator {
        O::I32AtomicRmwAdd { memarg } => (memarg, 4, By(u64::wrapping_add)),
        O::I32AtomicRmwSub { memarg } => (memarg, 4, By(u64::wrapping_sub)),
        O::I32AtomicRmwAnd { memarg } => (memarg, 4, By(|a, b| a & b)),
        O::I32AtomicRmwOr { memarg } => (memarg, 4, By(|a, b| a | b)),
        O::I32AtomicRmwXor { memarg } => (memarg, 4, By(|a, b| a ^ b)),
        O::I32AtomicRmwXchg { memarg } => (memarg, 4, By(second)),
        O::I32AtomicRmwCmpxchg { memarg } => (memarg, 4, IfEqual),
        O::I32AtomicRmw8XchgU { memarg } => (memarg, 1, By(second)),
        O::I32AtomicRmw8CmpxchgU { memarg } => (memarg, 1, IfEqual),
        O::I64AtomicRmwAdd { memarg } => (memarg, 8, By(u64::wrapping_add)),
        O::I64AtomicRmwSub { memarg } => (memarg, 8, By(u64::wrapping_sub)),
        O::I64AtomicRmwAnd { memarg } => (memarg, 8, By(|a, b| a & b)),
        O::I64AtomicRmwOr { memarg } => (memarg, 8, By(|a, b| a | b)),
        O::I64AtomicRmwXor { memarg } => (memarg, 8, By(|a, b| a ^ b)),
        O::I64AtomicRmwXchg { memarg } => (memarg, 8, By(second)),
        O::I64AtomicRmwCmpxchg { memarg } => (memarg, 8, IfEqual),
        _ => return None,
    })
}
