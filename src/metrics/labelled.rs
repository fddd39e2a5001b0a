//! What every metric demands of its rows: one value a row in each input, all of them finite.
//!
//! In: scores and labels. Out: [`Labelled`], which cannot be wrong.

use super::error::MetricsError;

/// Scores with their labels: equally long, every score finite.
#[derive(Clone, Copy, Debug)]
pub struct Labelled<'a> {
    scores: &'a [f64],
    labels: &'a [bool],
}

impl<'a> Labelled<'a> {
    /// Pairs `scores` (higher is worse) with `labels` (true is anomalous), one of each a row.
    ///
    /// # Errors
    /// Different lengths; a score that is NaN or infinite.
    pub fn new(scores: &'a [f64], labels: &'a [bool]) -> Result<Self, MetricsError> {
        same_length("scores", scores.len(), "labels", labels.len())?;
        all_finite("score", scores)?;
        Ok(Self { scores, labels })
    }

    /// The scores, one a row.
    pub fn scores(&self) -> &'a [f64] {
        self.scores
    }

    /// The labels, one a row.
    pub fn labels(&self) -> &'a [bool] {
        self.labels
    }

    /// Share of anomalous rows: the PR-AUC of a detector that knows nothing. `None` without rows.
    pub fn anomaly_rate(&self) -> Option<f64> {
        let positives = self.labels.iter().filter(|l| **l).count();
        ratio(positives as f64, self.labels.len() as f64)
    }
}

pub(super) fn same_length(
    left: &'static str,
    left_rows: usize,
    right: &'static str,
    right_rows: usize,
) -> Result<(), MetricsError> {
    if left_rows == right_rows {
        return Ok(());
    }
    Err(MetricsError::Length { left, left_rows, right, right_rows })
}

pub(super) fn all_finite(what: &'static str, values: &[f64]) -> Result<(), MetricsError> {
    match values.iter().position(|v| !v.is_finite()) {
        None => Ok(()),
        Some(row) => Err(MetricsError::NotFinite { what, row, value: values[row] }),
    }
}

/// `part / whole`, or `None` when `whole` is not above zero.
pub(super) fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unequal_lengths_and_non_finite_scores_are_refused() {
        assert_eq!(
            Labelled::new(&[1.0], &[true, false]).unwrap_err(),
            MetricsError::Length { left: "scores", left_rows: 1, right: "labels", right_rows: 2 }
        );
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let error = Labelled::new(&[0.0, bad], &[true, false]).unwrap_err();
            assert!(
                matches!(error, MetricsError::NotFinite { what: "score", row: 1, .. }),
                "{error}"
            );
        }
    }

    #[test]
    fn anomaly_rate_needs_rows() {
        let labels = [true, false, false, false];
        assert_eq!(Labelled::new(&[0.0; 4], &labels).unwrap().anomaly_rate(), Some(0.25));
        assert_eq!(Labelled::new(&[], &[]).unwrap().anomaly_rate(), None);
    }
}
