//! The one input of a model: which it is, and of what shape.
//!
//! What the file declares goes in; an input of f32 windows comes out, or why it is none.

use std::collections::HashSet;

use crate::graph::error::{GraphPlace, ModelError, shown};
use crate::graph::parts::{Batch, Constant, GraphInput};
use crate::graph::proto::ValueInfoProto;
use crate::graph::proto::tensor_shape_proto::dimension::Value;
use crate::graph::proto::type_proto;
use crate::graph::tensor::ElementType;

/// Largest fixed batch.
pub(crate) const LARGEST_BATCH: usize = 1024;
/// Largest dimension of a window.
const LARGEST_DIM: i64 = 1 << 20;
/// What the input's axes may be.
const WANTED: &str = "it must be [N, features], [N, time, channels], [N, channels, time] or \
                      [N, planes, height, width]";

/// The input of a model that takes windows and nothing else.
pub(crate) fn input(
    inputs: &[ValueInfoProto],
    constants: &[Constant],
) -> Result<GraphInput, ModelError> {
    let stored: HashSet<&str> = constants.iter().map(|constant| constant.name.as_str()).collect();
    let mut free = inputs.iter().filter(|input| !stored.contains(input.name.as_str()));
    let Some(first) = free.next() else {
        return Err(ModelError::invalid(GraphPlace::File, "it has no input for a window"));
    };
    if let Some(second) = free.next() {
        let what = format!(
            "besides `{}` the model needs this, but windows are all there is. For a variational \
             autoencoder, export the mean (mu) instead of a sample, without the noise",
            shown(&first.name)
        );
        return Err(ModelError::unsupported(GraphPlace::Input(second.name.clone()), what));
    }
    declared(first)
}

fn declared(input: &ValueInfoProto) -> Result<GraphInput, ModelError> {
    let place = || GraphPlace::Input(input.name.clone());
    let declared = input.r#type.as_ref().and_then(|t| t.value.as_ref());
    let Some(type_proto::Value::TensorType(tensor)) = declared else {
        return Err(ModelError::invalid(place(), "it is not a tensor"));
    };
    let element = ElementType::from_onnx(i64::from(tensor.elem_type));
    if element.map(ElementType::widened) != Some(ElementType::F32) {
        let what = format!("it must hold f32 (ONNX type 1), not type {}", tensor.elem_type);
        return Err(ModelError::unsupported(place(), what));
    }
    let Some(shape) = &tensor.shape else {
        return Err(ModelError::unsupported(place(), format!("it has no shape; {WANTED}")));
    };
    let [batch, window @ ..] = shape.dim.as_slice() else {
        return Err(ModelError::unsupported(place(), format!("it has no axes; {WANTED}")));
    };
    let batch = match &batch.value {
        Some(Value::DimValue(1..=1024)) | None | Some(Value::DimParam(_)) => match &batch.value {
            Some(Value::DimValue(n)) => Batch::Fixed(*n as usize),
            _ => Batch::Any,
        },
        Some(Value::DimValue(n)) => {
            let what = format!("its batch of {n} is not between 1 and {LARGEST_BATCH}");
            return Err(ModelError::unsupported(place(), what));
        }
    };
    let dims = window.iter().map(|dim| match dim.value {
        Some(Value::DimValue(n)) => Some(n),
        _ => None,
    });
    input_of(&input.name, batch, dims)
}

/// An input of windows with these axes after the first; `None` is a free one.
pub(crate) fn input_of(
    name: &str,
    batch: Batch,
    window: impl Iterator<Item = Option<i64>>,
) -> Result<GraphInput, ModelError> {
    let place = || GraphPlace::Input(name.to_owned());
    let fixed = |dim: Option<i64>| match dim {
        Some(dim @ 1..=LARGEST_DIM) => Some(dim as usize),
        _ => None,
    };
    let Some(window) = window.map(fixed).collect::<Option<Vec<usize>>>() else {
        let what = "only its first axis (the batch) may be dynamic; export with a fixed window, of \
                    at most 1048576 steps";
        return Err(ModelError::unsupported(place(), what));
    };
    if !(1..=3).contains(&window.len()) {
        let what = format!("it has axes {window:?} after N; {WANTED}");
        return Err(ModelError::unsupported(place(), what));
    }
    Ok(GraphInput { name: name.to_owned(), batch, window })
}
