//! Readings of one channel go in; what is usual for them comes out: their range, and their steps.

use oddity_core::health::is_error_code;

/// Readings that are kept of each channel, and steps. Of more, every second, fourth, ... one.
const READINGS: usize = 2048;
const STEPS: usize = 512;
/// With a larger part of the readings, what mostly stands for none is one.
const MOST_CODES: f64 = 0.2;
/// Of what stands still most of the time, a step is at least this part of the range.
const LEAST_STEP: f64 = 0.01;

/// Keeps an even sample of what it is given. Which ones is a hash of their number: every second, fourth,
/// ... row would be one machine of several, or one phase of what is periodic.
#[derive(Clone, Debug)]
struct Kept {
    most: usize,
    /// Each with its hash.
    kept: Vec<(u64, f64)>,
    /// Low bits of the hash that must be zero.
    mask: u64,
    seen: u64,
}

impl Kept {
    fn new(most: usize) -> Self {
        Self { most, kept: Vec::new(), mask: 0, seen: 0 }
    }

    fn add(&mut self, value: f64) {
        self.seen += 1;
        let hash = mix(self.seen);
        while hash & self.mask == 0 && self.kept.len() >= self.most {
            self.mask = 2 * self.mask + 1;
            let mask = self.mask;
            self.kept.retain(|(hash, _)| hash & mask == 0);
        }
        if hash & self.mask == 0 {
            self.kept.push((hash, value));
        }
    }

    /// Sorted, those that `of` takes.
    fn sorted(&self, of: impl Fn(f64) -> bool) -> Vec<f64> {
        let values = self.kept.iter().map(|&(_, value)| value);
        let mut values: Vec<f64> = values.filter(|&value| of(value)).collect();
        values.sort_unstable_by(f64::total_cmp);
        values
    }
}

/// The finaliser of SplitMix64 (Steele, Lea & Flood 2014, OOPSLA).
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn at(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1) as f64;
    sorted.get((share * last).round() as usize).copied().unwrap_or(0.0)
}

/// Samples one channel.
#[derive(Clone, Debug)]
pub(in crate::fit) struct Sampler {
    readings: Kept,
    steps: Kept,
}

impl Default for Sampler {
    fn default() -> Self {
        Self { readings: Kept::new(READINGS), steps: Kept::new(STEPS) }
    }
}

impl Sampler {
    /// Takes a reading; `last` is the one before it of the same stream, or NaN, and is set to it.
    pub(in crate::fit) fn add(&mut self, value: f64, last: &mut f64) {
        if !value.is_finite() {
            return;
        }
        self.readings.add(value);
        if last.is_finite() && !is_error_code(value) && !is_error_code(*last) {
            self.steps.add((value - *last).abs());
        }
        *last = value;
    }

    pub(in crate::fit) fn usual(&self) -> Usual {
        let mut readings = self.readings.sorted(|value| !is_error_code(value));
        let most = (1.0 - MOST_CODES) * self.readings.kept.len() as f64;
        let codes = readings.len() as f64 >= most;
        if !codes {
            readings = self.readings.sorted(|_| true);
        }
        let (low, high) = (at(&readings, 0.01), at(&readings, 0.99));
        let step = at(&self.steps.sorted(|_| true), 0.99).max(LEAST_STEP * (high - low));
        Usual { low, high, step, codes }
    }
}

/// What is usual for a channel, in its unit.
#[derive(Clone, Copy, Debug)]
pub(in crate::fit) struct Usual {
    /// All but one in a hundred are not below.
    pub(super) low: f64,
    /// All but one in a hundred are not above.
    pub(super) high: f64,
    /// All but one in a hundred steps from one reading to the next are not longer.
    pub(super) step: f64,
    /// Whether error codes are few, and were left aside.
    pub(super) codes: bool,
}

impl Usual {
    pub(super) fn range(&self) -> f64 {
        self.high - self.low
    }

    /// How far outside of the usual range a reading is; 0 or below within it.
    pub(super) fn beyond(&self, value: f64) -> f64 {
        (self.low - value).max(value - self.high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_machine_and_every_phase_is_sampled() {
        for period in [2, 4, 16, 64] {
            let mut sampler = Sampler::default();
            for i in 0..20_000u32 {
                let value = f64::from(i % 7) + if i % period == 1 { 500.0 } else { 0.0 };
                sampler.add(value, &mut 0.0);
            }
            assert!((READINGS / 3..=READINGS).contains(&sampler.readings.kept.len()));
            assert!(sampler.usual().beyond(503.0) <= 3.0, "{period}");
        }
    }

    #[test]
    fn few_error_codes_do_not_stretch_the_range_and_many_are_readings() {
        let of = |every: u32| {
            let (mut sampler, mut last) = (Sampler::default(), f64::NAN);
            for i in 0..2000u32 {
                let value = if i % every == 1 { 85.0 } else { 20.0 + 0.1 * f64::from(i % 7) };
                sampler.add(value, &mut last);
            }
            sampler.usual()
        };
        let few = of(20);
        assert!(few.codes && few.range() < 1.0 && few.step < 1.0, "{few:?}");
        assert!(!of(3).codes && of(3).high == 85.0);
    }
}
