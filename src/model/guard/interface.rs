//! The one input and the outputs of a model: which they are, and of what shape.
//!
//! The declared shapes of outputs and of values in between are labels that nobody checked; they are
//! not read. What the outputs really are follows from the input by [`super::infer`].

use std::collections::HashSet;

use tract_onnx::pb::tensor_shape_proto::dimension::Value;
use tract_onnx::pb::type_proto;
use tract_onnx::pb::{GraphProto, ValueInfoProto};

use super::decoder::LATENT;
use super::infer::{self, Inferred};
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
    let wanted = "it must be [N, features], [N, time, channels], [N, channels, time] or \
                  [N, planes, height, width]";
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
    if !(1..=3).contains(&window.len()) {
        return Err(ModelError::unsupported(
            place(),
            format!("it has axes {window:?} after N; {wanted}"),
        ));
    }
    Ok(Input { name: input.name.clone(), batch, window })
}

/// An output that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Output {
    pub name: String,
    /// The axes after the first.
    pub axes: Vec<usize>,
    /// Values for one window: the product of the axes.
    pub len: usize,
}

/// The outputs that are kept, in this order in the runnable graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outputs {
    pub reconstruction: Output,
    pub latent: Option<Output>,
    /// What a head says about the window: the output `class` or `estimate`.
    pub head: Option<Output>,
}

impl Outputs {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Output> {
        std::iter::once(&self.reconstruction).chain(&self.latent).chain(&self.head)
    }
}

/// What a graph has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Its reconstruction has the input's shape.
    Autoencoder,
    /// Its reconstruction has a shape of its own.
    Decoder,
}

/// The outputs of a graph whose values have the shapes in `inferred`; `dims` are the input's.
pub(crate) fn outputs(
    graph: &GraphProto,
    inferred: &Inferred,
    dims: &[usize],
    role: Role,
) -> Result<Outputs, ModelError> {
    let count = dims.first().copied().unwrap_or(1);
    let reconstruction = match role {
        Role::Autoencoder => reconstruction(graph, |name| {
            infer::fact(inferred, name).is_ok_and(|fact| fact.dims == dims)
        })?,
        Role::Decoder => match (graph.output.as_slice(), has(graph, RECONSTRUCTION)) {
            (_, true) => RECONSTRUCTION.to_owned(),
            ([only], false) => only.name.clone(),
            _ => {
                let what = "a decoder needs one output, or one that is named `reconstruction`";
                return Err(ModelError::unsupported(Place::File, what));
            }
        },
    };
    let output = |name: &str| -> Result<Output, ModelError> {
        let what = match infer::fact(inferred, name)?.dims.as_slice() {
            [batch, axes @ ..] if *batch == count => {
                let len = axes.iter().product();
                return Ok(Output { name: name.to_owned(), axes: axes.to_vec(), len });
            }
            dims => format!("it must have the batch as its first axis, but is {dims:?}"),
        };
        Err(ModelError::unsupported(Place::Output(name.into()), what))
    };
    let named = |name: &str| has(graph, name).then(|| output(name)).transpose();
    let reconstruction = output(&reconstruction)?;
    if role == Role::Decoder {
        return Ok(Outputs { reconstruction, latent: None, head: None });
    }
    let head = match (named(CLASS)?, named(ESTIMATE)?) {
        (Some(_), Some(_)) => {
            let what = "it stands beside `class`; a model may have one of the two";
            return Err(ModelError::unsupported(Place::Output(ESTIMATE.into()), what));
        }
        (class, estimate) => class.or(estimate),
    };
    if let Some(head) = &head {
        let (fits, wanted) = match head.name.as_str() {
            CLASS => (head.axes.len() == 1, "[N, classes]"),
            _ => (head.axes == [1], "[N, 1]"),
        };
        if !fits {
            let what = format!("it has axes {:?} after N; it must be {wanted}", head.axes);
            return Err(ModelError::unsupported(Place::Output(head.name.clone()), what));
        }
    }
    Ok(Outputs { reconstruction, latent: named(LATENT)?, head })
}

const RECONSTRUCTION: &str = "reconstruction";
const CLASS: &str = "class";
const ESTIMATE: &str = "estimate";

fn has(graph: &GraphProto, name: &str) -> bool {
    graph.output.iter().any(|output| output.name == name)
}

/// Whether the outputs `mu` and `logvar` tell the latent's distribution: two of the same shape, and
/// of that of the latent.
pub(crate) fn is_variational(graph: &GraphProto, inferred: &Inferred) -> bool {
    let dims = |name| inferred.facts.get(name).map(|fact| &fact.dims);
    let (mu, logvar) = (dims("mu"), dims("logvar"));
    let fits = mu.is_some() && mu == logvar && dims(LATENT).is_none_or(|dims| mu == Some(dims));
    fits && has(graph, "mu") && has(graph, "logvar")
}

/// Name of the reconstruction: the output of that name, else the first with the input's shape that is not
/// named as something else.
fn reconstruction(
    graph: &GraphProto,
    has_input_shape: impl Fn(&str) -> bool,
) -> Result<String, ModelError> {
    let mut names = graph.output.iter().map(|output| output.name.as_str());
    if let Some(named) = names.clone().find(|&name| name == RECONSTRUCTION) {
        if !has_input_shape(named) {
            let what = "it has not the input's shape, so the model is no autoencoder";
            return Err(ModelError::unsupported(Place::Output(named.into()), what));
        }
        return Ok(named.into());
    }
    // A latent may be as long as a window.
    let other = |name: &str| [LATENT, CLASS, ESTIMATE, "mu", "logvar"].contains(&name);
    names.find(|&name| !other(name) && has_input_shape(name)).map(str::to_owned).ok_or_else(|| {
        let what = "no output has the input's shape, so the model is no autoencoder";
        ModelError::unsupported(Place::File, what)
    })
}
