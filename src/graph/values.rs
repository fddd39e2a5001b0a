//! Elements of small values: the arithmetic that exporters do on shapes.
//!
//! Known elements go in, known elements come out, or `None` where the result is not followed. Only
//! integers that f64 holds exactly come out as integers.

use super::at::At;
use super::fact::{KnownElements, SMALL};
use super::op::{Binary, Op, Reduction, Unary, Variadic};
use super::tensor::{ElementType, volume};

/// Integers above this are not exact in f64.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The elements at these places.
pub(crate) fn pick(value: &KnownElements, places: &[usize]) -> Option<KnownElements> {
    if places.len() > SMALL {
        return None;
    }
    let data: Option<Vec<f64>> = places.iter().map(|&at| value.data.get(at).copied()).collect();
    Some(KnownElements { element: value.element, data: data? })
}

/// Distance in memory from one index to the next, for each axis of a shape in row-major order.
pub(crate) fn strides(dims: &[usize]) -> Vec<isize> {
    let mut strides = vec![1isize; dims.len()];
    for axis in (1..dims.len()).rev() {
        strides[axis - 1] = strides[axis].saturating_mul(dims[axis] as isize);
    }
    strides
}

/// The elements of shape `dims` found at `origin` plus the strides.
pub(crate) fn walk(
    value: &KnownElements,
    dims: &[usize],
    origin: isize,
    strides: &[isize],
) -> Option<KnownElements> {
    let count = volume(dims).filter(|&count| count <= SMALL)?;
    let places: Option<Vec<usize>> = (0..count)
        .map(|mut index| {
            let mut place = origin;
            for (&dim, &stride) in dims.iter().zip(strides).rev() {
                place += (index % dim) as isize * stride;
                index /= dim;
            }
            usize::try_from(place).ok()
        })
        .collect();
    pick(value, &places?)
}

/// A single element, repeated over a shape.
pub(crate) fn spread(value: &KnownElements, dims: &[usize]) -> Option<KnownElements> {
    let count = volume(dims).filter(|&count| count <= SMALL)?;
    let [element] = value.data.as_slice() else {
        return (value.data.len() == count).then(|| value.clone());
    };
    Some(KnownElements { element: value.element, data: vec![*element; count] })
}

/// One integer out of all.
pub(crate) fn reduced(value: &KnownElements, reduction: Reduction) -> Option<KnownElements> {
    let all = value.data.iter().copied();
    let result = match reduction {
        Reduction::Prod => all.product(),
        Reduction::Sum => all.sum(),
        Reduction::Max => all.fold(f64::NEG_INFINITY, f64::max),
        Reduction::Min => all.fold(f64::INFINITY, f64::min),
        _ => return None,
    };
    let exact = value.element.is_index() && f64::abs(result) < EXACT;
    exact.then(|| KnownElements { element: value.element, data: vec![result] })
}

/// The elements of an operator that works element by element, on inputs that are all known and of
/// one length or of one element.
pub(crate) fn elementwise(at: &At<'_>, dims: &[usize]) -> Option<KnownElements> {
    let inputs: Vec<&KnownElements> = at
        .inputs
        .iter()
        .map(|input| input.and_then(|fact| fact.known.as_ref()))
        .collect::<Option<_>>()?;
    let count = volume(dims).filter(|&count| count <= SMALL)?;
    if inputs.iter().any(|input| input.data.len() != count && input.data.len() != 1) {
        return None;
    }
    let first = inputs.first()?;
    if inputs.iter().any(|input| input.element != first.element) {
        return None;
    }
    let to = match at.node.op {
        Op::Cast { to, .. } => to,
        _ => first.element,
    };
    let operand = |input: &KnownElements, index: usize| {
        if input.data.len() == 1 { input.data.first() } else { input.data.get(index) }.copied()
    };
    let data: Option<Vec<f64>> = (0..count)
        .map(|index| {
            let operands: Option<Vec<f64>> =
                inputs.iter().map(|input| operand(input, index)).collect();
            apply(&at.node.op, &operands?, first.element.is_index(), to)
        })
        .collect();
    Some(KnownElements { element: to, data: data? })
}

fn apply(op: &Op, operands: &[f64], integer: bool, to: ElementType) -> Option<f64> {
    let result = match (op, operands) {
        (Op::Unary(Unary::Identity), [a]) => return Some(*a),
        (Op::Cast { .. }, [a]) => match to {
            ElementType::I32 | ElementType::I64 => a.trunc(),
            ElementType::F32 => f64::from(*a as f32),
            _ => return None,
        },
        (Op::Unary(Unary::Neg), [a]) => -a,
        (Op::Unary(Unary::Abs), [a]) => a.abs(),
        (Op::Unary(Unary::Floor), [a]) => a.floor(),
        (Op::Unary(Unary::Ceil), [a]) => a.ceil(),
        (Op::Binary(Binary::Add), [a, b]) => a + b,
        (Op::Binary(Binary::Sub), [a, b]) => a - b,
        (Op::Binary(Binary::Mul), [a, b]) => a * b,
        // ONNX does not say how integers are rounded; below zero, implementations differ.
        (Op::Binary(Binary::Div), [a, b]) if integer && *a >= 0.0 && *b > 0.0 => (a / b).floor(),
        (Op::Binary(Binary::Div), [a, b]) if !integer => a / b,
        (Op::Mod { .. }, [a, b]) if integer && *a >= 0.0 && *b > 0.0 => a % b,
        (Op::Variadic(Variadic::Min), [a, b]) => a.min(*b),
        (Op::Variadic(Variadic::Max), [a, b]) => a.max(*b),
        _ => return None,
    };
    let fits = result.is_finite()
        && result.abs() < EXACT
        && (to != ElementType::I32 || result.abs() < 2e9);
    (fits && (!to.is_index() || result.fract() == 0.0)).then_some(if to.is_index() {
        result
    } else {
        f64::from(result as f32)
    })
}
