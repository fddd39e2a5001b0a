//! A kind, what was asked for, and the axes of the windows go in; a whole network and how it
//! learns come out. Every default stands here.

use super::args::{BackboneKind, Kind, NetworkArgs, TrainCommand, TrainingArgs};
use super::error::PlanError;
use crate::data::HeadKind;
use crate::net::{Activation, Axes, Backbone, Growth, Head, Spec};
use crate::train::{InputNoise, Loss, Settings, Sparsity};

/// The network, with what was not asked for chosen for windows of these axes.
///
/// # Errors
/// When options do not go with the kind or the data.
pub fn network(
    kind: Kind,
    args: &NetworkArgs,
    settings: &Settings,
    axes: Axes,
    head: Option<Head>,
) -> Result<Spec, PlanError> {
    let picture = matches!(axes, Axes::Picture { .. });
    let layers = backbone_kind(kind, args.backbone, picture)?;
    let inputs = axes.len();
    let latent = args.latent.unwrap_or(match kind {
        // Wider than what else stands for the window: few of them are active.
        Kind::Sparse => (inputs / 2).clamp(8, 256),
        _ => (inputs / 8).clamp(2, 64).min(inputs.saturating_sub(1).max(1)),
    });
    let linear = kind == Kind::Linear;
    let sparse_activation = match settings.sparsity {
        Sparsity::None => Activation::Identity,
        Sparsity::L1 { .. } => Activation::Relu,
        Sparsity::Kl { .. } => Activation::Sigmoid,
    };
    // Pictures go from 0 to 1.
    let output = if picture && !linear { Activation::Sigmoid } else { Activation::Identity };
    let or = |given: Option<Activation>, default| given.unwrap_or(default);
    let spec = Spec {
        axes,
        backbone: backbone(layers, args, linear, axes)?,
        latent,
        activation: or(
            args.activation,
            if linear { Activation::Identity } else { Activation::Relu },
        ),
        latent_activation: or(args.latent_activation, sparse_activation),
        output_activation: or(args.output_activation, output),
        variational: args.variational || kind == Kind::Vae,
        head,
    };
    if spec.variational && settings.sparsity != Sparsity::None {
        let what = "a variational latent follows a normal distribution, so it cannot be sparse: leave \
                    out --sparsity or --variational, or choose another kind";
        return Err(PlanError::Option(what.into()));
    }
    if settings.loss == Loss::Bce && !(picture && spec.output_activation == Activation::Sigmoid) {
        return Err(PlanError::Option(
            "--loss bce needs values from 0 to 1: pictures, and --output-activation sigmoid".into(),
        ));
    }
    Ok(spec)
}

/// How it learns.
///
/// # Errors
/// When a number cannot be.
pub fn settings(command: &TrainCommand, picture: bool) -> Result<Settings, PlanError> {
    let (kind, args) = (command.kind, &command.training);
    let noise = match kind {
        Kind::Denoising => InputNoise::Gaussian { sigma: if picture { 0.1 } else { 0.3 } },
        _ => InputNoise::None,
    };
    if args.closed_form && kind != Kind::Linear {
        let what = "--closed-form is for linear only: the other kinds have no formula";
        return Err(PlanError::Option(what.into()));
    }
    if args.normal.is_some() && args.head == Some(HeadKind::Estimate) {
        let what = "--normal names classes: leave it out with --head estimate";
        return Err(PlanError::Option(what.into()));
    }
    let variational = kind == Kind::Vae || command.network.variational;
    if !variational && (args.beta.is_some() || args.kl_warm_up.is_some()) {
        let what = "--beta and --kl-warm-up are for a variational latent: vae, or --variational";
        return Err(PlanError::Option(what.into()));
    }
    if args.int8 {
        refuse_int8(command, variational)?;
    }
    let default = Settings::default();
    let settings = Settings {
        optimiser: args.optimiser,
        lr: args.lr,
        schedule: args.schedule,
        lr_warm_up: args.lr_warm_up,
        weight_decay: args.weight_decay,
        loss: args.loss,
        batch: args.batch,
        epochs: args.epochs,
        patience: (args.patience > 0).then_some(args.patience),
        clip: args.clip,
        noise: args.noise.unwrap_or(noise),
        sparsity: sparsity(kind, args),
        beta: args.beta.unwrap_or(default.beta),
        kl_warm_up: args.kl_warm_up.unwrap_or(default.kl_warm_up),
        head_weight: args.head_weight,
        seed: args.seed,
    };
    settings.check()?;
    Ok(settings)
}

/// What does not run in int8.
fn refuse_int8(command: &TrainCommand, variational: bool) -> Result<(), PlanError> {
    let recurrent = matches!(command.kind, Kind::Lstm | Kind::Gru)
        || matches!(command.network.backbone, Some(BackboneKind::Lstm | BackboneKind::Gru));
    let what = match (recurrent, variational, command.training.int8_epochs) {
        (true, ..) => {
            "--int8 is for linear, dense and convolutional layers: the state of lstm and gru goes \
             through its rounding at each step, and they run in f32; leave out --int8, or choose \
             conv1d"
        }
        (_, true, _) => {
            "--int8 is not for a variational latent: samples of it lie between the steps; leave out \
             --int8, or choose another kind"
        }
        (.., 0) => "--int8-epochs must be above zero",
        _ => return Ok(()),
    };
    Err(PlanError::Option(what.into()))
}

/// The penalty on the latent.
fn sparsity(kind: Kind, args: &TrainingArgs) -> Sparsity {
    let default = match kind {
        Kind::Sparse => Sparsity::Kl { target: 0.05, weight: 0.1 },
        _ => Sparsity::None,
    };
    args.sparsity.unwrap_or(default)
}

fn backbone_kind(
    kind: Kind,
    asked: Option<BackboneKind>,
    picture: bool,
) -> Result<BackboneKind, PlanError> {
    let own = match kind {
        Kind::Linear | Kind::Dense => Some(BackboneKind::Dense),
        Kind::Conv1d => Some(BackboneKind::Conv1d),
        Kind::Conv2d => Some(BackboneKind::Conv2d),
        Kind::Lstm => Some(BackboneKind::Lstm),
        Kind::Gru => Some(BackboneKind::Gru),
        Kind::Sparse | Kind::Denoising | Kind::Vae => None,
    };
    match (own, asked) {
        (Some(own), Some(asked)) if own != asked => Err(PlanError::Option(
            "--backbone is for sparse, denoising and vae; the layers of the other kinds are given by \
             their names"
                .into(),
        )),
        (Some(own), _) => Ok(own),
        (None, Some(asked)) => Ok(asked),
        (None, None) if picture => Ok(BackboneKind::Conv2d),
        (None, None) => Ok(BackboneKind::Dense),
    }
}

fn backbone(
    layers: BackboneKind,
    args: &NetworkArgs,
    linear: bool,
    axes: Axes,
) -> Result<Backbone, PlanError> {
    refuse_foreign(layers, args, linear)?;
    let growth = args.growth.unwrap_or(Growth::Resize);
    let stride = args.stride.unwrap_or(2);
    let wrong = |what: &str| Err(PlanError::Option(what.into()));
    let rows = matches!(axes, Axes::Rows { .. });
    match layers {
        BackboneKind::Dense if linear => Ok(Backbone::Dense { hidden: Vec::new() }),
        BackboneKind::Dense => {
            let width = (axes.len() / 2).clamp(8, 128);
            Ok(Backbone::Dense { hidden: args.hidden.clone().unwrap_or_else(|| vec![width]) })
        }
        BackboneKind::Conv1d if rows => Ok(Backbone::Conv1d {
            filters: args.filters.clone().unwrap_or_else(|| vec![32, 16]),
            kernel: args.kernel.unwrap_or(5),
            stride,
            growth,
        }),
        BackboneKind::Conv2d if matches!(axes, Axes::Picture { .. }) => Ok(Backbone::Conv2d {
            filters: args.filters.clone().unwrap_or_else(|| vec![16, 32]),
            kernel: args.kernel.unwrap_or(3),
            stride,
            growth,
        }),
        BackboneKind::Conv2d => wrong("conv2d is for pictures; conv1d is for rows of sensors"),
        BackboneKind::Conv1d | BackboneKind::Lstm | BackboneKind::Gru
            if matches!(axes, Axes::Picture { .. }) =>
        {
            wrong("conv1d, lstm and gru are for rows of sensors; conv2d and dense are for pictures")
        }
        BackboneKind::Conv1d => {
            wrong("conv1d needs windows of several rows: give --window 2 or more")
        }
        BackboneKind::Lstm | BackboneKind::Gru if rows => {
            let hidden = match args.hidden.as_deref() {
                None => 32,
                Some([hidden]) => *hidden,
                Some(_) => return wrong("--hidden of lstm and gru is one width; see --layers"),
            };
            let layers_deep = args.layers.unwrap_or(1);
            Ok(match layers {
                BackboneKind::Lstm => Backbone::Lstm { hidden, layers: layers_deep },
                _ => Backbone::Gru { hidden, layers: layers_deep },
            })
        }
        BackboneKind::Lstm | BackboneKind::Gru => {
            wrong("lstm and gru need windows of several rows: give --window 2 or more")
        }
    }
}

/// The same network for windows of other axes, with a latent and layers of so many times the width:
/// for a search over sizes. A latent as wide as a window could hold all of it, and does not grow so
/// far.
pub fn scaled(spec: &Spec, axes: Axes, latent: f64, width: f64) -> Spec {
    let times = |size: usize, factor: f64| ((size as f64 * factor).round() as usize).max(1);
    let mut spec = Spec { axes, ..spec.clone() };
    let most = spec.latent.max(axes.len().saturating_sub(1));
    spec.latent = times(spec.latent, latent).min(most);
    spec.backbone.widths_mut().iter_mut().for_each(|size| *size = times(*size, width));
    spec
}

/// An option that would do nothing is a mistake.
fn refuse_foreign(layers: BackboneKind, args: &NetworkArgs, linear: bool) -> Result<(), PlanError> {
    let convolution = matches!(layers, BackboneKind::Conv1d | BackboneKind::Conv2d);
    let recurrent = matches!(layers, BackboneKind::Lstm | BackboneKind::Gru);
    let foreign = [
        ("--hidden", args.hidden.is_some() && (convolution || linear)),
        ("--filters", args.filters.is_some() && !convolution),
        ("--kernel", args.kernel.is_some() && !convolution),
        ("--stride", args.stride.is_some() && !convolution),
        ("--growth", args.growth.is_some() && !convolution),
        ("--layers", args.layers.is_some() && !recurrent),
        ("--activation", args.activation.is_some() && linear),
    ];
    match foreign.iter().find(|(_, found)| *found) {
        Some((name, _)) => Err(PlanError::Option(format!(
            "{name} has no effect with this kind of layers: leave it out"
        ))),
        None => Ok(()),
    }
}
