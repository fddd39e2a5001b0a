//! Checks a stored tensor against its own description, and reads small ones.
//!
//! A [`TensorProto`] goes in; its shape comes out, or why it cannot be what it says. Nothing is
//! copied but tensors of at most [`SMALL`] elements.

use tract_onnx::pb::TensorProto;
use tract_onnx::pb::tensor_proto::DataLocation;

use super::fact::{Fact, INT32, INT64, SMALL, Value};
use crate::model::error::{ModelError, Place};

/// Elements in one stored tensor: more than a file of the largest size could hold.
const ELEMENTS: usize = 64 << 20;
/// Axes of a tensor.
pub(crate) const RANK: usize = 8;

const FLOAT: i32 = 1;
const UINT8: i32 = 2;
const INT8: i32 = 3;
const BOOL: i32 = 9;
const FLOAT16: i32 = 10;
const DOUBLE: i32 = 11;

/// Bytes of an element, for the types that a model may store.
fn element_bytes(data_type: i32) -> Option<usize> {
    match data_type {
        UINT8 | INT8 | BOOL => Some(1),
        FLOAT16 => Some(2),
        FLOAT | INT32 => Some(4),
        INT64 | DOUBLE => Some(8),
        _ => None,
    }
}

/// Elements of a shape; `None` when it overflows.
pub(crate) fn volume(dims: &[usize]) -> Option<usize> {
    dims.iter().try_fold(1usize, |product, &dim| product.checked_mul(dim))
}

/// The shape of a stored tensor, with its value when it is small.
///
/// # Errors
/// When its data do not fill its shape, lie outside the file, or are of a type that is not run.
pub(crate) fn check(tensor: &TensorProto, place: Place) -> Result<Fact, ModelError> {
    let bad = |what: &str| ModelError::invalid(place.clone(), what);
    let outside = tensor.data_location == Some(DataLocation::External as i32);
    if outside || !tensor.external_data.is_empty() {
        let what =
            "its data lie in another file; store them in the model (external data are never read)";
        return Err(ModelError::unsupported(place, what));
    }
    if tensor.segment.is_some() {
        return Err(bad("it is stored in segments, which ONNX no longer uses"));
    }
    let Some(bytes) = element_bytes(tensor.data_type) else {
        let what = format!("its element type ({}) is not supported", tensor.data_type);
        return Err(ModelError::unsupported(place, what));
    };
    if tensor.dims.len() > RANK {
        return Err(bad("it has more than 8 axes"));
    }
    let dims: Vec<usize> = tensor
        .dims
        .iter()
        .map(|&dim| usize::try_from(dim).map_err(|_| bad("a dimension is negative")))
        .collect::<Result<_, _>>()?;
    let elements = volume(&dims).filter(|&n| n <= ELEMENTS);
    let elements = elements.ok_or_else(|| bad("its dimensions are larger than any file"))?;
    let typed = [
        tensor.float_data.len(),
        tensor.int32_data.len(),
        tensor.int64_data.len(),
        tensor.double_data.len(),
        tensor.uint64_data.len(),
        tensor.string_data.len(),
    ];
    let stored = match tensor.data_type {
        FLOAT => typed[0],
        INT64 => typed[2],
        DOUBLE => typed[3],
        _ => typed[1],
    };
    let others: usize = typed.iter().sum();
    let raw = tensor.raw_data.len();
    let fits = if raw > 0 {
        others == 0 && Some(raw) == elements.checked_mul(bytes)
    } else {
        stored == elements && others == stored
    };
    if !fits {
        return Err(bad("its data do not fill its dimensions exactly"));
    }
    if has_nan(tensor) {
        return Err(bad("it holds a value that is not a number (NaN)"));
    }
    let value = (elements <= SMALL).then(|| small_value(tensor)).flatten();
    Ok(Fact { dims, value })
}

fn has_nan(tensor: &TensorProto) -> bool {
    match tensor.data_type {
        FLOAT => {
            tensor.float_data.iter().any(|x| x.is_nan())
                || words::<4>(&tensor.raw_data).any(|w| f32::from_le_bytes(w).is_nan())
        }
        DOUBLE => {
            tensor.double_data.iter().any(|x| x.is_nan())
                || words::<8>(&tensor.raw_data).any(|w| f64::from_le_bytes(w).is_nan())
        }
        _ => false,
    }
}

/// The elements of a small tensor of a type that shapes are computed in.
fn small_value(tensor: &TensorProto) -> Option<Value> {
    let raw = &tensor.raw_data;
    let data: Vec<f64> = match tensor.data_type {
        INT64 if raw.is_empty() => tensor.int64_data.iter().map(|&x| x as f64).collect(),
        INT64 => words::<8>(raw).map(|w| i64::from_le_bytes(w) as f64).collect(),
        INT32 if raw.is_empty() => tensor.int32_data.iter().map(|&x| f64::from(x)).collect(),
        INT32 => words::<4>(raw).map(|w| f64::from(i32::from_le_bytes(w))).collect(),
        FLOAT if raw.is_empty() => tensor.float_data.iter().map(|&x| f64::from(x)).collect(),
        FLOAT => words::<4>(raw).map(|w| f64::from(f32::from_le_bytes(w))).collect(),
        _ => return None,
    };
    Some(Value { data_type: tensor.data_type, data })
}

fn words<const N: usize>(raw: &[u8]) -> impl Iterator<Item = [u8; N]> + '_ {
    raw.as_chunks::<N>().0.iter().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(dims: &[i64], data: &[f32]) -> TensorProto {
        TensorProto {
            dims: dims.to_vec(),
            data_type: FLOAT,
            float_data: data.to_vec(),
            ..TensorProto::default()
        }
    }

    fn ok(tensor: &TensorProto) -> bool {
        check(tensor, Place::Tensor("t".into())).is_ok()
    }

    #[test]
    fn data_must_fill_the_dimensions() {
        assert!(ok(&tensor(&[2, 2], &[0.0; 4])));
        assert!(!ok(&tensor(&[2, 2], &[0.0; 3])));
        assert!(!ok(&tensor(&[-2, 2], &[0.0; 4])));
        assert!(!ok(&tensor(&[i64::MAX, i64::MAX], &[])));
        assert!(!ok(&tensor(&[1 << 40], &[])));
        assert!(!ok(&tensor(&[1], &[f32::NAN])));
        let twice = TensorProto { raw_data: vec![0; 16], ..tensor(&[2, 2], &[0.0; 4]) };
        assert!(!ok(&twice));
        let outside = TensorProto {
            data_location: Some(DataLocation::External as i32),
            ..tensor(&[1], &[0.0])
        };
        assert!(!ok(&outside));
    }

    #[test]
    fn small_integers_are_read_from_either_field() {
        let raw = TensorProto {
            dims: vec![2],
            data_type: INT64,
            raw_data: [3i64.to_le_bytes(), (-1i64).to_le_bytes()].concat(),
            ..TensorProto::default()
        };
        let read = check(&raw, Place::File).ok().and_then(|fact| fact.value);
        assert_eq!(read.map(|value| value.data), Some(vec![3.0, -1.0]));
    }
}
