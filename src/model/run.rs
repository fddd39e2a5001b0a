//! Runs windows through a loaded model.
//!
//! Windows go in as f32 in the model's own axes, one after the other; reconstructions come out in
//! the same order. The answer to a window is the same in every bit whatever ran before it and
//! whatever is run with it. A session keeps buffers, never anything of the data.

use tract_onnx::prelude::*;

use super::error::ModelError;
use super::guard::{Output, Outputs};
use super::load::{Model, Plan, engine, go, tried};

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
    fn clear(&mut self) {
        self.values.clear();
        self.latent.clear();
        self.head.clear();
        self.non_finite.clear();
    }

    /// The answers to the window of this index, in the order of the model's outputs.
    pub(super) fn of(&self, model: &Model, index: usize) -> impl Iterator<Item = &[f32]> {
        let outputs = &model.0.outputs;
        let len = |output: &Option<Output>| output.as_ref().map_or(0, |output| output.len);
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

/// A model with a state to run it: one a thread.
#[derive(Debug)]
pub struct Session {
    model: Model,
    fixed: Option<TypedSimpleState>,
    many: Option<TypedSimpleState>,
    /// A batch that is filled up.
    padded: Vec<f32>,
}

impl Session {
    pub(super) fn new(model: Model) -> Result<Self, ModelError> {
        let fixed = Some(tried("start", || model.0.fixed.spawn())?);
        Ok(Session { model, fixed, many: None, padded: Vec::new() })
    }

    /// The model that this session runs.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Reconstructs `n` windows, given one after the other in `input`.
    ///
    /// Answers that are not finite are no error: they are listed in [`Reconstruction::non_finite`].
    ///
    /// # Errors
    /// When `input` does not hold exactly `n` windows, or the engine fails. The session can be used
    /// again after an error; `out` then holds nothing.
    pub fn run(
        &mut self,
        input: &[f32],
        n: usize,
        out: &mut Reconstruction,
    ) -> Result<(), ModelError> {
        out.clear();
        let window = self.model.window_len();
        if n.checked_mul(window) != Some(input.len()) {
            return Err(ModelError::Input { got: input.len(), windows: n, window });
        }
        let outcome = self.run_all(input, n, window, out);
        if outcome.is_err() {
            out.clear();
            return outcome;
        }
        let fails = |&index: &usize| {
            let mut answers = out.of(&self.model, index);
            !answers.all(|answer| answer.iter().all(|value| value.is_finite()))
        };
        out.non_finite = (0..n).filter(fails).collect();
        Ok(())
    }

    fn run_all(
        &mut self,
        input: &[f32],
        n: usize,
        window: usize,
        out: &mut Reconstruction,
    ) -> Result<(), ModelError> {
        let model = self.model.clone();
        if let Some(plan) = model.0.many.as_ref().filter(|_| n > 1) {
            for part in input.chunks(go() * window) {
                let count = part.len() / window;
                step(&model, plan, &mut self.many, part, count, count, out)?;
            }
            return Ok(());
        }
        let batch = model.0.batch;
        for part in input.chunks(batch * window) {
            let count = part.len() / window;
            let whole = if count == batch {
                part
            } else {
                self.padded.clear();
                self.padded.extend_from_slice(part);
                self.padded.resize(batch * window, 0.0);
                &self.padded
            };
            step(&model, &model.0.fixed, &mut self.fixed, whole, batch, count, out)?;
        }
        Ok(())
    }
}

/// Runs `batch` windows and keeps the first `count` answers. A state that failed is thrown away.
fn step(
    model: &Model,
    plan: &Plan,
    slot: &mut Option<TypedSimpleState>,
    input: &[f32],
    batch: usize,
    count: usize,
    out: &mut Reconstruction,
) -> Result<(), ModelError> {
    let mut state = match slot.take() {
        Some(state) => state,
        None => tried("start", || plan.spawn())?,
    };
    let answers = tried("run", || {
        let dims: Vec<usize> =
            std::iter::once(batch).chain(model.0.window.iter().copied()).collect();
        let tensor = Tensor::from_shape(&dims, input)?;
        state.run(tvec!(tensor.into_tvalue()))
    })?;
    *slot = Some(state);
    let Outputs { reconstruction, latent, head } = &model.0.outputs;
    let wanted = [
        (Some(reconstruction), &mut out.values),
        (latent.as_ref(), &mut out.latent),
        (head.as_ref(), &mut out.head),
    ];
    let wanted = wanted.into_iter().filter_map(|(output, kept)| Some((output?.len, kept)));
    for (answer, (each, kept)) in answers.iter().zip(wanted) {
        tried("run", || {
            let view = answer.to_plain_array_view::<f32>()?;
            let all = view.as_slice().filter(|all| all.len() == batch * each);
            let all =
                all.ok_or_else(|| TractError::msg("an answer has the wrong number of values"))?;
            kept.extend_from_slice(&all[..count * each]);
            Ok(())
        })?;
    }
    if answers.len() != model.0.outputs.iter().count() {
        return Err(engine("run", "it gave the wrong number of answers"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_and_sessions_can_cross_threads() {
        fn shared<T: Send + Sync>() {}
        fn sent<T: Send>() {}
        shared::<Model>();
        sent::<Session>();
    }
}
