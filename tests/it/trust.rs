//! Training that is not trusted, and what it learned used live: readings that are none, rows of a fault among
//! the normal ones, too few rows for so many channels.

use std::fmt::Write;

use crate::harness::{Dir, Run};

/// Numbers between -0.5 and 0.5, by their place.
fn noise(i: usize) -> f64 {
    let x = (i as f64 * 12.9898).sin() * 43_758.547;
    x - x.floor() - 0.5
}

/// A heating: flow and return temperature, and the pressure, 10 s apart. `change` may change a row.
fn heating(rows: usize, seed: usize, change: impl Fn(usize, &mut [f64; 3])) -> String {
    let mut text = "time,flow,return,pressure\n".to_owned();
    for i in 0..rows {
        let load = ((i + seed) as f64 / 90.0).sin();
        let at = 10 * (i + seed);
        let mut row = [
            45.0 + 3.0 * load + 0.3 * noise(at),
            36.0 + 2.0 * load + 0.3 * noise(at + 1),
            1.8 + 0.05 * load + 0.01 * noise(at + 2),
        ];
        change(i, &mut row);
        let [flow, back, pressure] = row;
        writeln!(text, "{},{flow:.2},{back:.2},{pressure:.3}", 1_767_225_600 + 10 * (i + seed))
            .unwrap();
    }
    text
}

fn threshold(run: &Run) -> f64 {
    let line = run.stderr.lines().find(|line| line.starts_with("threshold ")).unwrap();
    line.split(' ').nth(1).unwrap().parse().unwrap()
}

/// From row 201 on the return is too warm.
fn blocked(i: usize, row: &mut [f64; 3]) {
    if i >= 200 {
        row[1] += 2.5;
    }
}

#[test]
fn readings_that_are_none_do_not_change_what_is_learned() {
    let dir = Dir::new();
    dir.write("clean.csv", heating(1200, 0, |_, _| ()));
    let clean = threshold(&dir.oddity("fit clean.csv -o model.onnx").ok());
    type Change = fn(usize, &mut [f64; 3]);
    let cases: [(Change, &str); 4] = [
        (
            |i, row| {
                if i == 500 {
                    row[0] = -127.0
                }
            },
            "flow: -127 in row 501 is far from",
        ),
        (
            |i, row| {
                if i == 0 {
                    row[1] = 85.0
                }
            },
            "return: 85 in row 1 is far from",
        ),
        (
            |i, row| {
                if (700..725).contains(&i) {
                    row[0] = -127.0
                }
            },
            "-127 in row 701 (and 24 more)",
        ),
        (
            |i, row| {
                if i == 900 || i == 950 {
                    row[2] = 655.35
                }
            },
            "655.35 in row 901 (and 1 more)",
        ),
    ];
    dir.write("test.csv", heating(300, 1200, blocked));
    for (change, words) in cases {
        dir.write("dirty.csv", heating(1200, 0, change));
        let run = dir.oddity("fit dirty.csv -o model.onnx").ok();
        assert!(run.stderr.contains(words), "no {words} in {}", run.stderr);
        let dirty = threshold(&run);
        assert!((dirty / clean - 1.0).abs() < 0.2, "{dirty} {clean}");
        let run = dir.oddity("detect model.onnx test.csv").ok();
        let raised = run.json_lines().into_iter().find(|line| line["kind"] == "raised").unwrap();
        assert!((201..260).contains(&raised["row"].as_u64().unwrap()), "{raised}");
    }
}

#[test]
fn what_the_machine_does_is_not_taken_out() {
    let dir = Dir::new();
    let pump = |i: usize, row: &mut [f64; 3]| match i % 300 {
        0..200 => row[2] = 0.1,
        200 => row[2] = 30.0,
        _ => {}
    };
    dir.write("pump.csv", heating(1200, 0, pump));
    let run = dir.oddity("fit pump.csv -o model.onnx").ok();
    assert!(!run.stderr.contains("treated as missing"), "{}", run.stderr);
}

#[test]
fn one_absurd_reading_raises_nothing_and_several_are_an_event() {
    let dir = Dir::new();
    dir.write("clean.csv", heating(1200, 0, |_, _| ()));
    dir.oddity("fit clean.csv -o model.onnx").ok();
    for absurd in [-127.0, 65_535.0, 85.0, 3000.0] {
        dir.write(
            "lone.csv",
            heating(400, 1200, |i, row| {
                if i == 250 {
                    row[0] = absurd
                }
            }),
        );
        let run = dir.oddity("detect model.onnx lone.csv --fail-on-alert").ok();
        assert_eq!(run.kinds(), [""; 0], "{absurd}: {}", run.stdout);
        assert!(run.stderr.contains("1 reading was far outside"), "{}", run.stderr);
    }
    let several = |i: usize, row: &mut [f64; 3]| {
        if (250..300).contains(&i) {
            row[0] = -127.0;
        }
    };
    dir.write("several.csv", heating(400, 1200, several));
    let run = dir.oddity("detect model.onnx several.csv").ok();
    assert_eq!(run.kinds(), ["implausible", "restored"], "{}", run.stdout);
    let event = &run.json_lines()[0];
    assert_eq!((&event["row"], &event["channel"]), (&252.into(), &"flow".into()));
    assert_eq!(event["value"], -127.0);
    let code = dir.oddity("detect model.onnx several.csv --fail-on-alert");
    code.fails(1, &["50 readings were far outside all of normal data"]);
}

#[test]
fn a_fault_far_outside_of_training_is_raised_all_the_same() {
    let dir = Dir::new();
    dir.write("clean.csv", heating(1200, 0, |_, _| ()));
    dir.oddity("fit clean.csv -o model.onnx").ok();
    for times in [0.0, 2.0, 3.0] {
        let burst = |i: usize, row: &mut [f64; 3]| {
            if i >= 200 {
                row[2] *= times
            }
        };
        dir.write("burst.csv", heating(300, 1200, burst));
        let run = dir.oddity("detect model.onnx burst.csv").ok();
        assert!(run.kinds().contains(&"raised".to_owned()), "{times}: {}", run.stdout);
        assert!(!run.kinds().contains(&"implausible".to_owned()), "{times}: {}", run.stdout);
    }
}

#[test]
fn rows_of_a_fault_among_the_normal_ones_are_named() {
    let dir = Dir::new();
    let fault = |i: usize, row: &mut [f64; 3]| {
        if (400..430).contains(&i) {
            row[1] += 2.5;
            row[2] -= 0.3;
        }
    };
    dir.write("dirty.csv", heating(900, 0, fault));
    let run = dir.oddity("fit dirty.csv -o model.onnx").ok();
    let line = run.stderr.lines().find(|line| line.contains("unlike the rest")).unwrap();
    let rows: Vec<u64> = line.split(' ').filter_map(|word| word.parse().ok()).collect();
    assert!((385..415).contains(&rows[0]) && (420..450).contains(&rows[1]), "{line}");
    assert!(line.contains("pressure") && line.contains("without them "), "{line}");
    dir.write("clean.csv", heating(900, 0, |_, _| ()));
    let run = dir.oddity("fit clean.csv -o model.onnx").ok();
    assert!(!run.stderr.contains("without them"), "{}", run.stderr);
}

/// Many sensors that follow two causes.
fn many(rows: usize, seed: usize, odd: bool) -> String {
    let names: Vec<String> = (0..44).map(|channel| format!("s{channel}")).collect();
    let mut text = names.join(",") + "\n";
    for i in seed..seed + rows {
        let causes = [(i as f64 / 40.0).sin(), (i as f64 / 23.0).cos() + 0.3 * noise(i)];
        let values = (0..44).map(|channel| {
            let value = causes[channel % 2] * (1.0 + channel as f64 / 20.0);
            let fault = if odd && i - seed >= 200 && channel == 3 { 1.5 } else { 0.0 };
            format!("{:.3}", value + fault + 0.3 * noise(100 * i + channel))
        });
        writeln!(text, "{}", values.collect::<Vec<_>>().join(",")).unwrap();
    }
    text
}

#[test]
fn few_rows_for_many_channels_are_said_and_a_fault_is_still_seen() {
    let dir = Dir::new();
    dir.write("few.csv", many(700, 0, false));
    let run = dir.oddity("fit few.csv -o model.onnx --window 10").ok();
    let line = run.stderr.lines().find(|line| line.contains("700 rows are few")).unwrap();
    assert!(line.contains("44 channels") && line.contains("about 920 would do"), "{line}");
    dir.write("test.csv", many(320, 700, true));
    let run = dir.oddity("detect model.onnx test.csv").ok();
    let raised = run.json_lines().into_iter().find(|line| line["kind"] == "raised").unwrap();
    assert!((201..290).contains(&raised["row"].as_u64().unwrap()), "{raised}");
    dir.write("enough.csv", many(920, 0, false));
    let run = dir.oddity("fit enough.csv -o model.onnx --window 10").ok();
    assert!(!run.stderr.contains("are few"), "{}", run.stderr);
}

#[test]
fn a_fault_that_came_twice_in_training_is_named() {
    let dir = Dir::new();
    let twice = |i: usize, row: &mut [f64; 3]| {
        if (300..315).contains(&i) || (800..815).contains(&i) {
            row[1] += 2.5;
        }
    };
    dir.write("train.csv", heating(1200, 0, twice));
    let run = dir.oddity("fit train.csv -o model.onnx").ok();
    assert!(
        run.stderr.contains("(return") && run.stderr.contains("are unlike the rest"),
        "{}",
        run.stderr
    );
}
