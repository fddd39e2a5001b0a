//! What numbers a value of the network takes goes in; the range that its 256 steps cover comes out.
//!
//! A range always holds zero, so that zero is a step of its own: padding and Relu then cost nothing.

use std::fmt;
use std::str::FromStr;

use super::entropy;
use super::histogram::Histogram;
use crate::graph::quantise::ActivationSteps;

/// Steps above the lowest.
const STEPS: f64 = 255.0;
/// Share of the numbers that [`RangeMethod::Percentile`] leaves outside, half of it on each side.
const OUTSIDE: f64 = 1e-4;
/// Shares of an end that [`RangeMethod::Mse`] tries, from 1 downwards.
const TRIED: usize = 64;

/// How the range of a value is found from the numbers that it takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RangeMethod {
    /// From the smallest to the largest.
    MinMax,
    /// All but one in ten thousand. Measured on MLPerf Tiny and SKAB it is as near to f32 as any, and few
    /// odd readings among many do not widen it.
    #[default]
    Percentile,
    /// That with the smallest squared error of rounding and cutting off together.
    Mse,
    /// That whose steps keep most of the distribution, by Kullback-Leibler divergence (Migacz 2017, "8-bit
    /// Inference with TensorRT").
    Entropy,
}

impl RangeMethod {
    const ALL: [(Self, &'static str); 4] = [
        (Self::MinMax, "minmax"),
        (Self::Percentile, "percentile"),
        (Self::Mse, "mse"),
        (Self::Entropy, "entropy"),
    ];
}

impl fmt::Display for RangeMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = Self::ALL.iter().find(|(method, _)| method == self).map_or("", |(_, word)| word);
        f.write_str(word)
    }
}

impl FromStr for RangeMethod {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(_, word)| *word == text).map(|(method, _)| *method);
        found.ok_or_else(|| {
            format!("unknown range {text:?}; use minmax, percentile, mse or entropy")
        })
    }
}

/// The range by this method.
pub(super) fn range(histogram: &Histogram, method: RangeMethod) -> (f64, f64) {
    match method {
        _ if histogram.bins.is_empty() => (histogram.low, histogram.high),
        RangeMethod::MinMax => (histogram.low, histogram.high),
        RangeMethod::Percentile => without_tails(histogram, OUTSIDE / 2.0),
        RangeMethod::Mse => least_error(histogram),
        RangeMethod::Entropy => entropy::range(histogram),
    }
}

/// Leaves out this share of the numbers at each end.
fn without_tails(histogram: &Histogram, share: f64) -> (f64, f64) {
    let all: u64 = histogram.bins.iter().sum();
    let most = (all as f64 * share) as u64;
    let cut = |bins: &mut dyn Iterator<Item = &u64>| {
        let mut seen = 0;
        bins.take_while(|&&bin| {
            seen += bin;
            seen <= most
        })
        .count()
    };
    let (before, after) = (cut(&mut histogram.bins.iter()), cut(&mut histogram.bins.iter().rev()));
    let low = histogram.low + before as f64 * histogram.width();
    let high = histogram.high - after as f64 * histogram.width();
    (low.min(0.0), high.max(0.0))
}

/// Draws in one end after the other, twice, to where the error is least.
fn least_error(histogram: &Histogram) -> (f64, f64) {
    let (mut low, mut high) = (histogram.low, histogram.high);
    let shares = || (1..=TRIED).rev().map(|share| share as f64 / TRIED as f64);
    let best = |of: &dyn Fn(f64) -> (f64, f64)| {
        let error = |share: f64| error(histogram, of(share));
        shares().min_by(|&a, &b| error(a).total_cmp(&error(b))).unwrap_or(1.0)
    };
    for _ in 0..2 {
        if histogram.high > 0.0 {
            high = histogram.high * best(&|share| (low, histogram.high * share));
        }
        if histogram.low < 0.0 {
            low = histogram.low * best(&|share| (histogram.low * share, high));
        }
    }
    (low, high)
}

/// Sum of squared differences that the steps of this range make.
fn error(histogram: &Histogram, (low, high): (f64, f64)) -> f64 {
    let steps = steps((low, high));
    let (scale, zero) = (f64::from(steps.scale), f64::from(steps.zero_point));
    let counted = histogram.bins.iter().enumerate().filter(|(_, count)| **count > 0);
    counted
        .map(|(bin, &count)| {
            let value = histogram.middle(bin);
            let step = ((value / scale).round_ties_even() + zero).clamp(0.0, STEPS);
            count as f64 * ((step - zero) * scale - value).powi(2)
        })
        .sum()
}

/// A range so many times as wide, to both sides.
pub(super) fn widened((low, high): (f64, f64), times: f64) -> (f64, f64) {
    let (middle, reach) = ((low + high) / 2.0, (high - low) / 2.0 * times);
    ((middle - reach).min(0.0), (middle + reach).max(0.0))
}

/// The steps that cover a range with zero in it.
pub(super) fn steps((low, high): (f64, f64)) -> ActivationSteps {
    let scale = ((high - low) / STEPS) as f32;
    if !scale.is_normal() {
        return ActivationSteps { scale: 1.0, zero_point: 0 };
    }
    let zero = (-low / f64::from(scale)).round_ties_even().clamp(0.0, STEPS);
    ActivationSteps { scale, zero_point: zero as u8 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantise::histogram::BINS;

    fn counted(values: &[f32]) -> Histogram {
        let low = values.iter().copied().fold(f32::INFINITY, f32::min);
        let high = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut histogram = Histogram::new(low, high);
        histogram.add(values);
        histogram
    }

    /// A bell of 20,000 numbers within 3, by the mean of 4 uniform ones.
    fn bell() -> Vec<f32> {
        let mut state = 1u64;
        let mut uniform = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 40) as f32 / (1u64 << 24) as f32
        };
        (0..20_000).map(|_| (0..4).map(|_| uniform() - 0.5).sum::<f32>() * 1.5).collect()
    }

    #[test]
    fn steps_have_zero_among_them_and_reach_both_ends() {
        let both = steps((-1.0, 4.1));
        assert_eq!(both.zero_point, 50);
        assert!((both.scale - 0.02).abs() < 1e-7);
        assert_eq!(steps((0.0, 2.55)), ActivationSteps { scale: 0.01, zero_point: 0 });
        assert_eq!(steps((-2.55, 0.0)), ActivationSteps { scale: 0.01, zero_point: 255 });
        assert_eq!(steps((0.0, 0.0)), ActivationSteps { scale: 1.0, zero_point: 0 });
    }

    #[test]
    fn zero_is_in_every_range() {
        for values in [[1.0, 2.0, 3.0], [-3.0, -2.0, -1.0], [-1.0, 0.0, 1.0], [0.0; 3]] {
            for (method, _) in RangeMethod::ALL {
                let (low, high) = range(&counted(&values), method);
                assert!(low <= 0.0 && high >= 0.0, "{method}: {low} to {high}");
            }
        }
        assert_eq!(range(&counted(&[0.0; 3]), RangeMethod::Mse), (0.0, 0.0));
    }

    #[test]
    fn one_outlier_of_many_does_not_widen_the_range() {
        let mut values = bell();
        values.push(60.0);
        let histogram = counted(&values);
        assert_eq!(range(&histogram, RangeMethod::MinMax).1, 60.0);
        for method in [RangeMethod::Percentile, RangeMethod::Entropy] {
            let (low, high) = range(&histogram, method);
            assert!(
                (-3.1..-1.5).contains(&low) && (1.5..12.0).contains(&high),
                "{method}: {low} {high}"
            );
        }
        // To be cut off by 45 costs one number 2025; 255 steps over 60 cost 20,000 numbers 92.
        assert!(range(&histogram, RangeMethod::Mse).1 > 55.0);
        let mut values = bell();
        values.push(6.0);
        let (_, high) = range(&counted(&values), RangeMethod::Mse);
        assert!(high < 6.0, "{high}");
    }

    #[test]
    fn the_least_error_is_less_than_that_of_the_whole_range() {
        let mut values = bell();
        values.extend([5.0, -7.0]);
        let histogram = counted(&values);
        let whole = error(&histogram, range(&histogram, RangeMethod::MinMax));
        let least = error(&histogram, range(&histogram, RangeMethod::Mse));
        assert!(least < whole, "{least} {whole}");
    }

    #[test]
    fn a_percentile_of_a_worked_example() {
        // A hundred thousand numbers, a bin of the last 5 and one of the first 5.
        let mut histogram = Histogram::new(-1.0, 1.0);
        histogram.bins[0] = 5;
        histogram.bins[BINS - 1] = 5;
        histogram.bins[BINS / 2] = 99_990;
        let (low, high) = range(&histogram, RangeMethod::Percentile);
        assert_eq!((low, high), (0.0, 2.0 / BINS as f64));
    }
}
