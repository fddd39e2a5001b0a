//! Rows of normal data go in; the channel that is plainly off or on comes out, in words.
//!
//! A machine that stands still for part of the time is two machines to a model: what it does while it starts and stops is
//! neither. Only says so: whether rows count while it is off is for whoever knows the machine.

use super::data::{Data, Wanted};
use super::error::FitError;
use super::survey::Survey;
use crate::terminal::four_digits;
use oddity_core::threshold::quantile;

/// Rows that are looked at, spread over all.
const ROWS: u64 = 4096;
/// Either state has so large a share of the rows.
const SHARE: f64 = 0.1;
/// Off is below so much of what on mostly is.
const OFF: f64 = 0.1;
/// On is above so much of it.
const ON: f64 = 0.5;
/// So few rows lie between the two, where it starts and stops.
const BETWEEN: f64 = 0.05;
/// A state lasts for so many of the rows that are looked at: what switches all the time is a control.
const LASTS: f64 = 20.0;

/// What to say of a channel that is off or on; of several, of the one with the fewest rows between the two.
///
/// # Errors
/// When the data cannot be read.
pub(super) fn off_and_on(data: &Data, survey: &Survey) -> Result<Option<String>, FitError> {
    let names: Vec<String> = survey.channels.iter().map(|(name, _)| name.clone()).collect();
    if data.features.is_some() || !survey.differences().is_empty() {
        return Ok(None);
    }
    let each = survey.read.rows.div_ceil(ROWS).max(1);
    let mut columns: Vec<Vec<f64>> = vec![Vec::new(); names.len()];
    let wanted = Wanted::known(names.clone(), &survey.read);
    let mut several = false;
    data.read(&wanted, |_, sample, label| {
        several |= !sample.stream.is_empty();
        if sample.row.is_multiple_of(each) && data.is_normal(sample.row, label) {
            let pairs = columns.iter_mut().zip(sample.values).filter(|(_, x)| x.is_finite());
            pairs.for_each(|(column, &x)| column.push(x));
        }
        Ok(())
    })?;
    // Machines in turns are off and on in turns.
    if several {
        return Ok(None);
    }
    let found = names.iter().zip(&columns).filter_map(|(name, column)| {
        let States { between, limit, off } = states(column)?;
        Some((between, name, limit, off))
    });
    let plainest = found.min_by(|a, b| a.0.total_cmp(&b.0));
    Ok(plainest.map(|(_, name, limit, off)| {
        format!(
            "{name} is off in {:.0} % of the rows, and on in the others: if that is the machine, --when \"{name} > {}\" \
             learns and judges only while it runs",
            100.0 * off,
            four_digits(limit)
        )
    }))
}

/// Of readings that have two states.
struct States {
    /// Share of the readings between the two.
    between: f64,
    /// Where one ends.
    limit: f64,
    /// Share of those that are off.
    off: f64,
}

fn states(readings: &[f64]) -> Option<States> {
    let mut sorted = readings.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    // On, most of the time: the middle of what is above the middle of the range.
    let (low, high) = (quantile(&sorted, 0.02), quantile(&sorted, 0.98));
    let middle = 0.5 * (low + high);
    let on = quantile(sorted.get(sorted.partition_point(|&x| x <= middle)..)?, 0.5);
    if !on.is_finite() || on <= 0.0 || low < -OFF * on {
        return None;
    }
    let count = sorted.len() as f64;
    let share = |at: f64| sorted.partition_point(|&x| x <= at) as f64 / count;
    let (off, not_on) = (share(OFF * on), share(ON * on));
    let between = not_on - off;
    let limit = 0.3 * on;
    let switches = readings.windows(2).filter(|pair| (pair[0] > limit) != (pair[1] > limit));
    let plain = off >= SHARE && 1.0 - not_on >= SHARE && between <= BETWEEN;
    (plain && switches.count() as f64 * LASTS <= count).then_some(States { between, limit, off })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(i: usize) -> f64 {
        let x = (i as f64 * 12.9898).sin() * 43_758.547;
        x - x.floor() - 0.5
    }

    #[test]
    fn a_motor_that_stops_is_off_and_on() {
        let motor: Vec<f64> = (0..4000)
            .map(|i| if i % 1000 < 600 { 5.0 + noise(i) } else { 0.02 * noise(i) })
            .collect();
        let found = states(&motor).unwrap();
        assert!((1.0..2.5).contains(&found.limit) && (found.off - 0.4).abs() < 0.01);
    }

    #[test]
    fn what_varies_swings_or_switches_all_the_time_is_not() {
        let of = |reading: fn(usize) -> f64| states(&(0..4000).map(reading).collect::<Vec<_>>());
        assert!(of(|i| 5.0 + noise(i)).is_none(), "noise");
        assert!(of(|i| 5.0 + 5.0 * (i as f64 / 50.0).sin()).is_none(), "a wave");
        assert!(of(|i| if i % 8 < 4 { 1.0 } else { 0.0 }).is_none(), "a control");
        assert!(of(|i| if i % 1000 < 500 { 20.0 } else { 8.0 } + noise(i)).is_none(), "two loads");
        assert!(of(|i| if i == 7 { 1.0 } else { 0.0 }).is_none(), "one spike");
        assert!(states(&[]).is_none());
    }
}
