//! The golden sample, run on this very CPU, twice on one state.
//!
//! Twice, because a state that leaks from one run to the next gives another answer the second
//! time, and nothing else would show it.

use super::error::BundleError;
use crate::model::session::Session;
use oddity_core::profile::Profile;
use oddity_core::score::Scorer;
use oddity_core::types::Reconstruction;

/// Largest difference from the recorded output, relative to its largest value. Processors differ
/// by about 6e-6 in f32; a model that is wrong is off by far more than this.
const OUTPUT_TOLERANCE: f64 = 1e-3;
/// The same where 8-bit steps are rounded, which processors do at other places.
const ROUNDED_TOLERANCE: f64 = 2e-2;
/// Of the score, relative to the larger of score and threshold.
const SCORE_TOLERANCE: f64 = 0.02;

pub(super) fn check(session: &mut Session, profile: &Profile) -> Result<(), BundleError> {
    let golden = &profile.golden;
    let largest = golden.output.iter().fold(1e-3f32, |a, v| a.max(v.abs()));
    let mut scorer = Scorer::of(profile);
    let tolerance = match session.model().description().arithmetic.quantised {
        false => OUTPUT_TOLERANCE,
        true => ROUNDED_TOLERANCE,
    };
    for _ in 0..2 {
        let mut run = Reconstruction::default();
        session.run(&golden.input, 1, &mut run)?;
        for (&found, &expected) in run.values.iter().zip(&golden.output) {
            let difference = f64::from((found - expected).abs());
            // Negated, so that a value that is not a number fails too.
            let close = difference <= tolerance * f64::from(largest);
            if !close {
                let (found, expected) = (f64::from(found), f64::from(expected));
                return Err(BundleError::Golden { what: "an output of", found, expected });
            }
        }
        let found = scorer.score(&golden.input, &run.values, &run.latent)?;
        let scale = golden.score.abs().max(profile.threshold.value);
        let close = (found - golden.score).abs() <= SCORE_TOLERANCE * scale;
        if !close {
            return Err(BundleError::Golden { what: "a score of", found, expected: golden.score });
        }
    }
    Ok(())
}
