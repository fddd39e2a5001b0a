//! Numbers that a value of the network takes go in; how often it takes which comes out.

/// Bins of a histogram, as TensorRT and onnxruntime have them: eight a step.
pub(super) const BINS: usize = 2048;

/// How often a value takes which numbers. Its ends are known before anything is counted.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Histogram {
    pub(super) low: f64,
    pub(super) high: f64,
    /// [`BINS`] of one width from `low` to `high`; empty where these are one.
    pub(super) bins: Vec<u64>,
}

impl Histogram {
    /// Between a smallest and a largest number; zero is brought in.
    pub(super) fn new(low: f32, high: f32) -> Self {
        let (low, high) = (f64::from(low).min(0.0), f64::from(high).max(0.0));
        Self { low, high, bins: if high > low { vec![0; BINS] } else { Vec::new() } }
    }

    pub(super) fn add(&mut self, values: &[f32]) {
        let width = (self.high - self.low) / BINS as f64;
        for &value in values {
            // What lies outside counts at the end, and what is no number at the beginning.
            let place = (f64::from(value) - self.low) / width;
            let last = self.bins.len().saturating_sub(1);
            if let Some(bin) = self.bins.get_mut((place.max(0.0) as usize).min(last)) {
                *bin += 1;
            }
        }
    }

    pub(super) fn width(&self) -> f64 {
        (self.high - self.low) / self.bins.len().max(1) as f64
    }

    /// The middle of a bin.
    pub(super) fn middle(&self, bin: usize) -> f64 {
        self.low + (bin as f64 + 0.5) * self.width()
    }
}
