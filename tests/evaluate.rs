//! `oddity evaluate` and the labels that `oddity simulate` gives.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod harness;

use harness::{Dir, golden};

/// A model and a labelled stream with two faults.
fn labelled() -> Dir {
    let dir = Dir::fitted();
    dir.oddity(
        "simulate --rows 900 --seed 5 --label --fault leak@300+100x3 \
         --fault blockage@600+100x3 --output labelled.csv",
    )
    .ok();
    dir
}

#[test]
fn labels_say_which_rows_are_faulty() {
    let dir = Dir::new();
    let run = dir
        .oddity("simulate --rows 8 --seed 4 --label --fault leak@2+3 --fault dropout@4+2:flow --fault spike@7+1:pressure")
        .ok();
    golden::check("labelled.csv", &run.stdout);
    let labels: Vec<&str> =
        run.lines()[1..].iter().map(|line| line.splitn(10, ',').nth(9).unwrap()).collect();
    assert_eq!(
        labels,
        ["0,", "0,", "1,leak", "1,leak", "1,leak+dropout", "1,dropout", "0,", "1,spike"]
    );
}

#[test]
fn simulated_data_depends_on_the_seed_alone() {
    let dir = Dir::new();
    let run = |args: &str| dir.oddity(&format!("simulate --rows 50 {args}")).ok().stdout;
    assert_eq!(run("--seed 7"), run("--seed 7"));
    assert_ne!(run("--seed 7"), run("--seed 8"));
    assert_eq!(run(""), run("--seed 0"));
    dir.oddity("simulate --rows 50 --seed 7 -o file.csv").ok();
    assert_eq!(dir.text("file.csv"), run("--seed 7"));
    assert_eq!(run("--seed 7 --live --period 0.001"), run("--seed 7 --period 0.001"));
    // A fault changes nothing before it begins.
    let (faulty, normal) = (run("--seed 7 --fault leak@20+9x5"), run("--seed 7"));
    let (faulty, normal): (Vec<&str>, Vec<&str>) =
        (faulty.lines().collect(), normal.lines().collect());
    assert_eq!(faulty[..=20], normal[..=20]);
    assert_ne!(faulty[21..], normal[21..]);
}

#[test]
fn all_figures_of_all_detectors_in_order() {
    let dir = labelled();
    let run = dir.oddity("evaluate model.onnx labelled.csv --labels label --by-file --json").ok();
    golden::check("evaluate.json", &run.stdout);
    let json = run.json();
    let names: Vec<&str> =
        json["detectors"].as_array().unwrap().iter().map(|d| d["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["oddity", "always-on", "never-on", "random", "|z|"]);
    assert_eq!(json["anomaly_rate"].as_f64(), Some(200.0 / 900.0));
    let figure = |detector: usize, name: &str| json["detectors"][detector][name].as_f64();
    // Always on: all odd rows found, at the price of all others.
    assert_eq!((figure(1, "recall"), figure(1, "far_percent")), (Some(1.0), Some(100.0)));
    assert_eq!(figure(1, "f1"), Some(2.0 * 200.0 / (2.0 * 200.0 + 700.0)));
    assert_eq!(
        (figure(2, "recall"), figure(2, "f1"), figure(2, "precision")),
        (Some(0.0), Some(0.0), None)
    );
    // On a fault of this size the program is better than each of them.
    for (baseline, name) in names.iter().enumerate().skip(1) {
        assert!(figure(0, "f1") > figure(baseline, "f1"), "{name}");
    }
}

#[test]
fn the_table_says_the_same() {
    let dir = labelled();
    let run = dir.oddity("evaluate model.onnx labelled.csv --labels label --by-file").ok();
    golden::check("evaluate.txt", &run.stdout);
}

#[test]
fn a_model_for_each_file_from_its_first_rows() {
    let dir = labelled();
    let args = "evaluate --fit-first 250 labelled.csv --labels label --exclude fault --json";
    let json = dir.oddity(args).ok().json();
    assert_eq!((&json["rows"], &json["trained_rows"]), (&650.into(), &250.into()));
    assert_eq!(json["anomaly_rate"].as_f64(), Some(200.0 / 650.0));
    let by_share = dir.oddity(&args.replace("250", "50%,250")).ok().json();
    assert_eq!(by_share, json);
    let skipped = dir.oddity(&format!("{args} --skip 500")).ok().json();
    assert_eq!(skipped["rows"], 400);
    assert_eq!(skipped["events"], 1);
}

#[test]
fn labels_from_a_file_of_windows_and_from_whole_files() {
    let dir = labelled();
    let by_column =
        dir.oddity("evaluate model.onnx labelled.csv --labels label --json").ok().json();
    dir.write(
        "windows.json",
        r#"{"labelled.csv": [["2026-01-01 00:05:00", "2026-01-01 00:06:39"],
                             ["2026-01-01T00:10:00Z", "2026-01-01T00:11:39.5Z"]]}"#,
    );
    let by_window = dir
        .oddity("evaluate model.onnx labelled.csv --label-windows windows.json --json")
        .ok()
        .json();
    assert_eq!(by_column, by_window);
    dir.oddity("evaluate model.onnx normal.csv --label-windows windows.json")
        .fails(2, &["normal.csv", "does not name it"]);
    dir.write("windows.json", r#"{"labelled.csv": [["soon", "later"]]}"#);
    dir.oddity("evaluate model.onnx labelled.csv --label-windows windows.json")
        .fails(2, &["windows.json", "\"soon\"", "2014-04-10"]);

    let json =
        dir.oddity("evaluate model.onnx normal.csv --anomalous labelled.csv --json").ok().json();
    assert_eq!((&json["files"], &json["rows"]), (&2.into(), &2100.into()));
    assert_eq!(json["anomaly_rate"].as_f64(), Some(900.0 / 2100.0));
}
