//! Columns that are no sensors, and many that are: constants, counters, seventy sensors, spectra.

use std::fmt::Write;

use crate::harness::Dir;

/// A number between -0.5 and 0.5 that looks like chance.
fn noise(row: u64, column: u64) -> f64 {
    let mut z = (row << 20 | column).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(column);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64 - 0.5
}

/// Rows of two sensors with what `more` adds to them, from this row on, one every ten seconds.
fn rows(header: &str, from: u64, count: u64, more: impl Fn(u64) -> String) -> String {
    let mut text = format!("time,flow,level{header}\n");
    for row in from..from + count {
        let (flow, level) = (20.0 + noise(row, 1), 5.0 + (row as f64 / 40.0).sin() + noise(row, 2));
        let time = 1_767_225_600 + 10 * row;
        writeln!(text, "{time},{flow:.3},{level:.3}{}", more(row)).unwrap();
    }
    text
}

#[test]
fn a_contact_that_never_moved_and_then_does_is_an_event() {
    let dir = Dir::new();
    dir.write("train.csv", rows(",door,tank", 0, 600, |_| ",0,7.25".into()));
    let run = dir.oddity("fit train.csv -o m.onnx").ok();
    assert!(
        run.stderr.contains("left out door: constant at 0; watched for a change"),
        "{}",
        run.stderr
    );
    // Open for 30 rows, after a glitch; the other one is not there at all.
    let open = |row: u64| u8::from(row == 620 || (650..680).contains(&row));
    dir.write("live.csv", rows(",door", 600, 120, |row| format!(",{}", open(row))));
    let run = dir.oddity("detect m.onnx live.csv").ok();
    let kinds = run.kinds();
    assert_eq!(kinds, ["changed", "returned"], "{}", run.stdout);
    let [changed, returned] = &run.json_lines()[..] else { panic!("{}", run.stdout) };
    assert_eq!((&changed["channel"], &changed["row"]), (&"door".into(), &52.into()));
    assert_eq!((changed["was"].as_f64(), changed["is"].as_f64()), (Some(0.0), Some(1.0)));
    assert_eq!((&returned["channel"], &returned["row"]), (&"door".into(), &90.into()));
    dir.oddity("detect m.onnx live.csv --fail-on-alert").fails(1, &[]);
    dir.oddity("detect m.onnx train.csv --fail-on-alert").ok();
    // The same from JSON, and in the middle of a stream.
    let json: String = (600..720)
        .map(|row| format!("{{\"door\":{},\"level\":5,\"flow\":20}}\n", open(row)))
        .collect();
    let run = dir.oddity_with("detect m.onnx", json).ok();
    assert!(run.kinds().contains(&"changed".to_owned()), "{}", run.stdout);
}

#[test]
fn a_contact_in_words_is_watched_as_one_in_numbers() {
    for (still, moved) in [("off", "on"), ("closed", "open"), ("OK", "ALARM")] {
        let dir = Dir::new();
        dir.write("train.csv", rows(",door", 0, 600, |_| format!(",{still}")));
        dir.oddity("fit train.csv -o m.onnx").ok();
        let word = |row: u64| if row < 650 { still } else { moved };
        dir.write("live.csv", rows(",door", 600, 120, |row| format!(",{}", word(row))));
        let run = dir.oddity("detect m.onnx live.csv").ok();
        assert_eq!(run.kinds(), ["changed"], "{}", run.stdout);
        assert!(!run.stderr.contains("is not a number"), "{}", run.stderr);
    }
}

#[test]
fn counters_that_step_seldom_stand_or_begin_wrong_are_no_sensors() {
    type Meter = fn(u64) -> f64;
    let meters: [Meter; 4] = [
        |row| 5000.0 + (row / 40) as f64,
        |row| 5000.0 + 0.01 * (row % 600).min(300) as f64,
        |row| if row < 2 { 0.0 } else { 5000.0 + 0.013 * row as f64 },
        |row| 5000.0 + 0.013 * row as f64 - if row == 333 { 2.0 } else { 0.0 },
    ];
    for meter in meters {
        let dir = Dir::new();
        dir.write("train.csv", rows(",meter", 0, 600, |row| format!(",{:.3}", meter(row))));
        let run = dir.oddity("fit train.csv -o m.onnx").ok();
        assert!(run.stderr.contains("left out meter: a counter"), "{}", run.stderr);
        dir.write(
            "live.csv",
            rows(",meter", 600, 300, |row| format!(",{:.3}", 9000.0 + meter(row))),
        );
        assert!(dir.oddity("detect m.onnx live.csv").ok().stdout.is_empty());
    }
}

#[test]
fn a_label_that_is_0_in_normal_data_is_no_constant() {
    let dir = Dir::new();
    dir.write("train.csv", rows(",anomaly", 0, 600, |_| ",0".into()));
    let run = dir.oddity("fit train.csv -o m.onnx").ok();
    assert!(
        run.stderr.contains("left out anomaly") && !run.stderr.contains("watched"),
        "{}",
        run.stderr
    );
    dir.write("live.csv", rows(",anomaly", 600, 100, |_| ",1".into()));
    assert!(dir.oddity("detect m.onnx live.csv").ok().stdout.is_empty());
}

/// A meter that stands at this row; power is about 700 W.
fn kwh(row: u64) -> f64 {
    5000.0 + row as f64 * 0.002 + 0.0004 * noise(row, 7)
}

#[test]
fn a_meter_with_decimals_is_left_out_or_watched_by_its_rise() {
    let dir = Dir::new();
    dir.write("train.csv", rows(",kwh", 0, 900, |row| format!(",{:.4}", kwh(row))));
    let run = dir.oddity("fit train.csv -o plain.onnx").ok();
    assert!(run.stderr.contains("left out kwh: a counter"), "{}", run.stderr);
    assert!(run.stderr.contains("--difference kwh"), "{}", run.stderr);
    let rise = "fit train.csv -o rise.onnx --difference kwh";
    dir.oddity(rise).ok();
    // A month later all is as it was; then the machine takes four times as much.
    let later = 259_200;
    dir.write("normal.csv", rows(",kwh", later, 300, |row| format!(",{:.4}", kwh(row))));
    let faulty = |row: u64| kwh(row) + 0.006 * row.saturating_sub(later + 200) as f64;
    dir.write("faulty.csv", rows(",kwh", later, 300, |row| format!(",{:.4}", faulty(row))));
    for model in ["plain", "rise"] {
        let run = dir.oddity(&format!("detect {model}.onnx normal.csv")).ok();
        assert!(run.stdout.is_empty(), "{model}: {}", run.stdout);
    }
    let run = dir.oddity("detect rise.onnx faulty.csv").ok();
    let raised = run.json_lines().into_iter().find(|line| line["kind"] == "raised").unwrap();
    assert_eq!(raised["channels"][0]["name"], "kwh", "{}", run.stdout);
    dir.oddity("fit train.csv -o x.onnx --difference watt").fails(2, &["no such channel"]);
}

#[test]
fn a_daily_meter_is_watched_by_its_rise_unasked() {
    let dir = Dir::new();
    let day = |row: u64| format!(",{:.4}", (kwh(row) - 5000.0) % 0.5);
    dir.write("train.csv", rows(",today", 1, 1500, day));
    let run = dir.oddity("fit train.csv -o m.onnx").ok();
    assert!(run.stderr.contains("today counts on and is set back to 0"), "{}", run.stderr);
    dir.write("normal.csv", rows(",today", 1501, 600, day));
    let run = dir.oddity("detect m.onnx normal.csv").ok();
    assert!(run.stdout.is_empty(), "{}", run.stdout);
}

/// Rows of seventy sensors of unlike level, that follow four causes; from `odd` on ten of them are off.
fn seventy(from: u64, count: u64, odd: u64) -> String {
    let names: Vec<String> = (0..70).map(|column| format!("s{column}")).collect();
    let mut text = format!("time,{}\n", names.join(","));
    for row in from..from + count {
        write!(text, "{}", 1_767_225_600 + row).unwrap();
        for column in 0..70 {
            let cause = (row as f64 / (15.0 + 9.0 * (column % 4) as f64)).sin();
            let level = (column * 37 % 101) as f64 + cause + 0.3 * noise(row, column);
            let off = if row >= odd && column < 10 { 1.5 } else { 0.0 };
            write!(text, ",{:.3}", level + off).unwrap();
        }
        text.push('\n');
    }
    text
}

#[test]
fn seventy_sensors_with_one_fault_that_lasts_give_one_alert() {
    let dir = Dir::new();
    dir.write("train.csv", seventy(0, 1500, u64::MAX));
    let run = dir.oddity("fit train.csv -o m.onnx").ok();
    assert!(run.stdout.contains("windows of 2 rows") || run.stderr.contains("windows of 2 rows"));
    dir.write("normal.csv", seventy(1500, 300, u64::MAX));
    assert!(dir.oddity("detect m.onnx normal.csv").ok().stdout.is_empty());
    dir.write("faulty.csv", seventy(1500, 400, 1650));
    let run = dir.oddity("detect m.onnx faulty.csv").ok();
    assert_eq!(run.kinds(), ["raised"], "{}", run.stdout);
}

#[test]
fn rows_that_are_spectra_or_beats_are_windows_of_their_own() {
    let dir = Dir::new();
    let table = |name: fn(usize) -> String, value: fn(u64, usize) -> f64| {
        let names: Vec<String> = (0..100).map(name).collect();
        let mut text = names.join(",") + "\n";
        for row in 0..400 {
            let values: Vec<String> =
                (0..100).map(|column| format!("{:.4}", value(row, column))).collect();
            text += &(values.join(",") + "\n");
        }
        text
    };
    let beat = |row: u64, column: usize| (column as f64 / 9.0).sin() * (1.0 + 0.2 * noise(row, 1));
    let rough = |row: u64, column: usize| (column * 37 % 101) as f64 + noise(row, column as u64);
    for (file, text, is_signal) in [
        ("beats.csv", table(|column| format!("v{column}"), beat), true),
        ("bins.csv", table(|column| format!("bin{column}"), rough), true),
        ("sensors.csv", table(|column| format!("v{column}"), rough), false),
    ] {
        dir.write(file, text);
        let run = dir.oddity(&format!("fit {file} -o m.onnx")).ok();
        let said = run.stderr.contains("each row is taken for a signal of its own");
        assert_eq!(said, is_signal, "{file}: {}", run.stderr);
        let profile = &dir.oddity("inspect m.onnx --json").ok().json()["profile"];
        assert_eq!(profile["window"], if is_signal { 1 } else { 2 }, "{file}");
    }
}
