//! Scores of one stream go in, one by one; smoothed ones come out. All are causal.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::profile::SmoothSpec;

/// Smooths the scores of one stream. Allocates nothing once warmed up.
#[derive(Clone, Debug)]
pub struct Smoother {
    spec: SmoothSpec,
    average: Option<f64>,
    recent: VecDeque<f64>,
    sorted: Vec<f64>,
}

impl Smoother {
    /// One that has seen nothing.
    pub fn new(spec: SmoothSpec) -> Self {
        let windows = match spec {
            SmoothSpec::None | SmoothSpec::Ewma { .. } => 0,
            SmoothSpec::Mean { windows } | SmoothSpec::Median { windows } => windows.max(1),
        };
        let sorted = if matches!(spec, SmoothSpec::Median { .. }) { windows } else { 0 };
        Self {
            spec,
            average: None,
            recent: VecDeque::with_capacity(windows),
            sorted: Vec::with_capacity(sorted),
        }
    }

    /// Bytes that one smoother of this kind takes besides itself.
    pub fn bytes(spec: SmoothSpec) -> usize {
        match spec {
            SmoothSpec::None | SmoothSpec::Ewma { .. } => 0,
            SmoothSpec::Mean { windows } => windows * size_of::<f64>(),
            SmoothSpec::Median { windows } => 2 * windows * size_of::<f64>(),
        }
    }

    /// Takes a score, gives the smoothed one. Until enough have come, those that came count.
    pub fn push(&mut self, score: f64) -> f64 {
        match self.spec {
            SmoothSpec::None => score,
            SmoothSpec::Ewma { alpha } => {
                let average = self.average.map_or(score, |a| a + alpha * (score - a));
                self.average = Some(average);
                average
            }
            SmoothSpec::Mean { windows } => {
                self.remember(score, windows);
                self.recent.iter().sum::<f64>() / self.recent.len().max(1) as f64
            }
            SmoothSpec::Median { windows } => {
                self.push_sorted(score, windows);
                let n = self.sorted.len();
                let upper = self.sorted.get(n / 2).copied().unwrap_or(score);
                match n % 2 {
                    0 => 0.5 * (upper + self.sorted.get(n / 2 - 1).copied().unwrap_or(upper)),
                    _ => upper,
                }
            }
        }
    }

    fn remember(&mut self, score: f64, windows: usize) -> Option<f64> {
        let oldest =
            (self.recent.len() >= windows.max(1)).then(|| self.recent.pop_front()).flatten();
        self.recent.push_back(score);
        oldest
    }

    fn push_sorted(&mut self, score: f64, windows: usize) {
        if let Some(oldest) = self.remember(score, windows)
            && let Ok(at) = self.sorted.binary_search_by(|x| x.total_cmp(&oldest))
        {
            self.sorted.remove(at);
        }
        let at = self.sorted.partition_point(|x| x.total_cmp(&score).is_lt());
        self.sorted.insert(at, score);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smoothing_is_causal_and_as_defined() {
        let run = |spec| {
            let mut smoother = Smoother::new(spec);
            [1.0, 5.0, 3.0, 3.0, 100.0].map(|x| smoother.push(x))
        };
        assert_eq!(run(SmoothSpec::None), [1.0, 5.0, 3.0, 3.0, 100.0]);
        assert_eq!(run(SmoothSpec::Ewma { alpha: 0.5 }), [1.0, 3.0, 3.0, 3.0, 51.5]);
        assert_eq!(run(SmoothSpec::Mean { windows: 2 }), [1.0, 3.0, 4.0, 3.0, 51.5]);
        assert_eq!(run(SmoothSpec::Median { windows: 3 }), [1.0, 3.0, 3.0, 3.0, 3.0]);
    }
}
