//! Smoothed scores of normal data go in; a threshold comes out. After that, scores go in and
//! `ratio = score / threshold` comes out: above 1 is anomalous, for every model and every rule.

mod gain;
mod margin;
mod pot;
mod quantile;
mod rate;
mod scale;

use crate::math;
use crate::profile::{PotFit, ThresholdRule, ThresholdSpec};

pub use quantile::quantile;
pub use rate::Peaks;
pub use scale::Scale;

/// Scores that a rule needs at the least: fewer say nothing about a tail.
pub const MIN_SCORES: usize = 8;

/// Why no threshold can be found.
#[derive(Debug, thiserror::Error)]
pub enum ThresholdError {
    /// Nothing to find it from.
    #[error(
        "a threshold by this rule needs the scores of at least {MIN_SCORES} normal windows, but there are {found}; give more rows, or set one with --threshold fixed:VALUE"
    )]
    TooFew {
        /// Scores that there are.
        found: usize,
    },
    /// A rate is one in time.
    #[error(
        "how many false alarms there will be a week cannot be told of rows that have no time: name its column with --time, or set a threshold with --threshold"
    )]
    NoTime,
    /// Nothing to find a rate from.
    #[error(
        "the scores of the normal data rise too seldom to tell how often they will: give more rows, or leave out --false-alarms"
    )]
    FewPeaks,
    /// A score that is not a number.
    #[error("a score of the normal data is not finite; look at the data and the model's output")]
    NotFinite,
    /// All scores are zero: any error at all would be infinitely odd.
    #[error(
        "the threshold comes out as {value}, from which no ratio can be formed: all scores of the normal data are zero, as those of a model that reconstructs them exactly; lower --variance, or set one with --threshold fixed:VALUE"
    )]
    NotPositive {
        /// What the rule gave.
        value: f64,
    },
}

/// Finds the threshold from scores in their order, and sorts them; `scale` says what they are.
///
/// # Errors
/// Too few scores, one that is not finite, or a threshold that is not above zero.
pub fn find(
    rule: ThresholdRule,
    scale: Scale,
    scores: &mut [f64],
) -> Result<ThresholdSpec, ThresholdError> {
    let found = scores.len();
    if !matches!(rule, ThresholdRule::Fixed { .. }) && found < MIN_SCORES {
        return Err(ThresholdError::TooFew { found });
    }
    if scores.iter().any(|s| !s.is_finite()) {
        return Err(ThresholdError::NotFinite);
    }
    let asked = match rule {
        ThresholdRule::FalseAlarms { per_week } => Some(by_rate(per_week, scale, scores)?),
        _ => None,
    };
    scores.sort_unstable_by(f64::total_cmp);
    let mut tail: Option<PotFit> = None;
    let value = match rule {
        ThresholdRule::FalseAlarms { .. } => asked.unwrap_or(f64::NAN),
        ThresholdRule::Fixed { value } => value,
        ThresholdRule::Quantile { q, factor } => quantile(scores, q) * factor,
        ThresholdRule::Margin { q, k } => margin::threshold(scale, (q, k), scores),
        ThresholdRule::Sigma { k } => sigma(scores, k),
        ThresholdRule::Pot { risk, initial } => {
            let fit = pot::fit(scores, quantile(scores, initial));
            tail = Some(fit);
            pot::threshold(&fit, risk, found as f64)
        }
    };
    if !(value > 0.0 && value.is_finite()) {
        return Err(ThresholdError::NotPositive { value });
    }
    Ok(ThresholdSpec { value, rule, scores: found as u64, pot: tail })
}

/// Seconds in a week.
pub const WEEK_S: f64 = 604_800.0;

fn by_rate(per_week: f64, scale: Scale, scores: &[f64]) -> Result<f64, ThresholdError> {
    let spacing_s = scale.spacing_s.ok_or(ThresholdError::NoTime)?;
    let peaks = Peaks::of(scores, scale.apart).ok_or(ThresholdError::FewPeaks)?;
    Ok(peaks.threshold(per_week * spacing_s / WEEK_S))
}

/// Above 1 is anomalous.
pub fn ratio(score: f64, threshold: &ThresholdSpec) -> f64 {
    score / threshold.value
}

fn sigma(scores: &[f64], k: f64) -> f64 {
    let n = scores.len() as f64;
    let mean = scores.iter().sum::<f64>() / n;
    let variance = scores.iter().map(|s| (s - mean) * (s - mean)).sum::<f64>() / n;
    mean + k * math::sqrt(variance)
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::profile::ScoreKind;

    const SCALE: Scale = Scale {
        gain: 1.0,
        kind: ScoreKind::Mse,
        window: 1,
        channels: 1,
        smoothed: true,
        apart: 0,
        spacing_s: Some(1.0),
        largest: 0.0,
    };

    fn exponential(n: usize) -> Vec<f64> {
        (0..n).map(|i| -(1.0 - (i as f64 + 0.5) / n as f64).ln()).collect()
    }

    #[test]
    fn each_rule_as_defined() {
        let mut scores: Vec<f64> = (0..=100).rev().map(f64::from).collect();
        let mut value = |rule| find(rule, SCALE, &mut scores).unwrap().value;
        assert_eq!(value(ThresholdRule::Fixed { value: 7.0 }), 7.0);
        assert_eq!(value(ThresholdRule::Quantile { q: 0.99, factor: 2.0 }), 198.0);
        let sigma = value(ThresholdRule::Sigma { k: 3.0 });
        assert!((sigma - (50.0 + 3.0 * 850f64.sqrt())).abs() < 1e-9, "{sigma}");
    }

    #[test]
    fn pot_finds_the_quantiles_of_a_known_tail() {
        let mut scores = exponential(20_000);
        for risk in [1e-3, 1e-4, 1e-5] {
            let spec =
                find(ThresholdRule::Pot { risk, initial: 0.95 }, SCALE, &mut scores).unwrap();
            let expected = -f64::ln(risk);
            assert!((spec.value / expected - 1.0).abs() < 0.05, "{risk} {}", spec.value);
            assert!(spec.pot.unwrap().shape.abs() < 0.05);
        }
    }

    #[test]
    fn pot_of_equal_scores_is_above_them() {
        let rule = ThresholdRule::Pot { risk: 1e-3, initial: 0.9 };
        assert!(find(rule, SCALE, &mut [2.0; 50]).unwrap().value >= 2.0);
    }

    #[test]
    fn as_many_false_alarms_as_asked_for() {
        let rule = ThresholdRule::FalseAlarms { per_week: 7.0 };
        // Not in the order of their size.
        let mut scores: Vec<f64> = exponential(20_000)
            .iter()
            .enumerate()
            .map(|(i, s)| if i % 2 == 0 { *s } else { 0.1 })
            .collect();
        let found = find(rule, SCALE, &mut scores.clone()).unwrap().value;
        assert!((found / f64::ln(0.5 * WEEK_S / 7.0) - 1.0).abs() < 0.2, "{found}");
        let timeless = Scale { spacing_s: None, ..SCALE };
        assert!(matches!(find(rule, timeless, &mut scores), Err(ThresholdError::NoTime)));
        assert!(matches!(find(rule, SCALE, &mut [1.0; 50]), Err(ThresholdError::FewPeaks)));
    }

    #[test]
    fn what_cannot_be_is_said() {
        let rule = ThresholdRule::Sigma { k: 3.0 };
        assert!(matches!(
            find(rule, SCALE, &mut [1.0; 3]),
            Err(ThresholdError::TooFew { found: 3 })
        ));
        assert!(matches!(find(rule, SCALE, &mut [f64::NAN; 9]), Err(ThresholdError::NotFinite)));
        assert!(matches!(
            find(rule, SCALE, &mut [0.0; 9]),
            Err(ThresholdError::NotPositive { .. })
        ));
        assert!(find(ThresholdRule::Fixed { value: 2.0 }, SCALE, &mut []).is_ok());
    }
}
