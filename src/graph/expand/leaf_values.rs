//! Values of the leaves of a tree, and what operators make of them, leaf by leaf.
//!
//! Arithmetic is in f32, as a run would do it. An operator that is not followed gives nothing.

use std::sync::Arc;

use crate::graph::op::{Binary, Keys, Labels, Op, Unary, Variadic};
use crate::graph::tensor::{ElementType, Tensor, words};

/// A value for each leaf.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum LeafValues {
    Floats(Vec<f32>),
    Integers(Vec<i64>),
    Truths(Vec<bool>),
}

/// What an operator works on.
#[derive(Clone, Debug)]
pub(super) enum Operand {
    Leaves(Arc<LeafValues>),
    /// The same for all leaves: a list of one.
    Single(LeafValues),
}

impl Operand {
    /// The first element of a stored tensor.
    pub(super) fn stored(tensor: &Tensor) -> Option<Self> {
        Some(Self::Single(match tensor.element {
            ElementType::F32 => {
                let first = words::<4>(&tensor.bytes).next()?;
                LeafValues::Floats(vec![f32::from_le_bytes(first)])
            }
            ElementType::I64 => {
                let first = words::<8>(&tensor.bytes).next()?;
                LeafValues::Integers(vec![i64::from_le_bytes(first)])
            }
            ElementType::Bool => LeafValues::Truths(vec![*tensor.bytes.first()? != 0]),
            _ => return None,
        }))
    }

    fn values(&self) -> &LeafValues {
        match self {
            Self::Leaves(values) => values,
            Self::Single(values) => values,
        }
    }
}

impl LeafValues {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Floats(values) => values.len(),
            Self::Integers(values) => values.len(),
            Self::Truths(values) => values.len(),
        }
    }

    pub(super) fn element(&self) -> ElementType {
        match self {
            Self::Floats(_) => ElementType::F32,
            Self::Integers(_) => ElementType::I64,
            Self::Truths(_) => ElementType::Bool,
        }
    }

    pub(super) fn floats(&self) -> Option<&[f32]> {
        match self {
            Self::Floats(values) => Some(values),
            _ => None,
        }
    }

    fn truths(&self) -> Option<&[bool]> {
        match self {
            Self::Truths(values) => Some(values),
            _ => None,
        }
    }

    pub(super) fn to_floats(&self) -> Vec<f32> {
        match self {
            Self::Floats(values) => values.clone(),
            Self::Integers(values) => values.iter().map(|&value| value as f32).collect(),
            Self::Truths(values) => {
                values.iter().map(|&value| f32::from(u8::from(value))).collect()
            }
        }
    }

    fn cast(&self, to: ElementType) -> Option<Self> {
        Some(match (to, self) {
            (ElementType::F32, _) => Self::Floats(self.to_floats()),
            // Beyond these f32 and i64 tell other numbers apart.
            (ElementType::I64, Self::Floats(values)) => {
                let exact = |value: &f32| value.abs() < 16_777_216.0;
                values.iter().all(exact).then_some(())?;
                Self::Integers(values.iter().map(|&value| value as i64).collect())
            }
            (ElementType::I64, Self::Integers(_)) => self.clone(),
            (ElementType::I64, Self::Truths(values)) => {
                Self::Integers(values.iter().map(|&value| i64::from(value)).collect())
            }
            (ElementType::Bool, Self::Floats(values)) => {
                Self::Truths(values.iter().map(|&value| value != 0.0).collect())
            }
            _ => return None,
        })
    }

    /// What a LabelEncoder makes of them.
    pub(super) fn labelled(&self, labels: &Labels) -> Option<Self> {
        let value = |found: Result<usize, usize>| {
            let value = found.ok().and_then(|at| labels.values.get(at)).copied();
            value.unwrap_or(labels.default)
        };
        Some(Self::Floats(match (&labels.keys, self) {
            (Keys::Integers(keys), Self::Integers(values)) => {
                values.iter().map(|key| value(keys.binary_search(key))).collect()
            }
            (Keys::Floats(keys), Self::Floats(values)) => values
                .iter()
                .map(|key| value(keys.binary_search_by(|k| k.total_cmp(key))))
                .collect(),
            _ => return None,
        }))
    }
}

/// What an operator makes of each leaf.
pub(super) fn apply(op: &Op, operands: &[Operand]) -> Option<LeafValues> {
    let count = operands.iter().map(|operand| operand.values().len()).max()?;
    let all: Vec<&LeafValues> = operands.iter().map(Operand::values).collect();
    match (op, all.as_slice()) {
        (Op::Unary(Unary::Identity), [x]) => Some((*x).clone()),
        (Op::Unary(Unary::Not), [x]) => {
            Some(LeafValues::Truths(x.truths()?.iter().map(|&value| !value).collect()))
        }
        (Op::Unary(op), [x]) => {
            let function = unary(*op)?;
            Some(LeafValues::Floats(x.floats()?.iter().copied().map(function).collect()))
        }
        (Op::Cast { to, .. }, [x]) => x.cast(*to),
        (Op::Binary(op), [a, b]) => {
            let (a, b) = (a.floats()?, b.floats()?);
            let both = move || (0..count).map(move |leaf| (at(a, leaf), at(b, leaf)));
            if let Some(function) = compared(*op) {
                return Some(LeafValues::Truths(both().map(|(a, b)| function(&a, &b)).collect()));
            }
            let function = binary(*op)?;
            Some(LeafValues::Floats(both().map(|(a, b)| function(a, b)).collect()))
        }
        (Op::Variadic(op), [first, others @ ..]) => {
            let function = variadic(*op)?;
            let first = first.floats()?;
            let mut sums: Vec<f32> = (0..count).map(|leaf| at(first, leaf)).collect();
            for other in others {
                let other = other.floats()?;
                for (leaf, sum) in sums.iter_mut().enumerate() {
                    *sum = function(*sum, at(other, leaf));
                }
            }
            Some(LeafValues::Floats(sums))
        }
        (Op::Where, [which, a, b]) => {
            let (which, a, b) = (which.truths()?, a.floats()?, b.floats()?);
            let single = which.first().copied().filter(|_| which.len() == 1);
            let is = |leaf: usize| single.or_else(|| which.get(leaf).copied()).unwrap_or(false);
            let pick = |leaf| if is(leaf) { at(a, leaf) } else { at(b, leaf) };
            Some(LeafValues::Floats((0..count).map(pick).collect()))
        }
        _ => None,
    }
}

/// Of a list of one, that one.
fn at(values: &[f32], leaf: usize) -> f32 {
    let single = values.first().filter(|_| values.len() == 1);
    single.or_else(|| values.get(leaf)).copied().unwrap_or(f32::NAN)
}

fn unary(op: Unary) -> Option<fn(f32) -> f32> {
    Some(match op {
        Unary::Abs => f32::abs,
        Unary::Ceil => f32::ceil,
        Unary::Exp => f32::exp,
        Unary::Floor => f32::floor,
        Unary::Log => f32::ln,
        Unary::Neg => |x| -x,
        Unary::Reciprocal => f32::recip,
        Unary::Relu => |x| if x < 0.0 { 0.0 } else { x },
        Unary::Sqrt => f32::sqrt,
        _ => return None,
    })
}

fn binary(op: Binary) -> Option<fn(f32, f32) -> f32> {
    Some(match op {
        Binary::Add => |a, b| a + b,
        Binary::Sub => |a, b| a - b,
        Binary::Mul => |a, b| a * b,
        Binary::Div => |a, b| a / b,
        Binary::Pow => f32::powf,
        _ => return None,
    })
}

fn compared(op: Binary) -> Option<fn(&f32, &f32) -> bool> {
    Some(match op {
        Binary::Equal => |a, b| a == b,
        Binary::Greater => |a, b| a > b,
        Binary::GreaterOrEqual => |a, b| a >= b,
        Binary::Less => |a, b| a < b,
        Binary::LessOrEqual => |a, b| a <= b,
        _ => return None,
    })
}

fn variadic(op: Variadic) -> Option<fn(f32, f32) -> f32> {
    Some(match op {
        Variadic::Max => f32::max,
        Variadic::Min => f32::min,
        Variadic::Sum => |a, b| a + b,
        Variadic::Mean => return None,
    })
}
