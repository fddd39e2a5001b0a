//! The metrics against published figures: TSB-AD's vectors, SKAB's predictions, NAB's score files.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::harness::data;
use oddity::metrics::{
    Confusion, Labelled, NabFile, NabProfile, RowRange, always_on, average_precision, best_f1,
    nab_at, nab_best, roc_auc, vus,
};
use serde_json::Value;

fn json(path: &Path) -> Value {
    serde_json::from_str(&text(path)).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

#[track_caller]
fn close(what: &str, got: Option<f64>, want: &Value, tolerance: f64) {
    let (got, want) = (got.unwrap_or(f64::NAN), want.as_f64().unwrap());
    assert!((got - want).abs() <= tolerance, "{what}: got {got}, published {want}");
}

#[test]
#[ignore = "needs ODDITY_DATA"]
fn ranked_metrics_and_vus_match_tsb_ad() {
    let data = data();
    let cases = json(&data.join("reference/metric_vectors.json"));
    let cases = cases.as_array().unwrap();
    assert!(cases.len() >= 5);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let scores = numbers(&case["scores"]);
        let labels: Vec<bool> = numbers(&case["labels"]).iter().map(|l| *l > 0.5).collect();
        let window = case["window"].as_u64().unwrap() as usize;
        let rows = Labelled::new(&scores, &labels).unwrap();
        let want = &case["expected"];
        close(name, roc_auc(&rows), &want["auc_roc"], 1e-12);
        close(name, average_precision(&rows), &want["auc_pr"], 1e-12);
        let volume = vus(&rows, window);
        close(name, volume.map(|v| v.roc), &want["vus_roc"], 1e-10);
        close(name, volume.map(|v| v.pr), &want["vus_pr"], 1e-10);
        // TSB-AD adds 1e-5 to the denominator of F1.
        let best = best_f1(&rows).unwrap();
        close(name, Some(best.f1), &want["point_f1_best_sklearn"], 1e-4);
        let alarms: Vec<bool> = scores.iter().map(|s| *s >= best.threshold).collect();
        let again = Confusion::count(&alarms, &labels).unwrap().f1();
        assert!((again.unwrap() - best.f1).abs() < 1e-12, "{name}");
    }
}

#[test]
#[ignore = "needs ODDITY_DATA"]
fn pooled_rates_match_skab() {
    let data = data();
    let reference = data.join("reference");
    let want = json(&reference.join("skab_published_predictions_open_expected.json"));
    let table = text(&reference.join("skab_published_predictions_open.csv"));
    let mut lines = table.lines();
    let methods: Vec<&str> = lines.next().unwrap().split(',').skip(3).collect();

    // Counted for each file and added up, as `evaluate` does.
    let mut files: BTreeMap<&str, Vec<Vec<bool>>> = BTreeMap::new();
    for line in lines {
        let mut fields = line.split(',');
        let file = fields.next().unwrap();
        let columns = files.entry(file).or_insert_with(|| vec![Vec::new(); methods.len() + 1]);
        for (column, field) in columns.iter_mut().zip(fields.skip(1)) {
            column.push(field == "1");
        }
    }
    assert_eq!(files.len(), 20);
    let pooled = |alarms: &dyn Fn(&[Vec<bool>]) -> Vec<bool>| -> Confusion {
        files.values().map(|f| Confusion::count(&alarms(f), &f[0]).unwrap()).sum()
    };
    let check = |method: &str, counts: Confusion| {
        let want = &want["expected"][method];
        close(method, counts.f1(), &want["F1"], 1e-9);
        close(method, counts.far_percent(), &want["FAR"], 1e-9);
        close(method, counts.mar_percent(), &want["MAR"], 1e-9);
    };
    for (index, method) in methods.iter().enumerate() {
        check(method, pooled(&|file| file[index + 1].clone()));
    }
    check("always_on", pooled(&|file| always_on(file[0].len())));
    assert_eq!(methods.len() + 1, want["expected"].as_object().unwrap().len());
}

/// Anomaly windows of a NAB file as row ranges, found by its timestamps.
fn nab_windows(csv: &str, windows: &Value) -> Vec<RowRange> {
    let rows: BTreeMap<&str, usize> = csv
        .lines()
        .skip(1)
        .enumerate()
        .map(|(row, line)| (line.split(',').next().unwrap(), row))
        .collect();
    let row = |time: &Value| rows[time.as_str().unwrap().trim_end_matches(".000000")];
    let windows = windows.as_array().unwrap().iter();
    windows.map(|w| RowRange::new(row(&w[0]), row(&w[1])).unwrap()).collect()
}

/// One NAB file: its values, its windows, and the scores of the detector's published file. The stored
/// score files have ten digits.
struct NabSeries {
    values: Vec<f64>,
    windows: Vec<RowRange>,
    stored: Vec<f64>,
}

fn nab_corpus(data: &Path, detector: &str) -> Vec<NabSeries> {
    let labels = json(&data.join("nab/combined_windows.json"));
    let read = |(file, windows): (&String, &Value)| {
        let name = file.trim_end_matches(".csv").replace('/', "__");
        let stored = text(&data.join(format!("reference/nab_scores_{detector}/{name}.txt")));
        let csv = text(&data.join("nab").join(file));
        let value = |line: &str| line.split(',').nth(1).unwrap().parse().unwrap();
        NabSeries {
            values: csv.lines().skip(1).map(value).collect(),
            windows: nab_windows(&csv, windows),
            stored: stored.lines().map(|line| line.parse().unwrap()).collect(),
        }
    };
    let corpus: Vec<NabSeries> = labels.as_object().unwrap().iter().map(read).collect();
    assert_eq!(corpus.len(), 29);
    corpus
}

fn nab_expected(data: &Path, detector: &str) -> Value {
    json(&data.join("reference/nab_expected.json"))[detector]["open_subset"].clone()
}

fn check_nab(files: &[NabFile], want: &Value, threshold_tolerance: f64) {
    for profile in NabProfile::ALL {
        let (name, want) = (profile.name(), &want[profile.name()]);
        let best = nab_best(files, profile).unwrap();
        close(name, Some(best.score), &want["score"], 1e-9);
        close(name, Some(best.threshold), &want["threshold"], threshold_tolerance);
        assert_eq!(best.windows_hit as u64, want["windows_hit"].as_u64().unwrap(), "{name}");
        assert_eq!(best.false_alarm_rows as u64, want["fp_points"].as_u64().unwrap(), "{name}");
        let fixed = nab_at(files, profile, best.threshold).unwrap();
        close(name, Some(fixed.score), &want["score"], 1e-9);
        assert_eq!(fixed.windows_hit, best.windows_hit, "{name}");
        assert!(nab_at(files, profile, 0.9 * best.threshold).unwrap().score < best.score, "{name}");
    }
}

#[test]
#[ignore = "needs ODDITY_DATA"]
fn nab_score_of_numenta() {
    let data = data();
    let corpus = nab_corpus(&data, "numenta");
    let files: Vec<NabFile> =
        corpus.iter().map(|s| NabFile::new(&s.stored, &s.windows).unwrap()).collect();
    check_nab(&files, &nab_expected(&data, "numenta"), 5e-11);
}

/// Most windowedGaussian alarms lie above 0.9999999999, where ten digits run together, so no scorer can
/// give the published figures from the stored files. The detector is simple: its scores are computed
/// again from the values, checked against the stored ones, and rounded to the twelve digits that NAB
/// publishes.
#[test]
#[ignore = "needs ODDITY_DATA"]
fn nab_score_of_windowed_gaussian() {
    let data = data();
    let corpus = nab_corpus(&data, "windowedGaussian");
    let scores: Vec<Vec<f64>> = corpus.iter().map(|s| windowed_gaussian(&s.values)).collect();
    for (got, series) in scores.iter().zip(&corpus) {
        assert_eq!(got.len(), series.stored.len());
        let pairs = got.iter().zip(&series.stored);
        let off = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(off < 1e-10, "off by {off} from the stored scores");
    }
    let files: Vec<NabFile> = scores
        .iter()
        .zip(&corpus)
        .map(|(scores, series)| NabFile::new(scores, &series.windows).unwrap())
        .collect();
    check_nab(&files, &nab_expected(&data, "windowedGaussian"), 1e-13);
}

/// What is left when the same detector has ten digits; an independent scorer gives the same.
#[test]
#[ignore = "needs ODDITY_DATA"]
fn nab_score_of_windowed_gaussian_as_stored() {
    let data = data();
    let corpus = nab_corpus(&data, "windowedGaussian");
    let files: Vec<NabFile> =
        corpus.iter().map(|s| NabFile::new(&s.stored, &s.windows).unwrap()).collect();
    let want = [45.67712522393075, 26.716855601272815, 53.94868457551668];
    for (profile, want) in NabProfile::ALL.into_iter().zip(want) {
        let best = nab_best(&files, profile).unwrap();
        assert!((best.score - want).abs() < 1e-9, "{}: {}", profile.name(), best.score);
        assert_eq!((best.threshold, best.windows_hit, best.false_alarm_rows), (1.0, 43, 224));
    }
}

/// NAB's windowedGaussian detector: 1 less the tail probability of each value under the mean and
/// standard deviation of the values before it, up to 6400 of them, then renewed every 100 rows.
fn windowed_gaussian(values: &[f64]) -> Vec<f64> {
    const ROWS: usize = 6400;
    const STEP: usize = 100;
    let mut scores = vec![0.0];
    for row in 1..values.len() {
        let first = row.saturating_sub(ROWS) / STEP * STEP;
        let seen = &values[first..row.min(first + ROWS)];
        let count = seen.len() as f64;
        let mean = seen.iter().sum::<f64>() / count;
        let std = (seen.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count).sqrt();
        let std = if std == 0.0 { 1e-6 } else { std };
        let tail = 0.5 * erfc((values[row] - mean).abs() / std / std::f64::consts::SQRT_2);
        scores.push(((1.0 - tail) * 1e12).round() / 1e12);
    }
    scores
}

/// Complementary error function for x >= 0: series below 2, continued fraction above
/// (Abramowitz & Stegun 7.1.6 and 7.1.14).
fn erfc(x: f64) -> f64 {
    let scale = (-x * x).exp() / std::f64::consts::PI.sqrt();
    if x < 2.0 {
        let (mut term, mut sum) = (x, x);
        for n in 1..60 {
            term *= 2.0 * x * x / f64::from(2 * n + 1);
            sum += term;
        }
        return 1.0 - 2.0 * scale * sum;
    }
    let fraction = (1..200).rev().fold(x, |below, n| x + f64::from(n) / 2.0 / below);
    scale / fraction
}
