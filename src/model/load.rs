//! From bytes to a [`Model`]: checked, handed to the engine, and tried out.
//!
//! Nothing is read from disk. The engine works on a thread with a stack of its own. Memory and time
//! are bounded by the checks of [`crate::graph`] alone; see [`super::limits`] for the rest.

use std::sync::Arc;

use super::arithmetic::Arithmetic;
use super::describe::{self, Description};
use super::engine::Engine;
use super::native::{NativePlan, NoLayer};
use super::network::{Inner, Model};
#[cfg(feature = "tract")]
use super::reference;
use super::trial::{Behaviour, behaves};
use crate::graph::{GraphInput, GraphPlace, ModelError, ModelGraph, ModelPart, ReadOptions};

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
        PreparedModel::read(bytes, part, options)?.tried()
    }
}

/// A file that is read, checked, and compiled where its nodes have native layers. Nothing of it has run.
///
/// Only the code of this crate has worked on it: what a file may take until here is bounded.
#[derive(Debug)]
pub struct PreparedModel {
    model: ModelGraph,
    native: Result<NativePlan, NoLayer>,
    metadata: Vec<(String, String)>,
    description: Description,
    quantised: bool,
    options: ReadOptions,
}

impl PreparedModel {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// Says what is wrong, where in the file, and what to do.
    pub fn read(bytes: &[u8], part: ModelPart, options: &ReadOptions) -> Result<Self, ModelError> {
        let mut model = ModelGraph::read(bytes, part, options)?;
        let description = describe::describe(&model);
        let quantised = describe::is_quantised(&model);
        let metadata = std::mem::take(&mut model.graph.metadata);
        let model = model.simplified();
        let native = NativePlan::new(&model);
        let options = options.clone();
        Ok(PreparedModel { model, native, metadata, description, quantised, options })
    }

    /// Makes it ready to run and tries it out, as [`Model::from_bytes`] says; a native program is held
    /// against tract.
    ///
    /// # Errors
    /// As [`Model::from_bytes`].
    pub fn tried(self) -> Result<Model, ModelError> {
        on_a_thread(|| {
            #[cfg(feature = "tract")]
            if let Ok(native) = &self.native {
                reference::check(native, self.model.clone(), self.quantised)?;
            }
            self.behaving()
        })
    }

    /// Makes it ready to run where another process has tried the same file with the same options: a
    /// native program is not tried again.
    ///
    /// # Errors
    /// As [`Model::from_bytes`], for the rest.
    pub fn trusted(self) -> Result<Model, ModelError> {
        match self.native {
            Ok(_) => self.ready(),
            Err(_) => on_a_thread(|| self.behaving()),
        }
    }

    fn ready(self) -> Result<Model, ModelError> {
        let PreparedModel { model, native, metadata, mut description, quantised, options } = self;
        let ModelGraph { graph, kind, outputs, variational, whole } = &model;
        let (kind, variational, whole) = (*kind, *variational, *whole);
        let GraphInput { name: input_name, batch, window, free } = graph.input.clone();
        let (scores_are_lower, outputs) = (graph.scores_are_lower, outputs.clone());
        let engine = Engine::of(native, model)?;
        description.arithmetic = Arithmetic::of(&engine, quantised);
        if let Some(why) = description.arithmetic.float_fallback().filter(|_| options.strict_int8) {
            let what = format!("not all of it would run in int8: {why}");
            return Err(ModelError::unsupported(GraphPlace::File, what));
        }
        Ok(Model(Arc::new(Inner {
            window,
            free,
            input_name,
            kind,
            outputs,
            scores_are_lower,
            variational,
            whole,
            batch: batch.count(),
            engine,
            metadata: metadata.into_iter().collect(),
            description,
            options,
        })))
    }

    fn behaving(self) -> Result<Model, ModelError> {
        let model = self.ready()?;
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
}

/// Works on a thread whose stack is large enough for tract's optimiser.
fn on_a_thread(
    work: impl FnOnce() -> Result<Model, ModelError> + Send,
) -> Result<Model, ModelError> {
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .name("model-load".into())
            .stack_size(STACK)
            .spawn_scoped(scope, work)
            .map_err(|e| ModelError::engine("start a thread for", &e.to_string()))?
            .join()
            .unwrap_or_else(|_| Err(ModelError::engine("load", "its thread ended early")))
    })
}
