//! What `oddity detect` says: every event with its fields, what `--emit` chooses, and that the same
//! readings give the same events however they are written.

use crate::harness::{Dir, Run, golden};

/// Events with the model's id replaced, after a look at `inspect` that it is the model's.
fn events(dir: &Dir, run: &Run) -> String {
    let id = dir.oddity("inspect model.onnx --json").ok().json()["id"].as_str().unwrap().to_owned();
    golden::hide(&run.stdout, &id, "MODEL")
}

#[test]
fn every_kind_of_event_with_its_fields_in_order() {
    let dir = Dir::with_faults();
    let run = dir.oddity("detect model.onnx faulty.csv").ok();
    golden::check("events.jsonl", &events(&dir, &run));
    for kind in ["raised", "cleared", "gap", "clock", "missing", "restored", "flatline", "moving"] {
        assert!(run.kinds().iter().any(|k| k == kind), "{kind} does not happen: {:?}", run.kinds());
    }
    let dropped = |row: u64, late: u64| {
        format!(
            "oddity: warn: row {row}: rows dropped so far: 0 with the same time as the row before, \
             {late} with an earlier one; if several machines share the input, name the column that \
             tells them apart with --key\n"
        )
    };
    assert_eq!(run.stderr, dropped(1080, 1) + &dropped(1081, 2) + &dropped(1083, 4));
}

#[test]
fn a_clock_or_a_rate_that_is_wrong_is_said() {
    let dir = Dir::fitted();
    let text = dir.text("normal.csv");
    let (header, rows) = text.split_once('\n').unwrap();
    let stamped = |stamp: fn(usize) -> usize| -> String {
        let rows = rows.lines().take(400).enumerate().map(|(number, line)| {
            let ms = stamp(number);
            let (_, readings) = line.split_once(',').unwrap();
            let (minute, second) = (ms / 60_000, ms / 1000 % 60);
            format!("2026-01-01T00:{minute:02}:{second:02}.{:03}Z,{readings}\n", ms % 1000)
        });
        format!("{header}\n{}", rows.collect::<String>())
    };
    // A minute of rows with one time, and the clock goes on from there.
    let stuck = stamped(|row| (row.min(100) + row.saturating_sub(160)) * 1000);
    let fast = stamped(|row| row * 500);
    let mut said = String::new();
    for input in [stuck, fast] {
        said += &events(&dir, &dir.oddity_with("detect model.onnx", input).ok());
    }
    golden::check("clock.jsonl", &said);
    assert!(said.contains("\"fault\":\"stuck\"") && said.contains("\"kind\":\"rate\""), "{said}");
}

#[test]
fn rows_without_time_give_events_without_time() {
    let dir = Dir::with_faults();
    let run = dir.oddity("detect model.onnx all.csv --time none").ok();
    golden::check("untimed.jsonl", &events(&dir, &run));
    for line in run.json_lines() {
        assert!(line["time"].is_null(), "{line}");
    }
}

#[test]
fn a_score_for_each_window_with_its_fields_in_order() {
    let dir = Dir::with_faults();
    let run = dir.oddity("detect model.onnx faulty.csv --emit scores").ok();
    let lines = run.lines();
    // The first windows, and those around the first alert.
    golden::check(
        "scores.jsonl",
        &(lines[..3].join("\n") + "\n" + &lines[95..110].join("\n") + "\n"),
    );
    assert_eq!(lines[0].find("\"row\":20,"), Some(28), "{}", lines[0]);
}

#[test]
fn emit_chooses_events_scores_or_both_in_order() {
    let dir = Dir::with_faults();
    let emit = |what: &str| dir.oddity(&format!("detect model.onnx faulty.csv --emit {what}")).ok();
    let (events, scores, all) = (emit("events"), emit("scores"), emit("all"));
    let is_score = |line: &&&str| line.starts_with("{\"kind\":\"score\"");
    assert!(events.lines().iter().all(|line| !is_score(&line)));
    assert!(scores.lines().iter().all(|line| is_score(&line)));
    let lines = all.lines();
    let (of_all, others): (Vec<&str>, Vec<&str>) = lines.iter().partition(is_score);
    assert_eq!((of_all, others), (scores.lines(), events.lines()));
    let rows: Vec<u64> = all.json_lines().iter().map(|l| l["row"].as_u64().unwrap()).collect();
    assert!(rows.is_sorted());
    assert_eq!(emit("events").stdout, dir.oddity("detect model.onnx faulty.csv").ok().stdout);
    // An alert comes after the score that raised it, and says the same ratio.
    let all = all.json_lines();
    let at = all.iter().position(|line| line["kind"] == "raised").unwrap();
    assert_eq!(all[at - 1]["ratio"], all[at]["ratio"]);
    assert_eq!(all[at - 1]["raised"], true);
}

#[test]
fn severity_follows_the_ratio() {
    let dir = Dir::with_faults();
    dir.oddity("calibrate model.onnx normal.csv --smooth none --output raw.onnx").ok();
    dir.oddity("simulate --rows 200 --seed 3 --fault spike@100+1x10:pressure --output spike.csv")
        .ok();
    let run = dir.oddity("detect raw.onnx spike.csv").ok();
    let raised = &run.json_lines()[0];
    assert_eq!((&raised["kind"], &raised["severity"]), (&"raised".into(), &"critical".into()));
    assert!(raised["ratio"].as_f64().unwrap() > 2.0, "{raised}");
    assert_eq!(raised["channels"][0]["name"], "pressure", "{raised}");
    assert_eq!(raised["row"], 101, "the spike is in row 101, counted from 1");
}

#[test]
fn alert_options_go_before_what_the_model_says() {
    let dir = Dir::with_faults();
    let raised = |options: &str| -> Vec<u64> {
        let run = dir.oddity(&format!("detect model.onnx faulty.csv {options}")).ok();
        let lines = run.json_lines();
        let raised = lines.iter().filter(|line| line["kind"] == "raised");
        raised.map(|line| line["row"].as_u64().unwrap()).collect()
    };
    let usual = raised("");
    assert_eq!(raised("--raise 1 --clear 0.9 --k-of-n 1/1"), usual);
    assert_eq!(raised("--raise 1000000"), [0; 0]);
    assert_eq!(raised("--k-of-n 10/10")[0], usual[0] + 9);
    assert_eq!(raised("--min-duration 10")[0], usual[0] + 10);
    assert_eq!(raised("--cooldown 100000"), usual[..1]);
    assert!(raised("--raise 0.5")[0] < usual[0]);
}

#[test]
fn the_same_readings_give_the_same_events_however_they_are_written() {
    let dir = Dir::with_faults();
    let expected = dir.oddity("detect model.onnx faulty.csv --emit all").ok();
    let text = dir.text("faulty.csv");
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    let (header, data) = (&rows[0], &rows[1..]);
    let join = |row: &[&str], by: &str| row.join(by);
    let table =
        |by: &str, end: &str| -> String { rows.iter().map(|row| join(row, by) + end).collect() };
    let json = |value: &str| match value {
        "" => "null".to_owned(),
        value if value.parse::<f64>().is_ok() => value.to_owned(),
        value => format!("\"{value}\""),
    };
    let object = |row: &Vec<&str>| {
        let pairs: Vec<String> = header
            .iter()
            .zip(row)
            .map(|(key, value)| format!("\"{key}\":{}", json(value)))
            .collect();
        format!("{{{}}}\n", pairs.join(","))
    };
    let array = |row: &Vec<&str>| {
        let values: Vec<String> = row.iter().map(|value| json(value)).collect();
        format!("[{}]\n", values.join(", "))
    };
    let reversed = |row: &Vec<&str>| row.iter().rev().copied().collect::<Vec<_>>().join(",") + "\n";
    let extra = |(number, row): (usize, &Vec<&str>)| match number {
        0 => format!("site,{},note\n", row.join(",")),
        _ => format!("hall {number},{},\"ok; or, nearly\"\n", row.join(",")),
    };
    let ways: Vec<(&str, String)> = vec![
        ("semicolons", table(";", "\n")),
        ("tabs", table("\t", "\n")),
        ("CRLF", table(",", "\r\n")),
        ("a byte order mark", format!("\u{feff}{text}")),
        ("no last line end", text.trim_end().to_owned()),
        ("blank lines", text.replace("\n2", "\n\n2")),
        ("a decimal comma", table(";", "\n").replace('.', ",")),
        ("quotes", rows.iter().map(|row| format!("\"{}\"\n", row.join("\",\""))).collect()),
        ("another order", rows.iter().map(reversed).collect()),
        ("more columns", rows.iter().enumerate().map(extra).collect()),
        ("no header", data.iter().map(|row| row.join(",") + "\n").collect()),
        ("JSON objects", data.iter().map(object).collect()),
        ("JSON arrays", data.iter().map(array).collect()),
    ];
    for (way, written) in ways {
        let run = dir.oddity_with("detect model.onnx --emit all", written).ok();
        assert_eq!(run.stdout, expected.stdout, "{way}");
        // That rows without a header are read by their places is said besides.
        let said = run.stderr.lines().filter(|line| !line.contains("the rows have no header"));
        assert!(said.eq(expected.stderr.lines()), "{way}: {}", run.stderr);
    }
}

#[test]
fn times_as_numbers_are_the_same_times() {
    let dir = Dir::with_faults();
    let expected = dir.oddity("detect model.onnx faulty.csv --emit all").ok();
    let text = dir.text("faulty.csv");
    for factor in [1, 1000, 1_000_000] {
        let mut written = String::new();
        for line in text.lines() {
            let (time, readings) = line.split_once(',').unwrap();
            let time = oddity::decode::parse_time(time)
                .map_or("time".into(), |time| (time.0 / (1_000_000_000 / factor)).to_string());
            written += &format!("{time},{readings}\n");
        }
        let run = dir.oddity_with("detect model.onnx --emit all", written).ok();
        assert_eq!(run.stdout, expected.stdout, "{factor} units in a second");
    }
}
