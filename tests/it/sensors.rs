//! Sensors of a machine that is a folder: the examples of the documentation, and `record` as a user sees it.

use std::fs;
use std::io::{BufRead, BufReader};

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
