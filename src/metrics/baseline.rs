//! Detectors that know nothing, to hold every result against.
//!
//! In: a number of rows, a seed, or the training rows. Out: alarms or scores, one a row. On SKAB the
//! alarm that is always on has F1 0.698: a result means something only beside these.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

use super::error::MetricsError;

/// An alarm at every row.
pub fn always_on(rows: usize) -> Vec<bool> {
    vec![true; rows]
}

/// No alarm at any row.
pub fn never_on(rows: usize) -> Vec<bool> {
    vec![false; rows]
}

/// Scores drawn evenly from 0 (included) to 1 (not included). The same seed gives the same scores.
pub fn random_scores(rows: usize, seed: u64) -> Vec<f64> {
    let mut rng = Pcg64::seed_from_u64(seed);
    (0..rows).map(|_| rng.random()).collect()
}

/// How the channels of a row become one score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZReduce {
    /// The largest |z| of the row.
    Max,
    /// The mean |z| of the row.
    Mean,
}

/// |x - mean| / std of each channel, mean and std from the training rows.
///
/// A missing value (NaN or infinite) is passed over, in training and after. A channel that never varies
/// in training has no scale and takes no part.
#[derive(Clone, Debug, PartialEq)]
pub struct ZBaseline {
    /// Mean and standard deviation of each channel, in its own unit; `None` for one without scale.
    channels: Vec<Option<(f64, f64)>>,
}

impl ZBaseline {
    /// Fits on training rows, one value a channel in each. The standard deviation is that of the
    /// population (divisor n).
    ///
    /// # Errors
    /// No rows; rows of different length.
    pub fn fit<R: AsRef<[f64]>>(rows: &[R]) -> Result<Self, MetricsError> {
        let expected = rows.first().ok_or(MetricsError::NoTrainingRows)?.as_ref().len();
        let mut running = vec![Running::default(); expected];
        for (row, values) in rows.iter().enumerate() {
            let values = values.as_ref();
            check_channels(row, expected, values)?;
            for (channel, value) in running.iter_mut().zip(values) {
                channel.add(*value);
            }
        }
        Ok(Self { channels: running.iter().map(Running::mean_and_std).collect() })
    }

    /// Channels that vary in training and so take part.
    pub fn usable_channels(&self) -> usize {
        self.channels.iter().flatten().count()
    }

    /// The score of each row, always finite; 0 where a row has no usable value.
    ///
    /// # Errors
    /// A row with other channels than the training rows.
    pub fn scores<R: AsRef<[f64]>>(
        &self,
        rows: &[R],
        reduce: ZReduce,
    ) -> Result<Vec<f64>, MetricsError> {
        rows.iter()
            .enumerate()
            .map(|(row, values)| {
                let values = values.as_ref();
                check_channels(row, self.channels.len(), values)?;
                Ok(self.score(values, reduce))
            })
            .collect()
    }

    fn score(&self, values: &[f64], reduce: ZReduce) -> f64 {
        let (mut max, mut sum, mut count) = (0.0_f64, 0.0, 0.0);
        for (channel, value) in self.channels.iter().zip(values) {
            if let Some((mean, std)) = channel
                && value.is_finite()
            {
                // A tiny std under a huge value would overflow.
                let z = ((value - mean).abs() / std).min(1e150);
                max = max.max(z);
                sum += z;
                count += 1.0;
            }
        }
        match reduce {
            ZReduce::Max => max,
            ZReduce::Mean if count > 0.0 => sum / count,
            ZReduce::Mean => 0.0,
        }
    }
}

fn check_channels(row: usize, expected: usize, values: &[f64]) -> Result<(), MetricsError> {
    let got = values.len();
    if got == expected { Ok(()) } else { Err(MetricsError::Channels { row, expected, got }) }
}

/// Mean and squared deviations in one pass (Welford 1962): no cancellation at large offsets.
#[derive(Clone, Copy, Default)]
struct Running {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Running {
    fn add(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        self.count += 1.0;
        let off = value - self.mean;
        self.mean += off / self.count;
        self.squares += off * (value - self.mean);
    }

    fn mean_and_std(&self) -> Option<(f64, f64)> {
        let std = (self.squares / self.count).sqrt();
        // Also drops what is only rounding noise about a constant.
        (std.is_finite() && std > 1e-12 * self.mean.abs()).then_some((self.mean, std))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Confusion, Labelled, roc_auc};
    use super::*;

    #[test]
    fn always_and_never() {
        let labels = [true, false, false, false];
        let on = Confusion::count(&always_on(4), &labels).unwrap();
        assert_eq!(
            (on.f1(), on.far_percent(), on.mar_percent()),
            (Some(0.4), Some(100.0), Some(0.0))
        );
        let off = Confusion::count(&never_on(4), &labels).unwrap();
        assert_eq!(
            (off.f1(), off.far_percent(), off.mar_percent()),
            (Some(0.0), Some(0.0), Some(100.0))
        );
    }

    #[test]
    fn random_is_seeded_and_knows_nothing() {
        let scores = random_scores(20_000, 7);
        assert_eq!(scores, random_scores(20_000, 7));
        assert_ne!(scores[..10], random_scores(10, 8)[..]);
        let labels: Vec<bool> = (0..20_000).map(|i| i % 3 == 0).collect();
        let auc = roc_auc(&Labelled::new(&scores, &labels).unwrap()).unwrap();
        assert!((auc - 0.5).abs() < 0.02, "{auc}");
    }

    #[test]
    fn z_is_in_units_of_training_std() {
        let fitted = ZBaseline::fit(&[[1.0, 1e9], [3.0, 1e9 + 4.0]]).unwrap();
        let rows = [[2.0, 1e9 + 2.0], [5.0, 1e9], [2.0, f64::NAN]];
        assert_eq!(fitted.scores(&rows, ZReduce::Max).unwrap(), [0.0, 3.0, 0.0]);
        assert_eq!(fitted.scores(&rows, ZReduce::Mean).unwrap(), [0.0, 2.0, 0.0]);
    }

    #[test]
    fn constant_and_missing_channels_take_no_part() {
        let nan = f64::NAN;
        let fitted = ZBaseline::fit(&[[0.1, nan, 0.0], [0.1, nan, 2.0], [0.1, nan, nan]]).unwrap();
        assert_eq!(fitted.usable_channels(), 1);
        let rows = [[9.0, 9.0, 2.0], [9.0, 9.0, nan], [0.0, 0.0, f64::MAX]];
        let scores = fitted.scores(&rows, ZReduce::Mean).unwrap();
        assert_eq!(scores[..2], [1.0, 0.0]);
        assert!(scores[2].is_finite());
    }

    #[test]
    fn bad_rows_are_refused() {
        assert_eq!(ZBaseline::fit::<Vec<f64>>(&[]), Err(MetricsError::NoTrainingRows));
        let ragged = ZBaseline::fit(&[vec![1.0], vec![1.0, 2.0]]).unwrap_err();
        assert_eq!(ragged, MetricsError::Channels { row: 1, expected: 1, got: 2 });
        let fitted = ZBaseline::fit(&[[1.0], [2.0]]).unwrap();
        assert!(fitted.scores(&[[1.0, 2.0]], ZReduce::Max).is_err());
    }
}
