//! Readings with their time of day go in; how far each lies from earlier days at that time comes out.
//!
//! A day is cut into slots, of a row each where rows are slow, so that memory is bounded whatever the rate.

use alloc::vec;
use alloc::vec::Vec;

use crate::math::floor;

const DAY_S: f64 = 86_400.0;
/// Slots of a day, at most: five minutes each.
const MOST_SLOTS: usize = 288;
/// Days that are remembered. Their median counts: an odd day is no news again a day later.
const DAYS: usize = 3;
/// A difference is the mean of so many rows.
const ROWS: usize = 3;

/// What earlier days were like.
#[derive(Clone, Debug)]
pub(super) struct Day {
    slots: Vec<Slot>,
    /// Subtracted from all that is kept, so that 32 bits do.
    base: f64,
    /// The slot that is being filled, what came in it, and how often.
    current: Option<usize>,
    sum: f64,
    count: u32,
    recent: [f64; ROWS],
    /// Differences so far that follow each other.
    filled: usize,
}

/// One time of day on the last days, the newest last; NaN is none.
#[derive(Clone, Copy, Debug)]
struct Slot([f32; DAYS]);

impl Slot {
    const EMPTY: Self = Self([f32::NAN; DAYS]);

    fn push(&mut self, mean: f32) {
        self.0.rotate_left(1);
        if let Some(last) = self.0.last_mut() {
            *last = mean;
        }
    }

    /// The median of the days that there are.
    fn usual(self) -> Option<f64> {
        let [a, b, c] = self.0;
        let usual = match (a.is_nan(), b.is_nan(), c.is_nan()) {
            (false, ..) => a.min(b).max(a.max(b).min(c)),
            (true, false, _) => (b + c) / 2.0,
            (true, true, false) => c,
            (true, true, true) => return None,
        };
        Some(f64::from(usual))
    }
}

/// Slots of a day of rows so far apart; `None` where a day is one row.
fn slots(period_s: f64) -> Option<usize> {
    let rows = (DAY_S / period_s).min(MOST_SLOTS as f64) + 0.5;
    Some(rows as usize).filter(|&rows| rows >= 2)
}

impl Day {
    /// Of rows so far apart; `None` where they have no times of day.
    pub(super) fn new(period_s: f64) -> Option<Self> {
        Some(Self {
            slots: vec![Slot::EMPTY; slots(period_s)?],
            base: f64::NAN,
            current: None,
            sum: 0.0,
            count: 0,
            recent: [0.0; ROWS],
            filled: 0,
        })
    }

    /// Bytes of one.
    pub(super) fn bytes(period_s: f64) -> usize {
        slots(period_s).unwrap_or_default() * size_of::<Slot>()
    }

    /// Takes a reading at this second. Gives the difference to earlier days, where there are any.
    pub(super) fn take(&mut self, reading: f64, now_s: f64) -> Option<f64> {
        if self.base.is_nan() {
            self.base = reading;
        }
        let reading = reading - self.base;
        let count = self.slots.len();
        // Rows stand in the middle of their slot: a clock that is a little off does not move them to another.
        let place = floor(now_s / DAY_S * count as f64 + 0.5);
        let place = (place - floor(place / count as f64) * count as f64) as usize % count.max(1);
        if self.current != Some(place) {
            self.close();
            self.current = Some(place);
        }
        self.sum += reading;
        self.count += 1;
        let difference = reading - self.slots.get(place).copied().and_then(Slot::usual)?;
        if let Some(recent) = self.recent.get_mut(self.filled % ROWS) {
            *recent = difference;
        }
        self.filled += 1;
        if self.filled == 2 * ROWS {
            self.filled = ROWS;
        }
        let rows = self.filled.min(ROWS);
        Some(self.recent.iter().take(rows).sum::<f64>() / rows as f64)
    }

    /// What is over becomes part of earlier days.
    fn close(&mut self) {
        if let Some(slot) = self.current.and_then(|place| self.slots.get_mut(place))
            && self.count > 0
        {
            slot.push((self.sum / f64::from(self.count)) as f32);
        }
        (self.sum, self.count) = (0.0, 0);
    }

    /// What comes next does not follow what came.
    pub(super) fn interrupt(&mut self) {
        self.close();
        self.current = None;
        self.filled = 0;
    }

    /// Rows in half a day, of rows so far apart.
    pub(super) fn half(period_s: f64) -> u32 {
        (DAY_S / 2.0 / period_s) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daily_pattern_is_no_difference_and_what_leaves_it_is() {
        let mut day = Day::new(3600.0).unwrap();
        let pattern = |hour: i32| f64::from(hour % 24) * 2.0;
        for hour in 0..24 {
            assert_eq!(day.take(pattern(hour), f64::from(hour) * 3600.0), None);
        }
        for hour in 24..96 {
            let found = day.take(pattern(hour), f64::from(hour) * 3600.0 + 100.0).unwrap();
            assert!(found.abs() < 1e-6, "{hour} {found}");
        }
        for hour in 96..99 {
            day.take(pattern(hour) + 6.0, f64::from(hour) * 3600.0);
        }
        let found = day.take(pattern(99) + 6.0, 99.0 * 3600.0).unwrap();
        assert!((found - 6.0).abs() < 1e-6, "{found}");
    }

    #[test]
    fn memory_is_bounded_and_times_may_be_anything() {
        let mut day = Day::new(60.0).unwrap();
        assert_eq!(day.slots.len(), MOST_SLOTS);
        assert!(Day::new(86_400.0).is_none() && Day::new(43_200.0).is_some());
        for second in [-1e12, -1.0, 0.0, 86_399.99, 1e18, f64::MAX, f64::NAN, f64::INFINITY] {
            day.take(1.0, second);
        }
        assert_eq!(day.slots.len(), MOST_SLOTS);
    }

    #[test]
    fn the_median_of_three_days_counts() {
        let mut slot = Slot::EMPTY;
        let usual = [1.0, 2.0, 9.0, 3.0, 4.0].map(|mean| {
            slot.push(mean);
            slot.usual()
        });
        assert_eq!(usual, [1.0, 1.5, 2.0, 3.0, 4.0].map(Some));
    }
}
