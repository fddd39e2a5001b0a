//! What was never seen before, through the program: a simulated cold room, a row every five minutes, fitted on seven
//! days and watched for thirty.

use std::fmt::Write;
use std::path::Path;

use serde_json::Value;

use crate::harness::{Dir, golden};

/// Rows in a day.
const DAY: u32 = 288;
/// Days of normal data, and days watched.
const LEARNED: u32 = 7;
const WATCHED: u32 = 30;
/// What there may be in thirty normal days, on the average.
const MOST_EVENTS: f64 = 2.0;

/// Steele, Lea & Flood 2014, SplitMix64.
struct Random(u64);

impl Random {
    /// Between 0 and 1.
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Of mean 0 and variance 1: Box & Muller 1958.
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// What wanders: so much of it is left in the next row.
struct Wander(f64, f64);

impl Wander {
    fn next(&mut self, keep: f64, deviation: f64, random: &mut Random) -> f64 {
        self.0 = keep * self.0 + self.1 * random.normal();
        self.1 = deviation * (1.0 - keep * keep).sqrt();
        self.0
    }
}

/// Rows of a cold room: air at the door and in the back in degrees, with the cycles of a compressor, humidity, power.
/// The outside has a daily pattern, doors are opened mostly by day. `warm` is added to both airs.
fn room(seed: u64, days: std::ops::Range<u32>, warm: impl Fn(u32) -> f64) -> String {
    let mut random = Random(seed);
    let mut wanders: [Wander; 5] = [(); 5].map(|()| Wander(0.0, 0.0));
    let (mut cycle, mut length, mut door, mut back) = (0.0, 7.0, 0.0, 3.3);
    let mut csv = String::from("time,door_c,back_c,humidity,power_w\n");
    for row in 0..days.end * DAY {
        let [outside, load, door_air, back_air, humid] = &mut wanders;
        let phase = f64::from(row) / f64::from(DAY) * std::f64::consts::TAU - 2.0;
        let warmer = 6.0 * phase.sin() + outside.next(0.995, 1.5, &mut random);
        cycle += 1.0 / length;
        if cycle >= 1.0 {
            cycle -= 1.0;
            length = 6.0 + 2.5 * random.uniform();
        }
        let cools = cycle >= 0.6;
        let saw = if cools { (1.0 - cycle) / 0.4 } else { cycle / 0.6 };
        door *= 0.5;
        let by_day = (72..216).contains(&(row % DAY));
        if random.uniform() < if by_day { 1.0 / 9.0 } else { 0.01 } {
            door += 0.2 + 0.8 * random.uniform();
        }
        let air = 3.0 + 0.05 * warmer + 0.8 * (saw - 0.5);
        let air = air + door_air.next(0.8, 0.15, &mut random);
        back += 0.3 * (air + 0.3 - back);
        let work = 0.4 + 0.02 * warmer + 0.1 * door + load.next(0.7, 0.05, &mut random);
        let power = 300.0 + 900.0 * work.clamp(0.0, 1.0) * if cools { 1.9 } else { 0.4 };
        let power = power + 20.0 * random.normal();
        let humidity = 75.0 - 0.8 * warmer + 2.0 * door + humid.next(0.9, 1.5, &mut random);
        let back = back + 0.4 * door + back_air.next(0.8, 0.06, &mut random);
        if row >= days.start * DAY {
            let (time, warm) = (1_767_225_600 + 300 * row, warm(row));
            let (air, back) = (air + door + warm, back + warm);
            writeln!(csv, "{time},{air:.2},{back:.2},{humidity:.1},{power:.0}").unwrap();
        }
    }
    csv
}

/// A folder with a model of the first days of the room of this seed.
fn fitted(seed: u64) -> Dir {
    let dir = Dir::new();
    dir.write("normal.csv", room(seed, 0..LEARNED, |_| 0.0));
    dir.oddity("fit normal.csv -o room.onnx").ok();
    dir
}

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
