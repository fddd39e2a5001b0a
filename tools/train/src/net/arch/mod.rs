//! From a [`Spec`] to layers: what the encoder, the latent, the decoder and the head are made of.
//!
//! A spec goes in; layers with fresh weights come out, or what does not fit. Weights are drawn in
//! the order encoder, latent, decoder, head.

mod builder;
mod conv;
mod dense;
mod recurrent;

use tch::nn;

use self::builder::Builder;
use super::error::NetError;
use super::layer::{Cell, Layer};
use super::spec::{Activation, Axes, Backbone, Head, Spec};

/// Largest number in a spec; what is larger is a slip.
const LARGEST: usize = 1 << 20;
/// Units between the latent and the answer of a head.
const HEAD: usize = 32;

/// The layers of a network.
#[derive(Debug)]
pub(super) struct Layers {
    /// Windows to features `[N, width]`.
    pub encoder: Vec<Layer>,
    pub latent: LatentLayers,
    /// Codes `[N, latent]` to windows.
    pub decoder: Vec<Layer>,
    /// Latents to logits `[N, classes]` or estimates `[N, 1]`.
    pub head: Option<Vec<Layer>>,
}

/// Features to the latent, `[N, latent]`.
#[derive(Debug)]
pub(super) enum LatentLayers {
    Plain(Vec<Layer>),
    Variational { mu: Vec<Layer>, logvar: Vec<Layer> },
}

/// Builds the layers of `spec`, with weights under `root`.
pub(super) fn build(spec: &Spec, root: &nn::Path<'_>) -> Result<Layers, NetError> {
    validate(spec)?;
    let mut encoder = Builder::new(root.sub("encoder"), spec.axes.sizes());
    let back = encode(spec, &mut encoder)?;
    let features = encoder.axes().to_vec();
    let latent = latent(spec, root, &features)?;
    let mut decoder = Builder::new(root.sub("decoder"), vec![spec.latent]);
    decode(spec, back, &mut decoder)?;
    decoder.activation(spec.output_activation);
    let head = spec.head.map(|kind| head(kind, spec.latent, root)).transpose()?;
    Ok(Layers { encoder: encoder.finish(), latent, decoder: decoder.finish(), head })
}

/// What a decoder must know of the encoder that it reverses.
enum Way<'a> {
    Dense(&'a [usize]),
    Conv(conv::ConvPath<'a>),
    Recurrent(recurrent::RecurrentPlan),
}

fn encode<'a>(spec: &'a Spec, builder: &mut Builder<'_>) -> Result<Way<'a>, NetError> {
    let between = spec.activation;
    match &spec.backbone {
        Backbone::Dense { hidden } => {
            dense::encode(builder, hidden, between)?;
            Ok(Way::Dense(hidden))
        }
        Backbone::Conv1d { filters, kernel, stride, growth }
        | Backbone::Conv2d { filters, kernel, stride, growth } => {
            let shape = conv::ConvPlan { kernel: *kernel, stride: *stride, growth: *growth };
            Ok(Way::Conv(conv::encode(builder, spec.axes, filters, shape, between)?))
        }
        Backbone::Lstm { hidden, layers } => {
            let way =
                recurrent::RecurrentPlan { cell: Cell::Lstm, hidden: *hidden, layers: *layers };
            recurrent::encode(builder, spec.axes, &way)?;
            Ok(Way::Recurrent(way))
        }
        Backbone::Gru { hidden, layers } => {
            let way =
                recurrent::RecurrentPlan { cell: Cell::Gru, hidden: *hidden, layers: *layers };
            recurrent::encode(builder, spec.axes, &way)?;
            Ok(Way::Recurrent(way))
        }
    }
}

fn decode(spec: &Spec, way: Way<'_>, builder: &mut Builder<'_>) -> Result<(), NetError> {
    match way {
        Way::Dense(hidden) => dense::decode(builder, spec.axes, hidden, spec.activation),
        Way::Conv(way) => conv::decode(builder, spec.axes, &way, spec.activation),
        Way::Recurrent(way) => recurrent::decode(builder, spec.axes, &way),
    }
}

fn latent(spec: &Spec, root: &nn::Path<'_>, features: &[usize]) -> Result<LatentLayers, NetError> {
    let project = |name: &str| {
        let mut builder = Builder::new(root.sub(name), features.to_vec());
        builder.linear(spec.latent)?;
        builder.activation(spec.latent_activation);
        Ok::<_, NetError>(builder.finish())
    };
    if spec.variational {
        Ok(LatentLayers::Variational { mu: project("mu")?, logvar: project("logvar")? })
    } else {
        Ok(LatentLayers::Plain(project("latent")?))
    }
}

fn head(kind: Head, latent: usize, root: &nn::Path<'_>) -> Result<Vec<Layer>, NetError> {
    let mut builder = Builder::new(root.sub("head"), vec![latent]);
    builder.linear(HEAD)?;
    builder.activation(Activation::Relu);
    builder.linear(match kind {
        Head::Classes(classes) => classes,
        Head::Estimate => 1,
    })?;
    Ok(builder.finish())
}

fn validate(spec: &Spec) -> Result<(), NetError> {
    number("latent", spec.latent)?;
    for size in spec.axes.sizes() {
        number("each axis of a window", size)?;
    }
    match &spec.backbone {
        Backbone::Dense { hidden } => {
            hidden.iter().try_for_each(|&width| number("each hidden layer", width))?;
        }
        Backbone::Conv1d { filters, kernel, stride, .. }
        | Backbone::Conv2d { filters, kernel, stride, .. } => {
            if filters.is_empty() {
                return wrong("a convolutional network needs at least one layer of filters".into());
            }
            filters.iter().try_for_each(|&count| number("filters of each layer", count))?;
            number("kernel", *kernel)?;
            number("stride", *stride)?;
            if kernel % 2 == 0 {
                return wrong(format!(
                    "the kernel is {kernel} wide; it must be odd, so that it has a middle"
                ));
            }
        }
        Backbone::Lstm { hidden, layers } | Backbone::Gru { hidden, layers } => {
            number("hidden", *hidden)?;
            number("layers", *layers)?;
        }
    }
    let two_axes = matches!(spec.backbone, Backbone::Conv2d { .. });
    match (spec.axes, &spec.backbone) {
        (_, Backbone::Dense { .. }) => {}
        (Axes::Picture { .. }, _) if !two_axes => {
            return wrong("pictures need a dense or a conv2d network".into());
        }
        (Axes::Features(_) | Axes::Rows { .. }, _) if two_axes => {
            return wrong("a conv2d network takes pictures; for rows use conv1d".into());
        }
        _ => {}
    }
    if spec.variational && spec.latent_activation != Activation::Identity {
        return wrong("a variational network has no activation on its latent".into());
    }
    match spec.head {
        Some(Head::Classes(classes)) if !(2..=LARGEST).contains(&classes) => {
            wrong(format!("a head needs two classes or more, not {classes}"))
        }
        _ => Ok(()),
    }
}

fn number(what: &str, value: usize) -> Result<(), NetError> {
    if (1..=LARGEST).contains(&value) {
        return Ok(());
    }
    wrong(format!("{what} is {value}; it must be from 1 to {LARGEST}"))
}

fn wrong<T>(what: String) -> Result<T, NetError> {
    Err(NetError::Spec(what))
}
