//! Numbers as exports and loggers write them, through the program: what `fit` reads, `detect` reads the same.

use std::fmt::Write;

use crate::harness::Dir;

/// Rows of a pump: revolutions, a temperature and a pressure; from row `fault` on the revolutions are a
/// tenth too low.
fn rows(count: usize, fault: usize) -> Vec<[f64; 3]> {
    let wave = |row: usize, step: f64| (row as f64 * step).sin();
    let noise =
        |row: usize, salt: usize| ((row * 7919 + salt * 104_729) % 1009) as f64 / 1009.0 - 0.5;
    (0..count)
        .map(|row| {
            let load = wave(row, 0.05);
            let revolutions = 990.0 + 30.0 * load + 4.0 * noise(row, 1);
            [
                if row < fault { revolutions } else { 0.9 * revolutions },
                21.5 + load + 0.1 * noise(row, 2),
                2.2 + 0.1 * load + 0.01 * noise(row, 3),
            ]
        })
        .collect()
}

/// The rows as text: `write` gives one reading of column 0, 1 or 2.
fn table(
    header: &str,
    rows: &[[f64; 3]],
    delimiter: &str,
    write: impl Fn(usize, f64) -> String,
) -> String {
    let mut text = format!("{header}\n");
    for row in rows {
        let fields: Vec<String> =
            row.iter().enumerate().map(|(column, number)| write(column, *number)).collect();
        writeln!(text, "{}", fields.join(delimiter)).unwrap();
    }
    text
}

fn grouped(number: f64, mark: &str) -> String {
    let whole = number.round() as i64;
    match whole / 1000 {
        0 => format!("{whole}"),
        thousands => format!("{thousands}{mark}{:03}", whole % 1000),
    }
}

/// The mean of a channel as the model has learned it.
fn mean(dir: &Dir, channel: &str) -> f64 {
    let model = dir.oddity("inspect model.onnx --json").ok().json();
    let channels = model["profile"]["channels"].as_array().unwrap().clone();
    let channel = channels.iter().find(|found| found["name"] == channel).unwrap();
    channel["mean"].as_f64().unwrap()
}

#[test]
fn every_style_gives_the_same_model_and_the_same_alert() {
    let decimal = |number: f64, digits: usize| format!("{number:.digits$}").replace('.', ",");
    type Style = (&'static str, &'static str, &'static str, Box<dyn Fn(usize, f64) -> String>);
    let styles: Vec<Style> = vec![
        (
            "plain",
            "rpm,temp,bar",
            ",",
            Box::new(|c, x| match c {
                0 => format!("{x:.0}"),
                1 => format!("{x:.2}"),
                _ => format!("{x:.3}"),
            }),
        ),
        (
            "English thousands between semicolons",
            "rpm;temp;bar",
            ";",
            Box::new(|c, x| match c {
                0 => grouped(x, ","),
                1 => format!("{x:.2}"),
                _ => format!("{x:.3}"),
            }),
        ),
        (
            "German",
            "rpm;temp;bar",
            ";",
            Box::new(move |c, x| match c {
                0 => grouped(x, "."),
                1 => decimal(x, 2),
                _ => decimal(x, 3),
            }),
        ),
        (
            "quoted decimal commas",
            "rpm,temp,bar",
            ",",
            Box::new(move |c, x| match c {
                0 => format!("\"{}\"", grouped(x, "\u{a0}")),
                1 => format!("\"{}\"", decimal(x, 2)),
                _ => format!("\"{}\"", decimal(x, 3)),
            }),
        ),
        (
            "units and apostrophes",
            "rpm,temp,bar",
            ",",
            Box::new(|c, x| match c {
                0 => grouped(x, "'"),
                1 => format!("{x:.2} °C"),
                _ => format!("{x:.3}bar"),
            }),
        ),
    ];
    let (normal, test) = (rows(800, 800), rows(300, 200));
    let dir = Dir::new();
    let mut alerts = Vec::new();
    for (name, header, delimiter, write) in &styles {
        dir.write("normal.csv", table(header, &normal, delimiter, write));
        dir.oddity("fit normal.csv -o model.onnx").ok();
        assert!((mean(&dir, "rpm") - 990.0).abs() < 5.0, "{name}: {}", mean(&dir, "rpm"));
        assert!((mean(&dir, "bar") - 2.2).abs() < 0.1, "{name}: {}", mean(&dir, "bar"));
        let run = dir.oddity_with("detect model.onnx", table(header, &test, delimiter, write)).ok();
        let events: Vec<String> = run
            .json_lines()
            .iter()
            .map(|event| format!("{} {} {}", event["kind"], event["row"], event["score"]))
            .collect();
        assert!(events[0].starts_with("\"raised\""), "{name}: {events:?}");
        alerts.push(events);
    }
    for (alert, (name, ..)) in alerts.iter().zip(&styles) {
        assert_eq!(*alert, alerts[0], "{name}");
    }
}

#[test]
fn thousands_that_only_come_live_are_read_as_the_file_writes_them() {
    let dir = Dir::new();
    // Below a thousand there is nothing to part, but the temperature tells what a point is.
    let normal: Vec<[f64; 3]> =
        rows(800, 800).into_iter().map(|[rpm, t, p]| [rpm - 200.0, t, p]).collect();
    let write = |c: usize, x: f64| if c == 0 { grouped(x, ",") } else { format!("{x:.2}") };
    dir.write("normal.csv", table("rpm;temp;bar", &normal, ";", write));
    dir.oddity("fit normal.csv -o model.onnx").ok();
    let test = table("rpm;temp;bar", &rows(100, 100), ";", write);
    assert!(test.contains("1,0"));
    let run = dir.oddity_with("detect model.onnx", test).ok();
    assert!(!run.stderr.contains("not a number"), "{}", run.stderr);
}

#[test]
fn what_leaves_two_readings_is_asked() {
    let dir = Dir::new();
    let normal = rows(400, 400);
    let write = |c: usize, x: f64| match c {
        0 => grouped(x + 500.0, ","),
        _ => format!("{:.0}", 10.0 * x),
    };
    dir.write("normal.csv", table("rpm;temp;bar", &normal, ";", write));
    let words = ["column \"rpm\"", "\"1,", "decimals or thousands", "--decimal"];
    dir.oddity("fit normal.csv -o model.onnx").fails(65, &words);
    dir.oddity("fit normal.csv -o model.onnx --thousands ,").ok();
    assert!((mean(&dir, "rpm") - 1490.0).abs() < 5.0);
    dir.oddity("fit normal.csv -o model.onnx --decimal ,").ok();
    assert!((mean(&dir, "rpm") - 1.49).abs() < 0.01);
    // A column that is not wanted is no reason to ask.
    dir.oddity("fit normal.csv -o model.onnx --exclude rpm").ok();
    dir.oddity("fit normal.csv -o m.onnx --decimal x").fails(2, &["write . or ,"]);
}

#[test]
fn words_of_a_state_are_a_channel() {
    let dir = Dir::new();
    let mut text = "rpm,temp,valve,mode\n".to_owned();
    for (row, [rpm, temp, _]) in rows(800, 800).into_iter().enumerate() {
        let valve = ["closed", "open", "unavailable"][if row == 77 { 2 } else { row / 40 % 2 }];
        writeln!(text, "{rpm:.1},{temp:.2},{valve},{}", ["eco", "boost"][row / 100 % 2]).unwrap();
    }
    dir.write("normal.csv", &text);
    let run = dir.oddity("fit normal.csv -o model.onnx").ok();
    assert!(
        run.stderr.contains("column \"valve\": closed is read as 0, open as 1"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("column \"mode\": boost is read as 0, eco as 1"), "{}", run.stderr);
    let run = dir.oddity_with("detect model.onnx", text.replace("open", "OPEN")).ok();
    assert!(!run.stderr.contains("not a number"), "{}", run.stderr);
    let run = dir.oddity_with("detect model.onnx", text.replace("open", "jammed")).ok();
    assert!(run.stderr.contains("column \"valve\": \"jammed\" is not a number"), "{}", run.stderr);
}

#[test]
fn units_and_names_of_one_byte_a_character() {
    let dir = Dir::new();
    // As a spreadsheet on Windows saves CSV.
    let latin = |text: String| text.chars().map(|c| u32::from(c) as u8).collect::<Vec<u8>>();
    let of = |rows: &[[f64; 3]]| {
        latin(table("Drehzahl;Temperatur an T\u{fc}r;Druck", rows, ";", |column, number| {
            let unit = ["", " \u{b0}C", " bar"][column];
            format!("{number:.2}{unit}").replace('.', ",")
        }))
    };
    dir.write("train.csv", of(&rows(600, usize::MAX)));
    let run = dir.oddity("fit train.csv -o m.onnx").ok();
    assert!(
        run.stderr.contains("channels: Drehzahl, Temperatur an T\u{fc}r, Druck\n"),
        "{}",
        run.stderr
    );
    let run = dir.oddity_with("detect m.onnx", of(&rows(300, 200))).ok();
    assert!(run.kinds().contains(&"raised".to_owned()), "{}{}", run.stdout, run.stderr);
    assert!(!run.stderr.contains("is not a number"), "{}", run.stderr);
}
