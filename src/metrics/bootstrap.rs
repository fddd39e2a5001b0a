//! How sure a figure over events is: stretches of rows, each with its counts, go in; an interval comes out.
//!
//! A stretch is an event with the normal rows before it, so that rows which belong together are drawn together (Künsch
//! 1989, blocks; Efron 1979, percentiles). The same seed gives the same interval.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

use super::confusion::Confusion;
use super::error::MetricsError;
use super::labelled::same_length;
use super::range::RowRange;

/// Draws from the stretches.
const DRAWS: usize = 1000;
/// Fewer events than this say nothing of how much events differ.
const FEWEST: usize = 3;

/// Counts of each event with the normal rows before it; rows after the last one are its own. Rows without any event
/// are one stretch.
///
/// # Errors
/// Different lengths.
pub fn stretches(
    alarms: &[bool],
    labels: &[bool],
    events: &[RowRange],
) -> Result<Vec<Confusion>, MetricsError> {
    same_length("alarms", alarms.len(), "labels", labels.len())?;
    let mut start = 0;
    let last = events.len().saturating_sub(1);
    let ends = events.iter().enumerate().map(|(number, event)| match number == last {
        true => labels.len(),
        false => (event.last() + 1).min(labels.len()),
    });
    let ends: Vec<usize> = if events.is_empty() { vec![labels.len()] } else { ends.collect() };
    let mut counts = Vec::with_capacity(ends.len());
    for end in ends {
        let rows = start.min(end)..end;
        let of = |all: &[bool]| all.get(rows.clone()).unwrap_or_default().to_vec();
        counts.push(Confusion::count(&of(alarms), &of(labels))?);
        start = end;
    }
    Ok(counts)
}

/// The middle 95 of 100 draws of F1, each of as many stretches as there are. `None` for fewer than three stretches with
/// an event in them.
pub fn f1_interval(stretches: &[Confusion], seed: u64) -> Option<(f64, f64)> {
    let events = stretches.iter().filter(|counts| counts.positives() > 0).count();
    if events < FEWEST {
        return None;
    }
    let mut rng = Pcg64::seed_from_u64(seed);
    let mut draw = || -> Option<f64> {
        let counts: Confusion = (0..stretches.len())
            .filter_map(|_| stretches.get(rng.random_range(0..stretches.len())).copied())
            .sum();
        counts.f1()
    };
    let mut all: Vec<f64> = (0..DRAWS).filter_map(|_| draw()).collect();
    all.sort_unstable_by(f64::total_cmp);
    let at =
        |part: f64| all.get((part * all.len().checked_sub(1)? as f64).round() as usize).copied();
    Some((at(0.025)?, at(0.975)?))
}

#[cfg(test)]
mod tests {
    use super::super::label_ranges;
    use super::*;

    fn rows(text: &str) -> Vec<bool> {
        text.chars().map(|c| c == '#').collect()
    }

    #[test]
    fn each_event_has_the_rows_before_it() {
        let labels = rows("..##...##.");
        let alarms = rows("#..#.....#");
        let found = stretches(&alarms, &labels, &label_ranges(&labels)).unwrap();
        let rows: Vec<u64> = found.iter().map(Confusion::rows).collect();
        assert_eq!(rows, [4, 6]);
        let whole: Confusion = found.into_iter().sum();
        assert_eq!(whole, Confusion::count(&alarms, &labels).unwrap());
        assert_eq!(stretches(&[true], &[false], &[]).unwrap().len(), 1);
    }

    #[test]
    fn the_interval_holds_the_figure_and_does_not_depend_on_chance() {
        let good = Confusion { true_positives: 9, false_negatives: 1, ..Confusion::default() };
        let poor = Confusion { true_positives: 2, false_negatives: 8, ..Confusion::default() };
        let all = [good, poor, good, good, poor, good];
        let (low, high) = f1_interval(&all, 0).unwrap();
        let f1 = all.into_iter().sum::<Confusion>().f1().unwrap();
        assert!(low < f1 && f1 < high, "{low} {f1} {high}");
        assert_eq!(f1_interval(&all, 0), Some((low, high)));
        let alike = f1_interval(&[good; 5], 7).unwrap();
        assert_eq!(alike.0, alike.1);
        assert_eq!(f1_interval(&[good, poor], 0), None);
        assert_eq!(f1_interval(&[Confusion::default(); 9], 0), None);
    }
}
