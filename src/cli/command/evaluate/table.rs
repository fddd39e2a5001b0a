//! The report as a table for people.

use super::report::{DetectorReport, EvaluateReport};

fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or("-".into(), |value| format!("{value:.digits$}"))
}

/// A row of the table: what it shows, and how.
type Figure = (&'static str, fn(&DetectorReport, &EvaluateReport) -> String);

const LINES: [Figure; 14] = [
    ("F1, all rows", |d, _| number(d.f1, 3)),
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
    ("false alarms (per day)", |d, _| {
        format!("{} ({})", d.false_alarms, number(d.false_alarms_per_day, 1))
    }),
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
