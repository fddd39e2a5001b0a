//! Sorted scores of normal data go in; a threshold with room for a shift comes out.
//!
//! Normal operation moves on after the fit, which the data of the fit cannot show. How far it may move is one number for
//! all scores: a shift of one channel by `sqrt(k)` deviations of its reconstruction's error, in all rows of a window.
//! Squares of errors add, so what a shift adds is the same whatever the score was before:
//!
//! * a squared Mahalanobis distance over the means of a window's `w` errors gains `k` a row, `k w`: the noncentrality of a
//!   shifted mean, whatever the number of channels (a factor on the distance would ask for 8 deviations of 16 values and
//!   for 20 of 104). It gains less where errors go on from row to row, or the covariance is shrunk for want of rows:
//!   [`gain`](super::gain::gain) tells how much. Over one row's errors it gains `k`.
//! * a mean of squared errors over `c` channels gains `k / c` times what it mostly is, and one of absolute errors
//!   `(sqrt(1 + k) - 1) / c` times that.

use super::quantile::quantile;
use super::scale::Scale;
use crate::math::sqrt;
use crate::profile::ScoreKind;

/// Above the largest smoothed score of normal data there is so much room at least; above that of the finished model more,
/// for it has learned from what it is held against.
const ABOVE_LARGEST: f64 = 1.1;
const ABOVE_OWN: f64 = 1.15;

/// Of at least one sorted score.
pub(super) fn threshold(scale: Scale, (q, k): (f64, f64), sorted: &[f64]) -> f64 {
    let (high, middle) = (quantile(sorted, q), quantile(sorted, 0.5));
    let channels = scale.channels.max(1) as f64;
    let with_room = match scale.kind {
        ScoreKind::Mahalanobis => sqrt(high * high + k),
        ScoreKind::MahalanobisLog | ScoreKind::MahalanobisWindow => {
            sqrt(high * high + k * scale.gain * scale.window as f64)
        }
        ScoreKind::Mae => high + (sqrt(1.0 + k) - 1.0) * middle / channels,
        ScoreKind::Mse
        | ScoreKind::WorstChannel
        | ScoreKind::Normalised
        | ScoreKind::T2q
        | ScoreKind::Model
        | ScoreKind::ModelLow => high + k * middle / channels,
    };
    let largest = sorted.last().copied().filter(|_| scale.smoothed).unwrap_or(0.0);
    with_room.max(ABOVE_LARGEST * largest).max(ABOVE_OWN * scale.largest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::SmoothSpec;

    fn of(kind: ScoreKind, window: usize, sorted: &[f64]) -> f64 {
        let smooth = SmoothSpec::Ewma { alpha: 0.1 };
        threshold(Scale::new(kind, (1, window, 1), smooth, None), (0.99, 3.0), sorted)
    }

    #[test]
    fn a_shift_adds_the_same_to_a_distance_however_many_channels_there_are() {
        for distance in [3.0, 10.0, 30.0] {
            let found = of(ScoreKind::MahalanobisWindow, 20, &[distance; 50]);
            let floor = ABOVE_LARGEST * distance;
            let expected = f64::sqrt(distance * distance + 60.0).max(floor);
            assert!((found - expected).abs() < 1e-12, "{distance}: {found}");
        }
        let wide = of(ScoreKind::MahalanobisWindow, 20, &[12.0; 50]);
        assert!(wide / 12.0 < of(ScoreKind::MahalanobisWindow, 20, &[4.0; 50]) / 4.0);
        assert_eq!(of(ScoreKind::Mahalanobis, 20, &[1.0; 50]), 2.0, "the last row alone");
    }

    #[test]
    fn room_is_less_where_the_score_sees_less_of_a_shift() {
        let scale = Scale::new(ScoreKind::MahalanobisWindow, (1, 20, 1), SmoothSpec::None, None);
        let found = threshold(Scale { gain: 0.5, ..scale }, (0.99, 3.0), &[4.0; 50]);
        assert_eq!(found, f64::sqrt(16.0 + 30.0));
    }

    #[test]
    fn squared_errors_gain_in_proportion_and_absolute_ones_by_the_root() {
        assert_eq!(of(ScoreKind::Mse, 7, &[0.5; 50]), 2.0);
        assert_eq!(of(ScoreKind::Mae, 7, &[0.5; 50]), 1.0);
    }

    #[test]
    fn it_stays_above_the_largest_smoothed_score() {
        let mut scores = [1.0; 1000];
        scores[999] = 50.0;
        assert!((of(ScoreKind::Mse, 1, &scores) - 55.0).abs() < 1e-9);
        let known = Scale {
            largest: 60.0,
            ..Scale::new(ScoreKind::Mse, (1, 1, 1), SmoothSpec::None, None)
        };
        assert!((threshold(known, (0.99, 3.0), &scores) - 69.0).abs() < 1e-9);
        let lone = Scale::new(ScoreKind::Mse, (1, 1, 1), SmoothSpec::None, None);
        assert_eq!(threshold(lone, (0.99, 3.0), &scores), 4.0, "one picture is one picture");
    }
}
