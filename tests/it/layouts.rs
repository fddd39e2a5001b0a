//! Data as loggers, exports and consoles write it, through the program: what `fit` reads, `detect` reads the same.

use std::fmt::Write;

use crate::harness::Dir;

/// Rows of time, temp and flow at 1 Hz; `fault`: from row 201 on the temperature runs away.
fn rows(count: usize, fault: bool) -> Vec<[String; 3]> {
    let row = |at: usize| {
        let phase = at as f64 / 7.0;
        let noise = (at * 37 % 101) as f64 / 400.0;
        let away = if fault && at >= 200 { (at - 199) as f64 * 0.4 } else { 0.0 };
        let temp = format!("{:.3}", 21.0 + phase.sin() + noise + away);
        let flow = format!("{:.3}", 5.0 + 0.5 * phase.sin() - noise);
        [(1_772_409_600 + at).to_string(), temp, flow]
    };
    (0..count).map(row).collect()
}

fn table(rows: &[[String; 3]], before: &str, delimiter: &str) -> String {
    let mut text = format!("{before}{}\n", ["time", "temp", "flow"].join(delimiter));
    rows.iter().for_each(|row| writeln!(text, "{}", row.join(delimiter)).unwrap());
    text
}

fn objects(rows: &[[String; 3]], between: &str) -> String {
    let object = |[time, temp, flow]: &[String; 3]| {
        format!("{{\"time\": {time}, \"temp\": {temp}, \"flow\": {flow}}}")
    };
    rows.iter().map(object).collect::<Vec<_>>().join(between)
}

/// Fits one text and watches the other, and demands that the fault is raised soon, with its time.
fn learns_and_raises(dir: &Dir, fit: &[u8], detect: &[u8]) {
    dir.write("fit.data", fit);
    dir.oddity("fit fit.data -o model.onnx").ok();
    let run = dir.oddity_with("detect model.onnx", detect).ok();
    let raised = run.stdout.lines().find(|line| line.contains("\"kind\":\"raised\"")).unwrap_or("");
    let row: usize = raised
        .split_once("\"row\":")
        .and_then(|(_, rest)| rest.split([',', '}']).next()?.parse().ok())
        .unwrap_or_else(|| panic!("nothing raised: {}{}", run.stdout, run.stderr));
    assert!((201..240).contains(&row), "{raised}");
    assert!(raised.contains("\"time\":\"2026-03-02T00:0"), "{raised}");
}

#[test]
fn layouts_of_tables() {
    let dir = Dir::new();
    let (normal, faulty) = (rows(600, false), rows(300, true));
    for (before, delimiter) in [
        ("", " "),
        ("#Scope\n#Serial: 12\n\n", ","),
        ("sep=;\n", ";"),
        ("Logger of Acme\nInterval,60\n", ","),
        ("", "|"),
    ] {
        let of = |rows: &[[String; 3]]| table(rows, before, delimiter).into_bytes();
        learns_and_raises(&dir, &of(&normal), &of(&faulty));
    }
    let old = |rows: &[[String; 3]]| table(rows, "", ",").replace('\n', "\r").into_bytes();
    learns_and_raises(&dir, &old(&normal), &old(&faulty));
    let wide = |rows: &[[String; 3]]| {
        table(rows, "\u{feff}", "\t").encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()
    };
    learns_and_raises(&dir, &wide(&normal), &wide(&faulty));
}

#[test]
fn documents_of_json() {
    let dir = Dir::new();
    let (normal, faulty) = (rows(600, false), rows(300, true));
    for (before, between, behind) in [
        ("[", ",", "]"),
        ("[\n  ", ",\n  ", "\n]\n"),
        ("{\"metrics\":[", ",", "]}\n"),
        ("", ",\n", ""),
    ] {
        let of = |rows: &[[String; 3]]| {
            format!("{before}{}{behind}", objects(rows, between)).into_bytes()
        };
        learns_and_raises(&dir, &of(&normal), &of(&faulty));
    }
}

#[test]
fn a_tail_without_its_header() {
    let dir = Dir::new();
    dir.write("fit.csv", table(&rows(600, false), "", ","));
    dir.oddity("fit fit.csv -o model.onnx").ok();
    let tail: String = rows(300, true).iter().map(|row| row.join(",") + "\n").collect();
    for args in ["detect model.onnx", "detect model.onnx --time 1"] {
        let run = dir.oddity_with(args, &tail).ok();
        assert!(run.stdout.contains("\"kind\":\"raised\""), "{}{}", run.stdout, run.stderr);
        assert_eq!(run.stderr.matches("the rows have no header").count(), 1, "{}", run.stderr);
    }
}

#[test]
fn a_column_more_is_said_once() {
    let dir = Dir::new();
    dir.write("fit.csv", table(&rows(600, false), "", ","));
    dir.oddity("fit fit.csv -o model.onnx").ok();
    let mut text = "time,temp,flow\n".to_owned();
    for (at, row) in rows(300, true).iter().enumerate() {
        let more = if at < 100 { "" } else { ",7" };
        writeln!(text, "{}{more}", row.join(",")).unwrap();
    }
    let run = dir.oddity_with("detect model.onnx", &text).ok();
    assert!(run.stdout.contains("\"kind\":\"raised\""), "{}{}", run.stdout, run.stderr);
    assert_eq!(run.stderr.matches("4 fields where 3 are expected").count(), 1, "{}", run.stderr);
}

#[test]
fn what_is_no_text_is_named_with_what_unpacks_it() {
    let dir = Dir::new();
    dir.write("a.csv.zst", b"\x28\xb5\x2f\xfd\x04\0\x51\0\0");
    dir.oddity("fit a.csv.zst -o m.onnx").fails(65, &["packed with zstd", "zstdcat FILE | oddity"]);
    dir.write("a.csv", "<!DOCTYPE html>\n<html></html>\n");
    dir.oddity("fit a.csv -o m.onnx").fails(65, &["a web page"]);
}

#[test]
fn more_fields_than_names_from_the_first_row_on() {
    let dir = Dir::new();
    let (normal, faulty) = (rows(600, false), rows(300, true));
    let wide = |rows: &[[String; 3]]| {
        let lines = rows.iter().map(|row| format!("{},7.5\n", row.join(",")));
        format!("time,temp,flow\n{}", lines.collect::<String>()).into_bytes()
    };
    learns_and_raises(&dir, &wide(&normal), &wide(&faulty));
    let run = dir.oddity("fit fit.data -o model.onnx").ok();
    assert!(run.stderr.contains("4 fields where 3 are expected"), "{}", run.stderr);
    assert!(run.stderr.contains("channels: temp, flow\n"), "{}", run.stderr);
}

#[test]
fn commas_before_decimals_between_commas_are_refused() {
    let dir = Dir::new();
    let lines = rows(300, false).into_iter().map(|row| row.join(",").replace('.', ",") + "\n");
    dir.write("a.csv", format!("time,temp,flow\n{}", lines.collect::<String>()));
    dir.oddity("fit a.csv -o m.onnx").fails(65, &["line 1 has 3 names", "5 fields", "with ;"]);
}

#[test]
fn a_time_before_readings_that_commas_part() {
    let dir = Dir::new();
    let glued = |rows: &[[String; 3]]| {
        let line = |(at, [_, temp, flow]): (usize, &[String; 3])| {
            format!("2026-03-02 00:{:02}:{:02} {temp},{flow}\n", at / 60, at % 60)
        };
        rows.iter().enumerate().map(line).collect::<String>().into_bytes()
    };
    learns_and_raises(&dir, &glued(&rows(600, false)), &glued(&rows(300, true)));
    let run = dir.oddity("fit fit.data -o model.onnx").ok();
    assert!(run.stderr.contains("channels: c1, c2\n"), "{}", run.stderr);
}

#[test]
fn another_table_in_the_same_file_is_not_read_as_this_one() {
    let dir = Dir::new();
    let (normal, faulty) = (rows(600, false), rows(300, true));
    dir.write("fit.csv", table(&normal, "", ","));
    dir.oddity("fit fit.csv -o model.onnx").ok();
    let other = table(&faulty, "", ",").replace("time,temp,flow", "time,humidity,level");
    let text = table(&normal[..100], "", ",") + &other;
    let run = dir.oddity_with("detect model.onnx", &text).fails(65, &["another table begins"]);
    assert_eq!(run.kinds(), ["unreadable"], "{}", run.stdout);
    // The first one goes on.
    let run = dir.oddity_with("detect model.onnx", text + &table(&normal, "", ",")).ok();
    assert!(run.kinds().contains(&"readable".to_owned()), "{}", run.stdout);
}

#[test]
fn json_that_is_none_says_what_is_wrong_with_it() {
    let dir = Dir::new();
    dir.write("a.txt", "{'temp': 21.5, 'flow': 5.1}\n".repeat(200));
    dir.oddity("fit a.txt -o m.onnx").fails(65, &["line 1: not JSON at column 2", "json.dumps"]);
    dir.write("b.txt", "{\"temp\":21.5}{\"temp\":21.6}\n".repeat(200));
    dir.oddity("fit b.txt -o m.onnx").fails(65, &["line 1: not JSON", "one object a line"]);
}
