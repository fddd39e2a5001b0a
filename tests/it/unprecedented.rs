//! What was never seen before, through the program: a simulated cold room, fitted on seven days and watched for thirty.

use std::fmt::Write;
use std::path::Path;

use serde_json::Value;

use crate::cold_room::{DAY, LEARNED, fitted, room};
use crate::harness::{Dir, golden};

/// Days watched.
const WATCHED: u32 = 30;
/// What there may be in thirty normal days, on the average.
const MOST_EVENTS: f64 = 2.0;

fn unprecedented(dir: &Dir, csv: &str) -> Vec<Value> {
    let found = dir.oddity_with("detect room.onnx", csv).ok().json_lines();
    found.into_iter().filter(|line| line["kind"] == "unprecedented").collect()
}

#[test]
fn a_normal_month_has_few_events_and_a_room_too_warm_for_a_day_is_found() {
    let (mut events, mut found) = (Vec::new(), Vec::new());
    let warm_day = (LEARNED + 20) * DAY..(LEARNED + 21) * DAY;
    let all = LEARNED..LEARNED + WATCHED;
    for seed in 1..=10 {
        let dir = fitted(seed);
        events.push(unprecedented(&dir, &room(seed, all.clone(), |_| 0.0)).len());
        let warm = |row| if warm_day.contains(&row) { 1.5 } else { 0.0 };
        let rows = (20 * DAY).into()..=u64::from(21 * DAY);
        let said = unprecedented(&dir, &room(seed, all.clone(), warm));
        let first = said.iter().find(|line| rows.contains(&line["row"].as_u64().unwrap()));
        found.push(first.map(|line| line["row"].as_u64().unwrap() - u64::from(20 * DAY)));
    }
    println!("events in {WATCHED} normal days: {events:?}; too warm, found after rows: {found:?}");
    let mean = events.iter().sum::<usize>() as f64 / events.len() as f64;
    assert!(mean <= MOST_EVENTS, "{events:?}");
    assert!(found.iter().all(Option::is_some), "{found:?}");
}

/// Normal but for a warm day; the door stands open in the end.
fn odd_room() -> String {
    room(3, LEARNED..LEARNED + 10, |row| match row / DAY - LEARNED {
        5 => 1.5,
        9 => 4.0,
        _ => 0.0,
    })
}

#[test]
fn events_say_it_in_words() {
    let dir = fitted(3);
    let run = dir.oddity_with("detect room.onnx", odd_room()).ok();
    let lines: Vec<&str> = run.lines();
    let lines: Vec<&str> =
        lines.into_iter().filter(|line| line.contains("\"unprecedented\"")).collect();
    let model: Value = serde_json::from_str(lines[0]).unwrap();
    let found = golden::hide(&lines.join("\n"), model["model"].as_str().unwrap(), "MODEL");
    golden::check("unprecedented.jsonl", &(found + "\n"));
}

#[test]
fn it_makes_no_difference_where_the_input_is_cut() {
    let dir = fitted(3);
    let csv = odd_room();
    dir.write("odd.csv", &csv);
    let whole = dir.oddity("detect room.onnx odd.csv").ok().stdout;
    assert!(whole.contains("unprecedented"));
    assert_eq!(dir.oddity_with("detect room.onnx", &csv).ok().stdout, whole);
}

#[test]
fn it_can_be_turned_off_and_is_not_for_fast_rows() {
    let dir = fitted(3);
    assert_eq!(dir.learned("room.onnx")["profile"]["version"], 5);
    let csv = odd_room();
    let off = dir.oddity_with("detect room.onnx --no-unprecedented", &csv).ok().stdout;
    assert!(!off.contains("unprecedented"));
    // It changes nothing else.
    let on = dir.oddity_with("detect room.onnx", &csv).ok().stdout;
    let rest: Vec<&str> = on.lines().filter(|line| !line.contains("\"unprecedented\"")).collect();
    assert_eq!(off.lines().collect::<Vec<_>>(), rest);
    dir.oddity("fit normal.csv --no-unprecedented -o room.onnx").ok();
    assert!(unprecedented(&dir, &csv).is_empty());
    let profile = dir.learned("room.onnx")["profile"].take();
    assert!(profile.get("unprecedented").is_none());
    // The same rows, one a second.
    let fast = |csv: &str| {
        let mut fast = String::new();
        for (row, line) in csv.lines().enumerate() {
            let (_, readings) = line.split_once(',').unwrap();
            let time = if row == 0 { "time".into() } else { (1_767_225_600 + row).to_string() };
            writeln!(fast, "{time},{readings}").unwrap();
        }
        fast
    };
    dir.write("normal.csv", fast(&dir.text("normal.csv")));
    dir.oddity("fit normal.csv -o room.onnx").ok();
    assert!(unprecedented(&dir, &fast(&csv)).is_empty());
}

#[test]
fn what_is_missing_or_no_reading_is_not_looked_at() {
    let dir = fitted(3);
    let mut csv = String::new();
    for (row, line) in room(3, LEARNED..LEARNED + 2, |_| 0.0).lines().enumerate() {
        let mut fields: Vec<&str> = line.split(',').collect();
        match row {
            100..104 => fields[1] = "",
            200..204 => fields[1] = "-127",
            _ => {}
        }
        writeln!(csv, "{}", fields.join(",")).unwrap();
    }
    assert!(unprecedented(&dir, &csv).is_empty());
}

#[test]
fn a_model_that_knows_nothing_of_it_says_nothing() {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/pump.onnx");
    let dir = Dir::with_faults();
    let run = dir.oddity(&format!("detect {} faulty.csv", model.display())).ok();
    assert!(!run.stdout.contains("unprecedented"));
}
