//! The statistics of a score go in; how much it sees of a shift comes out.

use crate::math::exp;
use crate::profile::ScoreSpec;

/// A channel counts with so much at least: where one is quiet but for bursts, which make it seem hardly seen, the room of
/// all must not go.
const LEAST: f64 = 0.3;

/// What a shift of one deviation adds to this score, squared, for each row of a window, from 0.3 to 1: the shifts of single
/// channels that add as much are one deviation in their root mean square.
pub(super) fn gain(score: &ScoreSpec, window: usize) -> f64 {
    let ScoreSpec::MahalanobisWindow { normal, .. } = score else { return 1.0 };
    let values = normal.mean.len();
    let channels = values / 2;
    let added = normal.precision.iter().step_by(values + 1).skip(channels);
    // The variance of a channel's error: its mean logarithm comes first.
    let added = normal.mean.iter().zip(added).take(channels);
    let of_one = |(log, precision): (&f64, &f64)| exp(*log) * precision / window.max(1) as f64;
    let inverse: f64 = added.map(|pair| of_one(pair).max(LEAST).recip()).sum();
    (channels as f64 / inverse).min(1.0)
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::profile::Gaussian;

    #[test]
    fn a_shift_adds_less_where_the_score_sees_less_of_it() {
        // Errors of a variance of 4 that are independent: their means have a variance of 4 / 20.
        let with = |precision: [f64; 2]| {
            let mut normal = Gaussian { mean: vec![f64::ln(4.0); 4], precision: vec![0.0; 16] };
            (normal.precision[10], normal.precision[15]) = precision.into();
            gain(&ScoreSpec::MahalanobisWindow { normal, floor: 1e-9 }, 20)
        };
        assert!((with([5.0, 5.0]) - 1.0).abs() < 1e-9);
        assert!((with([2.5, 2.5]) - 0.5).abs() < 1e-9, "shrunk, or each like the one before");
        assert!((with([5.0, 2.5]) - 2.0 / 3.0).abs() < 1e-9, "the one that is seen worse counts");
        assert_eq!(with([50.0, 50.0]), 1.0, "never more");
        // Of many channels one with bursts does not take the room of the others.
        assert!((with([5.0, 1e-6]) - 2.0 / (1.0 + 1.0 / LEAST)).abs() < 1e-9);
        assert_eq!((with([0.0; 2]), with([f64::NAN; 2])), (LEAST, LEAST));
        assert_eq!(gain(&ScoreSpec::Mse, 20), 1.0);
    }
}
