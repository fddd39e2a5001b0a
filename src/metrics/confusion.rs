//! Counts of right and wrong rows at a fixed threshold, and the rates made of them.
//!
//! In: alarms and labels, one a row. Out: counts, which add up over files (pooled, "micro"), and rates,
//! which are `None` where their denominator is empty. [`macro_mean`] is the other way to sum up files.

use std::iter::Sum;
use std::ops::{Add, AddAssign};

use super::error::MetricsError;
use super::labelled::{ratio, same_length};

/// Rows by alarm and label. Add those of several files to pool them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Confusion {
    /// Alarmed and anomalous.
    pub true_positives: u64,
    /// Alarmed and normal.
    pub false_positives: u64,
    /// Quiet and normal.
    pub true_negatives: u64,
    /// Quiet and anomalous.
    pub false_negatives: u64,
}

impl Confusion {
    /// Counts the rows of one file.
    ///
    /// # Errors
    /// Different lengths.
    pub fn count(alarms: &[bool], labels: &[bool]) -> Result<Self, MetricsError> {
        same_length("alarms", alarms.len(), "labels", labels.len())?;
        let mut counts = Self::default();
        for pair in alarms.iter().zip(labels) {
            match pair {
                (true, true) => counts.true_positives += 1,
                (true, false) => counts.false_positives += 1,
                (false, false) => counts.true_negatives += 1,
                (false, true) => counts.false_negatives += 1,
            }
        }
        Ok(counts)
    }

    /// All rows.
    pub fn rows(&self) -> u64 {
        self.positives() + self.negatives()
    }

    /// Anomalous rows.
    pub fn positives(&self) -> u64 {
        self.true_positives + self.false_negatives
    }

    /// Normal rows.
    pub fn negatives(&self) -> u64 {
        self.true_negatives + self.false_positives
    }

    /// TP / (TP + FP), 0 to 1. `None` without an alarm.
    pub fn precision(&self) -> Option<f64> {
        share(self.true_positives, self.true_positives + self.false_positives)
    }

    /// TP / (TP + FN), 0 to 1. `None` without positive rows.
    pub fn recall(&self) -> Option<f64> {
        share(self.true_positives, self.positives())
    }

    /// TP / (TP + (FP + FN) / 2), 0 to 1. `None` without positive rows: there was nothing to find.
    pub fn f1(&self) -> Option<f64> {
        let wrong = (self.false_positives + self.false_negatives) as f64;
        let right = self.true_positives as f64;
        (self.positives() > 0).then(|| right / (right + wrong / 2.0))
    }

    /// False alarm rate FP / (FP + TN), in percent (SKAB's FAR). `None` without negative rows.
    pub fn far_percent(&self) -> Option<f64> {
        share(self.false_positives, self.negatives()).map(|r| 100.0 * r)
    }

    /// Missed alarm rate FN / (FN + TP), in percent (SKAB's MAR). `None` without positive rows.
    pub fn mar_percent(&self) -> Option<f64> {
        share(self.false_negatives, self.positives()).map(|r| 100.0 * r)
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    ratio(part as f64, whole as f64)
}

impl AddAssign for Confusion {
    fn add_assign(&mut self, other: Self) {
        self.true_positives += other.true_positives;
        self.false_positives += other.false_positives;
        self.true_negatives += other.true_negatives;
        self.false_negatives += other.false_negatives;
    }
}

impl Add for Confusion {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl Sum for Confusion {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), Add::add)
    }
}

/// Mean of a metric over files ("macro"), with the number of files that it could not be taken on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MacroMean {
    /// Mean over the files where the metric is defined; `None` when there is no such file.
    pub mean: Option<f64>,
    /// Files in the mean.
    pub defined: usize,
    /// Files left out because the metric is undefined on them.
    pub undefined: usize,
}

/// Mean over files of a metric that may be undefined on some.
pub fn macro_mean(files: impl IntoIterator<Item = Option<f64>>) -> MacroMean {
    let (mut sum, mut defined, mut undefined) = (0.0, 0, 0);
    for value in files {
        match value {
            Some(value) => {
                sum += value;
                defined += 1;
            }
            None => undefined += 1,
        }
    }
    MacroMean { mean: ratio(sum, defined as f64), defined, undefined }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Confusion {
        let alarms = [true, true, true, false, false, false, false];
        let labels = [true, true, false, false, false, false, true];
        Confusion::count(&alarms, &labels).unwrap()
    }

    #[test]
    fn counts_and_rates() {
        let counts = example();
        let want = Confusion {
            true_positives: 2,
            false_positives: 1,
            true_negatives: 3,
            false_negatives: 1,
        };
        assert_eq!(counts, want);
        assert_eq!(counts.rows(), 7);
        assert_eq!(counts.precision(), Some(2.0 / 3.0));
        assert_eq!(counts.recall(), Some(2.0 / 3.0));
        assert_eq!(counts.f1(), Some(2.0 / 3.0));
        assert_eq!(counts.far_percent(), Some(25.0));
        assert!((counts.mar_percent().unwrap() - 100.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn pooling_adds_counts_not_rates() {
        let quiet = Confusion::count(&[false; 3], &[true, true, false]).unwrap();
        let pooled: Confusion = [example(), quiet].into_iter().sum();
        assert_eq!(pooled.rows(), 10);
        assert_eq!(pooled.f1(), Some(2.0 / (2.0 + 4.0 / 2.0)));
        let mean = macro_mean([example().f1(), quiet.f1()]);
        assert_eq!(mean, MacroMean { mean: Some(1.0 / 3.0), defined: 2, undefined: 0 });
    }

    #[test]
    fn empty_denominators_are_undefined() {
        let no_positives = Confusion::count(&[true, false], &[false, false]).unwrap();
        assert_eq!(no_positives.recall(), None);
        assert_eq!(no_positives.mar_percent(), None);
        assert_eq!(no_positives.f1(), None);
        assert_eq!(no_positives.precision(), Some(0.0));
        let no_negatives = Confusion::count(&[false, false], &[true, true]).unwrap();
        assert_eq!(no_negatives.far_percent(), None);
        assert_eq!(no_negatives.precision(), None);
        assert_eq!(no_negatives.f1(), Some(0.0));
        assert_eq!(macro_mean([None, None]), MacroMean { mean: None, defined: 0, undefined: 2 });
    }

    #[test]
    fn unequal_lengths_are_refused() {
        assert!(Confusion::count(&[true], &[]).is_err());
    }
}
