//! The door to the engines: a checked, simplified graph goes in, and a state that runs windows comes out.
//!
//! The rest of the room does not know which engine runs a model. Without the cargo feature `tract`
//! there is none, and a model is refused once it has been checked.

#[cfg(feature = "tract")]
use super::tract::{TractPlan, TractState};
use crate::graph::{ModelError, ModelGraph};
use oddity_core::types::Reconstruction;

/// A model in the form that its engine runs.
#[derive(Debug)]
pub(super) enum Engine {
    #[cfg(feature = "tract")]
    Tract(TractPlan),
}

impl Engine {
    #[cfg(feature = "tract")]
    pub(super) fn new(model: ModelGraph) -> Result<Self, ModelError> {
        TractPlan::new(model).map(Engine::Tract)
    }

    #[cfg(not(feature = "tract"))]
    pub(super) fn new(_model: ModelGraph) -> Result<Self, ModelError> {
        let what = "this build has no inference engine; build it with the cargo feature `tract`";
        Err(ModelError::engine("load", what))
    }

    /// Whether windows that are given together may run together in batches of any size.
    pub(super) fn joins_windows(&self) -> bool {
        match *self {
            #[cfg(feature = "tract")]
            Engine::Tract(ref plan) => plan.joins_windows(),
        }
    }

    /// Windows that run in one go, at most: more at a time win nothing.
    pub(super) fn at_once(&self) -> usize {
        match *self {
            #[cfg(feature = "tract")]
            Engine::Tract(ref plan) => plan.at_once(),
        }
    }

    /// Runs each window in a batch of the file's own size from now on.
    pub(super) fn part_windows(&mut self) {
        match *self {
            #[cfg(feature = "tract")]
            Engine::Tract(ref mut plan) => plan.part_windows(),
        }
    }

    /// A state of its own, for one thread.
    pub(super) fn state(&self) -> Result<EngineState, ModelError> {
        match *self {
            #[cfg(feature = "tract")]
            Engine::Tract(ref plan) => plan.state().map(EngineState::Tract),
        }
    }

    /// Adds the answers to `n` windows, given one after the other in `input`, to `out`. The state can
    /// be used again after an error.
    pub(super) fn run(
        &self,
        state: &mut EngineState,
        input: &[f32],
        n: usize,
        out: &mut Reconstruction,
    ) -> Result<(), ModelError> {
        match *self {
            #[cfg(feature = "tract")]
            Engine::Tract(ref plan) => {
                let EngineState::Tract(state) = state;
                plan.run(state, input, n, out)
            }
        }
    }
}

/// What an engine keeps between runs: buffers, never anything of the data.
#[derive(Debug)]
pub(super) enum EngineState {
    #[cfg(feature = "tract")]
    Tract(TractState),
}
