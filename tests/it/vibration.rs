//! Features of frames of fast readings: a bearing whose fault changes no level is found by what strikes in it.

use std::f64::consts::PI;
use std::fmt::Write;

use serde_json::{Value, json};

use crate::harness::{Dir, data};

const RATE: usize = 4096;
const FRAME: usize = 256;

/// Acceleration of a housing in g, 4096 times a second: the turn of the shaft, noise, and a ringing at 1250 Hz that
/// from row `fault` on comes in blows, 160 a second, of the same level as before. A second axis has noise alone.
fn readings(rows: usize, seed: u64, fault: usize) -> String {
    let mut state = seed;
    let mut noise = || {
        let mut sum = 0.0;
        for _ in 0..4 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            sum += (state >> 40) as f64 / f64::from(1 << 24) - 0.5;
        }
        sum
    };
    let mut text = "time,acc_x,acc_y [g]\n".to_owned();
    for row in 0..rows {
        let seconds = row as f64 / RATE as f64;
        let turn = 0.5 * (2.0 * PI * 25.0 * seconds).sin();
        // The mean square of 1 + sin is 3/2.
        let blow = match row >= fault {
            true => (1.0 + (2.0 * PI * 160.0 * seconds).sin()) / 1.5f64.sqrt(),
            false => 1.0,
        };
        let ringing = blow * (2.0 * PI * 1250.0 * seconds).sin();
        let (x, y) = (turn + ringing + 0.3 * noise(), 0.2 * noise());
        writeln!(text, "{:.9},{x:.5},{y:.5}", 1_700_000_000.0 + seconds).unwrap();
    }
    text
}

/// Normal data, and a model of it.
fn fitted(options: &str) -> Dir {
    let dir = Dir::new();
    dir.write("normal.csv", readings(300 * FRAME, 1, usize::MAX));
    dir.oddity(&format!("fit normal.csv --features {FRAME}{options} -o bearing.onnx")).ok();
    dir
}

#[test]
fn a_fault_of_the_same_level_is_found_by_its_envelope() {
    let dir = fitted("");
    let fault = 100 * FRAME;
    dir.write("worn.csv", readings(200 * FRAME, 2, fault));
    let run = dir.oddity("detect bearing.onnx worn.csv").ok();
    let events = run.json_lines();
    let raised: Vec<&Value> = events.iter().filter(|event| event["kind"] == "raised").collect();
    assert_eq!(raised.len(), 1, "{events:?}");
    let row = raised[0]["row"].as_u64().unwrap() as usize;
    assert!(
        (fault..fault + 10 * FRAME).contains(&row),
        "raised at {row}, the fault begins at {fault}"
    );
    assert_eq!(row % FRAME, 0, "a frame ends there");
    let first = raised[0]["channels"][0]["name"].as_str().unwrap();
    assert!(first.starts_with("acc_x:"), "{first}");
}

/// A fan whose acceleration was measured; with a weight on a blade, and switched off, it is another.
#[test]
#[ignore = "needs ODDITY_DATA"]
fn a_fan_with_a_weight_on_it() {
    let (dir, fan) = (Dir::new(), data().join("fan"));
    let text = std::fs::read_to_string(fan.join("fan_0_low_0_weight.csv")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let (normal, held_out) = lines.split_at(45_001);
    dir.write("normal.csv", normal.join("\n"));
    dir.write("held-out.csv", [&lines[..1], held_out].concat().join("\n"));
    dir.oddity("fit normal.csv --exclude window --features 256:128 -o fan.onnx").ok();
    dir.oddity("detect fan.onnx held-out.csv --fail-on-alert").ok();
    for odd in ["low_1", "off_0"] {
        let file = fan.join(format!("fan_0_{odd}_weight.csv"));
        let run = dir.oddity(&format!("detect fan.onnx {}", file.display())).ok();
        assert_eq!(run.kinds(), ["raised"], "{odd}");
    }
}

#[test]
fn the_profile_says_what_the_channels_are() {
    let dir = fitted(":128:4:2");
    let shown = dir.oddity("inspect bearing.onnx").ok().stdout;
    let wanted = "of frames of 256 rows at 4096 Hz, one every 128: 4 bands, 2 of the envelope";
    assert!(shown.contains(wanted), "{shown}");
    let profile = dir.oddity("inspect bearing.onnx --json").ok().json()["profile"].take();
    assert_eq!(profile["version"], 5);
    assert_eq!(
        (&profile["features"]["frame"], &profile["features"]["hop"]),
        (&json!(256), &json!(128))
    );
    let names: Vec<&str> = profile["channels"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["name"].as_str().unwrap())
        .collect();
    let of = |column: &str| {
        ["rms", "crest", "kurtosis", "band1", "band2", "band3", "band4", "envelope1", "envelope2"]
            .map(|feature| format!("{column}:{feature}"))
    };
    assert_eq!(names, [of("acc_x"), of("acc_y [g]")].concat());
    assert_eq!(profile["channels"][9]["unit"], "g");
    assert!((profile["period_s"].as_f64().unwrap() - 128.0 / 4096.0).abs() < 1e-6);
}

/// However the bytes come, the same events and scores.
#[test]
fn a_pipe_gives_what_a_file_gives() {
    let dir = fitted("");
    let worn = readings(150 * FRAME, 3, 60 * FRAME);
    dir.write("worn.csv", &worn);
    let whole = dir.oddity("detect bearing.onnx worn.csv --emit all").ok().stdout;
    assert!(whole.lines().count() > 100, "{whole}");
    let piped = dir.oddity_with("detect bearing.onnx --emit all", &worn).ok().stdout;
    assert_eq!(whole, piped);
    // Of several streams, each has frames of its own.
    let (header, rows) = worn.split_once('\n').unwrap();
    let mut both = format!("{header},unit\n");
    for row in rows.lines() {
        writeln!(both, "{row},a\n{row},b").unwrap();
    }
    dir.write("both.csv", both);
    let lines =
        dir.oddity("detect bearing.onnx both.csv --key unit --emit scores").ok().json_lines();
    let of = |stream: &str| -> Vec<f64> {
        let own = lines.iter().filter(|line| line["stream"] == stream);
        own.map(|line| line["score"].as_f64().unwrap()).collect()
    };
    let alone = dir.oddity("detect bearing.onnx worn.csv --emit scores").ok().json_lines();
    let alone: Vec<f64> = alone.iter().map(|line| line["score"].as_f64().unwrap()).collect();
    assert_eq!((of("a"), of("b")), (alone.clone(), alone));
}

#[test]
fn a_gap_in_the_raw_rows_is_a_gap_and_no_frame_spans_it() {
    let dir = fitted("");
    let rows = readings(120 * FRAME, 4, usize::MAX);
    // Half a second is missing in the middle of a frame.
    let (from, to) = (50 * FRAME + 100, 50 * FRAME + 100 + RATE / 2);
    let kept = rows.lines().enumerate().filter(|(line, _)| !(from..to).contains(line));
    dir.write("gap.csv", kept.map(|(_, line)| format!("{line}\n")).collect::<String>());
    assert_eq!(dir.oddity("detect bearing.onnx gap.csv").ok().kinds(), ["gap"]);
}

#[test]
fn a_model_keeps_its_features_when_it_is_calibrated_and_quantized() {
    let dir = fitted("");
    dir.oddity("calibrate bearing.onnx normal.csv -o again.onnx").ok();
    let features = |model: &str| {
        dir.oddity(&format!("inspect {model} --json")).ok().json()["profile"]["features"].take()
    };
    assert_eq!(features("again.onnx"), features("bearing.onnx"));
    dir.oddity("quantize bearing.onnx normal.csv -o int8.onnx").ok();
    assert_eq!(features("int8.onnx"), features("bearing.onnx"));
    dir.oddity("calibrate bearing.onnx normal.csv --features 512 -o other.onnx")
        .fails(2, &["--features cannot change what they are made of"]);
}

#[test]
fn what_cannot_be_a_frame_is_refused_with_what_can() {
    let dir = Dir::new();
    dir.oddity("fit normal.csv --features 1000 -o x.onnx")
        .fails(2, &["1000", "is not a frame", "FRAME is a power of two from 64 to 16384"]);
    dir.write("short.csv", readings(20 * FRAME, 1, usize::MAX));
    dir.oddity("fit short.csv --features 1024 -o x.onnx").fails(65, &["windows"]);
}
