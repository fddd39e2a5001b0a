//! Windows of means, through the program: a cold room whose windows cover hours, which nobody had to ask for.

use oddity::fit::LinearAutoencoder;
use serde_json::Value;

use crate::cold_room::{DAY, LEARNED, fitted, room};
use crate::harness::Dir;

/// Rows that are averaged in the room: 20 means are a third of a day then.
const AVERAGE: u64 = 5;

fn raised(dir: &Dir, model: &str, csv: &str) -> Vec<Value> {
    let lines = dir.oddity_with(&format!("detect {model}"), csv).ok().json_lines();
    lines.into_iter().filter(|line| line["kind"] == "raised").collect()
}

#[test]
fn a_room_too_warm_for_a_day_is_raised_by_windows_of_hours_and_a_normal_month_is_not() {
    let warm_day = (LEARNED + 5) * DAY..(LEARNED + 6) * DAY;
    for seed in 1..=3 {
        let dir = fitted(seed);
        assert_eq!(
            raised(&dir, "room.onnx", &room(seed, LEARNED..LEARNED + 30, |_| 0.0)),
            [] as [Value; 0]
        );
        let warm = |row| if warm_day.contains(&row) { 1.5 } else { 0.0 };
        let found = raised(&dir, "room.onnx", &room(seed, LEARNED..LEARNED + 8, warm));
        let row = found[0]["row"].as_u64().unwrap();
        assert!((u64::from(5 * DAY)..u64::from(6 * DAY)).contains(&row), "{seed}: {row}");
        let rows = found[0]["rows"].as_array().unwrap();
        assert_eq!(rows[1].as_u64().unwrap() - rows[0].as_u64().unwrap(), 20 * AVERAGE - 1);
    }
}

#[test]
fn fit_says_how_many_rows_are_averaged_and_does_as_it_is_told() {
    let dir = fitted(3);
    assert_eq!(dir.learned("room.onnx")["profile"]["average"], AVERAGE);
    let said = dir.oddity("fit normal.csv -o again.onnx").ok().stderr;
    assert!(said.contains("windows of 20 rows, each the mean of 5; channels"), "{said}");
    let inspected = dir.oddity("inspect room.onnx").ok().stdout;
    assert!(
        inspected.contains("20 rows (each the mean of 5), every 1, time-channels"),
        "{inspected}"
    );
    for (options, expected) in
        [("--average 1", None), ("--window 20", None), ("--average 12", Some(12))]
    {
        dir.oddity(&format!("fit normal.csv -o other.onnx {options}")).ok();
        let found = dir.learned("other.onnx")["profile"]["average"].as_u64();
        assert_eq!(found, expected, "{options}");
    }
    let fit = "fit normal.csv -o other.onnx";
    dir.oddity(&format!("{fit} --average 0")).fails(2, &["--average must be 1 to"]);
    dir.oddity(&format!("{fit} --average 100"))
        .fails(65, &["windows of 2000 rows", "or lower --average"]);
}

#[test]
fn rows_that_do_not_repeat_or_come_fast_are_not_averaged() {
    let dir = Dir::new();
    let mut random = crate::cold_room::Random(7);
    for (name, period, days) in [("noise", 300, 7), ("fast", 30, 4), ("short", 300, 2)] {
        let mut csv = String::from("time,a,b\n");
        for row in 0..days * 86_400 / period {
            let day = f64::from(row * period) / 86_400.0 * std::f64::consts::TAU;
            let wave = if name == "noise" { 0.0 } else { 3.0 * day.sin() };
            let (a, b) = (wave + random.normal(), random.normal());
            csv += &format!("{},{a:.3},{b:.3}\n", 1_767_225_600 + row * period);
        }
        dir.write(&format!("{name}.csv"), csv);
        dir.oddity(&format!("fit {name}.csv -o {name}.onnx")).ok();
        let profile = &dir.learned(&format!("{name}.onnx"))["profile"];
        assert_eq!(profile["average"], Value::Null, "{name}");
    }
}

#[test]
fn scores_latents_and_reconstructions_are_of_means() {
    let dir = fitted(3);
    let csv = room(3, LEARNED..LEARNED + 1, |_| 0.0);
    dir.write("day.csv", &csv);
    let scores = dir.oddity("detect room.onnx day.csv --emit scores").ok().json_lines();
    let rows: Vec<u64> = scores.iter().map(|score| score["row"].as_u64().unwrap()).collect();
    assert!(rows.iter().copied().eq((20..=57).map(|mean| AVERAGE * mean)), "{rows:?}");
    // It makes no difference where the input is cut.
    let live = dir.oddity_with("detect room.onnx --emit scores", &csv).ok().json_lines();
    assert_eq!(live, scores);
    assert_eq!(dir.oddity("encode room.onnx day.csv").ok().lines().len(), 1 + 38);
    let run = dir.oddity("reconstruct room.onnx day.csv").ok();
    let lines = run.lines();
    assert_eq!(lines.len(), 1 + 57);
    // Named by the first row of each.
    let times = lines[1..3].iter().map(|line| line.split(',').next().unwrap());
    assert_eq!(times.collect::<Vec<_>>(), ["2026-01-08T00:00:00Z", "2026-01-08T00:25:00Z"]);
}

#[test]
fn what_is_made_of_a_model_goes_on_averaging() {
    let dir = fitted(3);
    let average = |name: &str| dir.learned(name)["profile"]["average"].as_u64();
    dir.oddity("quantize room.onnx normal.csv -o int8.onnx").ok();
    dir.oddity("calibrate room.onnx normal.csv -o anew.onnx").ok();
    dir.write("warmer.csv", room(3, LEARNED..LEARNED + 7, |_| 0.7));
    dir.oddity("feedback room.onnx warmer.csv --new-normal -o moved.onnx").ok();
    for name in ["int8.onnx", "anew.onnx", "moved.onnx"] {
        assert_eq!(average(name), Some(AVERAGE), "{name}");
    }
    // One that says nothing of it does not, unless it is told.
    let mean = vec![0.0; 40];
    let plain = LinearAutoencoder { mean, basis: vec![40f64.sqrt().recip(); 40], latent: 1 };
    dir.write("plain.onnx", plain.to_onnx(10, 4));
    for (option, expected) in [("", None), ("--average 3", Some(3))] {
        let normalise = "--layout time-channels --normalise";
        dir.oddity(&format!("calibrate plain.onnx normal.csv -o own.onnx {normalise} {option}"))
            .ok();
        assert_eq!(average("own.onnx"), expected);
    }
    dir.oddity("report room.onnx warmer.csv -o page.html").ok();
    assert!(dir.text("page.html").contains("door_c"));
}

#[test]
fn as_many_are_averaged_as_leave_windows_to_learn_from() {
    let dir = Dir::new();
    let normal = room(3, 0..14, |_| 0.0);
    let lines: Vec<&str> = normal.lines().collect();
    let with = |keep: &dyn Fn(usize) -> bool| -> String {
        let rows = lines.iter().enumerate().filter(|&(row, _)| row == 0 || keep(row));
        rows.map(|(_, line)| format!("{line}\n")).collect()
    };
    // Gaps of 35 minutes every seven hours: no window of eight hours is whole.
    dir.write("gaps.csv", with(&|row| row % 84 >= 7));
    // Streams of a day each, which have no days to hold against each other.
    let by_day: Vec<String> = lines[1..=4 * DAY as usize]
        .iter()
        .enumerate()
        .map(|(row, line)| format!("{},{line}\n", row / DAY as usize))
        .collect();
    dir.write("days.csv", format!("id,{}\n{}", lines[0], by_day.concat()));
    dir.write("week.csv", with(&|row| row <= 7 * DAY as usize));
    for (args, most) in [
        ("gaps.csv", 4),
        ("days.csv --key id", 1),
        ("week.csv --hop 20", 1),
        ("week.csv --hop 8", 3),
        ("week.csv --when \"door_c > 0\"", 5),
    ] {
        let mut fit = dir.command("fit -o model.onnx");
        let parts = args.split('"').enumerate();
        for (at, part) in parts {
            match at % 2 {
                0 => fit.args(part.split_whitespace()),
                _ => fit.arg(part),
            };
        }
        let done = fit.output().unwrap();
        assert!(done.status.success(), "{args}: {}", String::from_utf8_lossy(&done.stderr));
        let average = dir.learned("model.onnx")["profile"]["average"].as_u64().unwrap_or(1);
        assert!(average <= most, "{args}: {average}");
    }
}

#[test]
fn a_look_at_the_data_and_feedback_say_what_is_averaged() {
    let dir = fitted(3);
    let said = dir.oddity("check normal.csv").ok().stdout;
    assert!(said.contains("324 windows of 20, each row the mean of 5\n"), "{said}");
    let scores =
        dir.oddity_with("detect room.onnx --emit all", room(3, LEARNED..LEARNED + 1, |_| 0.0));
    dir.write("day.jsonl", scores.ok().stdout);
    let missed = "feedback room.onnx day.jsonl -o room.onnx --missed";
    dir.oddity(&format!("{missed} 201 203")).fails(2, &["name 5 at least, for one row in 5"]);
}

#[test]
fn an_alert_lasts_after_as_many_rows_whether_they_are_averaged_or_not() {
    let dir = fitted(3);
    dir.oddity("fit normal.csv --average 1 -o short.onnx").ok();
    let csv =
        room(3, LEARNED..LEARNED + 6, |row| if row >= (LEARNED + 1) * DAY { 8.0 } else { 0.0 });
    for (model, longest) in [("room.onnx", 150), ("short.onnx", 110)] {
        let lines = dir.oddity_with(&format!("detect {model}"), &csv).ok().json_lines();
        let row = |wanted: &str| {
            let line = lines.iter().find(|line| {
                line["kind"] == wanted && (wanted == "raised" || line["because"] == "lasts")
            });
            line.and_then(|line| line["row"].as_u64()).unwrap()
        };
        let after = row("ongoing") - row("raised");
        assert!((90..=longest).contains(&after), "{model}: {after}");
    }
}
