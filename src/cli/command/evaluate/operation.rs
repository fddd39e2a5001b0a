//! What an operator wants to know: judged rows go in; what another threshold would cost, and which channels alerts
//! blame, come out.

use std::collections::BTreeMap;

use oddity::alert::Alert;
use oddity::detector::most_score;
use oddity::metrics::{self, AlarmEdges};
use oddity::profile::SmoothSpec;
use oddity::smooth::Smoother;
use serde::Serialize;

use super::series::Series;

/// Thresholds, as powers of two of the model's own in so many steps.
const STEPS: i32 = 8;
/// From a quarter to eight times the model's own.
const POWERS: std::ops::RangeInclusive<i32> = -2 * STEPS..=3 * STEPS;

/// What a threshold finds, and at what price.
#[derive(Debug, Serialize)]
pub(super) struct CostPoint {
    /// Times the model's own: 1 is as it stands.
    pub(super) threshold: f64,
    /// As it stands.
    pub(super) default: bool,
    pub(super) events_found: u64,
    pub(super) false_alarms: u64,
    pub(super) false_alarms_per_week: Option<f64>,
    pub(super) false_alarms_per_1000_rows: Option<f64>,
}

/// What alerts blame a channel for.
#[derive(Debug, Default, Serialize)]
pub(super) struct BlamedChannel {
    pub(super) channel: String,
    /// Labelled events whose alert has it first.
    pub(super) events: u64,
    /// False alarms that have it first.
    pub(super) false_alarms: u64,
}

/// The thresholds from low to high.
pub(super) fn curve(series: &[Series]) -> anyhow::Result<Vec<CostPoint>> {
    let rows: usize = series.iter().map(|series| series.label.len()).sum();
    let seconds: Option<f64> = series.iter().map(Series::duration).sum();
    let point = |power: i32| {
        // Rounded: processors differ in the last digits of a power.
        let threshold = (1000.0 * 2_f64.powf(f64::from(power) / f64::from(STEPS))).round() / 1000.0;
        let (mut edges, mut found) = (AlarmEdges::default(), 0);
        for series in series {
            let moved = (power != 0).then(|| alarms(series, threshold));
            let alarm = moved.as_deref().unwrap_or(&series.alarm);
            edges += metrics::alarm_edges(alarm, &series.label)?;
            found +=
                metrics::detections(alarm, &series.ranges, &row_clock(alarm.len()))?.detected();
        }
        let per_row = |n: usize| (rows > 0).then(|| 1000.0 * n as f64 / rows as f64);
        Ok(CostPoint {
            threshold,
            default: power == 0,
            events_found: found as u64,
            false_alarms: edges.outside as u64,
            false_alarms_per_week: seconds.and_then(|s| edges.false_per_week(s)),
            false_alarms_per_1000_rows: per_row(edges.outside),
        })
    };
    POWERS.map(point).collect()
}

/// Rows as a clock.
pub(super) fn row_clock(rows: usize) -> Vec<f64> {
    (0..rows).map(|row| row as f64).collect()
}

/// Alarms at so many times the threshold. A score counts up to some times the threshold: it is smoothed anew.
fn alarms(series: &Series, times: f64) -> Vec<bool> {
    let mut alert = Alert::new(series.alert);
    let mut alarm = Vec::with_capacity(series.label.len());
    let (smooth, threshold) = (series.smooth.unwrap_or(SmoothSpec::None), times * series.threshold);
    let most = most_score(smooth, series.alert.raise, threshold);
    let mut smoother = Smoother::new(smooth);
    for &(row, score, now_s) in &series.windows {
        alarm.resize(row.max(alarm.len()), alert.is_raised());
        alert.push(smoother.push(score.min(most)) / threshold, now_s);
    }
    alarm.resize(series.label.len(), alert.is_raised());
    alarm
}

/// The channels that alerts name first, those of most events first.
pub(super) fn blamed(series: &[Series]) -> Vec<BlamedChannel> {
    let mut all: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for series in series {
        let first = |row: usize| series.blamed.get(row).and_then(Option::as_deref);
        let on = |row: usize| series.alarm.get(row).copied().unwrap_or(false);
        for event in &series.ranges {
            let found = (event.first()..=event.last()).find(|&row| on(row));
            if let Some(channel) = found.and_then(first) {
                all.entry(channel).or_default().0 += 1;
            }
        }
        for (row, odd) in series.label.iter().enumerate() {
            let rises = on(row) && !row.checked_sub(1).is_some_and(on);
            if let Some(channel) = first(row).filter(|_| rises && !odd) {
                all.entry(channel).or_default().1 += 1;
            }
        }
    }
    let blamed = all.into_iter().map(|(channel, (events, false_alarms))| BlamedChannel {
        channel: channel.to_owned(),
        events,
        false_alarms,
    });
    let mut blamed: Vec<BlamedChannel> = blamed.collect();
    blamed.sort_by_key(|b| std::cmp::Reverse((b.events, b.false_alarms)));
    blamed
}
