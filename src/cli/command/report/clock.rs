//! Rows of one stream go in; their places on the axis come out, which never go back.

use oddity::chart::Along;
use oddity::types::{Sample, Time};

/// Rows that are out of order after which the clock is taken to have been set back, as `detect` does.
const LATE: u32 = 5;
/// A step that is so many times the usual one is a hole.
const HOLE: f64 = 5.0;

/// Where a row stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) at: f64,
    /// Something is missing before it.
    pub(super) after_hole: bool,
}

/// The axis of one stream.
#[derive(Clone, Debug, Default)]
pub(super) struct Clock {
    /// What a clock that was set back is behind.
    offset: f64,
    last: Option<f64>,
    /// Usual distance between rows.
    step: Option<f64>,
    late: u32,
}

impl Clock {
    /// For a stream whose rows come so many seconds apart.
    pub(super) fn new(step: Option<f64>) -> Self {
        Self { step, ..Self::default() }
    }

    /// `None`: the row is out of order.
    pub(super) fn place(&mut self, along: Along, sample: &Sample<'_>) -> Option<Place> {
        let raw = match along {
            Along::Rows => sample.row as f64,
            _ => self.of(along, sample.time?),
        };
        let Some(last) = self.last else {
            self.last = Some(raw);
            return Some(Place { at: raw, after_hole: false });
        };
        let mut at = raw;
        if at <= last {
            self.late += 1;
            if self.late < LATE {
                return None;
            }
            self.offset += last + self.step.unwrap_or(1.0) - at;
            at = last + self.step.unwrap_or(1.0);
        }
        self.late = 0;
        self.last = Some(at);
        let step = at - last;
        let usual = *self.step.get_or_insert(step);
        let after_hole = along != Along::Rows && step > HOLE * usual;
        if !after_hole {
            self.step = Some(usual + 0.05 * (step - usual));
        }
        Some(Place { at, after_hole })
    }

    /// Where a time of this stream stands.
    pub(super) fn of(&self, along: Along, time: Time) -> f64 {
        let origin = if let Along::Dated(origin) = along { origin } else { Time(0) };
        time.seconds_since(origin) + self.offset
    }

    /// The newest row's place.
    pub(super) fn last(&self) -> Option<f64> {
        self.last
    }

    /// Whether from one place to another is further than windows are apart that follow each other.
    pub(super) fn is_hole(&self, (from, to): (f64, f64), hop: usize) -> bool {
        self.step.is_some_and(|step| to - from > HOLE * step * hop as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(times: &[i64]) -> Vec<Option<Place>> {
        let mut clock = Clock::new(None);
        let along = Along::Dated(Time(100 * Time::SECOND));
        let place = |(row, &time): (usize, &i64)| {
            let time = Some(Time(time * Time::SECOND));
            clock.place(along, &Sample { stream: "", row: row as u64, time, values: &[] })
        };
        times.iter().enumerate().map(place).collect()
    }

    #[test]
    fn late_rows_have_no_place_and_a_clock_that_was_set_back_goes_on() {
        let found = places(&[100, 101, 102, 101, 103, 120, 10, 11, 12, 13, 14, 15]);
        let at: Vec<Option<f64>> = found.iter().map(|place| place.map(|place| place.at)).collect();
        let wanted = [Some(0.0), Some(1.0), Some(2.0), None, Some(3.0), Some(20.0)];
        assert_eq!(at[..6], wanted);
        assert_eq!(at[6..10], [None; 4]);
        assert_eq!(at[10..], [Some(21.0), Some(22.0)]);
        let holes: Vec<bool> = found.iter().flatten().map(|place| place.after_hole).collect();
        assert_eq!(holes, [false, false, false, false, true, false, false]);
    }
}
