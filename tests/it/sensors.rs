//! Sensors of a machine that is a folder: the examples of the documentation, `record` and `detect --sensor` as a
//! user sees them.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStderr, ChildStdout};

use oddity::decode::parse_time;
use oddity::sensor::SensorFile;
use oddity::types::Time;
use rustix::process::{Pid, Signal, kill_process};

use crate::harness::Dir;

const SENSORS: &str = "rate_hz = 200
[[sensor]]
bus = \"iio\"
device = \"iio:device0\"
channels = [\"in_accel_x\", \"in_accel_y\"]
";

/// A folder with a file of sensors, and what they measure.
fn machine() -> Dir {
    let dir = Dir::new();
    let iio = dir.file("sys/bus/iio/devices/iio:device0");
    fs::create_dir_all(&iio).unwrap();
    for (name, text) in
        [("in_accel_x_raw", "3"), ("in_accel_y_raw", "-2"), ("in_accel_scale", "0.25")]
    {
        fs::write(iio.join(name), text).unwrap();
    }
    dir.write("sensors.toml", SENSORS);
    dir
}

#[test]
fn every_example_of_the_documentation_is_a_file_and_every_chip_has_one() {
    let text = include_str!("../../docs/sensors.md");
    let examples: Vec<&str> = text.split("```toml\n").skip(1).collect();
    let examples = examples.iter().map(|rest| rest.split_once("```").unwrap().0);
    let mut all = String::new();
    for example in examples {
        let file = SensorFile::parse(example).unwrap_or_else(|error| panic!("{error}\n{example}"));
        assert!(!file.columns().is_empty());
        all += example;
    }
    for chip in [
        "adxl345",
        "lis3dh",
        "mpu6050",
        "bme280",
        "tmp102",
        "lm75",
        "ads1115",
        "ina219",
        "registers",
    ] {
        assert!(all.contains(&format!("chip = \"{chip}\"")), "no example of {chip}");
        assert!(text.contains(&format!("| `{chip}`")), "{chip} is not in the table");
    }
}

#[test]
fn record_writes_rows_with_times_that_are_read_again() {
    let dir = machine();
    let run = dir.oddity("record --sensor sensors.toml -n 60 --root .").ok();
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines[0], "time,in_accel_x,in_accel_y");
    assert_eq!(lines.len(), 61);
    let time = |line: &&str| parse_time(line.split_once(',').unwrap().0).unwrap();
    let times: Vec<Time> = lines[1..].iter().map(time).collect();
    assert!(times.is_sorted(), "{times:?}");
    assert!(lines[1..].iter().all(|line| line.ends_with("Z,0.75,-0.5")), "{lines:?}");
}

#[test]
fn a_wrong_file_is_code_2_with_its_line_and_a_missing_sensor_is_code_74() {
    let dir = machine();
    dir.write("sensors.toml", SENSORS.replace("channels", "channel"));
    let record = |file: &str| dir.oddity(&format!("record --sensor {file} -n 1 --root ."));
    record("sensors.toml").fails(2, &["\"sensors.toml\", line 2: channels: is missing"]);
    record("nothing.toml").fails(2, &["cannot read \"nothing.toml\""]);
    dir.write("sensors.toml", SENSORS.replace("device0", "device1"));
    record("sensors.toml").fails(74, &["the kernel has no such device"]);
}

#[test]
fn a_signal_ends_a_recording_after_a_whole_row() {
    let dir = machine();
    let mut child = dir.start("record --sensor sensors.toml --root .");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for _ in 0..5 {
        lines.next().unwrap().unwrap();
    }
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert!(rest.iter().all(|line| line.matches(',').count() == 2), "{rest:?}");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// The machine with `model.onnx`, which has learned two channels that rise and fall together about 0.
fn watched() -> Dir {
    let dir = machine();
    let mut csv = "time,in_accel_x,in_accel_y\n".to_owned();
    let mut noise = 1_u32;
    let mut next = || {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(noise >> 8) / f64::from(1 << 24) - 0.5
    };
    for row in 0..1200 {
        let x = next();
        let time = f64::from(row) * 0.005;
        writeln!(csv, "2026-01-01T00:00:0{time:.3}Z,{x:.4},{:.4}", 2.0 * x + 0.2 * next()).unwrap();
    }
    dir.write("normal.csv", csv);
    dir.oddity("fit normal.csv -o model.onnx --score mse").ok();
    for axis in ["x", "y"] {
        measure(&dir, axis, "0");
    }
    dir
}

/// What an axis reads from now on. The file, which the program holds open, is never empty in between.
fn measure(dir: &Dir, axis: &str, text: &str) {
    let path = dir.file(&format!("sys/bus/iio/devices/iio:device0/in_accel_{axis}_raw"));
    let mut file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.write_all(format!("{text:<9}\n").as_bytes()).unwrap();
}

const DETECT: &str = "detect model.onnx --sensor sensors.toml --root .";

/// A program that watches, and its lines.
struct Watching {
    child: Child,
    stdout: BufReader<ChildStdout>,
    stderr: BufReader<ChildStderr>,
    /// On standard error, as far as it was read.
    said: String,
}

impl Watching {
    fn start(dir: &Dir, options: &str) -> Self {
        let mut child = dir.start(&format!("{DETECT} {options}"));
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self { child, stdout, stderr, said: String::new() }
    }

    fn next(&mut self) -> serde_json::Value {
        let mut line = String::new();
        if self.stdout.read_line(&mut line).unwrap() == 0 {
            self.stderr.read_to_string(&mut self.said).unwrap();
            panic!("it has ended: {}", self.said);
        }
        serde_json::from_str(&line).unwrap()
    }

    /// The next line of this kind.
    fn until(&mut self, kind: &str) -> serde_json::Value {
        loop {
            let line = self.next();
            if line["kind"] == kind {
                return line;
            }
        }
    }

    /// Waits until this is said on standard error.
    fn until_said(&mut self, words: &str) {
        while !self.said.contains(words) {
            assert_ne!(self.stderr.read_line(&mut self.said).unwrap(), 0, "{}", self.said);
        }
    }

    /// Stops it; gives the exit code, the lines that were left and standard error.
    fn stop(mut self, signal: Signal) -> (Option<i32>, String, String) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        self.stderr.read_to_string(&mut self.said).unwrap();
        (self.child.wait().unwrap().code(), rest, self.said)
    }
}

#[test]
fn detect_watches_the_sensors_until_a_signal() {
    let dir = watched();
    let mut watching = Watching::start(&dir, "--emit all");
    let first = watching.until("score");
    let second = watching.until("score");
    assert!(first["row"].as_u64() < second["row"].as_u64(), "{first} {second}");
    assert!(first["time"].as_str() < second["time"].as_str(), "{first} {second}");
    assert_eq!(first["stream"], "");
    // One axis alone moves.
    measure(&dir, "x", "40");
    let raised = watching.until("raised");
    assert!(raised["ratio"].as_f64().unwrap() > 1.0, "{raised}");
    let (code, rest, _) = watching.stop(Signal::TERM);
    assert_eq!(code, Some(0));
    assert!(rest.is_empty() || rest.ends_with("}\n"), "{rest:?}");

    let mut watching = Watching::start(&dir, "--fail-on-alert");
    watching.until("raised");
    assert_eq!(watching.stop(Signal::INT).0, Some(1));
}

#[test]
fn a_sensor_that_fails_is_missing_in_the_events_and_told_as_in_a_recording() {
    let dir = watched();
    let mut watching = Watching::start(&dir, "");
    // One window, at least, is whole.
    watching.until("flatline");
    measure(&dir, "y", "no number");
    // All channels of the sensor are.
    assert_eq!(watching.until("missing")["channel"], "in_accel_x");
    assert_eq!(watching.until("missing")["channel"], "in_accel_y");
    watching.until_said("5 failed readings in a row; it is started again, after a wait\n");
    measure(&dir, "y", "0");
    watching.until("restored");
    let (code, _, stderr) = watching.stop(Signal::TERM);
    assert_eq!(code, Some(0));
    for words in [
        "oddity: warn: sensor \"iio:device0\": ",
        "holds \"no number\", which is no number; its values are missing\n",
        "back after ",
    ] {
        assert!(stderr.contains(words), "no {words:?} in {stderr}");
    }
}

#[test]
fn what_does_not_go_together_with_sensors_is_refused() {
    let dir = watched();
    for (options, other) in [
        ("normal.csv", "[INPUT]"),
        ("--format csv", "--format"),
        ("--time none", "--time"),
        ("--key unit", "--key"),
        ("--strict", "--strict"),
    ] {
        dir.oddity(&format!("{DETECT} {options}"))
            .fails(2, &["'--sensor <FILE>' cannot be used with", other]);
    }
    // A model of other channels: both are named, and no sensor is opened.
    let columns = dir.text("normal.csv").replacen("in_accel_y", "tilt", 1);
    dir.write("other.csv", columns);
    dir.oddity("fit other.csv -o model.onnx").ok();
    dir.oddity(&DETECT.replace("--root .", "--root nowhere")).fails(
        2,
        &["the sensors measure in_accel_x, in_accel_y, but the model wants in_accel_x, tilt: \
             there is no tilt;"],
    );
}

#[test]
fn a_sensor_that_is_not_there_ends_it_before_the_first_row() {
    let dir = watched();
    dir.oddity(&DETECT.replace("--root .", "--root nowhere"))
        .fails(74, &["the kernel has no such device"]);
    dir.write("sensors.toml", SENSORS.replace("rate_hz", "rate"));
    dir.oddity(DETECT).fails(2, &["\"sensors.toml\", line 1: rate_hz: is missing"]);
}
