//! Steps between rows go in; whether they come at another rate than was learned comes out.

use crate::types::Time;

/// Steps between rows over which the rate is judged.
const RATE_STEPS: usize = 32;
/// A median step that differs from the period by more than this factor is off.
const RATE_FACTOR: f64 = 1.9;

/// Whether rows come as often as the model has learned: one that is fed six times too slowly would
/// otherwise judge windows that are mostly held. The state changes when two looks in a row agree.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    steps: [i64; RATE_STEPS],
    count: usize,
    last_look: Pace,
    pace: Pace,
}

/// How fast rows come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    Usual,
    Fast,
    Slow,
}

impl Default for Rate {
    fn default() -> Self {
        Self { steps: [0; RATE_STEPS], count: 0, last_look: Pace::Usual, pace: Pace::Usual }
    }
}

impl Rate {
    /// Takes the step from one row to the next. Returns the median step in seconds when rows have
    /// begun to come at another rate.
    pub(super) fn add(&mut self, step_ns: i64, period_ns: i64) -> Option<f64> {
        if let Some(slot) = self.steps.get_mut(self.count) {
            *slot = step_ns;
        }
        self.count += 1;
        if self.count < RATE_STEPS {
            return None;
        }
        self.count = 0;
        self.steps.sort_unstable();
        let median = self.steps.get(RATE_STEPS / 2).copied().unwrap_or(period_ns);
        let look = match median as f64 / period_ns as f64 {
            factor if factor > RATE_FACTOR => Pace::Slow,
            factor if factor < 1.0 / RATE_FACTOR => Pace::Fast,
            _ => Pace::Usual,
        };
        let agreed = look == core::mem::replace(&mut self.last_look, look);
        let changed = agreed && look != self.pace;
        if agreed {
            self.pace = look;
        }
        (changed && look != Pace::Usual).then_some(median as f64 / Time::SECOND as f64)
    }

    /// Whether rows come too slowly, by the last look: each then seems to follow a hole.
    pub(super) fn is_slow(&self) -> bool {
        self.last_look == Pace::Slow
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn another_rate_is_said_once_and_one_gap_is_none() {
        let second = Time::SECOND;
        let said = |steps: &mut dyn Iterator<Item = i64>| {
            let mut rate = Rate::default();
            steps.filter_map(|step| rate.add(step * second / 10, second)).collect::<Vec<_>>()
        };
        assert_eq!(said(&mut (0..500).map(|_| 60)), [6.0]);
        assert_eq!(said(&mut (0..500).map(|_| 1)), [0.1]);
        let gaps = (0..500).map(|row| if row % 50 == 7 { 360_000 } else { 10 + row % 3 });
        assert!(said(&mut { gaps }).is_empty());
    }
}
