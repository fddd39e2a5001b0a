//! Normal data that is not quite normal: glitches, plateaus, counters, many machines in one file.

use std::fmt::Write;

use crate::cold_room::Random;
use crate::harness::{Dir, Run};
use serde_json::Value;

fn channels(dir: &Dir, model: &str) -> Vec<Value> {
    let json = dir.oddity(&format!("inspect {model} --json")).ok().json();
    json["profile"]["channels"].as_array().unwrap().clone()
}

/// `normal.csv` with other readings in some places: number of the row, from 1, column, reading.
fn with(dir: &Dir, places: &[(usize, usize, &str)]) -> String {
    let text = dir.text("normal.csv");
    let mut rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    for &(row, column, reading) in places {
        rows[row][column] = reading;
    }
    rows.iter().map(|row| row.join(",") + "\n").collect()
}

const PRESSURE: usize = 4;
const SPEED: usize = 8;

#[test]
fn a_glitch_counts_as_missing_and_is_named() {
    let dir = Dir::fitted();
    let glitches = [(300, PRESSURE, "65535"), (700, SPEED, "-1e30"), (701, SPEED, "-1e30")];
    dir.write("glitch.csv", with(&dir, &glitches));
    let empty = glitches.map(|(row, column, _)| (row, column, ""));
    dir.write("empty.csv", with(&dir, &empty));
    let run = dir.oddity("fit glitch.csv -o glitch.onnx").ok();
    for warning in [
        "pressure: 65535 in row 300 is far from the usual range and is treated as missing\n",
        "speed: -1000000000000000000000000000000 in row 700 (and 1 more) is far from the usual \
         range and is treated as missing\n",
    ] {
        assert!(run.stderr.contains(warning), "no {warning} in {}", run.stderr);
    }
    let of_empty = dir.oddity("fit empty.csv -o empty.onnx").ok();
    assert!(!of_empty.stderr.contains("far from"), "{}", of_empty.stderr);
    assert_eq!(channels(&dir, "glitch.onnx"), channels(&dir, "empty.onnx"));
    let threshold = |model: &str| {
        let json = dir.oddity(&format!("inspect {model} --json")).ok().json();
        json["profile"]["threshold"].clone()
    };
    assert_eq!(threshold("glitch.onnx"), threshold("empty.onnx"));
}

#[test]
fn how_well_the_model_reconstructs_is_said() {
    let dir = Dir::fitted();
    let share = |run: &Run| -> f64 {
        let line = run.stderr.lines().find(|line| line.starts_with("reconstructs ")).unwrap();
        let (share, rest) = line["reconstructs ".len()..].split_once(' ').unwrap();
        assert_eq!(rest, "% of the variance of held-out data");
        share.parse().unwrap()
    };
    let wide = share(&dir.oddity("fit normal.csv -o m.onnx").ok());
    let narrow = share(&dir.oddity("fit normal.csv -o m.onnx --latent 1").ok());
    assert!(50.0 < narrow && narrow < wide && wide < 100.0, "{narrow} {wide}");
}

#[test]
fn a_channel_is_asked_for_once() {
    let dir = Dir::fitted();
    dir.oddity("fit normal.csv -o m.onnx --channels flow,flow").fails(2, &["\"flow\"", "twice"]);
    assert!(!dir.names().contains(&"m.onnx".to_owned()));
}

/// Two machines in turns, each standing still for 50 rows now and then: one after the other they
/// look as if nothing ever stood still.
#[test]
fn plateaus_of_machines_in_turns_are_plateaus() {
    let dir = Dir::new();
    let mut text = "time,unit,a,b\n".to_owned();
    for i in 0..800u32 {
        let (minute, second) = (i / 60, i % 60);
        for (unit, offset) in [("x", 0), ("y", 400)] {
            let i = i + offset;
            let a = if i % 100 < 50 { 5 } else { i * 37 % 101 };
            writeln!(
                text,
                "2026-01-01T00:{minute:02}:{second:02}Z,{unit},{a}.{offset},{}",
                i * 53 % 97
            )
            .unwrap();
        }
    }
    dir.write("two.csv", text);
    dir.oddity("fit two.csv -o two.onnx --key unit").ok();
    assert_eq!(channels(&dir, "two.onnx")[0]["longest_run"], 50);
    let run = dir.oddity("detect two.onnx two.csv").ok();
    assert!(run.kinds().iter().all(|kind| kind != "flatline"), "{}", run.stdout);
    // And what stands still for far longer is still said, of the machine that does.
    let mut stuck = "time,unit,a,b\n".to_owned();
    for i in 0..400u32 {
        let (minute, second) = (i / 60, i % 60);
        let time = format!("2026-01-01T00:{minute:02}:{second:02}Z");
        writeln!(stuck, "{time},x,5,{}", i * 53 % 97).unwrap();
        writeln!(stuck, "{time},y,{},{}", i * 37 % 101, i * 29 % 97).unwrap();
    }
    let run = dir.oddity_with("detect two.onnx", stuck).ok();
    let lines = run.json_lines();
    let flat: Vec<&Value> = lines.iter().filter(|line| line["kind"] == "flatline").collect();
    assert_eq!(flat.len(), 1, "{}", run.stdout);
    assert_eq!((&flat[0]["stream"], &flat[0]["equal_rows"]), (&"x".into(), &200.into()));
}

#[test]
fn a_counter_of_each_machine_is_a_counter() {
    let dir = Dir::new();
    let mut text = "unit,hours,a,b\n".to_owned();
    for i in 0..300u32 {
        for (unit, hours) in [("x", 70_000), ("y", 100)] {
            let a = (i + hours) * 37 % 101;
            writeln!(text, "{unit},{},{a},{}", hours + i / 3, (i + hours) * 53 % 97).unwrap();
        }
    }
    dir.write("hours.csv", text);
    let run = dir.oddity("fit hours.csv -o m.onnx --key unit").ok();
    assert!(run.stderr.contains("left out hours: a counter"), "{}", run.stderr);
    let names: Vec<Value> = channels(&dir, "m.onnx").iter().map(|c| c["name"].clone()).collect();
    assert_eq!(names, ["a", "b"]);
    // As one stream it goes up and down.
    let run = dir.oddity("fit hours.csv -o m.onnx --key none").ok();
    assert!(!run.stderr.contains("a counter"), "{}", run.stderr);
}

#[test]
fn more_streams_than_there_is_memory_for_are_refused() {
    let dir = Dir::new();
    let mut text = "unit,a,b\n".to_owned();
    for i in 0..10_001u32 {
        writeln!(text, "unit {i},{},{}", i * 37 % 101, i * 53 % 97).unwrap();
    }
    dir.write("many.csv", text);
    dir.oddity("fit many.csv -o m.onnx --key unit")
        .fails(65, &["more than 10000 streams", "--key"]);
    assert_eq!(dir.names(), ["many.csv"]);
}

#[test]
fn the_key_column_is_remembered_and_can_be_refused() {
    let dir = Dir::fitted();
    let text = dir.text("normal.csv");
    let (header, rows) = text.split_once('\n').unwrap();
    let keyed: String =
        rows.lines().enumerate().map(|(row, line)| format!("{},{line}\n", row / 600)).collect();
    dir.write("keyed.csv", format!("unit,{header}\n{keyed}"));
    dir.oddity("fit keyed.csv -o keyed.onnx --key unit").ok();
    let shown = dir.oddity("inspect keyed.onnx").ok().stdout;
    assert!(shown.contains("\nkey column     unit\n"), "{shown}");
    assert!(shown.contains("\ntime column    time\n"), "{shown}");
    let streams = |options: &str| {
        let run = dir.oddity(&format!("detect keyed.onnx keyed.csv --emit scores {options}")).ok();
        let mut names: Vec<String> =
            run.json_lines().iter().map(|l| l["stream"].as_str().unwrap().into()).collect();
        names.dedup();
        names
    };
    assert_eq!(streams(""), ["0", "1"]);
    assert_eq!(streams("--key unit"), ["0", "1"]);
    assert_eq!(streams("--key none"), [""]);
    // Without the column that it was fitted with it has to be told so.
    dir.oddity("detect keyed.onnx normal.csv").fails(65, &["\"unit\" (key)"]);
    dir.oddity("detect keyed.onnx normal.csv --key none").ok();
}

#[test]
fn what_was_asked_to_be_left_out_is_no_warning() {
    let dir = Dir::fitted();
    let run = dir.oddity("fit normal.csv -o model.onnx --exclude flow,flaw").ok();
    assert!(!run.stderr.contains("left out flow"), "{}", run.stderr);
    assert!(
        run.stderr.contains("left out flaw: excluded, but there is no such column"),
        "{}",
        run.stderr
    );
    let kept = dir.oddity("inspect model.onnx --json").ok().json();
    assert!(kept["profile"]["provenance"]["left_out"].to_string().contains("flow: excluded"));
}

/// A fault of 30 rows among 1200 normal ones.
#[test]
fn odd_rows_are_named_and_left_out_on_request() {
    let dir = Dir::new();
    dir.oddity("simulate --rows 1200 --seed 1 --output dirty.csv --fault leak@500+30x8").ok();
    let dirty = dir.oddity("fit dirty.csv -o dirty.onnx").ok();
    assert!(dirty.stderr.contains("are unlike the rest: without them"), "{}", dirty.stderr);
    assert!(dirty.stderr.contains("--leave-out-odd"), "{}", dirty.stderr);
    let clean = dir.oddity("fit dirty.csv -o clean.onnx --leave-out-odd").ok();
    let left_out = clean.stderr.lines().find(|line| line.contains("left out rows")).unwrap();
    assert!(left_out.ends_with(": unlike the rest"), "{left_out}");
    let step = |model: &str| {
        let pressure = channels(&dir, model).into_iter().find(|one| one["name"] == "pressure");
        pressure.unwrap()["sensitivity"]["step"].as_f64().unwrap()
    };
    assert!(step("clean.onnx") < 0.6 * step("dirty.onnx"), "a smaller fault is found");
}

#[test]
fn as_many_false_alarms_as_asked_for() {
    let dir = Dir::new();
    dir.oddity("simulate --rows 7200 --seed 1 --output normal.csv").ok();
    let threshold = |rate: &str| {
        let run = dir.oddity(&format!("fit normal.csv -o m.onnx --false-alarms {rate}")).ok();
        assert!(run.stderr.contains("false alarms to expect: "), "{}", run.stderr);
        let json = dir.oddity("inspect m.onnx --json").ok().json();
        json["profile"]["threshold"]["value"].as_f64().unwrap()
    };
    let rates = ["50/day", "1/day", "1/week", "1/month", "1/year"].map(threshold);
    assert!(rates.is_sorted_by(|a, b| a < b), "{rates:?}");
    let refused = |args: &str, words: &[&str]| {
        dir.oddity(&format!("fit normal.csv -o n.onnx {args}")).fails(2, words);
    };
    refused("--false-alarms 1", &["such as 1/week"]);
    refused("--false-alarms 0/day", &["such as 1/week"]);
    refused("--false-alarms 1/day --threshold sigma:3", &["cannot be used with"]);
    dir.oddity("fit normal.csv -o n.onnx --false-alarms 1/day --time none")
        .fails(65, &["rows that have no time"]);
}

/// What is said to be raised is, and half of it is not.
#[test]
fn a_step_that_is_just_raised_is_raised() {
    let dir = Dir::new();
    dir.oddity("simulate --rows 3600 --seed 1 --output normal.csv").ok();
    let run = dir.oddity("fit normal.csv -o m.onnx").ok();
    assert!(run.stderr.contains("a step is just raised at vibration_de "), "{}", run.stderr);
    dir.oddity("simulate --rows 900 --seed 2 --output live.csv").ok();
    let found = channels(&dir, "m.onnx");
    let (step, rows) = (
        found[3]["sensitivity"]["step"].as_f64().unwrap(),
        found[3]["sensitivity"]["rows"].as_u64().unwrap(),
    );
    assert_eq!(found[3]["name"], "pressure");
    let raised = |times: f64| -> Vec<u64> {
        let mut text = String::new();
        for (row, line) in dir.text("live.csv").lines().enumerate() {
            let mut fields: Vec<String> = line.split(',').map(str::to_owned).collect();
            if row > 500 {
                let reading: f64 = fields[PRESSURE].parse().unwrap();
                fields[PRESSURE] = (reading + times * step).to_string();
            }
            text += &(fields.join(",") + "\n");
        }
        let events = dir.oddity_with("detect m.onnx", text).ok().json_lines();
        let raised = events.iter().filter(|event| event["kind"] == "raised");
        raised.map(|event| event["row"].as_u64().unwrap()).collect()
    };
    assert!(raised(0.5).is_empty());
    let [at] = raised(2.0)[..] else { panic!("{:?}", raised(2.0)) };
    assert!((500..500 + 2 * rows + 10).contains(&at), "{at} {rows}");
}

/// A motor that runs for an hour and stands still for half of one, twice; a row a second. Its second start lies between
/// two of the blocks that are judged by a model without them, so that none of these sees it.
#[test]
fn what_was_learned_between_blocks_stays_below_the_threshold() {
    let (mut random, mut csv) = (Random(2), String::from("time,vibration,current,speed,temp\n"));
    let (mut load, mut warm): (f64, f64) = (0.6, 55.0);
    for row in 0..10_800 {
        let runs = row % 5400 < 3600;
        let wanted = if runs { 0.6 } else { 0.0 };
        load = if row % 5400 == 0 { 0.6 } else { load + 0.1 * (wanted - load) };
        warm += 0.002 * (40.0 + 25.0 * wanted - warm);
        let mut noise = |deviation: f64| deviation * random.normal();
        let temp = warm + noise(0.1);
        let [vibration, current, speed] = match runs {
            true => [
                0.5 + 0.8 * load + noise(0.05),
                3.0 + 6.0 * load + noise(0.15),
                1500.0 - 40.0 * load + noise(2.0),
            ],
            false => [0.02 + noise(0.01).abs(), 0.1 + noise(0.02), 0.0],
        };
        let time = 1_767_225_600 + row;
        csv += &format!("{time},{vibration:.4},{current:.3},{speed:.1},{temp:.2}\n");
    }
    let dir = Dir::new();
    dir.write("normal.csv", csv);
    dir.oddity("fit normal.csv -o motor.onnx").ok();
    let scores = dir.oddity("detect motor.onnx normal.csv --emit scores").ok().json_lines();
    let ratios = scores.iter().map(|line| line["ratio"].as_f64().unwrap());
    let largest = ratios.fold(0.0, f64::max);
    assert!(largest > 0.8 && largest < 0.88, "{largest}");
}
