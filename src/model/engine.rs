//! The door to the engines: a checked, simplified graph goes in, and a state that runs windows comes out.
//!
//! The native engine takes a model whose nodes all have a layer; tract runs the others, whole. The rest
//! of the room does not know which it is. Without the cargo feature `tract` a model that has a node
//! without a layer is refused by its name.

use super::native::{NativePlan, NativeState, NoLayer};
#[cfg(feature = "tract")]
use super::tract::{TractPlan, TractState};
use crate::graph::{ModelError, ModelGraph};
use oddity_core::types::Reconstruction;
use oddity_kernels::program::Stream;

/// A model in the form that its engine runs.
#[derive(Debug)]
pub(super) enum Engine {
    Native(NativePlan),
    #[cfg(feature = "tract")]
    Tract {
        plan: TractPlan,
        /// Why it is not the native engine.
        because: NoLayer,
    },
}

impl Engine {
    /// The engine that runs this graph; tract, for the reason that the native one has none of it.
    pub(super) fn of(
        native: Result<NativePlan, NoLayer>,
        model: ModelGraph,
    ) -> Result<Self, ModelError> {
        match native {
            Ok(plan) => Ok(Engine::Native(plan)),
            #[cfg(feature = "tract")]
            Err(because) => Ok(Engine::Tract { plan: TractPlan::new(model)?, because }),
            #[cfg(not(feature = "tract"))]
            Err(NoLayer { place, why }) => {
                let what = format!(
                    "the native engine has no layer for it ({why}); build oddity with the cargo \
                     feature `tract`, which runs it"
                );
                drop(model);
                Err(ModelError::unsupported(place, what))
            }
        }
    }

    /// Whether windows that are given together may run together in batches of any size.
    pub(super) fn joins_windows(&self) -> bool {
        match self {
            Engine::Native(_) => true,
            #[cfg(feature = "tract")]
            Engine::Tract { plan, .. } => plan.joins_windows(),
        }
    }

    /// Windows that run in one go, at most: more at a time win nothing.
    pub(super) fn at_once(&self) -> usize {
        match self {
            Engine::Native(plan) => plan.at_once(),
            #[cfg(feature = "tract")]
            Engine::Tract { plan, .. } => plan.at_once(),
        }
    }

    /// Runs each window in a batch of the file's own size from now on.
    pub(super) fn part_windows(&mut self) {
        match self {
            Engine::Native(_) => {}
            #[cfg(feature = "tract")]
            Engine::Tract { plan, .. } => plan.part_windows(),
        }
    }

    /// A state of its own, for one thread; for windows of a stream where it is told how they lie.
    pub(super) fn state(&self, stream: Option<Stream>) -> Result<EngineState, ModelError> {
        match self {
            Engine::Native(plan) => Ok(EngineState::Native(plan.state(stream))),
            #[cfg(feature = "tract")]
            Engine::Tract { plan, .. } => plan.state().map(EngineState::Tract),
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
        match (self, state) {
            (Engine::Native(plan), EngineState::Native(state)) => plan.run(state, input, n, out),
            #[cfg(feature = "tract")]
            (Engine::Tract { plan, .. }, EngineState::Tract(state)) => {
                plan.run(state, input, n, out)
            }
            #[cfg(feature = "tract")]
            _ => Err(ModelError::engine("run", "its state is that of another engine")),
        }
    }
}

/// What an engine keeps between runs: buffers, never anything of the data.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "there is one a session")]
pub(super) enum EngineState {
    Native(NativeState),
    #[cfg(feature = "tract")]
    Tract(TractState),
}
