//! What a model made of windows: plain numbers, filled by an engine.

use crate::graph::{GraphOutput, GraphOutputs};

/// What a model made of windows. Reuse it: its buffers stay.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reconstruction {
    /// `[n, window]`, in the model's axes; of a decoder `[n, output]`.
    pub values: Vec<f32>,
    /// `[n, latent]`; empty when the model gives no latent.
    pub latent: Vec<f32>,
    /// `[n, head]`: class probabilities or an estimate; empty when the model has no head.
    pub head: Vec<f32>,
    /// The windows, from 0, whose values, latent or head are not all finite: their input is far out of
    /// range, or not finite itself. Their values stand above as they came.
    pub non_finite: Vec<usize>,
}

impl Reconstruction {
    pub(super) fn clear(&mut self) {
        self.values.clear();
        self.latent.clear();
        self.head.clear();
        self.non_finite.clear();
    }

    /// The answers to the window of this index, in the order of the model's outputs.
    pub(super) fn of(&self, outputs: &GraphOutputs, index: usize) -> impl Iterator<Item = &[f32]> {
        let len = |output: &Option<GraphOutput>| output.as_ref().map_or(0, |output| output.len);
        let answers = [
            (&self.values, outputs.reconstruction.len),
            (&self.latent, len(&outputs.latent)),
            (&self.head, len(&outputs.head)),
        ];
        answers
            .into_iter()
            .map(move |(all, each)| all.get(index * each..(index + 1) * each).unwrap_or_default())
    }
}
