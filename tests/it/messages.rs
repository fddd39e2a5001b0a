//! What is said on standard error: how much of it, how often, and what of a stranger's names.

use std::fmt::Write;

use crate::harness::Dir;

#[test]
fn quiet_is_quiet_but_for_errors() {
    let dir = Dir::fitted();
    dir.write("glitch.csv", dir.text("normal.csv").replacen("2026-01-01T00:05:00Z,", "soon,", 1));
    for args in [
        "-q fit glitch.csv -o m.onnx",
        "calibrate model.onnx glitch.csv -o m.onnx -q",
        "detect model.onnx glitch.csv --quiet",
    ] {
        assert_eq!(dir.oddity(args).ok().stderr, "", "{args}");
        assert_ne!(dir.oddity(&args.replace("--quiet", "").replace("-q", "")).ok().stderr, "");
    }
    dir.oddity("-q fit nowhere.csv -o m.onnx").fails(2, &["oddity: error: ", "nowhere.csv"]);
}

#[test]
fn verbose_says_how_the_input_is_read_and_nothing_more() {
    let dir = Dir::fitted();
    let run = dir.oddity("-v detect model.onnx normal.csv").ok();
    assert_eq!(
        run.stderr,
        "oddity: info: read as csv separated by ,; time column: time; key column: none\n\
         oddity: info: 1181 windows judged, 0 alerts raised\n"
    );
    let json = "{\"speed\":2,\"flow\":1,\"time\":\"2026-01-01\",\"unit\":7}\n";
    dir.oddity("fit normal.csv -o two.onnx --channels flow,speed").ok();
    let run = dir.oddity_with("detect two.onnx --key unit -v", json).ok();
    assert!(
        run.stderr
            .starts_with("oddity: info: read as jsonl; time column: time; key column: unit\n"),
        "{}",
        run.stderr
    );
    // One is all there is, and the environment has no say.
    dir.oddity("-vv detect model.onnx normal.csv").fails(2, &["--verbose"]);
    dir.oddity("-v -q detect model.onnx normal.csv").fails(2, &["--quiet"]);
    let output =
        dir.command("detect model.onnx normal.csv").env("ODDITY_LOG", "trace").output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn dropped_rows_are_said_while_the_stream_runs_and_key_is_named() {
    let dir = Dir::fitted();
    let text = dir.text("normal.csv");
    let (header, rows) = text.split_once('\n').unwrap();
    let mut twice = format!("unit,{header}\n");
    for line in rows.lines().take(300) {
        write!(twice, "a,{line}\nb,{line}\n").unwrap();
    }
    let run = dir.oddity_with("detect model.onnx", &twice).ok();
    let said: Vec<&str> = run.stderr.lines().collect();
    assert!(said.iter().all(|line| line.contains("--key")), "{}", run.stderr);
    let counts: Vec<u64> =
        said.iter().map(|line| line.split(' ').nth(8).unwrap().parse().unwrap()).collect();
    assert_eq!(counts, [1, 2, 4, 8, 16, 32, 64, 128, 256], "{}", run.stderr);
    assert_eq!(dir.oddity_with("detect model.onnx --key unit", &twice).ok().stderr, "");
}

#[test]
fn rows_without_a_time_are_said_once_where_the_model_knows_times() {
    let dir = Dir::fitted();
    let untimed: String = dir
        .text("normal.csv")
        .lines()
        .map(|line| line.split_once(',').unwrap().1.to_owned() + "\n")
        .collect();
    dir.write("untimed.csv", untimed);
    let warning = "oddity: warn: rows have no recognised time: they are counted as they come\n";
    assert_eq!(dir.oddity("detect model.onnx untimed.csv").ok().stderr, warning);
    dir.oddity("fit untimed.csv -o untimed.onnx").ok();
    assert_eq!(dir.oddity("detect untimed.onnx untimed.csv").ok().stderr, "");
}

/// 300 rows of three channels with these names.
fn named(dir: &Dir, names: [&str; 3]) {
    let mut text = names.join(",") + "\n";
    for i in 0..300u32 {
        writeln!(text, "{}.5,{},{}", i * 37 % 101, i * 53 % 97, i * 29 % 89).unwrap();
    }
    dir.write("named.csv", text);
}

#[test]
fn control_characters_in_names_do_not_reach_the_terminal() {
    let dir = Dir::new();
    named(&dir, ["hot\u{1b}[31m", "b\u{7}", "c"]);
    let fit = dir.oddity("fit named.csv -o m.onnx").ok();
    let inspect = dir.oddity("inspect m.onnx").ok();
    let error = dir.oddity("fit named.csv -o m.onnx --channels d");
    let warning = dir.oddity_with("detect m.onnx", "hot\u{1b}[31m,b\u{7},c\n1,2,3\n1,x\u{1b}c,3\n");
    for text in [&fit.stderr, &inspect.stdout, &error.stderr, &warning.stderr] {
        assert!(text.contains("\\u{1b}"), "{text:?}");
        let control = |c: char| c.is_control() && c != '\n';
        assert!(!text.contains(control), "{text:?}");
    }
}

#[test]
fn a_long_error_is_cut() {
    let dir = Dir::new();
    let names: Vec<String> = (0..3000).map(|i| format!("channel_{i}")).collect();
    dir.write("wide.csv", format!("{}\n{}\n", names.join(","), vec!["1"; 3000].join(",")));
    let run = dir.oddity("fit wide.csv -o m.onnx");
    assert_eq!(run.stderr.lines().count(), 1);
    let length = run.stderr.trim_end().chars().count();
    assert_eq!(length, "oddity: error: ".len() + 4001, "{}", run.stderr);
    run.fails(65, &["no channel can be watched", "channel_1", "…\n"]);
}

#[test]
fn a_reading_that_single_precision_cannot_hold_is_a_problem() {
    let dir = Dir::fitted();
    let text = dir.text("normal.csv");
    let mut lines: Vec<String> = text.lines().map(ToOwned::to_owned).collect();
    lines[100] = lines[100].rsplit_once(',').unwrap().0.to_owned() + ",1e39";
    dir.write("large.csv", lines.join("\n"));
    let run = dir.oddity("detect model.onnx large.csv").ok();
    assert!(run.stderr.contains("line 101: column \"speed\": "), "{}", run.stderr);
    assert_eq!(run.stdout, "", "one missing reading is held");
    dir.oddity("detect model.onnx large.csv --strict").fails(65, &["line 101", "speed", "1e39"]);
}

#[test]
fn who_asks_for_no_time_is_not_told_that_there_is_none() {
    let dir = Dir::fitted();
    assert_eq!(dir.oddity("detect model.onnx normal.csv --time none").ok().stderr, "");
}
