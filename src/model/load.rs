//! From bytes to a [`Model`]: checked, handed to the engine, and tried out.
//!
//! Nothing is read from disk. The engine works on a thread with a stack of its own. Memory and time
//! are bounded by the checks of [`crate::graph`] alone; see [`super::limits`] for the rest.

use std::sync::Arc;

use super::describe;
use super::engine::Engine;
use super::network::{Inner, Model};
use super::trial::{Behaviour, behaves};
use crate::graph::{GraphInput, ModelError, ModelGraph, ModelPart, ReadOptions};

/// Stack of the loading thread, in bytes: the optimiser recurses.
const STACK: usize = 64 << 20;

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
        Self::part_from_bytes(bytes, ModelPart::Whole, &ReadOptions::default())
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
        Self::part_from_bytes(bytes, ModelPart::Decoder, &ReadOptions::default())
    }

    /// Any part: as [`Model::from_bytes`] and [`Model::decoder_from_bytes`], or what gives a latent,
    /// read as `options` say.
    ///
    /// # Errors
    /// As these.
    pub fn part_from_bytes(
        bytes: &[u8],
        part: ModelPart,
        options: &ReadOptions,
    ) -> Result<Self, ModelError> {
        load(ModelGraph::read(bytes, part, options)?, options)
    }
}

fn load(model: ModelGraph, options: &ReadOptions) -> Result<Model, ModelError> {
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .name("model-load".into())
            .stack_size(STACK)
            .spawn_scoped(scope, || build(model, options))
            .map_err(|e| ModelError::engine("start a thread for", &e.to_string()))?
            .join()
            .unwrap_or_else(|_| Err(ModelError::engine("load", "its thread ended early")))
    })
}

fn build(mut checked: ModelGraph, options: &ReadOptions) -> Result<Model, ModelError> {
    let description = describe::describe(&checked);
    let metadata = std::mem::take(&mut checked.graph.metadata);
    let GraphInput { name: input_name, batch, window, free } = checked.graph.input.clone();
    let (kind, variational, whole) = (checked.kind, checked.variational, checked.whole);
    let scores_are_lower = checked.graph.scores_are_lower;
    let outputs = checked.outputs.clone();
    let model = Model(Arc::new(Inner {
        window,
        free,
        input_name,
        kind,
        outputs,
        scores_are_lower,
        variational,
        whole,
        batch: batch.count(),
        engine: Engine::new(checked.simplified())?,
        metadata: metadata.into_iter().collect(),
        description,
        options: options.clone(),
    }));
    match behaves(&model) {
        Err(Behaviour::BatchDiffers) if model.0.engine.joins_windows() => {
            let inner = Arc::into_inner(model.0);
            let mut inner =
                inner.ok_or_else(|| ModelError::engine("load", "a trial did not end"))?;
            inner.engine.part_windows();
            let model = Model(Arc::new(inner));
            behaves(&model).map_err(ModelError::from)?;
            Ok(model)
        }
        tried => tried.map_err(ModelError::from).map(|()| model),
    }
}
