//! The one input and the outputs of a model: which they are, and of what shape.
//!
//! The declared shapes of outputs and of values in between are labels that nobody checked; they are
//! not read. What the outputs really are follows from the input by [`super::infer`].

use std::collections::HashSet;

use tract_onnx::pb::tensor_shape_proto::dimension::Value;
use tract_onnx::pb::type_proto;
use tract_onnx::pb::{GraphProto, ValueInfoProto};

use crate::model::error::{ModelError, Place};

/// Largest fixed batch, and windows in one go of a plan for any batch.
pub(crate) const LARGEST_BATCH: usize = 1024;
/// Largest dimension of a window.
const LARGEST_DIM: i64 = 1 << 20;
const FLOAT: i32 = 1;

/// The first axis of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Batch {
    /// As many windows as one likes.
    Any,
    /// Exactly so many.
    Fixed(usize),
}

/// The graph's one input.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Input {
    pub name: String,
    pub batch: Batch,
    /// The axes after the first.
    pub window: Vec<usize>,
}

/// The input of a model that takes windows and nothing else.
pub(crate) fn input(graph: &GraphProto) -> Result<Input, ModelError> {
    let stored: HashSet<&str> = graph.initializer.iter().map(|t| t.name.as_str()).collect();
    let mut free = graph.input.iter().filter(|input| !stored.contains(input.name.as_str()));
    let Some(first) = free.next() else {
        return Err(ModelError::invalid(Place::File, "it has no input for a window"));
    };
    if let Some(second) = free.next() {
        let what = format!(
            "besides `{}` the model wants this; windows are all there is. Of a variational \
             autoencoder export the mean (mu) instead of a sample, without the noise",
            crate::model::error::shown(&first.name)
        );
        return Err(ModelError::unsupported(Place::Input(second.name.clone()), what));
    }
    shape(first)
}

fn shape(input: &ValueInfoProto) -> Result<Input, ModelError> {
    let place = || Place::Input(input.name.clone());
    let declared = input.r#type.as_ref().and_then(|t| t.value.as_ref());
    let Some(type_proto::Value::TensorType(tensor)) = declared else {
        return Err(ModelError::invalid(place(), "it is not a tensor"));
    };
    if tensor.elem_type != FLOAT {
        let what = format!("it must hold f32 (ONNX type 1), not type {}", tensor.elem_type);
        return Err(ModelError::unsupported(place(), what));
    }
    let wanted = "it must be [N, features], [N, time, channels] or [N, channels, time]";
    let Some(shape) = &tensor.shape else {
        return Err(ModelError::unsupported(place(), format!("it has no shape; {wanted}")));
    };
    let [batch, window @ ..] = shape.dim.as_slice() else {
        return Err(ModelError::unsupported(place(), format!("it has no axes; {wanted}")));
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
    let dims: Option<Vec<usize>> = window
        .iter()
        .map(|dim| match dim.value {
            Some(Value::DimValue(n @ 1..=LARGEST_DIM)) => Some(n as usize),
            _ => None,
        })
        .collect();
    let Some(window) = dims else {
        let what = "only its first axis (the batch) may be free; export with a fixed window, of at \
                    most 1048576 steps";
        return Err(ModelError::unsupported(place(), what));
    };
    // One picture of one plane, [N, 1, rows, columns], lies in memory as [N, rows, columns] does.
    if !matches!(window.as_slice(), [_] | [_, _] | [1, _, _]) {
        return Err(ModelError::unsupported(
            place(),
            format!("it has axes {window:?} after N; {wanted}"),
        ));
    }
    Ok(Input { name: input.name.clone(), batch, window })
}

/// Name of the reconstruction: the output of that name, else the first with the input's shape.
pub(crate) fn reconstruction(
    graph: &GraphProto,
    has_input_shape: impl Fn(&str) -> bool,
) -> Result<String, ModelError> {
    let mut names = graph.output.iter().map(|output| output.name.as_str());
    if let Some(named) = names.clone().find(|&name| name == "reconstruction") {
        if !has_input_shape(named) {
            let what = "it has not the input's shape, so the model is no autoencoder";
            return Err(ModelError::unsupported(Place::Output(named.into()), what));
        }
        return Ok(named.into());
    }
    names.find(|&name| has_input_shape(name)).map(str::to_owned).ok_or_else(|| {
        let what = "no output has the input's shape, so the model is no autoencoder";
        ModelError::unsupported(Place::File, what)
    })
}
