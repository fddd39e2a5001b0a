//! A score and how its windows lie go in; what a threshold has to know of the scores comes out.

use super::gain::gain;
use crate::profile::{Profile, ScoreKind, ScoreSpec, SmoothSpec};

/// What scores are, as far as a threshold has to know.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// The score.
    pub kind: ScoreKind,
    /// Rows in a window.
    pub window: usize,
    /// Channels in a window.
    pub channels: usize,
    /// Whether they are smoothed: a large one is more than one odd window then.
    pub smoothed: bool,
    /// Scores that lie nearer together have rows, or what is smoothed, in common.
    pub apart: usize,
    /// Seconds from one score to the next, where rows have times.
    pub spacing_s: Option<f64>,
    /// The largest smoothed score of the finished model on the same normal data, its borders included; 0 where that
    /// is not known.
    pub largest: f64,
    /// What a shift of one deviation adds to a squared Mahalanobis distance for each row of a window, above zero and at
    /// most 1.
    pub gain: f64,
}

impl Scale {
    /// Of windows of so many channels and rows, one every so many, which are so far apart.
    pub fn new(
        kind: ScoreKind,
        (channels, window, hop): (usize, usize, usize),
        smooth: SmoothSpec,
        period_s: Option<f64>,
    ) -> Self {
        let hop = hop.max(1);
        let memory = match smooth {
            SmoothSpec::None => 0,
            // As many as a mean that is as slow.
            SmoothSpec::Ewma { alpha } => (2.0 / alpha) as usize,
            SmoothSpec::Mean { windows } | SmoothSpec::Median { windows } => windows,
        };
        Self {
            kind,
            window,
            channels,
            smoothed: smooth != SmoothSpec::None,
            apart: window.saturating_sub(1) / hop + memory,
            spacing_s: period_s.map(|period| period * hop as f64),
            largest: 0.0,
            gain: 1.0,
        }
    }

    /// Of a profile's scores.
    pub fn of(profile: &Profile) -> Self {
        let Profile { window, hop, smooth, .. } = *profile;
        let channels = profile.channels.len();
        let period_s = profile.period_s.map(|period| period * profile.average as f64);
        Self::new(profile.score.kind(), (channels, window, hop), smooth, period_s)
            .with_score(&profile.score)
    }

    /// Of this score, now that it is known.
    pub fn with_score(self, score: &ScoreSpec) -> Self {
        Self { gain: gain(score, self.window), ..self }
    }

    /// Of every so-manieth of them.
    pub fn every(self, stride: u64) -> Self {
        let apart = self.apart.div_ceil(usize::try_from(stride.max(1)).unwrap_or(usize::MAX));
        Self { apart, spacing_s: self.spacing_s.map(|s| s * stride as f64), ..self }
    }
}
