//! A model with a profile that was made from this very data, and another model to take its place, go in;
//! the other with that profile comes out, its threshold moved as far as the scores have moved.
//!
//! For models that learned from the data: their own scores of it are too good to find a threshold from. By
//! how much the same rule gives more for one model than for the other is not.

use super::error::FitError;
use super::fold::FoldPart;
use super::judge;
use super::normal::NormalData;
use crate::model::{Bundle, Model};
use oddity_core::profile::{Profile, ThresholdSpec};
use oddity_core::score::Scorer;
use oddity_core::threshold::{self, Scale};
use oddity_core::types::Reconstruction;
use oddity_core::window::WindowShape;

/// The profile of `before` for a model in its place.
pub(super) fn moved(
    windows: &NormalData<'_>,
    before: &Bundle,
    model: &Model,
) -> Result<Profile, FitError> {
    let old = before.profile();
    let (one, other) = (limit(windows, old, before.model())?, limit(windows, old, model)?);
    by_factor(old, other / one, model)
}

/// The same profile with so many times the threshold, for another model; what is kept of earlier ones goes along.
fn by_factor(old: &Profile, moved: f64, model: &Model) -> Result<Profile, FitError> {
    let threshold = ThresholdSpec { value: old.threshold.value * moved, ..old.threshold };
    let mut provenance = old.provenance.clone();
    for step in &mut provenance.feedback {
        (step.before, step.after) = (step.before * moved, step.after * moved);
    }
    // It holds none before it, so that this goes one deep.
    if let Some(before) = &mut provenance.before {
        **before = by_factor(before, moved, model)?;
    }
    let (shape, input) = (WindowShape::of(old), old.golden.input.clone());
    let golden = judge::golden(&mut model.session()?, &old.score, shape, input)?;
    let mut drift = old.drift.clone();
    for usual in drift.iter_mut().flat_map(|drift| &mut drift.score) {
        usual.mean *= moved;
        usual.marks.iter_mut().for_each(|(mark, _)| *mark *= moved);
    }
    Ok(Profile { threshold, golden, provenance, drift, ..old.clone() })
}

/// What the profile's rule gives for this model's scores of these windows.
pub(super) fn limit(
    windows: &NormalData<'_>,
    profile: &Profile,
    model: &Model,
) -> Result<f64, FitError> {
    let (mut session, mut scorer) = (model.session()?, Scorer::of(profile));
    let mut out = Reconstruction::default();
    let mut scores = Vec::new();
    windows.each(|example, smoother| {
        if matches!(example.part, FoldPart::Fold(_)) {
            session.run(example.window, 1, &mut out)?;
            if !out.non_finite.is_empty() {
                return Err(FitError::NotFinite);
            }
            let score = scorer.score(example.window, &out.values, &out.latent)?;
            scores.push(smoother.push(score));
        }
        Ok(())
    })?;
    Ok(threshold::find(profile.threshold.rule, Scale::of(profile), &mut scores)?.value)
}
