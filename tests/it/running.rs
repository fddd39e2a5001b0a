//! A machine that is judged only while it runs, and alerts that last.

use std::fmt::Write as _;

use crate::harness::Dir;
use serde_json::Value;

/// Rows of a machine that runs for 400 s, warms up in 40 of them, and stands still for 200 s; `vibration` is `factor`
/// times as large in the rows of `odd`.
fn machine(rows: u64, odd: std::ops::Range<u64>, factor: f64) -> String {
    let noise = |i: u64| {
        let x = (i as f64 * 12.9898).sin() * 43_758.547;
        x - x.floor() - 0.5
    };
    let mut text = "time,current,vibration,pressure,contact\n".to_owned();
    for row in 0..rows {
        let (phase, on) = (row % 600, row % 600 < 400);
        let load = if on {
            (phase as f64 / 40.0).min(1.0) * (1.0 + 0.2 * (row as f64 / 97.0).sin())
        } else {
            0.0
        };
        let fault = if odd.contains(&row) { factor } else { 1.0 };
        writeln!(
            text,
            "{},{:.4},{:.4},{:.4},{}",
            1_767_225_600 + row,
            5.0 * load + 0.1 * noise(row),
            (2.0 * load + 0.05 * noise(row + 50_000)) * fault,
            0.5 + 3.0 * load + 0.05 * noise(row + 90_000),
            u8::from(on)
        )
        .unwrap();
    }
    text
}

fn kinds(events: &[Value]) -> Vec<(String, u64)> {
    let pair = |event: &Value| {
        (event["kind"].as_str().unwrap().to_owned(), event["row"].as_u64().unwrap())
    };
    events.iter().map(pair).collect()
}

#[test]
fn a_machine_is_judged_while_it_runs() {
    let dir = Dir::new();
    dir.write("normal.csv", machine(3000, 0..0, 1.0));
    dir.write("odd.csv", machine(1500, 900..960, 1.3));
    let fit = "fit normal.csv -o m.onnx --exclude contact --settle 60s --when";
    let run = |condition: &str| {
        let mut command = dir.command(fit);
        command.arg(condition).output().unwrap()
    };
    // A column that is no channel will do as well.
    for condition in ["current > 1", "contact = 1 and current > 0.5"] {
        let output = run(condition);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{said}");
        assert!(said.contains("of the 3000 rows --when does not hold"), "{said}");
        let events = dir.oddity("detect m.onnx odd.csv").ok().json_lines();
        let found = kinds(&events);
        let plain: Vec<&str> = found.iter().map(|(kind, _)| kind.as_str()).collect();
        assert_eq!(
            plain,
            ["idle", "running", "idle", "running", "raised", "cleared", "idle", "running"],
            "{found:?}"
        );
        // A start from standstill, after 60 s.
        assert!((60..75).contains(&found[1].1) && (401..=402).contains(&found[2].1), "{found:?}");
        assert!((901..915).contains(&found[4].1), "{found:?}");
        let idle = &events[2];
        let column = condition.split(' ').next().unwrap();
        assert_eq!(idle["channel"], column);
        assert!(idle["value"].as_f64().unwrap() < 0.5, "{idle}");
    }
    let shown = dir.oddity("inspect m.onnx").ok().stdout;
    assert!(shown.contains("contact == 1 and current > 0.5, for 60 s"), "{shown}");
}

#[test]
fn a_channel_that_is_off_and_on_is_said() {
    let dir = Dir::new();
    dir.write("normal.csv", machine(3000, 0..0, 1.0));
    let said = dir.oddity("fit normal.csv -o m.onnx").ok().stderr;
    let line = said.lines().find(|line| line.contains(" is off in ")).unwrap();
    let (_, option) = line.split_once("--when \"").unwrap();
    let (condition, _) = option.split_once('"').unwrap();
    // What it says can be taken as it is.
    let mut fit = dir.command("fit normal.csv -o m.onnx --when");
    let output = fit.arg(condition).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && !said.contains(" is off in "), "{said}");
}

/// A column that is no channel: all commands that run the model know it.
#[test]
fn evaluate_bench_and_quantize_keep_the_condition() {
    let dir = Dir::new();
    dir.write("normal.csv", machine(3000, 0..0, 1.0));
    dir.write("odd.csv", machine(1500, 900..960, 1.3));
    let mut fit = dir.command("fit normal.csv -o m.onnx --exclude contact --settle 60s --when");
    assert!(fit.arg("contact = 1").output().unwrap().status.success());
    let labelled: String =
        dir.text("odd.csv").lines().enumerate().fold(String::new(), |mut text, (row, line)| {
            let label = match row {
                0 => "label".to_owned(),
                row => u8::from((901..=960).contains(&row)).to_string(),
            };
            writeln!(text, "{line},{label}").unwrap();
            text
        });
    dir.write("labelled.csv", labelled);
    let found = dir.oddity("evaluate m.onnx labelled.csv --labels label --json").ok().json();
    assert_eq!(found["detectors"][0]["events_found"], 1, "{found}");
    let bench = dir.oddity("bench m.onnx --seconds 0.05").ok();
    assert!(bench.stdout.contains("rows"), "{}", bench.stdout);
    dir.oddity("quantize m.onnx normal.csv -o q.onnx --most-cost 90").ok();
    let shown = dir.oddity("inspect q.onnx").ok().stdout;
    assert!(shown.contains("contact == 1, for 60 s"), "{shown}");
}

/// Rows that are late or come twice are dropped, and so is what they say of the condition.
#[test]
fn a_row_that_is_dropped_stops_nothing() {
    let dir = Dir::new();
    dir.write("normal.csv", machine(1800, 0..0, 1.0));
    let mut fit = dir.command("fit normal.csv -o m.onnx --exclude contact --when");
    assert!(fit.arg("contact = 1").output().unwrap().status.success());
    let mut late = String::new();
    for (row, line) in machine(390, 0..0, 1.0).lines().enumerate() {
        writeln!(late, "{line}").unwrap();
        if row > 0 && row % 50 == 0 {
            let (rest, _) = line.rsplit_once(',').unwrap();
            writeln!(late, "{rest},0").unwrap();
        }
    }
    let events = dir.oddity_with("detect m.onnx", late).ok().json_lines();
    assert_eq!(kinds(&events), []);
}

#[test]
fn a_condition_that_cannot_be_is_refused() {
    let dir = Dir::new();
    dir.write("normal.csv", machine(1200, 0..0, 1.0));
    let refused = |condition: &str, reason: &str| {
        let mut command = dir.command("fit normal.csv -o m.onnx --when");
        let output = command.arg(condition).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(reason), "{condition}: {said}");
        assert!(!dir.names().contains(&"m.onnx".to_owned()));
    };
    refused("curent > 1", "no column \"curent\"");
    refused("current > 100", "is never true in the 1200 rows of this data: current lies between");
    refused("current", "such as \"current > 0.5\"");
    dir.oddity("fit normal.csv -o m.onnx --settle 5").fails(2, &["--when"]);
}

#[test]
fn a_column_that_is_missing_is_idle_and_said() {
    let dir = Dir::new();
    dir.write("normal.csv", machine(1800, 0..0, 1.0));
    let mut command = dir.command("fit normal.csv -o m.onnx --exclude contact --when");
    assert!(command.arg("contact = 1").output().unwrap().status.success());
    let stream: String = machine(200, 0..0, 1.0)
        .lines()
        .map(|line| line.rsplit_once(',').unwrap().0.to_owned() + "\n")
        .collect();
    let events = dir.oddity_with("detect m.onnx", stream).ok().json_lines();
    assert_eq!(kinds(&events), [("idle".to_owned(), 1)]);
    assert_eq!((&events[0]["channel"], &events[0]["value"]), (&"contact".into(), &Value::Null));
}

#[test]
fn an_alert_that_lasts_is_told() {
    let dir = Dir::fitted();
    dir.oddity("simulate --rows 9000 --seed 3 --output long.csv --fault bearing-wear@200+8800x2")
        .ok();
    let events = dir.oddity("detect model.onnx long.csv").ok().json_lines();
    let lasts: Vec<u64> = events
        .iter()
        .filter(|event| event["kind"] == "ongoing" && event["because"] == "lasts")
        .map(|event| event["row"].as_u64().unwrap() - event["since_row"].as_u64().unwrap())
        .collect();
    assert_eq!(lasts, [3600, 7200], "{events:?}");
    assert_eq!(events.iter().filter(|event| event["kind"] == "raised").count(), 1, "{events:?}");
}

/// A worn bearing becomes hot.
#[test]
fn another_channel_is_told_while_an_alert_lasts() {
    let models = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let models = models.display();
    let args = format!("detect {models}/pump.onnx {models}/pump-faults.csv");
    let events = Dir::new().oddity(&args).ok().json_lines();
    let raised = &events[0];
    assert_eq!(raised["channels"][0]["name"], "vibration_de");
    let ongoing = &events[1];
    assert_eq!(
        (&ongoing["kind"], &ongoing["because"], &ongoing["channels"][0]["name"]),
        (&"ongoing".into(), &"another-channel".into(), &"bearing_temp".into())
    );
    assert_eq!((&ongoing["since_row"], &ongoing["since"]), (&raised["row"], &raised["time"]));
}
