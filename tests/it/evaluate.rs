//! `oddity evaluate` and the labels that `oddity simulate` gives.

use crate::harness::{Dir, Run, golden};
use serde_json::Value;

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
fn each_file_can_have_a_model_of_its_own() {
    let dir = labelled();
    dir.oddity("simulate --rows 600 --seed 6 --label --fault leak@200+100x3 -o second.csv").ok();
    dir.oddity("fit normal.csv -o other.onnx --window 10 --score mse").ok();
    let judged = |args: &str| dir.oddity(&format!("evaluate {args} --labels label --json")).ok();
    let recall = |run: &Run| run.json()["detectors"][0]["recall"].as_f64().unwrap();
    let f1 = |run: &Run| run.json()["detectors"][0]["f1_stream_mean"].as_f64().unwrap();
    let (first, second) = (judged("model.onnx labelled.csv"), judged("other.onnx second.csv"));
    let both = judged("--models model.onnx,other.onnx labelled.csv second.csv");
    assert!((f1(&both) - (f1(&first) + f1(&second)) / 2.0).abs() < 1e-12);
    // In their order: with the models changed about, something else comes out.
    let swapped = judged("--models other.onnx --models model.onnx labelled.csv second.csv");
    assert_ne!((f1(&both), recall(&both)), (f1(&swapped), recall(&swapped)));
    dir.oddity("evaluate --models model.onnx labelled.csv second.csv --labels label")
        .fails(2, &["1 models for 2 files", "in the same order"]);
}

#[test]
fn all_figures_of_all_detectors_in_order() {
    let dir = labelled();
    let run = dir.oddity("evaluate model.onnx labelled.csv --labels label --by-stream --json").ok();
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
    let run = dir.oddity("evaluate model.onnx labelled.csv --labels label --by-stream").ok();
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
    assert_eq!((&json["streams"], &json["rows"]), (&2.into(), &2100.into()));
    assert_eq!(json["anomaly_rate"].as_f64(), Some(900.0 / 2100.0));
}

#[test]
fn a_row_without_a_label_is_neither_normal_nor_odd() {
    let dir = labelled();
    let text = dir.text("labelled.csv");
    let lines: Vec<&str> = text.lines().collect();
    for label in ["", "odd"] {
        let mut lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
        let (readings, _) = lines[7].split_once(",0,").unwrap();
        lines[7] = format!("{readings},{label},");
        dir.write("unlabelled.csv", lines.join("\n"));
        for args in
            ["evaluate model.onnx unlabelled.csv", "evaluate --fit-first 250 unlabelled.csv"]
        {
            let run = dir.oddity(&format!("{args} --labels label"));
            assert_eq!(run.stdout, "");
            run.fails(65, &["unlabelled.csv: line 8: the label", "0 is normal"]);
        }
    }
}

#[test]
fn options_of_fit_are_refused_where_a_model_brings_its_own() {
    let dir = labelled();
    let args = "evaluate model.onnx labelled.csv --labels label";
    for option in [
        "--window 5",
        "--score mse",
        "--smooth none",
        "--threshold fixed:1",
        "--hold 2",
        "--channels flow",
        "--exclude flow",
        "--rows 100",
        "--hop 2",
        "--variance 0.5",
        "--latent 2",
    ] {
        dir.oddity(&format!("{args} {option}")).fails(2, &["MODEL", "--fit-first"]);
    }
    // When an alert is raised is not the model's alone.
    dir.oddity(&format!("{args} --raise 3")).ok();
}

#[test]
fn without_times_there_are_no_seconds_and_no_days() {
    let dir = labelled();
    let args = "evaluate model.onnx labelled.csv --labels label --json --time none";
    let json = dir.oddity(args).ok().json();
    for detector in json["detectors"].as_array().unwrap() {
        for name in ["delay_s_median", "delay_s_p90", "false_alarms_per_day"] {
            assert!(detector[name].is_null(), "{name}: {detector}");
        }
    }
    assert_eq!(json["detectors"][0]["events_found"], 2);
    let table = dir.oddity(&args.replace("--json", "")).ok().stdout;
    let row = |name: &str| table.lines().find(|line| line.starts_with(name)).unwrap();
    assert!(row("delay").ends_with("- / -"), "{table}");
    assert!(row("false alarms").ends_with("(-)"), "{table}");
}

/// Odd spans, delays and VUS of machines that share a file have nothing to do with each other.
#[test]
fn a_series_for_each_stream_of_a_file() {
    let dir = labelled();
    let text = dir.text("labelled.csv");
    let (header, rows) = text.split_once('\n').unwrap();
    let normal = dir.text("normal.csv");
    let mut both = format!("unit,{header}\n");
    for (odd, sound) in rows.lines().zip(normal.lines().skip(1)) {
        both += &format!("a,{odd}\nb,{sound},0,\n");
    }
    dir.write("both.csv", both);
    let args = "evaluate model.onnx both.csv --labels label --by-stream --json";
    let json = dir.oddity(&format!("{args} --key unit")).ok().json();
    let single = dir.oddity("evaluate model.onnx labelled.csv --labels label --by-stream --json");
    let single = single.ok().json();
    assert_eq!(
        (&json["streams"], &json["rows"], &json["events"]),
        (&2.into(), &1800.into(), &2.into())
    );
    let figure = |json: &Value, name: &str| json["detectors"][0][name].clone();
    for name in ["events_found", "delay_s_median", "delay_s_p90", "vus_roc_stream_mean"] {
        assert_eq!(figure(&json, name), figure(&single, name), "{name}");
    }
    let streams = json["by_stream"].as_array().unwrap();
    assert_eq!(streams[0]["stream"], "both.csv: a");
    assert_eq!(streams[1]["stream"], "both.csv: b");
    for name in ["rows", "f1", "far_percent", "mar_percent", "roc_auc", "alarms"] {
        assert_eq!(streams[0][name], single["by_stream"][0][name], "{name}");
    }
    assert_eq!((&streams[1]["alarms"], &streams[1]["roc_auc"]), (&0.into(), &Value::Null));
}

/// With the threshold rule of the model the baseline never alarmed, and beating it said nothing.
#[test]
fn the_z_baseline_alarms_above_what_it_has_seen() {
    let dir = labelled();
    let args = "evaluate --fit-first 250 labelled.csv --labels label --exclude fault --json";
    let json = dir.oddity(args).ok().json();
    let z = &json["detectors"][4];
    assert_eq!(z["name"], "|z|");
    assert!(z["recall"].as_f64().unwrap() > 0.5, "{z}");
    assert!(z["far_percent"].as_f64().unwrap() < 100.0, "{z}");
    // The rule is its own: another one for the model changes nothing.
    let other = dir.oddity(&format!("{args} --threshold fixed:1000")).ok().json();
    assert_eq!(other["detectors"][0]["recall"], 0.0);
    assert_eq!(&other["detectors"][4], z);
}

#[test]
fn what_was_named_by_file_is_named_by_stream() {
    let dir = labelled();
    let args = "evaluate model.onnx labelled.csv --labels label";
    dir.oddity(&format!("{args} --by-file")).fails(2, &["--by-file"]);
    let json = dir.oddity(&format!("{args} --json")).ok().json();
    assert!(json["by_stream"].is_null(), "only where it is asked for");
}

#[test]
fn bad_rows_do_not_shift_what_is_fitted_on() {
    let dir = labelled();
    let text = dir.text("labelled.csv");
    let torn: Vec<&str> = text
        .lines()
        .enumerate()
        .map(|(at, line)| if at > 0 && at % 10 == 3 && at < 200 { "torn" } else { line })
        .collect();
    dir.write("torn.csv", torn.join("\n"));
    let report = dir.oddity("evaluate --fit-first 250 torn.csv --labels label --json").ok().json();
    assert_eq!((report["rows"].as_u64(), report["trained_rows"].as_u64()), (Some(650), Some(230)));
}

#[test]
fn a_fit_on_what_can_be_read_once_is_refused() {
    let dir = labelled();
    let text = dir.text("labelled.csv");
    dir.oddity_with("evaluate --fit-first 250 - --labels label", &text)
        .fails(2, &["more than once", "name of a file"]);
}

#[test]
fn a_file_that_is_named_as_normal_and_as_odd_is_refused() {
    let dir = labelled();
    dir.oddity("evaluate model.onnx normal.csv labelled.csv --anomalous labelled.csv")
        .fails(2, &["labelled.csv", "twice", "--anomalous"]);
}
