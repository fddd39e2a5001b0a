//! Pairs, topics and long format, through the program: what one reading a line, or labels on each line, come to.

use crate::harness::Dir;

const SENSORS: [&str; 3] = ["temp", "pressure", "current"];

/// Row `i` of a plant with three sensors, whose pressure falls and whose current rises from row `fault` on.
fn row(i: usize, fault: usize) -> [f64; 3] {
    let load = (i as f64 / 40.0).sin() + 0.5 * (i as f64 / 13.0).sin();
    let noise = |k: usize| ((i * k + k) % 101) as f64 / 101.0 - 0.5;
    let [mut temp, mut pressure, mut current] = [
        22.0 + load + 0.3 * noise(37),
        2.2 + 0.08 * load + 0.06 * noise(53),
        9.0 + 0.4 * load + 0.25 * noise(71),
    ];
    if i >= fault {
        (temp, pressure, current) = (temp, pressure * 0.82, current * 1.25);
    }
    [temp, pressure, current]
}

/// Writes `train` with 600 rows and `test` with 300 and a fault from the 200th on, each as `write` has it.
fn data(dir: &Dir, write: impl Fn(&[[f64; 3]]) -> String) {
    let rows = |count, fault| (0..count).map(|i| row(i, fault)).collect::<Vec<_>>();
    dir.write("train", write(&rows(600, usize::MAX)));
    dir.write("test", write(&rows(300, 200)));
}

/// All rows one after the other, a line for each reading.
fn lines(rows: &[[f64; 3]], line: impl Fn(usize, usize, f64) -> String) -> String {
    let each = rows.iter().enumerate().flat_map(|(i, row)| {
        let line = &line;
        row.iter().enumerate().map(move |(sensor, value)| line(i, sensor, *value) + "\n")
    });
    each.collect()
}

/// Fits, and gives what was said and the row at which the fault is raised.
fn raised(dir: &Dir, options: &str) -> (String, u64) {
    let fit = dir.oddity(&format!("fit train -o m.onnx {options}")).ok();
    let run = dir.oddity("detect m.onnx test").ok();
    let events = run.json_lines();
    let raised = events.iter().find(|event| event["kind"] == "raised");
    let raised = raised.unwrap_or_else(|| panic!("not raised: {}\n{}", run.stdout, run.stderr));
    (fit.stderr, raised["row"].as_u64().unwrap())
}

#[track_caller]
fn soon(row: u64, fault: u64) {
    assert!((fault..fault + 25).contains(&row), "raised at row {row}, not soon after {fault}");
}

#[test]
fn labels_and_values_are_read_as_columns() {
    type Line = fn(usize, &[f64; 3]) -> String;
    let styles: [Line; 4] = [
        |_, [t, p, c]| format!("temp:{t:.2}\tpressure:{p:.3}\tcurrent:{c:.2}\n"),
        |_, [t, p, c]| format!("temp: {t:.2} C, pressure: {p:.3} bar, current: {c:.2} A\n"),
        |i, [t, p, c]| {
            format!("level=info msg=\"a=1 {i}\" temp={t:.2} pressure={p:.3} current={c:.2}\n")
        },
        |i, [t, p, c]| {
            format!(
                "pump,host=a temp={t:.2},pressure={p:.3},current={c:.2} {}000000000\n",
                1772409600 + i
            )
        },
    ];
    for style in styles {
        let dir = Dir::new();
        data(&dir, |rows| rows.iter().enumerate().map(|(i, row)| style(i, row)).collect());
        let (said, row) = raised(&dir, "");
        assert!(said.contains("channels: temp, pressure, current"), "{said}");
        soon(row, 201);
    }
}

#[test]
fn readings_of_one_time_make_a_row() {
    let dir = Dir::new();
    data(&dir, |rows| {
        let head = "time,sensor,value\n".to_owned();
        head + &lines(rows, |i, s, value| format!("{},{},{value:.3}", 1772409600 + i, SENSORS[s]))
    });
    let (said, row) = raised(&dir, "");
    for words in
        ["long format", "readings of one time make a row", "channels: temp, pressure, current"]
    {
        assert!(said.contains(words), "no {words:?} in {said}");
    }
    soon(row, 201);
    let (said, _) = raised(&dir, "--pivot sensor,value");
    assert!(said.contains("channels: temp, pressure, current"), "{said}");
    let fit = dir.oddity("fit train -o m.onnx --pivot none").ok();
    assert!(
        !fit.stderr.contains("long format") && fit.stderr.contains("channels: value"),
        "{}",
        fit.stderr
    );
}

#[test]
fn sensors_in_turn_make_a_row_a_round() {
    let dir = Dir::new();
    data(&dir, |rows| {
        lines(rows, |i, s, value| {
            format!(
                "{{\"time\":{},\"sensor\":\"{}\",\"value\":{value:.3}}}",
                1772409600 + 3 * i + s,
                SENSORS[s]
            )
        })
    });
    let (said, row) = raised(&dir, "");
    assert!(said.contains("one row every 3 s") && said.contains("in turn"), "{said}");
    soon(row, 201);
}

#[test]
fn tables_one_below_the_other_are_brought_together() {
    let dir = Dir::new();
    data(&dir, |rows| {
        let mut text = ",result,table,_start,_time,_value,_field,host\n".to_owned();
        for (table, field) in SENSORS.iter().enumerate() {
            for (i, row) in rows.iter().enumerate() {
                let time = format!("2026-03-02T00:{:02}:{:02}Z", i / 60, i % 60);
                text += &format!(
                    ",,{table},2026-03-02T00:00:00Z,{time},{:.3},{field},gw1\n",
                    row[table]
                );
            }
        }
        text
    });
    let (said, row) = raised(&dir, "--time _time");
    assert!(said.contains("one after the other") && said.contains("600 rows"), "{said}");
    soon(row, 201);
}

#[test]
fn each_topic_is_a_sensor_and_others_are_left_out() {
    let dir = Dir::new();
    data(&dir, |rows| {
        let text = lines(rows, |_, s, value| format!("plant/{} {value:.3}", SENSORS[s]));
        text.replace("plant/temp 22.5", "plant/status online\nplant/temp 22.5")
    });
    let (said, row) = raised(&dir, "");
    assert!(said.contains("channels: plant/temp, plant/pressure, plant/current"), "{said}");
    assert!(said.contains("left out plant/status: 0 of"), "{said}");
    soon(row, 201);
    let dir = Dir::new();
    data(&dir, |rows| {
        let line =
            |[t, p, c]: &[f64; 3]| format!("plant/p1 {{\"t\":{t:.2},\"p\":{p:.3},\"c\":{c:.2}}}\n");
        rows.iter().map(line).collect()
    });
    let (said, row) = raised(&dir, "");
    assert!(said.contains("channels: t, p, c"), "{said}");
    soon(row, 201);
}

#[test]
fn states_of_a_machine_are_no_sensors() {
    let dir = Dir::new();
    let line = |i: usize, [t, ..]: &[f64; 3]| {
        let (mode, factor) = [("idle", 1.0), ("run", 5.0), ("wash", 3.0)][i / 40 % 3];
        format!("{},{mode},{:.3}\n", 1772409600 + i, t * factor)
    };
    data(&dir, |rows| {
        let lines: String = rows.iter().enumerate().map(|(i, row)| line(i, row)).collect();
        format!("time,mode,power\n{lines}")
    });
    let fit = dir.oddity("fit train -o m.onnx").ok();
    assert!(!fit.stderr.contains("long format"), "{}", fit.stderr);
    assert!(fit.stderr.contains("channels: power"), "{}", fit.stderr);
}

/// Each line has one of the columns: what the last reading stands in for is not missing.
#[test]
fn what_is_held_is_not_missing() {
    let dir = Dir::new();
    data(&dir, |rows| {
        lines(rows, |i, s, value| {
            format!("{{\"time\":{},\"{}\":{value:.3}}}", 1772409600 + 3 * i + s, SENSORS[s])
        })
    });
    for options in ["", "--hold 10"] {
        let (said, row) = raised(&dir, options);
        assert!(said.contains("channels: temp, pressure, current"), "{said}");
        soon(row, 601);
    }
    dir.oddity("fit train -o m.onnx --hold 0").fails(65, &["1200 of 1800 readings", "--hold 2"]);
}

#[test]
fn streams_of_unlike_scale_have_their_own() {
    let dir = Dir::new();
    data(&dir, |rows| {
        let head = "time,sensor,value\n".to_owned();
        head + &lines(rows, |i, s, value| format!("{},{},{value:.3}", 1772409600 + i, SENSORS[s]))
    });
    let (said, row) = raised(&dir, "--key sensor");
    assert!(said.contains("the streams differ in scale: value is 22"), "{said}");
    soon(row / 3, 200);
    let json = dir.oddity("inspect m.onnx --json").ok().json();
    let streams = json["profile"]["streams"].as_array().unwrap();
    let names: Vec<&str> = streams.iter().map(|stream| stream["name"].as_str().unwrap()).collect();
    assert_eq!(names, SENSORS);
    // What is reconstructed comes in each stream's own unit.
    let run = dir.oddity("reconstruct m.onnx train").ok();
    let last = |sensor: &str| -> f64 {
        let line = run.stdout.lines().rfind(|line| line.starts_with(sensor)).unwrap();
        line.rsplit(',').next().unwrap().parse().unwrap()
    };
    assert!((15.0..30.0).contains(&last("temp")) && (1.5..3.0).contains(&last("pressure")));
}

#[test]
fn devices_that_take_turns_are_named() {
    let dir = Dir::new();
    data(&dir, |rows| {
        let device = |i: usize, model: &str, t: f64, h: f64| {
            let id = model.len();
            format!(
                "{{\"time\":{},\"model\":\"{model}\",\"id\":{id},\"t\":{t:.2},\"h\":{h:.2}}}\n",
                1772409600 + i
            )
        };
        let lines = rows.iter().enumerate().map(|(i, [t, p, c])| {
            device(2 * i, "Tower", *t, 40.0 + p) + &device(2 * i + 1, "Pool-2", *c, 70.0 + p)
        });
        lines.collect()
    });
    let fit = dir.oddity("fit train -o m.onnx").ok();
    for words in
        ["column model names several", "--key model", "left out id: an id", "channels: t, h"]
    {
        assert!(fit.stderr.contains(words), "no {words:?} in {}", fit.stderr);
    }
    let (said, row) = raised(&dir, "--pivot model,t,h");
    assert!(said.contains("channels: Tower.t, Tower.h, Pool-2.t, Pool-2.h"), "{said}");
    soon(row, 201);
}

#[test]
fn what_is_said_about_a_reading_is_no_reading() {
    type Line = fn(usize, usize, f64) -> String;
    let styles: [(&str, Line); 3] = [
        ("TagName,DateTime,Value,QualityDetail\n", |i, sensor, value| {
            format!("{},{},{value:.3},192", SENSORS[sensor], 1_772_409_600 + i)
        }),
        ("itemid,clock,ns,value\n", |i, sensor, value| {
            format!("{},{},{},{value:.3}", 23_000 + sensor, 1_772_409_600 + i, i * 977 % 1000)
        }),
        ("VarName;TimeString;VarValue;Validity;Time_ms\n", |i, sensor, value| {
            let clock = format!("02.03.2026 00:{:02}:{:02}", i / 60, i % 60);
            let days = 46_083_000_000.0 + 11.5741 * i as f64;
            let line = format!("{};{clock};{value:.3};1;{days:.4}", SENSORS[sensor]);
            line.replace("02.03.2026", "02/03/2026")
                .replace('.', ",")
                .replace("02/03/2026", "02.03.2026")
        }),
    ];
    for (header, line) in styles {
        let dir = Dir::new();
        data(&dir, |rows| header.to_owned() + &lines(rows, line));
        let (said, row) = raised(&dir, "");
        assert!(said.contains("long format"), "{said}");
        soon(row, 200);
    }
}

#[test]
fn a_value_in_two_units_counts_once() {
    let dir = Dir::new();
    let line = |[t, p, c]: &[f64; 3]| {
        let warm = t * 1.8 + 32.0;
        format!("Current: {c:.2} A\tTemperature: {t:.2} *C {warm:.2} *F\tPressure: {p:.3} bar\n")
    };
    data(&dir, |rows| rows.iter().map(line).collect());
    let (said, row) = raised(&dir, "");
    assert!(said.contains("channels: Current, Temperature, Pressure\n"), "{said}");
    soon(row, 200);
}
