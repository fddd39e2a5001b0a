//! Readings of a channel go in; whether it counts on instead of measuring comes out.
//!
//! A counter was never where it will be, so nothing of its level can be learned. What rises for a while, as a
//! machine that warms up does, is none: it rises unevenly, or falls now and then.

/// Times that a counter must have risen before it counts as one.
const RISES: u64 = 50;
/// One with decimals, or that was set back, must have given so many readings, too: it could be a sensor.
const READINGS: u64 = 300;
/// The data is cut into so many parts, in each of which such a one rises by at least this share of the whole.
pub(super) const PARTS: usize = 4;
const LEAST_SHARE: f64 = 0.01;
/// One that stands in some of them rises as evenly as this in the others.
const EVEN: f64 = 4.0;
/// One of whole numbers that rises seldom does so as often as this, and by this share of the whole in each part.
const SLOW_RISES: u64 = 8;
const SLOW_SHARE: f64 = 0.1;
/// Rises for each fall: of so many readings one may be wrong.
const FALLS: u64 = 100;
/// All falls together are at most this share of all rises: after a wrong reading it is where it was.
const FALLEN: f64 = 0.5;
/// To fall below this share of the reading before is to be set back to about 0.
const RESET: f64 = 0.1;
/// Rises from one reset to the next, at least: less is a switch.
const RISES_A_RESET: u64 = 10;

/// What a channel does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counting {
    /// It goes up and down.
    No,
    /// It only rises.
    Rises,
    /// It only rises but for being set back to about 0, as a daily meter is.
    Resets,
}

/// How the readings of one channel follow one another.
#[derive(Clone, Debug)]
pub(super) struct Rise {
    readings: u64,
    rises: u64,
    resets: u64,
    falls: u64,
    /// By how much in all.
    fallen: f64,
    whole: bool,
    /// In each part of the data.
    by_part: [f64; PARTS],
    /// The largest rise, and the part that it is in: a meter that begins with a 0 has one that says nothing.
    largest: (f64, usize),
}

impl Rise {
    pub(super) fn new() -> Self {
        Self {
            readings: 0,
            rises: 0,
            resets: 0,
            falls: 0,
            fallen: 0.0,
            whole: true,
            by_part: [0.0; PARTS],
            largest: (0.0, 0),
        }
    }

    /// Takes a reading of this part of the data, and that of the stream's row before, NaN for none.
    pub(super) fn add(&mut self, value: f64, last: f64, part: usize) {
        self.readings += 1;
        self.whole &= value.fract() == 0.0;
        if value > last {
            self.rises += 1;
            if let Some(rise) = self.by_part.get_mut(part) {
                *rise += value - last;
                if value - last > self.largest.0 {
                    self.largest = (value - last, part);
                }
            }
        } else if value < last {
            let reset = value >= 0.0 && value <= RESET * last;
            self.resets += u64::from(reset);
            if !reset {
                self.falls += 1;
                self.fallen += last - value;
            }
        }
    }

    /// Whether no stream has moved.
    pub(super) fn is_still(&self) -> bool {
        self.rises + self.falls + self.resets == 0
    }

    pub(super) fn counting(&self) -> Counting {
        let risen: f64 = self.by_part.iter().sum();
        if self.falls * FALLS > self.rises || self.fallen > FALLEN * risen {
            return Counting::No;
        }
        let mut by_part = self.by_part;
        let (largest, part) = self.largest;
        by_part.get_mut(part).into_iter().for_each(|rise| *rise -= largest);
        let all: f64 = by_part.iter().sum();
        let enough = self.readings >= READINGS && self.rises >= RISES;
        let steady = enough && by_part.iter().all(|&rise| rise >= LEAST_SHARE * all);
        // It stands for a while, as a solar meter does at night, but while it rises it does so evenly.
        let running =
            by_part.iter().copied().filter(|&rise| rise >= LEAST_SHARE * all && rise > 0.0);
        let least = running.clone().fold(f64::INFINITY, f64::min);
        let stands =
            enough && running.clone().count() > 1 && running.fold(0.0, f64::max) <= EVEN * least;
        // Hours of operation, say: few steps, but in each part of the data.
        let slow = self.whole
            && self.readings >= READINGS
            && self.rises >= SLOW_RISES
            && by_part.iter().all(|&rise| rise >= SLOW_SHARE * all);
        match self.resets {
            0 if self.falls == 0 && self.whole && self.rises >= RISES => Counting::Rises,
            0 if steady || stands || (slow && self.falls == 0) => Counting::Rises,
            0 => Counting::No,
            _ if self.falls > 0 => Counting::No,
            resets if steady && self.rises >= resets * RISES_A_RESET => Counting::Resets,
            _ => Counting::No,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counting(values: impl IntoIterator<Item = f64>) -> Counting {
        let values: Vec<f64> = values.into_iter().collect();
        let mut rise = Rise::new();
        let mut last = f64::NAN;
        for (at, &value) in values.iter().enumerate() {
            rise.add(value, last, at * PARTS / values.len());
            last = value;
        }
        rise.counting()
    }

    #[test]
    fn meters_count_whole_or_not_also_in_bursts() {
        assert_eq!(counting((0..80).map(|i| f64::from(i / 2))), Counting::No, "few rises");
        assert_eq!(counting((0..120).map(|i| f64::from(i / 2))), Counting::Rises);
        assert_eq!(counting((0..400).map(|i| 5e4 + 0.003 * f64::from(i / 3))), Counting::Rises);
        let day = |i: i32| f64::from(i / 100 * 70 + (i % 100).min(70)) * 0.25;
        assert_eq!(counting((0..800).map(day)), Counting::Rises, "nothing at night");
    }

    #[test]
    fn meters_that_step_seldom_stand_or_begin_wrong() {
        let slow = |i: i32| 5000.0 + f64::from(i / 40);
        assert_eq!(counting((0..600).map(slow)), Counting::Rises, "hours of operation");
        let sunny = |i: i32| 5000.0 + 0.01 * f64::from(i.min(300));
        assert_eq!(counting((0..600).map(sunny)), Counting::Rises, "it stands at night");
        let begins = |i: i32| if i < 2 { 0.0 } else { 5000.0 + 0.013 * f64::from(i) };
        assert_eq!(counting((0..600).map(begins)), Counting::Rises, "0 before it is read");
        let glitch = |i: i32| 5000.0 + 0.013 * f64::from(i) - if i == 333 { 2.0 } else { 0.0 };
        assert_eq!(counting((0..600).map(glitch)), Counting::Rises, "one reading is wrong");
        let steps = |i: i32| f64::from(20 + i.min(90) / 9);
        assert_eq!(
            counting((0..600).map(steps)),
            Counting::No,
            "whole degrees, warm after a while"
        );
    }

    #[test]
    fn a_machine_that_warms_up_is_no_counter() {
        let warm = |i: i32| 80.0 - 60.0 * (-f64::from(i) / 100.0).exp();
        assert_eq!(counting((0..60).map(warm)), Counting::No, "too short");
        assert_eq!(counting((0..1000).map(warm)), Counting::No, "it levels off");
        let noisy = |i: i32| f64::from(i) * 0.01 + f64::from(i * 37 % 11) * 0.1;
        assert_eq!(counting((0..1000).map(noisy)), Counting::No, "it falls");
    }

    #[test]
    fn a_daily_meter_is_set_back_and_a_switch_is_not() {
        let daily = |i: i32| 0.04 * f64::from(i % 96);
        assert_eq!(counting((0..960).map(daily)), Counting::Resets);
        assert_eq!(counting((0..960).map(|i| f64::from(i / 3 % 2))), Counting::No);
        let half = |i: i32| 5.0 + f64::from(i % 96);
        assert_eq!(counting((0..960).map(|i| half(i) * 0.5)), Counting::Resets, "to about 0");
        assert_eq!(counting((0..960).map(|i| 100.0 + daily(i))), Counting::No, "not to 0");
    }
}
