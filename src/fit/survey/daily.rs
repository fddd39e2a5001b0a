//! Slow rows of normal data go in; whether they repeat from day to day, and how many of them are averaged then, comes out.
//!
//! A pattern is told from what merely moves slowly by its half day: what repeats is then further from itself than a day
//! later. Rows that are not learned from, and gaps, keep their place. Memory is the rows of a day.

use std::collections::VecDeque;

use crate::fit::data::{Data, Wanted};
use crate::fit::error::FitError;
use crate::fit::survey::Survey;
use oddity_core::profile::UnprecedentedSpec;
use oddity_core::types::Time;
use oddity_core::window::{MOST_STREAMS, Streams};

const DAY_S: f64 = 86_400.0;
/// Days that are held against the one before, at least, of all streams together.
const LEAST_DAYS: f64 = 2.0;
/// Correlation with the day before, at least.
const LEAST: f64 = 0.2;
/// And by so much more than with half a day before.
const MORE: f64 = 0.2;
/// Readings count up to so many deviations: a peak must not stand for all of them.
const MOST: f64 = 2.0;
/// Windows in a day.
const WINDOWS: f64 = 3.0;

/// Rows that are averaged to one, for windows of `window` rows to cover a third of a day; 1 where rows are fast, or do not
/// repeat from day to day, or there are less than three days of them.
///
/// # Errors
/// When the data cannot be read.
pub(in crate::fit) fn averaged(
    data: &Data,
    survey: &Survey,
    window: usize,
) -> Result<usize, FitError> {
    let Some(period_s) = survey.period_s.filter(|_| UnprecedentedSpec::is_for(survey.period_s))
    else {
        return Ok(1);
    };
    let day = DAY_S / period_s;
    let wanted = (day / WINDOWS / window.max(1) as f64).round();
    if wanted < 2.0 || (survey.read.rows as f64) < LEAST_DAYS * day {
        return Ok(1);
    }
    Ok(if repeats(data, survey, period_s)? { wanted as usize } else { 1 })
}

/// Whether any channel of rows so far apart does.
fn repeats(data: &Data, survey: &Survey, period_s: f64) -> Result<bool, FitError> {
    let Survey { channels, read, .. } = survey;
    let day = (DAY_S / period_s).round() as usize;
    let names = channels.iter().map(|(name, _)| name.clone()).collect();
    let wanted = Wanted::known(names, read);
    let mut streams: Streams<Stream> = Streams::new(MOST_STREAMS);
    let mut sums = vec![Sums::default(); channels.len()];
    let mut current = 0;
    data.read(&wanted, |file, sample, label| {
        if file != current {
            current = file;
            streams.clear();
        }
        let new =
            || Stream { last: None, lags: channels.iter().map(|_| Lags::default()).collect() };
        let stream = streams.get_or_insert(sample.stream, new);
        let stream = stream.ok_or(FitError::TooManyStreams { most: MOST_STREAMS })?;
        stream.pass(sample.time, period_s, day);
        let is_normal = data.is_normal(sample.row, label);
        let readings = stream.lags.iter_mut().zip(&mut sums).zip(channels).zip(sample.values);
        for (((lags, sums), (_, stats)), &value) in readings {
            let reading = (stats.bounds.clean(value) - stats.mean) / stats.scale();
            lags.take(if is_normal { reading } else { f64::NAN }, day, sums);
        }
        Ok(())
    })?;
    Ok(sums.iter().any(|sums| sums.repeat(LEAST_DAYS * day as f64)))
}

/// The last day of one stream.
struct Stream {
    last: Option<Time>,
    lags: Vec<Lags>,
}

impl Stream {
    /// Rows that are missing before one of this time keep their place.
    fn pass(&mut self, time: Option<Time>, period_s: f64, day: usize) {
        let step = time.zip(self.last).map(|(time, last)| time.seconds_since(last) / period_s);
        self.last = time.or(self.last);
        let missing = match step {
            Some(step) if step < 0.0 => day,
            Some(step) => (step.round() as usize).saturating_sub(1).min(day),
            None => 0,
        };
        for _ in 0..missing {
            self.lags.iter_mut().for_each(|lags| lags.take(f64::NAN, day, &mut Sums::default()));
        }
    }
}

/// The last day of one channel of a stream.
#[derive(Default)]
struct Lags(VecDeque<f64>);

/// How normalised readings of one channel go with those of so long before: the products, and the squares.
#[derive(Clone, Copy, Default)]
struct Pairs {
    count: f64,
    products: f64,
    squares: f64,
}

impl Pairs {
    fn add(&mut self, reading: f64, before: f64) {
        if (reading + before).is_finite() {
            self.count += 1.0;
            self.products += reading * before;
            self.squares += reading * reading;
        }
    }

    /// 0 where nothing is known.
    fn correlation(self) -> f64 {
        if self.squares > 0.0 { self.products / self.squares } else { 0.0 }
    }
}

/// Of one channel, with a day and half a day before.
#[derive(Clone, Copy, Default)]
struct Sums {
    day: Pairs,
    half: Pairs,
}

impl Lags {
    /// NaN is a reading that is not known.
    fn take(&mut self, reading: f64, day: usize, sums: &mut Sums) {
        let reading = reading.clamp(-MOST, MOST);
        let Self(recent) = self;
        if recent.len() == day {
            let before = |rows: usize| recent.get(day - rows).copied().unwrap_or(f64::NAN);
            sums.day.add(reading, before(day));
            sums.half.add(reading, before(day / 2));
            recent.pop_front();
        }
        recent.push_back(reading);
    }
}

impl Sums {
    /// Whether so many pairs at least say so.
    fn repeat(&self, least: f64) -> bool {
        let (day, half) = (self.day.correlation(), self.half.correlation());
        self.day.count >= least && day >= LEAST && day - half >= MORE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repeat(reading: impl Fn(usize) -> f64) -> bool {
        let (mut lags, mut sums) = (Lags::default(), Sums::default());
        (0..960).for_each(|row| lags.take(reading(row), 96, &mut sums));
        sums.repeat(192.0)
    }

    fn noise(row: usize) -> f64 {
        let x = (row as f64 * 12.9898).sin() * 43_758.547;
        2.0 * (x - x.floor()) - 1.0
    }

    #[test]
    fn a_day_repeats_and_noise_a_drift_and_a_slow_wave_do_not() {
        let hours =
            |row: usize, hours: f64| (row as f64 / 4.0 / hours * std::f64::consts::TAU).sin();
        assert!(repeat(|row| hours(row, 24.0)));
        assert!(repeat(|row| hours(row, 24.0) + noise(row)));
        assert!(!repeat(noise));
        assert!(!repeat(|row| row as f64 / 480.0 - 1.0));
        assert!(!repeat(|row| hours(row, 200.0)));
        // It is the same half a day later.
        assert!(!repeat(|row| hours(row, 6.0)));
        assert!(!repeat(|_| f64::NAN));
    }

    #[test]
    fn rows_that_are_not_known_keep_their_place() {
        let wave = |row: usize| (row as f64 / 96.0 * std::f64::consts::TAU).sin();
        // Nine hours a day, and two days at all.
        assert!(repeat(|row| if row % 96 < 54 { wave(row) } else { f64::NAN }));
        assert!(!repeat(|row| if row < 192 { wave(row) } else { f64::NAN }));
        let mut stream = Stream { last: None, lags: vec![Lags::default()] };
        for seconds in [0, 900, 4500, 900 * 200, 100] {
            stream.pass(Some(Time(seconds * Time::SECOND)), 900.0, 96);
            stream.lags[0].take(1.0, 96, &mut Sums::default());
            let held = stream.lags[0].0.len();
            assert!(held <= 96 && (seconds != 4500 || held == 6), "{seconds} {held}");
        }
        assert_eq!(stream.lags[0].0.iter().filter(|reading| reading.is_finite()).count(), 1);
    }
}
