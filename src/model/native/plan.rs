//! A compiled program as the door to the engines asks for it: windows in, reconstructions out.

use oddity_kernels::program::{Program, State, Stream};

use super::{Compiled, NoLayer, compile};
use crate::graph::{GraphOutputs, ModelError, ModelGraph};
use oddity_core::types::Reconstruction;
use oddity_kernels::Tier;

/// A model as the native engine runs it.
#[derive(Debug)]
pub(in crate::model) struct NativePlan {
    program: Program,
    /// Values of each output for a window: what the model is for, the latent, the head.
    lens: [usize; 3],
    /// Which output of the program each of them is.
    outputs: usize,
    /// Layers of quantised numbers that run in f32, and why.
    floats: Vec<(String, String)>,
}

impl NativePlan {
    /// Compiles a simplified graph for this processor.
    pub(in crate::model) fn new(model: &ModelGraph) -> Result<Self, NoLayer> {
        let Compiled { program, floats } = compile(&model.graph, Tier::detect())?;
        let GraphOutputs { values, latent, head } = &model.outputs;
        let len = |output: &Option<crate::graph::GraphOutput>| output.as_ref().map_or(0, |o| o.len);
        let lens = [values.len, len(latent), len(head)];
        Ok(NativePlan { program, lens, outputs: model.outputs.iter().count(), floats })
    }

    pub(in crate::model) fn program(&self) -> &Program {
        &self.program
    }

    pub(in crate::model) fn floats(&self) -> &[(String, String)] {
        &self.floats
    }

    pub(in crate::model) fn at_once(&self) -> usize {
        self.program.at_once()
    }

    /// A state, for windows that follow each other where it is told how.
    pub(in crate::model) fn state(&self, stream: Option<Stream>) -> State {
        match stream {
            Some(stream) => self.program.stream_state(stream),
            None => self.program.state(),
        }
    }

    /// Adds the answers to `n` windows to `out`.
    pub(in crate::model) fn run(
        &self,
        state: &mut State,
        input: &[f32],
        n: usize,
        out: &mut Reconstruction,
    ) -> Result<(), ModelError> {
        let Reconstruction { values, latent, head, .. } = out;
        let mut kept = [values, latent, head].into_iter().zip(self.lens).map(|(kept, len)| {
            let from = kept.len();
            kept.resize(from + n * len, 0.0);
            kept.get_mut(from..).unwrap_or_default()
        });
        let [values, latent, head] =
            [kept.next(), kept.next(), kept.next()].map(|kept| kept.unwrap_or_default());
        // A model without a latent may have a head.
        let slots = match self.lens {
            [_, 0, _] if self.outputs == 2 => [values, head, latent],
            _ => [values, latent, head],
        };
        self.program
            .run(state, input, n, slots)
            .map_err(|error| ModelError::engine("run", &error.to_string()))
    }
}
