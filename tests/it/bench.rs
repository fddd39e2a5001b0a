//! `bench`: which figures there are, that they are possible and agree with each other, and what is refused.
//! Never how fast anything is.

use serde_json::Value;

use crate::harness::Dir;
use crate::harness::onnx::Onnx;

fn positive(value: &Value) -> f64 {
    let number = value.as_f64().unwrap_or_else(|| panic!("{value} is no number"));
    assert!(number > 0.0 && number.is_finite(), "{number}");
    number
}

/// What is measured as a time is shortest at its fastest.
fn time(of: &Value, unit: &str) -> f64 {
    let fastest = positive(&of[format!("fastest_{unit}")]);
    assert!(fastest <= positive(&of[format!("median_{unit}")]), "{of}");
    fastest
}

/// What is measured as a rate is highest at its fastest.
fn rate(of: &Value) -> f64 {
    let fastest = positive(&of["fastest_rows_per_second"]);
    assert!(fastest >= positive(&of["median_rows_per_second"]), "{of}");
    fastest
}

fn at_once(report: &Value) -> Vec<u64> {
    let windows = report["windows"].as_array().unwrap();
    let counts = windows.iter().map(|of| of["windows_at_once"].as_u64().unwrap());
    counts.collect()
}

fn formats(report: &Value) -> Vec<&str> {
    let decode = report["decode"].as_array().unwrap();
    decode.iter().map(|of| of["format"].as_str().unwrap()).collect()
}

/// What every report has.
fn check(report: &Value) {
    for of in report["windows"].as_array().unwrap() {
        time(of, "us_per_window");
        positive(&of["bursts"]);
    }
    for of in report["decode"].as_array().unwrap() {
        rate(of);
        assert!(positive(&of["bytes"]) > positive(&of["rows"]), "{of}");
    }
    for part in ["start_up", "load"] {
        time(&report[part], "ms");
        positive(&report[part]["runs"]);
    }
    assert!(positive(&report["program"]["bytes"]) > 1e6);
    if cfg!(target_os = "linux") {
        // The program has to lie in memory, and no model here needs a gigabyte.
        let peak = positive(&report["peak_memory_bytes"]);
        assert!((1e6..1e9).contains(&peak), "{peak}");
    }
}

#[test]
fn a_model_with_a_profile_is_measured_from_bytes_to_verdicts() {
    let dir = Dir::fitted();
    let run = dir.oddity("bench model.onnx --json --seconds 0.3").ok();
    assert_eq!(run.stderr, "");
    let report = run.json();
    check(&report);
    assert_eq!(report["model"]["bytes"], dir.read("model.onnx").len());
    let inspected = dir.oddity("inspect model.onnx --json").ok().json();
    assert_eq!(report["model"]["id"], inspected["id"]);
    assert_eq!(report["model"]["arithmetic"], inspected["model"]["arithmetic"]);
    let counts = at_once(&report);
    let own = report["model"]["windows_at_once"].as_u64().unwrap();
    assert!([1, 32, 128, own].iter().all(|n| counts.contains(n)), "{counts:?}");
    assert!(counts.is_sorted(), "{counts:?}");
    assert_eq!(formats(&report), ["csv", "jsonl", "f32"]);

    let stream = &report["stream"];
    assert_eq!((&stream["source"], &stream["hop_rows"]), (&"noise".into(), &1.into()));
    // Noise has no gaps: all rows after the first window end one.
    let (rows, windows) = (positive(&stream["rows"]), positive(&stream["windows"]));
    assert_eq!(rows - 19.0, windows);
    // Rows a second and time a window are the same measurement.
    let seconds = windows * time(stream, "us_per_window") / 1e6;
    assert!((rows / seconds / rate(stream) - 1.0).abs() < 1e-9, "{stream}");
}

#[test]
fn rows_of_data_are_taken_as_they_are() {
    let dir = Dir::fitted();
    let text = dir.text("normal.csv");
    let mut lines: Vec<&str> = text.lines().take(201).collect();
    // The last reading of a row in the middle: it is held, and no window is lost.
    let bad = lines[100].rsplit_once(',').unwrap().0.to_owned() + ",ERR";
    lines[100] = &bad;
    dir.write("some.csv", lines.join("\n"));
    let run = dir.oddity("bench model.onnx some.csv --json --seconds 0.2 --at-once 1").ok();
    assert!(run.stderr.contains("1 bad rows or readings in all"), "{}", run.stderr);
    let report = run.json();
    check(&report);
    let stream = &report["stream"];
    assert_eq!(stream["source"], "data");
    assert_eq!((&stream["rows"], &stream["windows"]), (&200.into(), &181.into()));
    for of in report["decode"].as_array().unwrap() {
        assert_eq!(of["rows"], 200);
    }
    // Eight values of four bytes a row, and no time.
    assert_eq!(report["decode"][2]["bytes"], 200 * 32);
    // The same readings with their names in each row.
    let bytes = |index: usize| report["decode"][index]["bytes"].as_u64().unwrap();
    assert!(bytes(1) > bytes(0), "{report}");
}

#[test]
fn without_a_profile_windows_alone_are_measured() {
    let dir = Dir::new();
    let file = Onnx::new("input", None, &[6]).node("Relu", "input", "reconstruction");
    dir.write("bare.onnx", file.file("reconstruction"));
    let report = dir.oddity("bench bare.onnx --json --seconds 0.1 --at-once 3,1,3").ok().json();
    check(&report);
    assert_eq!(at_once(&report), [1, 3]);
    assert_eq!((&report["stream"], formats(&report).len()), (&Value::Null, 0));
    dir.write("rows.csv", "a\n1\n");
    dir.oddity("bench bare.onnx rows.csv").fails(2, &["bare.onnx", "no profile for rows", "DATA"]);
}

#[test]
fn the_table_says_what_the_json_does() {
    let dir = Dir::fitted();
    let table = dir.oddity("bench model.onnx --seconds 0.1 --at-once 1,2").ok().stdout;
    for words in [
        "model.onnx",
        "arithmetic     native: f32",
        "fastest",
        "median",
        "one window at a time",
        "2 windows at once",
        "us a window",
        "stream, ",
        "reading csv",
        "reading jsonl",
        "reading f32",
        "rows a second",
        "ms until ready",
        "ms to an answer",
        "peak memory",
    ] {
        assert!(table.contains(words), "no {words:?} in:\n{table}");
    }
}

#[test]
fn the_child_judges_as_many_windows_as_it_is_told_as_often_as_it_is_told() {
    let dir = Dir::fitted();
    for words in ["", "--at-once 3", "--at-once 1 --goes 4"] {
        let run = dir.oddity(&format!("bench --child {words} model.onnx")).ok();
        assert!(run.stdout.starts_with("ready\n"), "{words}: {}", run.stdout);
    }
}

#[test]
fn what_cannot_be_measured_is_said() {
    let dir = Dir::fitted();
    let short: Vec<String> = dir.text("normal.csv").lines().take(11).map(str::to_owned).collect();
    dir.write("short.csv", short.join("\n"));
    dir.write("empty.csv", "");
    dir.write("other.csv", "a,b\n1,2\n");
    for (args, code, words) in [
        ("bench nowhere.onnx", 2, &["nowhere.onnx"][..]),
        ("bench normal.csv", 2, &["normal.csv", "not an ONNX model"]),
        ("bench model.onnx --seconds 0", 2, &["above 0 and at most 600"]),
        ("bench model.onnx --seconds NaN", 2, &["above 0 and at most 600"]),
        ("bench model.onnx --at-once 1,0", 2, &["whole number above 0"]),
        ("bench model.onnx --at-once 99999999", 2, &["--at-once 99999999", "160 values"]),
        ("bench model.onnx --goes 2", 2, &["--child"]),
        ("bench model.onnx --window 9", 2, &["leave out --window"]),
        ("bench model.onnx short.csv", 65, &["10 rows complete no window of 20 rows"]),
        ("bench model.onnx empty.csv", 65, &["no row"]),
        ("bench model.onnx other.csv", 65, &["\"vibration_de\"", "a, b"]),
        ("bench model.onnx nowhere.csv", 2, &["nowhere.csv"]),
    ] {
        let run = dir.oddity(args);
        assert_eq!(run.stdout, "", "$ {args}");
        run.fails(code, words);
    }
}

#[test]
fn what_takes_too_long_is_left_out_and_said() {
    let dir = Dir::fitted();
    let run = dir.oddity("bench model.onnx --json --seconds 0.001 --at-once 1,400000").ok();
    assert_eq!(at_once(&run.json()), [1]);
    assert!(run.stderr.contains("400000 windows at once take about"), "{}", run.stderr);
}
