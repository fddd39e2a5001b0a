//! The report as a table for people.

use oddity::terminal::printable;

use super::operation::CostPoint;
use super::report::{DetectorReport, EvaluateReport};

/// Channels in the table of blame.
const BLAMED: usize = 12;

fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or("-".into(), |value| format!("{value:.digits$}"))
}

/// A row of the table: what it shows, and how.
type Figure = (&'static str, fn(&DetectorReport, &EvaluateReport) -> String);

const LINES: [Figure; 19] = [
    ("F1, all rows", |d, _| number(d.f1, 3)),
    ("  95 % interval", |d, _| match (d.f1_low, d.f1_high) {
        (Some(low), Some(high)) => format!("{low:.3} to {high:.3}"),
        _ => "-".into(),
    }),
    ("F1, mean of streams", |d, _| number(d.f1_stream_mean, 3)),
    ("best F1 (oracle)", |d, _| number(d.best_f1_oracle, 3)),
    ("precision", |d, _| number(d.precision, 3)),
    ("recall", |d, _| number(d.recall, 3)),
    ("FAR %", |d, _| number(d.far_percent, 1)),
    ("MAR %", |d, _| number(d.mar_percent, 1)),
    ("ROC-AUC", |d, _| number(d.roc_auc, 3)),
    ("PR-AUC", |d, _| number(d.pr_auc, 3)),
    ("VUS-PR, mean", |d, _| number(d.vus_pr_stream_mean, 3)),
    ("events found", |d, r| format!("{}/{}", d.events_found, r.events)),
    ("  alarm already on", |d, _| d.events_already_on.to_string()),
    ("delay, median / p90 s", |d, _| {
        format!("{} / {}", number(d.delay_s_median, 0), number(d.delay_s_p90, 0))
    }),
    ("  largest s", |d, _| number(d.delay_s_max, 0)),
    ("  median / largest rows", |d, _| {
        format!("{} / {}", number(d.delay_rows_median, 0), number(d.delay_rows_max, 0))
    }),
    ("false alarms (per day)", |d, _| {
        format!("{} ({})", d.false_alarms, number(d.false_alarms_per_day, 1))
    }),
    ("  per week", |d, _| number(d.false_alarms_per_week, 1)),
    ("  per 1000 rows", |d, _| number(d.false_alarms_per_1000_rows, 2)),
];

pub(super) fn table(report: &EvaluateReport, by_stream: bool) -> String {
    let mut out = format!(
        "streams: {}; rows judged: {}, fitted on: {}; odd spans: {}, {} of the rows odd\n\
         rule: {} (no look-ahead); rows without a score yet: {}\n\n",
        report.streams,
        report.rows,
        report.trained_rows,
        report.events,
        report.anomaly_rate.map_or("-".into(), |rate| format!("{:.1} %", 100.0 * rate)),
        report.rule,
        report.unscored_rows,
    );
    out += &format!("{:<24}", "");
    for detector in &report.detectors {
        out += &format!("{:>18}", detector.name);
    }
    out.push('\n');
    for (name, show) in LINES {
        out += &format!("{name:<24}");
        for detector in &report.detectors {
            out += &format!("{:>18}", show(detector, report));
        }
        out.push('\n');
    }
    for nab in report.detectors.iter().flat_map(|d| &d.nab) {
        out += &format!(
            "NAB {:<20}{:>18}   (with events of single channels: {}; each row above the best threshold for these \
             files, oracle: {})\n",
            nab.profile,
            number(nab.alerts_raised, 1),
            number(nab.with_events, 1),
            number(nab.rows_best_oracle, 1)
        );
    }
    out += &costs(report);
    out += &blamed(report);
    out += &format!(
        "\nVUS buffer {} rows; random: seed {}, alarms as often as oddity; |z|: mean \
         |x - mean| / deviation, the same smoothing, alarm above the 0.99 quantile of the rows \
         fitted on, or 3\n",
        report.vus_buffer, report.seed
    );
    if by_stream {
        out += "\nstream                                     rows     F1   FAR %   MAR %  ROC-AUC  alarms\n";
        for stream in &report.by_stream {
            out += &format!(
                "{:<40} {:>6} {:>6} {:>7} {:>7} {:>8} {:>7}\n",
                stream.stream,
                stream.rows,
                number(stream.f1, 3),
                number(stream.far_percent, 1),
                number(stream.mar_percent, 1),
                number(stream.roc_auc, 3),
                stream.alarms
            );
        }
    }
    out
}

/// A few thresholds of the curve, so that a reader sees what another one would buy.
fn costs(report: &EvaluateReport) -> String {
    const SHOWN: [f64; 7] = [0.5, 0.71, 1.0, 1.41, 2.0, 2.83, 4.0];
    let mut out =
        "\nthreshold    events found    false alarms    a week    per 1000 rows\n".to_owned();
    let near = |wanted: f64| {
        let near = |point: &&CostPoint| (point.threshold / wanted - 1.0).abs() < 0.02;
        report.cost_curve.iter().find(near)
    };
    for point in SHOWN.into_iter().filter_map(near) {
        out += &format!(
            "x {:<10.2} {:>12} {:>15} {:>9} {:>16}{}\n",
            point.threshold,
            format!("{}/{}", point.events_found, report.events),
            point.false_alarms,
            number(point.false_alarms_per_week, 1),
            number(point.false_alarms_per_1000_rows, 2),
            if point.default { "   <- as it stands" } else { "" }
        );
    }
    out
}

fn blamed(report: &EvaluateReport) -> String {
    if report.blamed.is_empty() {
        return String::new();
    }
    let mut out = "\nblamed first                             events    false alarms\n".to_owned();
    for blamed in report.blamed.iter().take(BLAMED) {
        let name = printable(&blamed.channel);
        out += &format!("{name:<40} {:>6} {:>15}\n", blamed.events, blamed.false_alarms);
    }
    if let Some(more) = report.blamed.len().checked_sub(BLAMED).filter(|&more| more > 0) {
        out += &format!("and {more} more\n");
    }
    out
}
