//! From bytes to a [`Model`]: guarded, translated, optimised, and tried out.
//!
//! Nothing is read from disk. The engine runs on a thread with a stack of its own, inside a catch
//! for panics. Memory and time are bounded by the guard alone; see [`super::limits`] for the rest.

use std::collections::BTreeMap;
use std::sync::Arc;

use tract_onnx::pb::ModelProto;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::gru_seq::GruSeq;
use tract_onnx::tract_core::ops::scan::Scan;
use tract_onnx::tract_core::optim::Optimizer;

use super::describe::{self, Description};
use super::error::{ModelError, cut, shown};
use super::guard::{self, Batch, Guarded, Output, Outputs};
use super::quiet;
use super::run::Session;
use super::trial::{Behaviour, behaves};
use crate::profile::Layout;

/// Stack of the loading thread, in bytes: the optimiser recurses.
const STACK: usize = 64 << 20;
/// Characters of the engine's own words that are kept.
const WORDS: usize = 600;
/// Windows in one go of a plan for any batch: beyond that nothing is won.
const GO: usize = 128;

/// Steps of the optimiser, which takes some hundreds and could go round for ever. What it has done
/// by then is right, if not fast.
const STEPS: usize = 20_000;

pub(super) type Plan = Arc<TypedSimplePlan>;

/// An autoencoder that is ready to run. Cheap to clone; clones share all weights.
#[derive(Clone, Debug)]
pub struct Model(pub(super) Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    /// The input's axes after the first.
    pub window: Vec<usize>,
    /// What comes out of the plans, in this order.
    pub outputs: Outputs,
    variational: bool,
    whole: bool,
    /// For `batch` windows at a time.
    pub fixed: Plan,
    pub batch: usize,
    /// For up to [`GO`] windows at a time, where that gives the same bits as one by one.
    pub many: Option<Plan>,
    metadata: BTreeMap<String, String>,
    description: Description,
}

impl Model {
    /// Loads an ONNX file: checks it, optimises it and tries it out.
    ///
    /// What is tried: two windows give answers of the right shape, and finite for one at least;
    /// a window gives the same bits whatever ran before it on the same state and whatever else is
    /// in its batch.
    ///
    /// # Errors
    /// Says what is wrong, where in the file, and what to do. Never panics. A file may still take
    /// the engine more memory than there is: see [`super::limits`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        load(guard::check(bytes)?)
    }

    /// Loads the decoder of an autoencoder's ONNX file: what lies between the value named `latent`
    /// and the reconstruction. A file that is nothing but a decoder will do as well.
    ///
    /// The same is checked and tried as by [`Model::from_bytes`]. Its windows are latents
    /// (`[N, latent]`), and what it gives has the axes of [`Model::output_shape`]; the metadata, and
    /// whether it is variational, are those of the whole file.
    ///
    /// # Errors
    /// As [`Model::from_bytes`]; and when the file has no value named `latent`, or when the decoder
    /// reads anything besides it and constants, such as the input through a skip connection.
    pub fn decoder_from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        load(guard::check_decoder(bytes)?)
    }

    /// A session of its own state, for one thread.
    ///
    /// # Errors
    /// When the engine cannot make one.
    pub fn session(&self) -> Result<Session, ModelError> {
        Session::new(self.clone())
    }

    /// The input's axes after the first (N): `[features]`, two axes, or `[planes, height, width]`. A
    /// single plane (`[N, 1, rows, columns]`) counts as its two axes.
    pub fn window_shape(&self) -> &[usize] {
        match self.0.window.as_slice() {
            [1, plane @ ..] if plane.len() == 2 => plane,
            axes => axes,
        }
    }

    /// Values in a window.
    pub fn window_len(&self) -> usize {
        self.0.window.iter().product()
    }

    /// Planes, height and width, where windows are pictures: three axes, of one plane also.
    pub fn picture_shape(&self) -> Option<(usize, usize, usize)> {
        match self.0.window.as_slice() {
            [planes, height, width] => Some((*planes, *height, *width)),
            _ => None,
        }
    }

    /// The axes of the reconstruction after the first: those of the input, but in a decoder.
    pub fn output_shape(&self) -> &[usize] {
        &self.0.outputs.reconstruction.axes
    }

    /// Values in a reconstruction.
    pub fn output_len(&self) -> usize {
        self.0.outputs.reconstruction.len
    }

    /// Rows of data and channels of a window, where the model's axes allow this layout.
    pub fn rows_and_channels(&self, layout: Layout) -> Option<(usize, usize)> {
        match (layout, self.window_shape()) {
            (Layout::Features, [features]) => Some((1, *features)),
            (Layout::TimeChannels, [time, channels]) | (Layout::ChannelsTime, [channels, time]) => {
                Some((*time, *channels))
            }
            (Layout::Picture, _) => {
                self.picture_shape().map(|(planes, height, width)| (height * width, planes))
            }
            _ => None,
        }
    }

    /// Values in a latent, if the model has an output of that name.
    pub fn latent_len(&self) -> Option<usize> {
        self.0.outputs.latent.as_ref().map(|latent| latent.len)
    }

    /// Values that the head says about a window, if the model has an output `class` (`[N, K]`, a
    /// probability each) or `estimate` (`[N, 1]`).
    pub fn head_len(&self) -> Option<usize> {
        self.0.outputs.head.as_ref().map(|head| head.len)
    }

    /// `class` or `estimate`, if the model has a head.
    pub fn head_name(&self) -> Option<&str> {
        self.0.outputs.head.as_ref().map(|head| head.name.as_str())
    }

    /// Whether the file is a variational autoencoder: it has the outputs `mu` and `logvar`, so that
    /// its latents follow a standard normal distribution.
    pub fn is_variational(&self) -> bool {
        self.0.variational
    }

    /// Whether the file holds an autoencoder; if not, it is a decoder and nothing else, and does not
    /// say how its latents lie.
    pub fn is_whole(&self) -> bool {
        self.0.whole
    }

    /// Windows that one run of the plan takes: a fixed batch that the file asks for, else 1.
    pub fn batch(&self) -> usize {
        self.0.batch
    }

    /// The value under `key` in the file's `metadata_props`.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.0.metadata.get(key).map(String::as_str)
    }

    /// What the file holds, for people and programs.
    pub fn description(&self) -> &Description {
        &self.0.description
    }
}

/// An error of the engine, in its own words, cut to length.
pub(super) fn engine(stage: &'static str, words: &str) -> ModelError {
    ModelError::Engine { stage, what: cut(words, WORDS) }
}

/// Runs the engine; its errors and panics become text.
pub(super) fn tried<T>(
    stage: &'static str,
    work: impl FnOnce() -> TractResult<T>,
) -> Result<T, ModelError> {
    match quiet::catch(work) {
        Ok(Ok(value)) => Ok(value),
        // The chain of causes, outermost first: it names the node.
        Ok(Err(error)) => Err(engine(stage, &format!("{error:#}"))),
        Err(panic) => Err(engine(stage, &panic)),
    }
}

fn load(guarded: Guarded) -> Result<Model, ModelError> {
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .name("model-load".into())
            .stack_size(STACK)
            .spawn_scoped(scope, || build(guarded))
            .map_err(|e| engine("start a thread for", &e.to_string()))?
            .join()
            .unwrap_or_else(|_| Err(engine("load", "its thread ended early")))
    })
}

fn build(guarded: Guarded) -> Result<Model, ModelError> {
    let Guarded {
        original,
        runnable,
        input,
        batch,
        window,
        outputs,
        variational,
        whole,
        macs,
        row_by_row,
    } = guarded;
    let count = match batch {
        Batch::Any => 1,
        Batch::Fixed(count) => count,
    };
    let fixed = plan(&runnable, None)?;
    check_outputs(&fixed, count, &outputs)?;
    let description =
        describe::describe(&original, (&input, &window), batch, &outputs, variational, macs);
    let metadata = original.metadata_props.into_iter().map(|entry| (entry.key, entry.value));
    let mut inner = Inner {
        window,
        outputs,
        variational,
        whole,
        fixed,
        batch: count,
        many: None,
        metadata: metadata.collect(),
        description,
    };
    // One plan for any batch is faster where rows do not meet; without it all still works.
    if batch == Batch::Any && row_by_row {
        inner.many = plan(&runnable, Some(&inner.window)).ok();
    }
    let model = Model(Arc::new(inner));
    match behaves(&model) {
        Err(Behaviour::BatchDiffers) if model.0.many.is_some() => {
            let inner = Arc::into_inner(model.0);
            let inner = inner.ok_or_else(|| engine("load", "a trial did not end"))?;
            let model = Model(Arc::new(Inner { many: None, ..inner }));
            behaves(&model).map_err(ModelError::from)?;
            Ok(model)
        }
        outcome => outcome.map_err(ModelError::from).map(|()| model),
    }
}

/// Translates and optimises; for any batch if `any` gives the axes after the first.
fn plan(proto: &ModelProto, any: Option<&[usize]>) -> Result<Plan, ModelError> {
    let mut model = tried("translate", || {
        tract_onnx::onnx().with_ignore_value_info(true).model_for_proto_model(proto)
    })?;
    if let Some(window) = any {
        let mut dims: Vec<TDim> = vec![model.symbols.sym("N").into()];
        dims.extend(window.iter().map(|&dim| TDim::from(dim)));
        let fact = InferenceFact::dt_shape(f32::datum_type(), dims);
        tried("translate", || model.set_input_fact(0, fact))?;
    }
    let typed = tried("type", || {
        let mut typed = model.into_typed()?;
        forget_between_runs(&mut typed);
        Ok(typed)
    })?;
    tried("optimise", || {
        let mut typed = typed;
        Optimizer::declutter().stopping_at(STEPS).optimize(&mut typed)?;
        Optimizer::codegen().stopping_at(STEPS).optimize(&mut typed)?;
        typed.into_runnable()
    })
}

/// Recurrent layers come in with a state that outlives the run; ONNX wants a fresh one each time.
fn forget_between_runs(model: &mut TypedModel) {
    for node in model.nodes_mut() {
        if let Some(scan) = node.op_as_mut::<Scan>() {
            scan.reset_every_turn = true;
        }
        if let Some(gru) = node.op_as_mut::<GruSeq>() {
            gru.reset_every_turn = true;
        }
    }
}

fn check_outputs(plan: &Plan, count: usize, outputs: &Outputs) -> Result<(), ModelError> {
    for (index, Output { name, axes, .. }) in outputs.iter().enumerate() {
        let fact = tried("describe the outputs of", || plan.model().output_fact(index).cloned())?;
        let dims: Vec<usize> = std::iter::once(count).chain(axes.iter().copied()).collect();
        if fact.datum_type != f32::datum_type() || fact.shape.as_concrete() != Some(&dims[..]) {
            let what = format!("its output `{}` is {fact:?}, not {dims:?} of f32", shown(name));
            return Err(ModelError::Misbehaves(what));
        }
    }
    Ok(())
}

/// Windows in one go of the plan for any batch.
pub(super) const fn go() -> usize {
    GO
}
