//! Readings of normal data go in; the bounds beyond which one is a glitch come out.
//!
//! A single 65535 from a bus error would stretch its channel's scale until nothing shows on it any
//! more. So a reading far outside the range of the others counts as missing, and is named.

use std::fmt;

/// Readings that are kept of each channel. Of more, every second, fourth, ... one.
const KEPT: usize = 2048;
/// A reading this many times the usual range away from the median is a glitch.
const FAR: f64 = 50.0;

/// Keeps an even sample of one channel's readings.
#[derive(Clone, Debug)]
pub(super) struct Sampler {
    kept: Vec<f64>,
    stride: u64,
    seen: u64,
}

impl Default for Sampler {
    fn default() -> Self {
        Self { kept: Vec::new(), stride: 1, seen: 0 }
    }
}

impl Sampler {
    pub(super) fn add(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        if self.seen.is_multiple_of(self.stride) {
            if self.kept.len() == KEPT {
                let mut odd = false;
                self.kept.retain(|_| {
                    odd = !odd;
                    odd
                });
                self.stride *= 2;
            }
            if self.seen.is_multiple_of(self.stride) {
                self.kept.push(value);
            }
        }
        self.seen += 1;
    }

    /// None where most readings are the same: then there is no range to be far from.
    pub(super) fn bounds(mut self) -> Bounds {
        self.kept.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| {
            let last = self.kept.len().saturating_sub(1) as f64;
            self.kept.get((share * last).round() as usize).copied().unwrap_or(0.0)
        };
        let range = FAR * (at(0.99) - at(0.01));
        if range > 0.0 && range.is_finite() {
            Bounds { low: at(0.5) - range, high: at(0.5) + range }
        } else {
            Bounds { low: f64::NEG_INFINITY, high: f64::INFINITY }
        }
    }
}

/// What a reading may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    low: f64,
    high: f64,
}

impl Bounds {
    /// The reading, or NaN where it is a glitch.
    pub(super) fn clean(self, value: f64) -> f64 {
        if self.is_glitch(value) { f64::NAN } else { value }
    }

    pub(super) fn is_glitch(self, value: f64) -> bool {
        value < self.low || value > self.high
    }
}

/// The glitches of one channel.
#[derive(Clone, Debug)]
pub(super) struct Glitches {
    pub(super) channel: String,
    pub(super) count: u64,
    /// Row and value of the first.
    pub(super) first: (u64, f64),
}

impl fmt::Display for Glitches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (row, value) = self.first;
        write!(
            f,
            "{}: {value} in row {row} is far from all others and counts as missing",
            self.channel
        )?;
        if self.count > 1 {
            write!(f, " (and {} more)", self.count - 1)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bus_error_is_a_glitch_and_a_burst_is_none() {
        let mut sampler = Sampler::default();
        for i in 0..10_000 {
            sampler.add(if i == 7000 { 65_535.0 } else { 20.0 + f64::from(i % 7) });
        }
        assert!(sampler.kept.len() > KEPT / 2);
        let bounds = sampler.bounds();
        assert!(bounds.is_glitch(65_535.0) && bounds.is_glitch(-999.0));
        assert!(!bounds.is_glitch(60.0) && !bounds.is_glitch(f64::NAN));
        assert!(bounds.clean(1e30).is_nan());
    }

    #[test]
    fn a_switch_that_is_mostly_off_has_no_glitches() {
        let mut sampler = Sampler::default();
        for i in 0..5000 {
            sampler.add(f64::from(u8::from(i % 400 == 0)));
        }
        assert!(!sampler.bounds().is_glitch(1.0));
    }
}
