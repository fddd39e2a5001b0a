//! Elements of small values: the arithmetic that exporters do on shapes.
//!
//! Known elements go in, known elements come out, or `None` where the result is not followed. Only
//! integers that f64 holds exactly come out as integers.

use super::fact::{At, INT32, INT64, SMALL, Value};
use super::tensor::volume;

/// Integers above this are not exact in f64.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The elements at these places.
pub(crate) fn pick(value: &Value, places: &[usize]) -> Option<Value> {
    if places.len() > SMALL {
        return None;
    }
    let data: Option<Vec<f64>> = places.iter().map(|&at| value.data.get(at).copied()).collect();
    Some(Value { data_type: value.data_type, data: data? })
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
    value: &Value,
    dims: &[usize],
    origin: isize,
    strides: &[isize],
) -> Option<Value> {
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
pub(crate) fn spread(value: &Value, dims: &[usize]) -> Option<Value> {
    let count = volume(dims).filter(|&count| count <= SMALL)?;
    let [element] = value.data.as_slice() else {
        return (value.data.len() == count).then(|| value.clone());
    };
    Some(Value { data_type: value.data_type, data: vec![*element; count] })
}

/// The elements of an operator that works element by element, on inputs that are all known and of
/// one length or of one element.
pub(crate) fn elementwise(at: &At<'_>, dims: &[usize]) -> Option<Value> {
    let inputs: Vec<&Value> = at
        .inputs
        .iter()
        .map(|input| input.and_then(|fact| fact.value.as_ref()))
        .collect::<Option<_>>()?;
    let count = volume(dims).filter(|&count| count <= SMALL)?;
    if inputs.iter().any(|input| input.data.len() != count && input.data.len() != 1) {
        return None;
    }
    let first = inputs.first()?;
    if inputs.iter().any(|input| input.data_type != first.data_type) {
        return None;
    }
    let data_type = match at.node.op_type.as_str() {
        "Cast" => i32::try_from(at.int("to", 0).ok()?).ok()?,
        _ => first.data_type,
    };
    let element = |input: &Value, index: usize| {
        if input.data.len() == 1 { input.data.first() } else { input.data.get(index) }.copied()
    };
    let data: Option<Vec<f64>> = (0..count)
        .map(|index| {
            let operands: Option<Vec<f64>> =
                inputs.iter().map(|input| element(input, index)).collect();
            apply(at, &operands?, first.is_integer(), data_type)
        })
        .collect();
    Some(Value { data_type, data: data? })
}

fn apply(at: &At<'_>, operands: &[f64], integer: bool, to: i32) -> Option<f64> {
    let result = match (at.node.op_type.as_str(), operands) {
        ("Identity", [a]) => return Some(*a),
        ("Cast", [a]) => match to {
            INT32 | INT64 => a.trunc(),
            1 => f64::from(*a as f32),
            _ => return None,
        },
        ("Neg", [a]) => -a,
        ("Abs", [a]) => a.abs(),
        ("Floor", [a]) => a.floor(),
        ("Ceil", [a]) => a.ceil(),
        ("Add", [a, b]) => a + b,
        ("Sub", [a, b]) => a - b,
        ("Mul", [a, b]) => a * b,
        // ONNX does not say how integers are rounded; below zero, implementations differ.
        ("Div", [a, b]) if integer && *a >= 0.0 && *b > 0.0 => (a / b).floor(),
        ("Div", [a, b]) if !integer => a / b,
        ("Mod", [a, b]) if integer && *a >= 0.0 && *b > 0.0 => a % b,
        ("Min", [a, b]) => a.min(*b),
        ("Max", [a, b]) => a.max(*b),
        _ => return None,
    };
    let whole = to == INT32 || to == INT64;
    let fits = result.is_finite() && result.abs() < EXACT && (to != INT32 || result.abs() < 2e9);
    (fits && (!whole || result.fract() == 0.0)).then_some(if whole {
        result
    } else {
        f64::from(result as f32)
    })
}
