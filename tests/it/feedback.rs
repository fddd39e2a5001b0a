//! What somebody knows of an alert moves the threshold, and can be taken back.

use crate::harness::Dir;
use serde_json::Value;

/// A model, and what it said of a leak that is too small for it, and of one that is not.
fn told(severity: f64) -> Dir {
    let dir = Dir::fitted();
    let args =
        format!("simulate --rows 900 --seed 2 --output live.csv --fault leak@400+100x{severity}");
    dir.oddity(&args).ok();
    let run = dir.oddity("detect model.onnx live.csv --emit all").ok();
    dir.write("live.jsonl", run.stdout);
    dir
}

fn threshold(dir: &Dir, model: &str) -> f64 {
    let json = dir.oddity(&format!("inspect {model} --json")).ok().json();
    json["profile"]["threshold"]["value"].as_f64().unwrap()
}

fn raised(dir: &Dir, model: &str) -> Vec<u64> {
    let events = dir.oddity(&format!("detect {model} live.csv")).ok().json_lines();
    let raised = events.iter().filter(|event| event["kind"] == "raised");
    raised.map(|event| event["row"].as_u64().unwrap()).collect()
}

#[test]
fn a_false_alarm_is_not_raised_again_and_can_be_taken_back() {
    let dir = told(3.0);
    assert_eq!(raised(&dir, "model.onnx").len(), 1);
    let run = dir.oddity("feedback model.onnx live.jsonl --false -o higher.onnx").ok();
    assert!(run.stderr.contains("false alarm in rows 4"), "{}", run.stderr);
    assert!(raised(&dir, "higher.onnx").is_empty());
    let shown = dir.oddity("inspect higher.onnx").ok().stdout;
    assert!(shown.contains("feedback       a false alarm in rows 4"), "{shown}");
    let run = dir.oddity("feedback higher.onnx --undo -o back.onnx").ok();
    assert!(run.stderr.contains("the threshold goes back from"), "{}", run.stderr);
    assert_eq!(threshold(&dir, "back.onnx"), threshold(&dir, "model.onnx"));
    // Without the scores it is said what is not known.
    let events: String = dir
        .text("live.jsonl")
        .lines()
        .filter(|line| !line.contains("\"score\","))
        .fold(String::new(), |mut text, line| {
            text += line;
            text.push('\n');
            text
        });
    dir.write("events.jsonl", events);
    let run = dir.oddity("feedback model.onnx events.jsonl --false -o some.onnx").ok();
    assert!(run.stderr.contains("with `detect --emit all`"), "{}", run.stderr);
    assert!(threshold(&dir, "some.onnx") < threshold(&dir, "higher.onnx"));
}

#[test]
fn a_fault_that_was_missed_says_what_would_have_raised_it() {
    let dir = told(0.2);
    assert!(raised(&dir, "model.onnx").is_empty());
    let told = "feedback model.onnx live.jsonl --missed 400 500";
    let run = dir.oddity(told).ok();
    assert!(
        run.stderr.contains("they are raised by") && run.stderr.contains("a week"),
        "{}",
        run.stderr
    );
    assert!(!dir.names().contains(&"lower.onnx".to_owned()));
    dir.oddity(&format!("{told} -o lower.onnx")).ok();
    assert!(threshold(&dir, "lower.onnx") < threshold(&dir, "model.onnx"));
    let found = raised(&dir, "lower.onnx");
    assert!(found.iter().any(|row| (400..=520).contains(row)), "{found:?}");
    // By time it is the same.
    let times = "feedback model.onnx live.jsonl --missed 2026-01-01T00:06:39Z 2026-01-01T00:08:19Z";
    assert_eq!(dir.oddity(times).ok().stderr, run.stderr);
}

/// What an alert needs besides the threshold counts, too.
#[test]
fn the_rules_of_an_alert_are_those_of_the_model() {
    for rule in ["--k-of-n 20/20", "--min-duration 30", "--raise 2", "--raise 0.5"] {
        let dir = Dir::new();
        dir.oddity("simulate --rows 1200 --seed 1 --output normal.csv").ok();
        dir.oddity(&format!("fit normal.csv -o model.onnx {rule}")).ok();
        let severity = if rule == "--raise 0.5" { 3.0 } else { 0.2 };
        dir.oddity(&format!(
            "simulate --rows 900 --seed 2 --output live.csv --fault leak@400+100x{severity}"
        ))
        .ok();
        let run = dir.oddity("detect model.onnx live.csv --emit all").ok();
        dir.write("live.jsonl", run.stdout);
        let (before, known) = (
            raised(&dir, "model.onnx"),
            match severity {
                3.0 => "--false",
                _ => "--missed 400 520",
            },
        );
        dir.oddity(&format!("feedback model.onnx live.jsonl {known} -o other.onnx")).ok();
        let after = raised(&dir, "other.onnx");
        let near = |rows: &[u64]| rows.iter().any(|row| (400..=560).contains(row));
        assert_eq!((near(&before), near(&after)), (severity == 3.0, severity != 3.0), "{rule}");
        let higher = threshold(&dir, "other.onnx") > threshold(&dir, "model.onnx");
        assert_eq!(higher, severity == 3.0, "{rule}");
    }
}

#[test]
fn what_cannot_be_is_refused() {
    let dir = told(3.0);
    let refused =
        |args: &str, words: &[&str]| dir.oddity(&format!("feedback {args}")).fails(2, words);
    refused("model.onnx --undo -o m.onnx", &["has had no feedback"]);
    refused("model.onnx live.jsonl --missed 400 500", &["was raised: it was not missed"]);
    refused(
        "model.onnx live.jsonl --missed 4000 5000",
        &["no score lies from 4000 to 5000", "--emit all"],
    );
    refused("model.onnx live.jsonl --missed noon 5000", &["\"noon\" is neither"]);
    refused("model.onnx live.jsonl -o m.onnx", &["--false"]);
    dir.oddity("fit normal.csv --latent 3 -o other.onnx").ok();
    refused("other.onnx live.jsonl --false -o m.onnx", &["is of the model", "but this one is"]);
    let calm: String =
        dir.text("live.jsonl").lines().take(100).map(|line| format!("{line}\n")).collect();
    dir.write("calm.jsonl", calm);
    refused("model.onnx calm.jsonl --false -o m.onnx", &["no alert is raised in these lines"]);
    let broken = dir.oddity("feedback model.onnx live.csv --false -o m.onnx");
    broken.fails(65, &["live.csv: line 1: ", "give lines that `oddity detect` wrote"]);
    assert!(!dir.names().contains(&"m.onnx".to_owned()));
}

/// What would be raised again after the model was made smaller must be said, or must not be.
#[test]
fn feedback_outlives_quantisation_or_is_said_to_be_gone() {
    let dir = told(3.0);
    dir.oddity("feedback model.onnx live.jsonl --false -o higher.onnx").ok();
    let run = dir.oddity("quantize higher.onnx normal.csv -o small.onnx").ok();
    assert!(!run.stderr.contains("feedback"), "{}", run.stderr);
    assert!(raised(&dir, "small.onnx").is_empty());
    dir.oddity("feedback small.onnx --undo -o lower.onnx").ok();
    assert_eq!(raised(&dir, "lower.onnx").len(), 1);
    let run = dir.oddity("quantize higher.onnx live.csv -o other.onnx").ok();
    let words = "the feedback that it has had is not in it; give it again";
    assert!(run.stderr.contains(words), "{}", run.stderr);
    dir.oddity("feedback other.onnx --undo -o m.onnx").fails(2, &["has had no feedback"]);
    // A new normal goes along with the profile before it.
    dir.oddity("feedback model.onnx live.csv --new-normal 650 -o moved.onnx").ok();
    dir.oddity("quantize moved.onnx live.csv -o small.onnx").ok();
    dir.oddity("feedback small.onnx --undo -o back.onnx").ok();
    let json = dir.oddity("inspect back.onnx --json").ok().json();
    let before = dir.oddity("inspect model.onnx --json").ok().json();
    let mean = |json: &Value| json["profile"]["channels"][0]["mean"].clone();
    assert_eq!(mean(&json), mean(&before));
    dir.oddity("detect back.onnx live.csv").ok();
}

#[test]
fn a_history_that_was_edited_is_refused() {
    let dir = told(3.0);
    dir.oddity("feedback model.onnx live.jsonl --false -o m.onnx").ok();
    let json = dir.oddity("inspect m.onnx --json").ok().json();
    let step: &Value = &json["profile"]["provenance"]["feedback"][0];
    // One digit of the number in the file, which keeps its length.
    let after = step["after"].to_string();
    let edited = after.replacen('1', "2", 1);
    assert_eq!((after.len(), after != edited), (edited.len(), true), "{after}");
    let bytes = dir.read("m.onnx");
    let (old, new) = (format!("\"after\":{after}"), format!("\"after\":{edited}"));
    let at = bytes.windows(old.len()).position(|part| part == old.as_bytes()).unwrap();
    let mut bytes = bytes;
    bytes[at..at + new.len()].copy_from_slice(new.as_bytes());
    dir.write("edited.onnx", bytes);
    dir.oddity("detect edited.onnx live.csv").fails(2, &["the history was edited"]);
}
