//! Tries a loaded model out on windows of noise, before it is used.
//!
//! A model goes in; nothing comes out, or how it fails to behave as an autoencoder must.

use super::network::Model;
use crate::graph::{LARGEST_BATCH, ModelError};
use oddity_core::types::{Answer, Reconstruction};

/// Multiply-adds of a batch that is tried: large models are not tried in large batches.
const WORK: u64 = 2_000_000_000;

/// How a model may fail its trial.
pub(super) enum Behaviour {
    /// The engine failed.
    Fails(ModelError),
    /// A window's answer depends on what ran before.
    Remembers,
    /// A window's answer depends on its neighbours in the batch.
    BatchDiffers,
    /// No finite answer to any trial window.
    NeverFinite,
}

impl From<Behaviour> for ModelError {
    fn from(behaviour: Behaviour) -> Self {
        ModelError::Misbehaves(match behaviour {
            Behaviour::Fails(error) => return error,
            Behaviour::Remembers => {
                "the output for a window depends on the windows before it".into()
            }
            Behaviour::BatchDiffers => {
                "the output for a window depends on the other windows in its batch; export with a \
                 dynamic batch, or with a batch of 1"
                    .into()
            }
            Behaviour::NeverFinite => "its outputs are not finite numbers".into(),
        })
    }
}

/// Tries a model out; see [`Model::from_bytes`] for what must hold.
pub(super) fn behaves(model: &Model) -> Result<(), Behaviour> {
    let fails = Behaviour::Fails;
    let length = model.window_len();
    let mut session = model.session().map_err(fails)?;
    let mut run = |input: &[f32], count: usize| {
        let mut out = Reconstruction::default();
        session.run(input, count, &mut out).map(|()| out)
    };
    let (first, second) = (noise(length, 1), noise(length, 2));
    let alone = run(&first, 1).map_err(fails)?;
    let other = run(&second, 1).map_err(fails)?;
    if [&alone, &other].iter().all(|answer| !answer.non_finite.is_empty()) {
        // Some models take a logarithm or a root first.
        let positive = run(&vec![0.5; length], 1).map_err(fails)?;
        if !positive.non_finite.is_empty() {
            return Err(Behaviour::NeverFinite);
        }
    }
    if !same_bits((&run(&first, 1).map_err(fails)?, 0, 1), &alone) {
        return Err(Behaviour::Remembers);
    }
    // More than one in a plan's batch: an even and an odd number, and a short last one.
    let most = model.0.engine.at_once();
    let sizes = if model.0.engine.joins_windows() {
        vec![2, 3, 8, 33, most - 1, most]
    } else {
        vec![model.0.batch.min(LARGEST_BATCH)]
    };
    let work = model.description().multiply_adds.max(1);
    let affordable = |size: usize| size == model.0.batch || size as u64 * work <= WORK;
    let tried = |&size: &usize| size > 1 && size <= most && affordable(size);
    for size in sizes.into_iter().filter(tried) {
        let mut input = first.clone();
        for _ in 1..size {
            input.extend_from_slice(&second);
        }
        let together = run(&input, size).map_err(fails)?;
        let wanted = std::iter::once(&alone).chain(std::iter::repeat(&other));
        let differs = |(index, wanted): (usize, &_)| !same_bits((&together, index, size), wanted);
        if (0..size).zip(wanted).any(differs) {
            return Err(Behaviour::BatchDiffers);
        }
    }
    Ok(())
}

/// Whether all answers to the window `index` of `n` are those to the only window of `alone`.
fn same_bits((all, index, n): (&Reconstruction, usize, usize), alone: &Reconstruction) -> bool {
    let bits = |answer: Answer<'_>| {
        [answer.values, answer.latent, answer.head]
            .map(|values| values.iter().map(|value| value.to_bits()).collect::<Vec<u32>>())
    };
    bits(all.answer(index, n)) == bits(alone.answer(0, 1))
}

/// Values between -1 and 1 that look like noise: a linear congruential generator with Knuth's
/// constants, whose high bits are good enough for a trial.
pub(super) fn noise(length: usize, seed: u64) -> Vec<f32> {
    let mut state = seed;
    (0..length)
        .map(|_| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            ((state >> 40) as f32 / (1u64 << 23) as f32) - 1.0
        })
        .collect()
}
