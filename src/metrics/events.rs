//! What an operator feels: events found, how late, and how often the alarm rose for nothing.
//!
//! In: alarms one a row, labelled events as row ranges, the time of each row in seconds. Out: counts and
//! delays, which add up over files. Times only have to be finite and in order; their origin is free.

use std::iter::Sum;
use std::ops::AddAssign;

use super::error::MetricsError;
use super::labelled::{all_finite, ratio, same_length};
use super::range::RowRange;

/// Events found and missed. Add those of several files to pool them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Detections {
    /// Delay of each event that was found, in seconds: first alarmed row of the event less its first row.
    pub delays: Vec<f64>,
    /// Labelled events.
    pub events: usize,
    /// Events found whose alarm was on at their first row and at the row before: their delay of 0 may be
    /// luck, or an alarm that never clears.
    pub already_on: usize,
}

impl Detections {
    /// Events with an alarmed row in them.
    pub fn detected(&self) -> usize {
        self.delays.len()
    }

    /// Events without an alarmed row. They have no delay and are in no quantile.
    pub fn missed(&self) -> usize {
        self.events - self.delays.len()
    }

    /// Quantile `q` (0 to 1) of the delays of events found, in seconds, interpolated linearly between
    /// ranks. `None` when none was found.
    pub fn delay_quantile(&self, q: f64) -> Option<f64> {
        let mut sorted = self.delays.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let rank = q.clamp(0.0, 1.0) * sorted.len().checked_sub(1)? as f64;
        let (below, above) = (rank.floor() as usize, rank.ceil() as usize);
        Some(sorted[below] + (rank - rank.floor()) * (sorted[above] - sorted[below]))
    }

    /// Median delay in seconds.
    pub fn delay_median(&self) -> Option<f64> {
        self.delay_quantile(0.5)
    }

    /// Largest delay in seconds.
    pub fn delay_max(&self) -> Option<f64> {
        self.delay_quantile(1.0)
    }

    /// Delay in seconds that nine in ten of the events found do not exceed.
    pub fn delay_p90(&self) -> Option<f64> {
        self.delay_quantile(0.9)
    }
}

impl AddAssign for Detections {
    fn add_assign(&mut self, other: Self) {
        self.delays.extend(other.delays);
        self.events += other.events;
        self.already_on += other.already_on;
    }
}

impl Sum for Detections {
    fn sum<I: Iterator<Item = Self>>(files: I) -> Self {
        files.fold(Self::default(), |mut sum, file| {
            sum += file;
            sum
        })
    }
}

/// Checks that ranges are in order, apart, and within `rows` rows.
pub(super) fn check_ranges(ranges: &[RowRange], rows: usize) -> Result<(), MetricsError> {
    for pair in ranges.windows(2) {
        if let [earlier, later] = pair
            && later.first() <= earlier.last()
        {
            return Err(MetricsError::Overlap { earlier: *earlier, later: *later });
        }
    }
    match ranges.last() {
        Some(range) if range.last() >= rows => Err(MetricsError::OutOfRows { range: *range, rows }),
        _ => Ok(()),
    }
}

/// Looks for the first alarmed row in each event of one file. `seconds` is the time of each row.
///
/// # Errors
/// Different lengths; events out of order, overlapping or past the end; times not finite or running
/// backwards.
pub fn detections(
    alarms: &[bool],
    events: &[RowRange],
    seconds: &[f64],
) -> Result<Detections, MetricsError> {
    same_length("alarms", alarms.len(), "times", seconds.len())?;
    check_ranges(events, alarms.len())?;
    all_finite("time", seconds)?;
    if let Some(above) = seconds.windows(2).position(|pair| pair[1] < pair[0]) {
        return Err(MetricsError::TimeBackwards { row: above + 1 });
    }
    let mut found = Detections { events: events.len(), ..Detections::default() };
    for event in events {
        let rows = event.first()..=event.last();
        let Some(row) = rows.into_iter().find(|row| alarms[*row]) else { continue };
        found.delays.push(seconds[row] - seconds[event.first()]);
        // The row is the first of the event's that is alarmed, so a row alarmed before it lies outside.
        if row > 0 && alarms[row - 1] {
            found.already_on += 1;
        }
    }
    Ok(found)
}

/// How often the alarm rose. Add those of several files to pool them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AlarmEdges {
    /// Rising edges; an alarm that is on at the first row counts as one.
    pub all: usize,
    /// Rising edges at rows that are not labelled: false alarms. One that rises just before an event and
    /// stays on counts too; one that rises in an event and stays on after it does not.
    pub outside: usize,
}

impl AlarmEdges {
    /// False alarms a day, for `seconds` of observation. `None` unless `seconds` is above 0.
    pub fn false_per_day(&self, seconds: f64) -> Option<f64> {
        ratio(self.outside as f64 * 86_400.0, seconds)
    }

    /// False alarms a week, as above.
    pub fn false_per_week(&self, seconds: f64) -> Option<f64> {
        self.false_per_day(seconds).map(|a_day| 7.0 * a_day)
    }

    /// All alarms for each labelled event. `None` without events.
    pub fn per_event(&self, events: usize) -> Option<f64> {
        ratio(self.all as f64, events as f64)
    }
}

impl AddAssign for AlarmEdges {
    fn add_assign(&mut self, other: Self) {
        self.all += other.all;
        self.outside += other.outside;
    }
}

impl Sum for AlarmEdges {
    fn sum<I: Iterator<Item = Self>>(files: I) -> Self {
        files.fold(Self::default(), |mut sum, file| {
            sum += file;
            sum
        })
    }
}

/// Counts the rising edges of the alarm in one file.
///
/// # Errors
/// Different lengths.
pub fn alarm_edges(alarms: &[bool], labels: &[bool]) -> Result<AlarmEdges, MetricsError> {
    same_length("alarms", alarms.len(), "labels", labels.len())?;
    let mut edges = AlarmEdges::default();
    let mut before = false;
    for (alarm, label) in alarms.iter().zip(labels) {
        if *alarm && !before {
            edges.all += 1;
            edges.outside += usize::from(!label);
        }
        before = *alarm;
    }
    Ok(edges)
}

#[cfg(test)]
mod tests {
    use super::super::label_ranges;
    use super::*;

    fn rows(text: &str) -> Vec<bool> {
        text.chars().map(|c| c == '#').collect()
    }

    fn range(first: usize, last: usize) -> RowRange {
        RowRange::new(first, last).unwrap()
    }

    #[test]
    fn delays_missed_and_already_on() {
        let labels = rows("..###..###..###..##");
        let alarms = rows("....#.####...........");
        let seconds: Vec<f64> = (0..19).map(|i| 1e9 + 2.0 * f64::from(i)).collect();
        let found = detections(&alarms[..19], &label_ranges(&labels), &seconds).unwrap();
        // Event 1 is found on its last row, event 2 had the alarm on before it, 3 and 4 are missed.
        assert_eq!(found, Detections { delays: vec![4.0, 0.0], events: 4, already_on: 1 });
        assert_eq!((found.detected(), found.missed()), (2, 2));
        assert_eq!(found.delay_median(), Some(2.0));
        assert_eq!(found.delay_p90(), Some(3.6));
    }

    #[test]
    fn an_alarm_that_ends_before_the_event_was_not_already_on() {
        let events = [range(1, 3)];
        let found = detections(&rows("#..#"), &events, &[0.0, 1.0, 2.0, 3.0]).unwrap();
        assert_eq!((found.already_on, found.delays), (0, vec![2.0]));
        let from_row_0 = detections(&rows("##"), &[range(0, 1)], &[0.0, 1.0]).unwrap();
        assert_eq!((from_row_0.already_on, from_row_0.delays), (0, vec![0.0]));
    }

    #[test]
    fn delays_of_nothing_are_undefined() {
        let missed = detections(&[false; 3], &[range(0, 2)], &[0.0, 1.0, 2.0]).unwrap();
        assert_eq!((missed.missed(), missed.delay_median(), missed.delay_p90()), (1, None, None));
    }

    #[test]
    fn pooled_detections_keep_every_delay() {
        let one = Detections { delays: vec![1.0], events: 2, already_on: 0 };
        let two = Detections { delays: vec![3.0, 5.0], events: 2, already_on: 1 };
        let pooled: Detections = [one, two].into_iter().sum();
        assert_eq!((pooled.events, pooled.missed(), pooled.already_on), (4, 1, 1));
        assert_eq!(pooled.delay_median(), Some(3.0));
    }

    #[test]
    fn false_alarms_are_rising_edges_outside_labels() {
        //                  rises in label and stays on; rises outside; rises before a label
        let labels = rows("..##.......##");
        let alarms = rows("#.####..#.###");
        let edges = alarm_edges(&alarms, &labels).unwrap();
        assert_eq!(edges, AlarmEdges { all: 4, outside: 3 });
        assert_eq!(edges.false_per_day(43_200.0), Some(6.0));
        assert_eq!(edges.false_per_day(0.0), None);
        assert_eq!(edges.per_event(2), Some(2.0));
        assert_eq!(edges.per_event(0), None);
    }

    #[test]
    fn bad_input_is_refused() {
        let alarms = [false; 4];
        let times = [0.0, 1.0, 2.0, 3.0];
        let past = detections(&alarms, &[range(3, 4)], &times).unwrap_err();
        assert!(matches!(past, MetricsError::OutOfRows { rows: 4, .. }));
        let overlap = detections(&alarms, &[range(1, 2), range(2, 3)], &times).unwrap_err();
        assert!(matches!(overlap, MetricsError::Overlap { .. }));
        let back = detections(&alarms, &[], &[0.0, 1.0, 0.5, 3.0]).unwrap_err();
        assert_eq!(back, MetricsError::TimeBackwards { row: 2 });
        assert!(detections(&alarms, &[], &[0.0, 1.0, f64::NAN, 3.0]).is_err());
        assert!(detections(&alarms, &[], &[0.0]).is_err());
        assert!(alarm_edges(&alarms, &[false]).is_err());
    }
}
