//! Numbers go in; whether one lies beyond all before it comes out. What was seen is forgotten slowly.

use crate::profile::Extent;

/// Beyond what was seen by so much of its range, a number is unprecedented.
const SHARE: f64 = 0.1;
/// And by so many times what it moves from row to row: the range of what is noisy grows for ever.
pub(super) const NOISE: f64 = 2.5;
/// What was seen comes nearer to what is by so much of their distance a row.
const LEAK: f64 = 1e-4;

/// A number that was never seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Beyond {
    /// The bound that it broke, of what is remembered.
    pub(super) before: f64,
    /// Above it, not below.
    pub(super) above: bool,
    /// No earlier number was as far out, not even of what is forgotten.
    pub(super) ever: bool,
}

/// From where to where something went.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    low: f64,
    high: f64,
    /// The bounds without forgetting.
    lowest: f64,
    highest: f64,
    /// Numbers that it was learned from.
    count: u32,
    /// They are distances: the low bound is zero, and says nothing.
    distances: bool,
}

impl Span {
    pub(super) fn of(low: f64, high: f64) -> Self {
        Self { low, high, lowest: low, highest: high, count: u32::MAX, distances: false }
    }

    /// Of distances up to this one; `None` of which nothing was seen.
    pub(super) fn of_distances(most: Option<f64>) -> Self {
        let known = Self::of(0.0, most.unwrap_or_default());
        Self { distances: true, count: most.map_or(0, |_| u32::MAX), ..known }
    }

    /// Takes a number. `noise` is how far beyond it need be at least; `settled`, how many numbers must have come before
    /// anything is said.
    pub(super) fn take(&mut self, value: f64, noise: f64, settled: u32) -> Option<Beyond> {
        if self.count == 0 {
            let low = if self.distances { 0.0 } else { value };
            *self = Self { count: 1, distances: self.distances, ..Self::of(low, value) };
            return None;
        }
        let margin = (SHARE * (self.high - self.low)).max(noise);
        let (above, below) = (value - self.high, self.low - value);
        let far = above.max(below);
        let found =
            (self.count >= settled && far > 0.0 && far >= margin).then_some(match above > below {
                true => Beyond { before: self.high, above: true, ever: value > self.highest },
                false => Beyond { before: self.low, above: false, ever: value < self.lowest },
            });
        self.count = self.count.saturating_add(1);
        self.high = if above > 0.0 { value } else { self.high - LEAK * (self.high - value) };
        self.highest = self.highest.max(value);
        if !self.distances {
            self.low = if below > 0.0 { value } else { self.low + LEAK * (value - self.low) };
            self.lowest = self.lowest.min(value);
        }
        found
    }

    /// The bounds, of at least so many numbers.
    pub(super) fn bounds(&self, least: u32) -> Option<(f64, f64)> {
        (self.count >= least.max(1)).then_some((self.low, self.high))
    }
}

/// How much something moves from row to row.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Noise {
    mean: f64,
    steps: u32,
    last: Option<f64>,
}

impl Noise {
    pub(super) fn of(mean: f64) -> Self {
        Self { mean, steps: u32::MAX, last: None }
    }

    /// Takes a number; gives the mean distance of one from the next.
    pub(super) fn take(&mut self, value: f64) -> f64 {
        if let Some(last) = self.last.replace(value) {
            let step = (value - last).abs();
            self.steps = self.steps.saturating_add(1);
            self.mean += (1.0 / f64::from(self.steps)).max(LEAK) * (step - self.mean);
        }
        self.mean
    }

    pub(super) fn mean(&self) -> f64 {
        self.mean
    }

    /// The next number does not follow the last.
    pub(super) fn interrupt(&mut self) {
        self.last = None;
    }
}

/// A span with its noise.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Noisy {
    span: Span,
    noise: Noise,
}

impl Noisy {
    pub(super) fn of(extent: Extent) -> Self {
        Self { span: Span::of(extent.low, extent.high), noise: Noise::of(extent.noise) }
    }

    /// Takes a number, as [`Span::take`] does, after so many.
    pub(super) fn take(&mut self, value: f64, settled: u32) -> Option<Beyond> {
        let noise = self.noise.take(value);
        self.span.take(value, NOISE * noise, settled)
    }

    pub(super) fn noise(&self) -> f64 {
        self.noise.mean()
    }

    pub(super) fn interrupt(&mut self) {
        self.noise.interrupt();
    }

    /// What was learned, of at least so many numbers.
    pub(super) fn extent(&self, least: u32) -> Option<Extent> {
        let (low, high) = self.span.bounds(least)?;
        Some(Extent { low, high, noise: self.noise.mean() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_is_a_tenth_of_the_range_or_the_noise() {
        let mut span = Span::of(0.0, 10.0);
        assert_eq!(span.take(10.9, 0.0, 0), None);
        let mut span = Span::of(0.0, 10.0);
        let found = span.take(11.1, 0.0, 0);
        assert_eq!(found, Some(Beyond { before: 10.0, above: true, ever: true }));
        // It is known from then on.
        assert_eq!(span.take(11.1, 0.0, 0), None);
        assert_eq!(Span::of(0.0, 10.0).take(-2.0, 3.0, 0), None);
        assert!(!Span::of(0.0, 10.0).take(-2.0, 2.0, 0).unwrap().above);
    }

    #[test]
    fn what_was_seen_is_forgotten_slowly_but_not_that_it_was() {
        let mut span = Span::of(0.0, 10.0);
        for _ in 0..20_000 {
            assert_eq!(span.take(1.0, 0.0, 0), None);
        }
        let found = span.take(5.0, 0.0, 0).unwrap();
        assert!(found.before < 2.5 && !found.ever, "{found:?}");
    }

    #[test]
    fn noise_is_the_mean_step() {
        let mut noise = Noise::default();
        for value in [1.0, 2.0, 1.0, 4.0] {
            noise.take(value);
        }
        assert!((noise.mean() - 5.0 / 3.0).abs() < 1e-12);
        noise.interrupt();
        noise.take(1000.0);
        assert!((noise.mean() - 5.0 / 3.0).abs() < 1e-12);
    }
}
