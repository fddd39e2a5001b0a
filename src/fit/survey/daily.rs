//! Slow rows of normal data go in; whether they repeat from day to day, and how many of them are averaged then, comes out.
//!
//! A pattern is told from what merely moves slowly by its half day: what repeats is then further from itself than a day
//! later. Memory is the rows of a day.

use std::collections::VecDeque;

use crate::fit::channel::ChannelStats;
use crate::fit::data::{Data, Read, Wanted};
use crate::fit::error::FitError;
use crate::fit::survey::Survey;
use oddity_core::profile::UnprecedentedSpec;
use oddity_core::window::{MOST_STREAMS, Streams};

const DAY_S: f64 = 86_400.0;
/// Days from which a pattern is told.
const LEAST_DAYS: f64 = 3.0;
/// Correlation with the day before, at least.
const LEAST: f64 = 0.2;
/// Readings count up to so many deviations: a peak must not stand for all of them.
const MOST: f64 = 2.0;
/// And by so much more than with half a day before.
const MORE: f64 = 0.2;
/// Windows in a day.
const WINDOWS: f64 = 3.0;

/// Rows that are averaged to one, for windows of `window` rows to cover a third of a day; 1 where rows are fast, or few,
/// or do not repeat from day to day. So that the model has enough to learn from, there are at least `least` means.
///
/// # Errors
/// When the data cannot be read.
pub(in crate::fit) fn averaged(
    data: &Data,
    survey: &Survey,
    (window, least): (usize, u64),
) -> Result<usize, FitError> {
    let Survey { channels, period_s, read, .. } = survey;
    let period_s = *period_s;
    let Some(period_s) = period_s.filter(|_| UnprecedentedSpec::is_for(period_s)) else {
        return Ok(1);
    };
    let day = DAY_S / period_s;
    let wanted =
        (day / WINDOWS / window.max(1) as f64).round().min((read.rows / least.max(1)) as f64);
    if wanted < 2.0 || (read.rows as f64) < LEAST_DAYS * day {
        return Ok(1);
    }
    Ok(if repeats(data, channels, read, day.round() as usize)? { wanted as usize } else { 1 })
}

/// Whether any channel of rows, `day` of them a day, does.
fn repeats(
    data: &Data,
    channels: &[(String, ChannelStats)],
    read: &Read,
    day: usize,
) -> Result<bool, FitError> {
    let names = channels.iter().map(|(name, _)| name.clone()).collect();
    let wanted = Wanted::known(names, read);
    let mut streams: Streams<Vec<Lags>> = Streams::new(MOST_STREAMS);
    let mut sums = vec![Sums::default(); channels.len()];
    let mut current = 0;
    data.read(&wanted, |file, sample, label| {
        if file != current {
            current = file;
            streams.clear();
        }
        let new = || channels.iter().map(|_| Lags::default()).collect();
        let stream = streams.get_or_insert(sample.stream, new);
        let stream = stream.ok_or(FitError::TooManyStreams { most: MOST_STREAMS })?;
        if data.is_normal(sample.row, label) {
            let readings = stream.iter_mut().zip(&mut sums).zip(channels).zip(sample.values);
            for (((lags, sums), (_, stats)), &value) in readings {
                lags.take((stats.bounds.clean(value) - stats.mean) / stats.scale(), day, sums);
            }
        }
        Ok(())
    })?;
    Ok(sums.iter().any(Sums::repeat))
}

/// The last day of one channel of a stream.
#[derive(Default)]
struct Lags(VecDeque<f64>);

/// Products of normalised readings of one channel, with what was a day and half a day before.
#[derive(Clone, Copy, Default)]
struct Sums {
    squares: f64,
    day: f64,
    half: f64,
}

impl Lags {
    fn take(&mut self, reading: f64, day: usize, sums: &mut Sums) {
        // One that is missing is as usual.
        let reading = if reading.is_finite() { reading.clamp(-MOST, MOST) } else { 0.0 };
        let Self(recent) = self;
        if recent.len() == day {
            let before = |rows: usize| recent.get(day - rows).copied().unwrap_or_default();
            sums.squares += reading * reading;
            sums.day += reading * before(day);
            sums.half += reading * before(day / 2);
            recent.pop_front();
        }
        recent.push_back(reading);
    }
}

impl Sums {
    fn repeat(&self) -> bool {
        let Self { squares, day, half } = *self;
        squares > 0.0 && day >= LEAST * squares && day - half >= MORE * squares
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repeat(reading: impl Fn(usize) -> f64) -> bool {
        let (mut lags, mut sums) = (Lags::default(), Sums::default());
        (0..960).for_each(|row| lags.take(reading(row), 96, &mut sums));
        sums.repeat()
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
}
