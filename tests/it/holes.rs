//! Streams whose clock, rate or rows are not as they were learned: what is said, and what nothing
//! may be held for.

use std::fmt::Write;

use crate::harness::{Dir, Run};
use serde_json::{Value, json};

/// The rows of `normal.csv`, each stamped with the milliseconds that `stamp` gives for its number,
/// from 0; of those with none nothing is left. `change` gets the number and the readings.
fn stamped(
    dir: &Dir,
    stamp: impl Fn(usize) -> Option<usize>,
    change: impl Fn(usize, &mut Vec<String>),
) -> String {
    let text = dir.text("normal.csv");
    let (header, rows) = text.split_once('\n').unwrap();
    let mut out = format!("{header}\n");
    for (number, line) in rows.lines().enumerate() {
        let Some(ms) = stamp(number) else { continue };
        let mut readings: Vec<String> = line.split(',').skip(1).map(ToOwned::to_owned).collect();
        change(number, &mut readings);
        let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
        let time = format!("2026-01-01T{hour:02}:{minute:02}:{second:02}.{:03}Z", ms % 1000);
        writeln!(out, "{time},{}", readings.join(",")).unwrap();
    }
    out
}

/// Column of the flow among the readings.
const FLOW: usize = 4;
const PRESSURE: usize = 3;

fn detect(dir: &Dir, options: &str, input: String) -> Run {
    dir.oddity_with(&format!("detect model.onnx {options}"), input).ok()
}

/// Rows at which a window was judged.
fn scored(run: &Run) -> Vec<u64> {
    let lines = run.json_lines();
    let scores = lines.iter().filter(|line| line["kind"] == "score");
    scores.map(|line| line["row"].as_u64().unwrap()).collect()
}

fn events(run: &Run, kind: &str) -> Vec<Value> {
    run.json_lines().into_iter().filter(|line| line["kind"] == kind).collect()
}

#[test]
fn nothing_stands_in_across_a_gap() {
    let dir = Dir::fitted();
    // Thirty rows are lost, and the three after them have no flow.
    let input = stamped(
        &dir,
        |row| (row < 200 && !(100..130).contains(&row)).then_some(row * 1000),
        |row, readings| {
            if (130..133).contains(&row) {
                readings[FLOW].clear();
            }
        },
    );
    let run = detect(&dir, "--emit all", input);
    let gaps = events(&run, "gap");
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert_eq!((&gaps[0]["row"], &gaps[0]["missing_rows"]), (&json!(101), &json!(30)));
    assert_eq!(gaps[0]["from"], "2026-01-01T00:01:39Z");
    let after: Vec<u64> = scored(&run).into_iter().filter(|&row| row > 100).collect();
    assert_eq!(after[0], 123, "twenty rows with a flow, of which row 104 is the first");
}

#[test]
fn missing_rows_count_towards_the_hold_of_a_channel() {
    let dir = Dir::fitted();
    let no_flow = |row: usize, readings: &mut Vec<String>| {
        if (104..106).contains(&row) {
            readings[FLOW].clear();
        }
    };
    let torn = |row: usize| (row < 200 && !(100..104).contains(&row)).then_some(row * 1000);
    // Six in a row, with a hold of five: four as a whole, two without a flow.
    let run = detect(&dir, "", stamped(&dir, torn, no_flow));
    assert_eq!(run.kinds(), ["missing", "restored"]);
    let lines = run.json_lines();
    assert_eq!((&lines[0]["row"], &lines[0]["channel"]), (&json!(102), &json!("flow")));
    // Either alone may be held.
    let whole = |row: usize| (row < 200).then_some(row * 1000);
    assert_eq!(detect(&dir, "", stamped(&dir, whole, no_flow)).stdout, "");
    assert_eq!(detect(&dir, "", stamped(&dir, torn, |_, _| {})).stdout, "");
}

#[test]
fn a_gap_has_a_number_whatever_its_length() {
    let dir = Dir::fitted();
    for (lost, missing) in [(6, 6), (3_000_000, 3_000_000)] {
        let stamp =
            |row: usize| (row < 100).then(|| (row + if row < 50 { 0 } else { lost }) * 1000);
        let text = stamped(&dir, |row| stamp(row).map(|ms| ms % 86_400_000), |_, _| {});
        // The days by hand: 3,000,000 s are a little more than 34 of them.
        let days = lost * 1000 / 86_400_000;
        let text: String = text
            .lines()
            .enumerate()
            .map(|(line, text)| match line > 50 && days > 0 {
                true => format!("{}\n", text.replacen("2026-01-01", "2026-02-04", 1)),
                false => format!("{text}\n"),
            })
            .collect();
        let run = detect(&dir, "", text);
        let gaps = events(&run, "gap");
        assert_eq!(gaps.len(), 1, "{}", run.stdout);
        assert_eq!(gaps[0]["missing_rows"], missing, "{}", gaps[0]);
    }
}

#[test]
fn at_another_rate_that_is_said_and_not_each_row_as_a_gap() {
    let dir = Dir::fitted();
    // 200 rows every 10 s, then one a second, with a hole.
    let stamp = |row: usize| match row {
        0..200 => Some(row * 10_000),
        400..410 => None,
        _ => Some(1_990_000 + (row - 199) * 1000),
    };
    let run = detect(&dir, "", stamped(&dir, stamp, |_, _| {}));
    let rates = events(&run, "rate");
    assert_eq!(rates.len(), 1, "{}", run.stdout);
    assert_eq!(
        (&rates[0]["period_s"], &rates[0]["expected_s"]),
        (&json!(10.0), &json!(1.0)),
        "{}",
        rates[0]
    );
    let said = rates[0]["row"].as_u64().unwrap();
    let gaps: Vec<u64> =
        events(&run, "gap").iter().map(|gap| gap["row"].as_u64().unwrap()).collect();
    let (before, after): (Vec<u64>, Vec<u64>) = gaps.iter().partition(|&&row| row < said);
    assert!(before.len() < 40, "{before:?}");
    assert_eq!(after, [401], "at the rate that was learned a hole is one again");
}

#[test]
fn rows_of_a_clock_that_stands_still_count_as_they_come() {
    let dir = Dir::fitted();
    let run = detect(&dir, "--emit all", stamped(&dir, |row| (row < 400).then_some(0), |_, _| {}));
    let clocks = events(&run, "clock");
    assert_eq!(clocks.len(), 1, "{clocks:?}");
    assert_eq!((&clocks[0]["row"], &clocks[0]["fault"]), (&json!(6), &json!("stuck")));
    assert_eq!(scored(&run), (25..=400).collect::<Vec<u64>>(), "rows 6 to 25 are the first window");
    assert!(run.stderr.contains("rows dropped so far: 4 with the same time"), "{}", run.stderr);
}

#[test]
fn one_absurd_reading_does_not_hold_an_alarm() {
    let dir = Dir::fitted();
    let with = |reading: &str| {
        let odd = |row: usize, readings: &mut Vec<String>| {
            if row == 300 {
                readings[PRESSURE] = reading.into();
            }
        };
        detect(&dir, "", stamped(&dir, |row| Some(row * 1000), odd))
    };
    let run = with("1e30");
    assert!(run.kinds().is_empty(), "{}", run.stdout);
    assert!(run.stderr.contains("1 reading was far outside all of normal data"), "{}", run.stderr);
    // One that a fault could give is judged.
    let run = with("30");
    assert_eq!(run.kinds(), ["raised", "cleared"]);
    let lines = run.json_lines();
    let row = |line: usize| lines[line]["row"].as_u64().unwrap();
    assert!((301..=306).contains(&row(0)), "{}", lines[0]);
    // It is in twenty windows; a score that counts three times the threshold has faded after twenty.
    assert!(row(1) < 301 + 20 + 20, "{}", lines[1]);
}

#[test]
fn a_minimum_duration_does_not_last_through_a_gap() {
    let dir = Dir::fitted();
    let args = "simulate --rows 400 --seed 2 --fault leak@100+200x3";
    let text = dir.oddity(args).ok().stdout;
    let lines: Vec<&str> = text.lines().collect();
    dir.write("whole.csv", lines.join("\n"));
    // Ten rows are lost while the alert waits: seconds 130 to 139.
    dir.write("torn.csv", [&lines[..131], &lines[141..]].concat().join("\n"));
    let raised = |args: &str| -> String {
        let run = dir.oddity(&format!("detect model.onnx {args}")).ok();
        events(&run, "raised")[0]["time"].as_str().unwrap().to_owned()
    };
    let without = raised("whole.csv");
    assert!(without.as_str() < "2026-01-01T00:02:05Z", "{without}: the test needs it this early");
    assert!(raised("whole.csv --min-duration 30").as_str() < "2026-01-01T00:02:35Z");
    // The first window after the hole ends at second 159.
    assert_eq!(raised("torn.csv --min-duration 30"), "2026-01-01T00:03:09Z");
}
