//! Ratios of one stream and their times go in; raised and cleared come out.
//!
//! A state machine with hysteresis, k of n, a minimum duration and a cooldown. No clock: time
//! comes in with the ratio. It never clears what it did not raise.

use crate::profile::AlertSpec;

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The stream is odd from now on.
    Raised,
    /// It no longer is.
    Cleared,
}

/// The alert state of one stream.
#[derive(Clone, Debug)]
pub struct Alert {
    spec: AlertSpec,
    /// One bit a window, newest lowest: ratio above `raise`.
    above_raise: u64,
    /// Ratio above `clear`.
    above_clear: u64,
    raised: bool,
    /// Since when the condition to raise has held.
    since_s: Option<f64>,
    cleared_s: Option<f64>,
}

impl Alert {
    /// Nothing raised.
    pub fn new(spec: AlertSpec) -> Self {
        Self { spec, above_raise: 0, above_clear: 0, raised: false, since_s: None, cleared_s: None }
    }

    /// Whether the stream counts as odd.
    pub fn is_raised(&self) -> bool {
        self.raised
    }

    /// Takes the ratio of a window that ends at `now_s`, in seconds of the stream's own clock.
    pub fn push(&mut self, ratio: f64, now_s: f64) -> Option<Change> {
        self.above_raise = self.shift(self.above_raise, ratio > self.spec.raise);
        self.above_clear = self.shift(self.above_clear, ratio > self.spec.clear);
        if self.raised {
            return self.try_clear(now_s);
        }
        if self.above_raise.count_ones() < self.spec.k {
            self.since_s = None;
            return None;
        }
        // A clock that was set back must not keep the stream silent, here and below.
        let since = self.since_s.filter(|&since| since <= now_s).unwrap_or(now_s);
        self.since_s = Some(since);
        let lasting = now_s - since >= self.spec.min_duration_s;
        let cool = self.cleared_s.is_none_or(|at| now_s < at || now_s - at >= self.spec.cooldown_s);
        if lasting && cool {
            self.raised = true;
            return Some(Change::Raised);
        }
        None
    }

    /// A hole in the data: what was counted towards raising an alert does not go on after it. One
    /// that is raised stays so until windows say otherwise.
    pub fn interrupt(&mut self) {
        self.since_s = None;
        if !self.raised {
            self.above_raise = 0;
            self.above_clear = 0;
        }
    }

    fn try_clear(&mut self, now_s: f64) -> Option<Change> {
        if self.above_clear.count_ones() >= self.spec.k {
            return None;
        }
        self.raised = false;
        self.since_s = None;
        self.cleared_s = Some(now_s);
        Some(Change::Cleared)
    }

    fn shift(&self, bits: u64, newest: bool) -> u64 {
        let mask = u64::MAX >> (64 - self.spec.of.clamp(1, 64));
        ((bits << 1) | u64::from(newest)) & mask
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    fn changes(spec: AlertSpec, ratios: &[f64]) -> Vec<(usize, Change)> {
        let mut alert = Alert::new(spec);
        ratios
            .iter()
            .enumerate()
            .filter_map(|(i, &ratio)| Some((i, alert.push(ratio, i as f64)?)))
            .collect()
    }

    #[test]
    fn hysteresis_holds_between_the_levels() {
        let spec = AlertSpec { clear: 0.5, ..AlertSpec::default() };
        let ratios = [0.9, 1.1, 0.9, 0.6, 0.5, 0.9, 1.2];
        use Change::*;
        assert_eq!(changes(spec, &ratios), [(1, Raised), (4, Cleared), (6, Raised)]);
    }

    #[test]
    fn k_of_n_windows() {
        let spec = AlertSpec { k: 2, of: 3, ..AlertSpec::default() };
        let ratios = [2.0, 0.0, 0.0, 2.0, 0.0, 2.0, 0.0, 0.0];
        assert_eq!(changes(spec, &ratios), [(5, Change::Raised), (6, Change::Cleared)]);
    }

    #[test]
    fn a_short_excursion_is_no_alert() {
        let spec = AlertSpec { min_duration_s: 2.0, ..AlertSpec::default() };
        assert_eq!(changes(spec, &[2.0, 2.0, 0.0, 2.0, 2.0, 2.0]), [(5, Change::Raised)]);
    }

    #[test]
    fn nothing_is_raised_while_it_cools_down() {
        let spec = AlertSpec { cooldown_s: 3.0, ..AlertSpec::default() };
        use Change::*;
        let ratios = [2.0, 0.0, 2.0, 2.0, 2.0, 2.0];
        assert_eq!(changes(spec, &ratios), [(0, Raised), (1, Cleared), (4, Raised)]);
    }

    #[test]
    fn neither_a_clock_set_back_nor_a_hole_cheats_the_minimum_duration() {
        let spec = AlertSpec { min_duration_s: 100.0, ..AlertSpec::default() };
        let mut alert = Alert::new(spec);
        assert_eq!(alert.push(2.0, 10_000.0), None);
        assert_eq!(alert.push(2.0, 0.0), None, "the clock went back");
        assert_eq!(alert.push(2.0, 100.0), Some(Change::Raised));
        let mut alert = Alert::new(spec);
        assert_eq!(alert.push(2.0, 0.0), None);
        alert.interrupt();
        assert_eq!(alert.push(2.0, 36_000.0), None, "it did not last through the hole");
    }

    proptest! {
        #[test]
        fn raised_and_cleared_take_turns(
            k in 1u32..5, extra in 0u32..5, clear in 0.1f64..1.0,
            min_duration_s in 0f64..3.0, cooldown_s in 0f64..5.0,
            steps in prop::collection::vec((0f64..2.0, -2f64..3.0), 0..200),
        ) {
            let spec =
                AlertSpec { raise: 1.0, clear, k, of: k + extra, min_duration_s, cooldown_s };
            let mut alert = Alert::new(spec);
            let (mut raised, mut now) = (false, 0.0);
            for (ratio, dt) in steps {
                now += dt;
                match alert.push(ratio, now) {
                    Some(Change::Raised) => { prop_assert!(!raised); raised = true; }
                    Some(Change::Cleared) => { prop_assert!(raised); raised = false; }
                    None => {}
                }
                prop_assert_eq!(raised, alert.is_raised());
            }
        }
    }
}
