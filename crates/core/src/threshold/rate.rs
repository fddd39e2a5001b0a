//! Smoothed scores of normal data go in, in their order; out comes how often a threshold will be passed, if what
//! follows is like it, and the threshold that is passed as often as is asked for.
//!
//! Scores that are smoothed go up and down together: what counts is how often they rise. Peaks over a level, of which
//! two belong together when less than `apart` scores lie between them, follow a generalised Pareto distribution
//! (runs declustering and return levels: Coles 2001, An Introduction to Statistical Modeling of Extreme Values,
//! sections 5.3 and 4.3). Knows nothing of time: a rate is one a score.

use alloc::vec::Vec;

use super::pot;
use super::quantile::quantile;
use crate::profile::PotFit;

/// Levels that are tried, the highest first: of the quantiles of the scores.
const LEVELS: [f64; 5] = [0.98, 0.95, 0.9, 0.8, 0.6];
/// A level has so many peaks above it, where one has.
const ENOUGH: usize = 20;
/// Fewer peaks say nothing.
const FEWEST: usize = 5;
/// The shape of a tail is not to be had from fewer peaks: it is exponential then.
const SHAPED: usize = 40;
/// Samples of the bootstrap, and the share of them that lies between the two ends of an interval.
const SAMPLES: usize = 400;
const INTERVAL: f64 = 0.9;

/// The peaks of normal scores.
#[derive(Clone, Debug, PartialEq)]
pub struct Peaks {
    level: f64,
    /// Above the level, in order of size.
    sizes: Vec<f64>,
    /// Scores that they were found in.
    scores: f64,
}

impl Peaks {
    /// Of scores in their order; `None` where there are too few peaks to say anything.
    pub fn of(scores: &[f64], apart: usize) -> Option<Self> {
        let mut sorted = scores.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let mut best: Option<Self> = None;
        for level in LEVELS.map(|q| quantile(&sorted, q)) {
            let mut sizes = clusters(scores, level, apart);
            sizes.sort_unstable_by(f64::total_cmp);
            let peaks = Self { level, sizes, scores: scores.len() as f64 };
            let enough = peaks.sizes.len() >= ENOUGH;
            if best.as_ref().is_none_or(|best| best.sizes.len() < peaks.sizes.len()) {
                best = Some(peaks);
            }
            if enough {
                break;
            }
        }
        best.filter(|peaks| peaks.sizes.len() >= FEWEST)
    }

    fn tail(&self, sizes: &[f64]) -> PotFit {
        let tail = pot::fit(sizes, self.level);
        match sizes.len() < SHAPED {
            // The mean excess is what both have.
            true => PotFit { scale: tail.scale / (1.0 - tail.shape), shape: 0.0, ..tail },
            false => tail,
        }
    }

    /// How often a threshold is passed, a score.
    pub fn rate(&self, threshold: f64) -> f64 {
        self.rate_of(&self.sizes, threshold)
    }

    fn rate_of(&self, sizes: &[f64], threshold: f64) -> f64 {
        sizes.len() as f64 / self.scores * pot::survival(&self.tail(sizes), threshold)
    }

    /// The two rates between which [`Peaks::rate`] lies nine times out of ten, as far as the few peaks say: their
    /// number is a Poisson's, and each may be any of them (a bootstrap, always with the same numbers).
    pub fn interval(&self, threshold: f64) -> (f64, f64) {
        let mut random = Random(0x9E37_79B9_7F4A_7C15);
        let n = self.sizes.len();
        let mut sample = Vec::with_capacity(4 * n);
        let mut rates: Vec<f64> = (0..SAMPLES)
            .map(|_| {
                sample.clear();
                // So many binomial chances of 1 / 4 each have nearly the variance of a Poisson's.
                for _ in 0..4 * n {
                    if random.next().is_multiple_of(4) {
                        let at = (random.next() % n as u64) as usize;
                        sample.extend(self.sizes.get(at));
                    }
                }
                sample.sort_unstable_by(f64::total_cmp);
                self.rate_of(&sample, threshold)
            })
            .collect();
        rates.sort_unstable_by(f64::total_cmp);
        let tail = 0.5 * (1.0 - INTERVAL);
        (quantile(&rates, tail), quantile(&rates, 1.0 - tail))
    }

    /// The threshold that is passed so often, a score.
    pub fn threshold(&self, rate: f64) -> f64 {
        pot::threshold(&self.tail(&self.sizes), rate, self.scores)
    }
}

/// The largest score of each run above the level.
fn clusters(scores: &[f64], level: f64, apart: usize) -> Vec<f64> {
    let mut sizes: Vec<f64> = Vec::new();
    let mut last = None;
    for (at, &score) in scores.iter().enumerate().filter(|&(_, &score)| score > level) {
        let same = last.is_some_and(|last| at - last <= apart);
        last = Some(at);
        match sizes.last_mut().filter(|_| same) {
            Some(size) => *size = size.max(score),
            None => sizes.push(score),
        }
    }
    sizes
}

/// `SplitMix64`: Steele, Lea & Flood 2014, OOPSLA.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Independent exponential scores.
    fn exponential(n: usize, seed: u64) -> Vec<f64> {
        let mut random = Random(seed);
        let uniform = |x: u64| (x >> 11) as f64 / (1u64 << 53) as f64;
        (0..n).map(|_| -f64::ln(1.0 - uniform(random.next()))).collect()
    }

    #[test]
    fn the_rate_beyond_what_was_seen_is_that_of_the_tail() {
        for seed in 0..5 {
            let peaks = Peaks::of(&exponential(20_000, seed), 0).unwrap();
            // exp(-12) a score: once in 160,000.
            let (rate, (low, high)) = (peaks.rate(12.0), peaks.interval(12.0));
            let right = f64::exp(-12.0);
            assert!(low <= rate && rate <= high, "{low} {rate} {high}");
            assert!(low < 2.0 * right && right < 2.0 * high, "{low} {right} {high}");
        }
    }

    #[test]
    fn a_threshold_is_passed_as_often_as_was_asked_for() {
        let peaks = Peaks::of(&exponential(5000, 7), 0).unwrap();
        for rate in [1e-3, 1e-5, 1e-7] {
            let found = peaks.rate(peaks.threshold(rate));
            assert!((found / rate - 1.0).abs() < 1e-6, "{rate} {found}");
        }
    }

    #[test]
    fn what_rises_together_counts_once() {
        // Ten scores a hill.
        let hills: Vec<f64> = exponential(3000, 3).iter().flat_map(|&size| [size; 10]).collect();
        let alone = Peaks::of(&exponential(3000, 3), 0).unwrap();
        let together = Peaks::of(&hills, 5).unwrap();
        let ratio = 10.0 * together.rate(6.0) / alone.rate(6.0);
        assert!((0.3..3.0).contains(&ratio), "{ratio}");
    }

    #[test]
    fn too_few_peaks_say_nothing() {
        assert_eq!(Peaks::of(&[1.0; 100], 5), None);
        assert_eq!(Peaks::of(&[1.0, 2.0, 3.0], 0), None);
        assert_eq!(Peaks::of(&[], 0), None);
    }
}
