//! Peaks over threshold: the tail of the scores above a level follows a generalised Pareto
//! distribution, which says what is exceeded with a given risk (Siffer et al. 2017, KDD).
//!
//! The tail is fitted by probability-weighted moments (Hosking & Wallis 1987, Technometrics
//! 29(3)): closed form, and steadier than maximum likelihood on the few peaks of a short fit.

use crate::math;
use crate::profile::PotFit;

/// A heavier tail than this, from a few dozen peaks, is noise: it would put the threshold where
/// nothing reaches it.
const SHAPE_LIMIT: f64 = 0.5;

/// Fits the tail of `sorted` scores above `initial`.
pub(super) fn fit(sorted: &[f64], initial: f64) -> PotFit {
    let first = sorted.partition_point(|&s| s <= initial);
    let peaks = sorted.get(first..).unwrap_or_default();
    let n = peaks.len() as f64;
    if peaks.is_empty() {
        return PotFit { initial, shape: 0.0, scale: 0.0, peaks: 0 };
    }
    let mean = peaks.iter().map(|s| s - initial).sum::<f64>() / n;
    let weighted = peaks
        .iter()
        .enumerate()
        .map(|(i, s)| (1.0 - (i as f64 + 0.65) / n) * (s - initial))
        .sum::<f64>()
        / n;
    let spread = mean - 2.0 * weighted;
    let (shape, scale) = if spread > 0.0 {
        // In the sign used today: shape > 0 is a heavy tail.
        let shape = (2.0 - mean / spread).clamp(-SHAPE_LIMIT, SHAPE_LIMIT);
        // The scale that keeps the mean, scale / (1 - shape), also where the shape was limited.
        (shape, mean * (1.0 - shape))
    } else {
        (0.0, mean)
    };
    PotFit { initial, shape, scale, peaks: peaks.len() as u64 }
}

/// The score that a share `risk` of `count` scores exceeds.
pub(super) fn threshold(fit: &PotFit, risk: f64, count: f64) -> f64 {
    if fit.peaks == 0 {
        return fit.initial;
    }
    let r = risk * count / fit.peaks as f64;
    let excess = if fit.shape.abs() < 1e-9 {
        -fit.scale * math::ln(r)
    } else {
        fit.scale / fit.shape * (math::powf(r, -fit.shape) - 1.0)
    };
    fit.initial + excess.max(0.0)
}

/// The share of the peaks that are above a value; 1 below where the tail begins.
pub(super) fn survival(fit: &PotFit, value: f64) -> f64 {
    let excess = value - fit.initial;
    if excess <= 0.0 {
        return 1.0;
    }
    if fit.scale <= 0.0 {
        return 0.0;
    }
    if fit.shape.abs() < 1e-9 {
        return math::exp(-excess / fit.scale);
    }
    let base = 1.0 + fit.shape * excess / fit.scale;
    // A tail with an end.
    if base > 0.0 { math::powf(base, -1.0 / fit.shape) } else { 0.0 }
}
