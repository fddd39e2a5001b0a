//! Readings of one stream go in; whether it runs, so that it is to be judged, comes out, and when that changes.
//!
//! A machine that stands still is not odd, and what it does while it starts is not what it does when it runs. What is
//! not known does not run: silence is told, not guessed. No clock: time comes in with the readings.

use crate::profile::WhenSpec;

/// Whether a stream is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing was seen.
    New,
    Idle,
    /// The conditions hold, not long enough yet.
    Settling,
    Running,
}

/// What changed: it runs, or does not; by which condition, and its reading.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Switch {
    /// Whether it runs now.
    pub running: bool,
    /// Index of the condition that decides: the first that does not hold, else the first of all.
    pub condition: usize,
    /// Its reading; not a number where it is missing.
    pub reading: f64,
}

/// Watches one stream.
#[derive(Clone, Copy, Debug)]
pub struct Running {
    state: State,
    since_s: f64,
}

impl Default for Running {
    fn default() -> Self {
        Self { state: State::New, since_s: 0.0 }
    }
}

impl Running {
    /// Takes the readings of the conditions' columns at `now_s`, in seconds of the stream's own clock. A missing reading
    /// says that nothing has changed.
    pub fn take(
        &mut self,
        spec: &WhenSpec,
        readings: impl Iterator<Item = f64>,
        now_s: f64,
    ) -> Option<Switch> {
        let mut first = None;
        let mut decides = None;
        for (condition, (held, reading)) in spec.all.iter().zip(readings).enumerate() {
            let switch = Switch { running: false, condition, reading };
            first.get_or_insert(Switch { running: true, ..switch });
            match held.holds(reading) {
                Some(true) => {}
                Some(false) => {
                    decides = Some(switch);
                    break;
                }
                None if self.state == State::New => {
                    decides.get_or_insert(switch);
                }
                // As it was.
                None => return None,
            }
        }
        let before = self.state;
        match decides.or(first) {
            Some(Switch { running: true, .. }) => {
                if matches!(before, State::New | State::Idle) || now_s < self.since_s {
                    self.since_s = now_s;
                }
                let settled = now_s - self.since_s >= spec.settle_s;
                self.state = match before {
                    State::Running => State::Running,
                    _ if settled => State::Running,
                    _ => State::Settling,
                };
            }
            _ => self.state = State::Idle,
        }
        match (before, self.state) {
            // That it runs from the beginning is what everybody expects.
            (State::Idle | State::Settling, State::Running) => first,
            (State::New | State::Running, State::Idle | State::Settling) => {
                decides.or(first.map(|switch| Switch { running: false, ..switch }))
            }
            _ => None,
        }
    }

    /// Whether rows are to be judged.
    pub fn runs(&self) -> bool {
        self.state == State::Running
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    fn spec(text: &str, settle_s: f64) -> WhenSpec {
        WhenSpec { settle_s, ..text.parse().unwrap() }
    }

    /// Rows at which it began to run (true) or stopped, one a second.
    fn switches(spec: &WhenSpec, readings: &[f64]) -> Vec<(usize, bool)> {
        let mut running = Running::default();
        let take = |(row, &reading): (usize, &f64)| {
            let switch = running.take(spec, [reading].into_iter(), row as f64)?;
            Some((row, switch.running))
        };
        readings.iter().enumerate().filter_map(take).collect()
    }

    #[test]
    fn it_runs_while_the_condition_holds() {
        let readings = [1.0, 1.0, 0.0, 0.0, 1.0, f64::NAN, 1.0, 0.0];
        let found = switches(&spec("a > 0.5", 0.0), &readings);
        assert_eq!(found, [(2, false), (4, true), (7, false)]);
    }

    #[test]
    fn a_start_has_to_settle() {
        let readings = [1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0];
        let found = switches(&spec("a > 0.5", 2.0), &readings);
        assert_eq!(found, [(0, false), (2, true), (3, false), (9, true)]);
    }

    #[test]
    fn what_is_not_known_does_not_run() {
        let found = switches(&spec("a > 0.5", 0.0), &[f64::NAN, f64::NAN, 1.0]);
        assert_eq!(found, [(0, false), (2, true)]);
    }

    #[test]
    fn the_condition_that_fails_is_named_with_its_reading() {
        let spec = spec("a > 0 and b < 5", 0.0);
        let mut running = Running::default();
        assert_eq!(running.take(&spec, [1.0, 1.0].into_iter(), 0.0), None);
        let switch = running.take(&spec, [1.0, 7.0].into_iter(), 1.0).unwrap();
        assert_eq!(switch, Switch { running: false, condition: 1, reading: 7.0 });
        assert!(!running.runs());
        let switch = running.take(&spec, [1.0, 2.0].into_iter(), 2.0).unwrap();
        assert_eq!(switch, Switch { running: true, condition: 0, reading: 1.0 });
    }

    proptest! {
        #[test]
        fn stops_and_starts_take_turns(
            readings in prop::collection::vec((-1f64..1.0, -1f64..3.0), 0..100),
            settle_s in 0f64..4.0,
        ) {
            let spec = spec("a > 0", settle_s);
            let (mut running, mut now, mut last) = (Running::default(), 0.0, None);
            for (reading, dt) in readings {
                now += dt;
                if let Some(switch) = running.take(&spec, [reading].into_iter(), now) {
                    prop_assert_ne!(last, Some(switch.running));
                    last = Some(switch.running);
                    prop_assert_eq!(switch.running, running.runs());
                }
            }
        }
    }
}
