//! What `oddity fit` makes, says and refuses; and `oddity inspect` on what it made.

use std::fmt::Write;

use crate::harness::{Dir, golden};
use serde_json::Value;

#[test]
fn inspect_shows_a_model_to_people() {
    let dir = Dir::fitted();
    let text = dir.oddity("inspect model.onnx").ok().stdout;
    let id = dir.oddity("inspect model.onnx --json").ok().json()["id"].as_str().unwrap().to_owned();
    // Its size depends on how many digits its numbers have.
    let size =
        format!("{} bytes, by oddity {}", dir.read("model.onnx").len(), env!("CARGO_PKG_VERSION"));
    let text =
        golden::hide(&golden::hide(&text, &id, "MODEL"), &size, "SIZE bytes, by oddity VERSION");
    let text = golden::hide(&text, concat!("oddity ", env!("CARGO_PKG_VERSION")), "oddity VERSION");
    // Which instructions there are depends on the machine.
    let text = ["AVX-512", "AVX2", "NEON"]
        .iter()
        .fold(text, |text, tier| text.replace(&format!(" {tier}"), ""));
    golden::check("inspect.txt", &text);
}

#[test]
fn inspect_gives_programs_all_fields_in_order() {
    let dir = Dir::fitted();
    dir.oddity(
        "fit normal.csv -o two.onnx --channels pressure,flow --score t2q --threshold pot:0.001",
    )
    .ok();
    let run = dir.oddity("inspect two.onnx --json").ok();
    // The names alone: most values are long lists of fitted numbers.
    let mut names = String::new();
    for line in run.lines() {
        if let Some((name, _)) = line.split_once("\": ") {
            writeln!(names, "{name}\"").unwrap();
        }
    }
    golden::check("inspect-names.txt", &names);
    let json = run.json();
    assert_eq!(json["bytes"], dir.read("two.onnx").len());
    assert_eq!(json["profile"]["provenance"]["rows"], 1200);
    assert_eq!(json["profile"]["channels"][1]["name"], "flow");
}

#[test]
fn the_same_data_gives_the_same_bytes() {
    let dir = Dir::fitted();
    dir.write("first.onnx", dir.read("model.onnx"));
    dir.oddity("fit normal.csv --output model.onnx").ok();
    assert!(dir.read("first.onnx") == dir.read("model.onnx"));
}

#[test]
fn standard_input_gives_what_a_file_gives() {
    let dir = Dir::fitted();
    let from_pipe = dir.oddity_with("fit - --output pipe.onnx", dir.read("normal.csv")).ok();
    let from_file = dir.oddity("fit normal.csv --output model.onnx").ok();
    let but_last = |text: &str| text.rsplit_once("\nwrote").unwrap().0.to_owned();
    assert_eq!(but_last(&from_pipe.stderr), but_last(&from_file.stderr));
    assert_eq!(dir.learned("pipe.onnx"), dir.learned("model.onnx"));
    assert_ne!(dir.learned("pipe.onnx")["profile"], Value::Null);
}

#[test]
fn json_and_csv_teach_the_same() {
    let dir = Dir::fitted();
    let text = dir.text("normal.csv");
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let mut json = String::new();
    for line in lines {
        let mut fields = names.iter().zip(line.split(','));
        let (_, time) = fields.next().unwrap();
        write!(json, "{{\"time\":\"{time}\"").unwrap();
        for (name, value) in fields {
            write!(json, ",\"{name}\":{value}").unwrap();
        }
        json += "}\n";
    }
    dir.write("normal.jsonl", json);
    dir.oddity("fit normal.jsonl -o json.onnx").ok();
    let [json, csv] = ["json.onnx", "model.onnx"].map(|model| {
        let mut learned = dir.learned(model);
        // Rows of JSON have no columns in an order.
        learned["profile"]["input"].as_object_mut().unwrap().remove("columns");
        learned
    });
    assert_eq!(json, csv);
}

#[test]
fn several_files_and_the_first_rows() {
    let dir = Dir::fitted();
    let text = dir.text("normal.csv");
    let (header, _) = text.split_once('\n').unwrap();
    let lines: Vec<&str> = text.lines().collect();
    dir.write("a.csv", lines[..=600].join("\n"));
    dir.write("b.csv", format!("{header}\n{}", lines[601..].join("\n")));
    dir.oddity("fit a.csv b.csv -o both.onnx").ok();
    let both = dir.learned("both.onnx");
    let whole = dir.learned("model.onnx");
    let of = |json: &Value, name: &str| json["profile"]["provenance"][name].clone();
    assert_eq!(of(&both, "rows"), 1200);
    assert_eq!(of(&both, "data_sha256"), of(&whole, "data_sha256"));
    assert_eq!(both["profile"]["channels"], whole["profile"]["channels"]);
    dir.oddity("fit a.csv -o first.onnx").ok();
    dir.oddity("fit normal.csv --rows 600 -o rows.onnx").ok();
    assert_eq!(dir.learned("first.onnx"), dir.learned("rows.onnx"));
}

/// 200 rows: `a` moves, `b` repeats it, `c` is constant, `d` is empty, `e` counts, `f` is a label.
fn flawed(dir: &Dir) {
    let mut text = "time,a,b,c,d,e,word,label,g\n".to_owned();
    for i in 0..200u32 {
        let a = f64::from(i * 37 % 101) / 8.0;
        let (minute, second) = (i / 60, i % 60);
        writeln!(
            text,
            "2026-01-01T00:{minute:02}:{second:02}Z,{a},{a},4,,{i},on,{},{}",
            i % 2,
            f64::from(i * 53 % 97) / 4.0
        )
        .unwrap();
    }
    dir.write("flawed.csv", text);
}

#[test]
fn channels_that_cannot_be_watched_are_named_with_the_reason() {
    let dir = Dir::new();
    flawed(&dir);
    let run = dir.oddity("fit flawed.csv -o m.onnx").ok();
    golden::check(
        "left-out.txt",
        &golden::hide(&run.stderr, run.stderr.lines().last().unwrap(), "wrote"),
    );
    let shown = dir.oddity("inspect m.onnx --json").ok().json();
    let channels: Vec<&str> = shown["profile"]["channels"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["name"].as_str().unwrap())
        .collect();
    assert_eq!(channels, ["a", "g"]);
    assert_eq!(shown["profile"]["provenance"]["left_out"].as_array().unwrap().len(), 6);
    dir.oddity("fit flawed.csv -o none.onnx --channels c,d")
        .fails(65, &["no channel can be watched", "c: constant at 4", "d: no reading at all"]);
    dir.oddity("fit flawed.csv -o none.onnx --channels a,b,g").ok();
    let run = dir.oddity("fit flawed.csv -o none.onnx --exclude a,word").ok();
    assert!(run.stderr.contains("channels: b, g"), "{}", run.stderr);
    dir.oddity("fit flawed.csv -o none.onnx --channels a,pressure")
        .fails(65, &["flawed.csv", "\"pressure\"", "a, b, c, d"]);
}

#[test]
fn too_little_data_is_said_with_numbers() {
    let dir = Dir::fitted();
    let lines: Vec<String> = dir.text("normal.csv").lines().map(ToOwned::to_owned).collect();
    dir.write("header.csv", &lines[0]);
    dir.write("empty.csv", "");
    dir.write("short.csv", lines[..61].join("\n"));
    for (args, words) in [
        ("fit header.csv -o m.onnx", &["header.csv"][..]),
        ("fit empty.csv -o m.onnx", &["empty.csv", "the input is empty"]),
        ("fit short.csv -o m.onnx", &["20 rows", "60 rows", "give more normal data", "--window"]),
        // The last of the four blocks has 15 rows, and no whole window.
        ("fit short.csv -o m.onnx --window 16", &["only 0 from one", "at least 5 are needed"]),
        ("fit short.csv -o m.onnx --window 100", &["100 rows", "60 rows", "--window"]),
        ("fit normal.csv -o m.onnx --window 2000", &["2000 rows x 8 channels", "lower --window"]),
        ("fit normal.csv -o m.onnx --window 1 --channels flow", &["--window 2"]),
        ("fit normal.csv -o m.onnx --rows 0", &["no rows"]),
    ] {
        let run = dir.oddity(args);
        assert!(matches!(run.code, Some(2 | 65)), "{args}: {:?} {}", run.code, run.stderr);
        let code = run.code.unwrap();
        run.fails(code, words);
    }
    assert!(!dir.names().contains(&"m.onnx".to_owned()));
}

#[test]
fn options_reach_the_profile() {
    let dir = Dir::fitted();
    dir.oddity(
        "fit normal.csv -o m.onnx --window 8 --hop 2 --score worst-channel --smooth median:5 \
         --threshold sigma:4 --hold 3 --raise 1.5 --k-of-n 2/3 --min-duration 7 --cooldown 60 --latent 3",
    )
    .ok();
    let profile = dir.oddity("inspect m.onnx --json").ok().json()["profile"].take();
    let expected = serde_json::json!({
        "window": 8, "hop": 2, "missing": {"hold": 3}, "smooth": {"kind": "median", "windows": 5},
        "alert": {"raise": 1.5, "clear": 1.35, "k": 2, "of": 3, "min_duration_s": 7.0, "cooldown_s": 60.0},
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&profile[name], value, "{name}");
    }
    assert_eq!(profile["score"]["kind"], "worst-channel");
    assert_eq!(profile["threshold"]["rule"], serde_json::json!({"kind": "sigma", "k": 4.0}));
    let outputs = dir.oddity("inspect m.onnx --json").ok().json()["model"]["outputs"].take();
    assert_eq!(outputs[1]["shape"], serde_json::json!(["N", "3"]));
    let scores = dir.oddity("detect m.onnx normal.csv --emit scores").ok();
    let rows: Vec<u64> = scores.json_lines().iter().map(|l| l["row"].as_u64().unwrap()).collect();
    assert_eq!(rows[..3], [8, 10, 12]);
}

#[test]
fn every_score_smoothing_and_threshold_fits_and_detects() {
    let dir = Dir::with_faults();
    let scores =
        "mse mae worst-channel normalised mahalanobis mahalanobis-log mahalanobis-window t2q";
    let smoothings = ["none", "ewma:0.1", "mean:10", "median:10"];
    let rules = ["quantile:0.99:2", "sigma:6", "pot:0.0001", "fixed:0.5"];
    for (index, score) in scores.split(' ').enumerate() {
        let smooth = smoothings[index % 4];
        let rule = rules[index / 2];
        dir.oddity(&format!(
            "fit normal.csv -o m.onnx --score {score} --smooth {smooth} --threshold {rule}"
        ))
        .ok();
        let run = dir.oddity("detect m.onnx faulty.csv").ok();
        let raised = run.json_lines().iter().any(|line| line["kind"] == "raised");
        assert!(raised, "{score} {smooth} {rule} sees no fault");
        let shown = dir.oddity("inspect m.onnx").ok().stdout;
        for part in [score, smooth, rule] {
            assert!(shown.contains(part), "{part} is not in {shown}");
        }
    }
}
