//! How the program ends: exit codes, and what its messages name.

use crate::harness::{Dir, golden};

#[test]
fn fail_on_alert_is_code_1_and_only_then() {
    let dir = Dir::with_faults();
    dir.oddity("detect model.onnx faulty.csv").ok();
    let run = dir.oddity("detect model.onnx faulty.csv --fail-on-alert --emit scores");
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    dir.oddity("detect model.onnx normal.csv --fail-on-alert").ok();
    // A sensor that stands still counts, even if no alert is raised.
    let run = dir.oddity("detect model.onnx faulty.csv --fail-on-alert --raise 1000000");
    assert!(run.kinds().iter().all(|kind| kind != "raised"));
    assert_eq!(run.code, Some(1), "{}", run.stderr);
}

#[test]
fn wrong_usage_is_code_2_and_says_what_there_is() {
    let dir = Dir::fitted();
    for (args, words) in [
        ("", &["Usage: oddity"][..]),
        ("detekt", &["'detekt'", "'detect'"]),
        ("detect", &["<MODEL>"]),
        ("fit normal.csv", &["--output <MODEL>"]),
        ("detect model.onnx normal.csv --emit all,events", &["events, scores, all"]),
        (
            "detect model.onnx normal.csv --format xml",
            &["\"xml\"", "auto, csv, bare, jsonl, pairs or topics"],
        ),
        ("detect model.onnx normal.csv --raise 0", &["alert.raise is 0", "above zero"]),
        ("detect model.onnx normal.csv --clear 2", &["alert.clear is 2", "alert.raise 1"]),
        ("detect model.onnx normal.csv --k-of-n 3", &["K/N, such as 3/5"]),
        ("detect model.onnx normal.csv --k-of-n 5/3", &["alert.k is 5 of 3"]),
        ("fit normal.csv -o m.onnx --score best", &["\"best\"", "mahalanobis-window"]),
        ("fit normal.csv -o m.onnx --smooth mean:0", &["\"mean:0\"", "mean:WINDOWS"]),
        ("fit normal.csv -o m.onnx --threshold pot", &["\"pot\"", "quantile:Q[:FACTOR]"]),
        ("fit normal.csv -o m.onnx --variance 2", &["above 0 and at most 1"]),
        ("fit normal.csv -o m.onnx --latent 160", &["--latent 160", "less than the 160"]),
        ("evaluate model.onnx normal.csv", &["--labels COLUMN", "--label-windows FILE"]),
        ("evaluate model.onnx", &["no DATA"]),
        ("evaluate --fit-first x normal.csv --labels label", &["\"x\"", "15%,750"]),
        ("simulate --fault rust@1+1", &["rust", "bearing-wear"]),
        ("simulate --rows 5 --fault leak@10+5", &["leak@10+5", "5 rows"]),
        ("simulate --output x.csv", &["--rows"]),
    ] {
        dir.oddity(args).fails(2, words);
    }
    assert_eq!(dir.names(), ["model.onnx", "normal.csv"], "nothing was written");
}

#[test]
fn a_model_that_cannot_be_used_is_code_2_and_named() {
    let dir = Dir::fitted();
    let model = dir.read("model.onnx");
    dir.write("torn.onnx", &model[..model.len() / 2]);
    dir.write("empty.onnx", "");
    for command in ["detect", "inspect"] {
        for (file, words) in [
            ("torn.onnx", "not an ONNX model"),
            ("empty.onnx", ""),
            ("normal.csv", "not an ONNX model"),
            ("nowhere.onnx", "No such file"),
            (".", "directory"),
        ] {
            let args = match command {
                "detect" => format!("detect {file} normal.csv"),
                _ => format!("inspect {file}"),
            };
            dir.oddity(&args).fails(2, &[&format!("model {file}: "), words]);
        }
    }
}

#[test]
fn an_input_that_is_not_there_is_code_2_and_named() {
    let dir = Dir::fitted();
    for args in [
        "detect model.onnx nowhere.csv",
        "fit normal.csv nowhere.csv -o m.onnx",
        "calibrate model.onnx nowhere.csv -o m.onnx",
        "evaluate model.onnx nowhere.csv --labels label",
    ] {
        dir.oddity(args).fails(2, &["\"nowhere.csv\"", "No such file"]);
    }
    dir.oddity("detect model.onnx .").fails(2, &["\".\" is a directory", "give a file"]);
    dir.oddity("fit . -o m.onnx").fails(2, &["\".\" is a directory"]);
}

#[test]
fn missing_columns_are_code_65_and_named() {
    let dir = Dir::fitted();
    let cut: String = dir
        .text("normal.csv")
        .lines()
        .map(|line| line[..line.rfind(',').unwrap()].to_owned() + "\n")
        .collect();
    dir.write("cut.csv", &cut);
    dir.write("cut-bare.csv", cut.split_once('\n').unwrap().1);
    dir.oddity("detect model.onnx cut.csv").fails(65, &["line 1", "\"speed\"", "fluid_temp"]);
    dir.oddity("detect model.onnx cut-bare.csv").fails(65, &["line 1", "8 columns", "header"]);
    dir.oddity("calibrate model.onnx cut.csv -o m.onnx").fails(65, &["cut.csv", "\"speed\""]);
    dir.oddity("detect model.onnx normal.csv --key site").fails(65, &["\"site\" (key)", "speed"]);
    dir.oddity("detect model.onnx normal.csv --time when").fails(65, &["\"when\" (time)"]);
    dir.oddity("evaluate model.onnx normal.csv --labels odd")
        .fails(65, &["normal.csv", "\"odd\" (label)"]);
}

#[test]
fn bad_rows_are_told_and_skipped_unless_strict() {
    let dir = Dir::fitted();
    let text = dir.text("normal.csv");
    let lines: Vec<&str> = text.lines().collect();
    let mut bad: Vec<String> = lines.iter().map(ToString::to_string).collect();
    bad[30] = lines[30].rsplit_once(',').unwrap().0.to_owned() + ",ERR";
    bad[40] = "torn,1".into();
    bad[50] = lines[50].split_once(',').unwrap().1.to_owned();
    bad[51] = lines[51].replacen("2026", "yesterday", 1);
    dir.write("bad.csv", bad.join("\n"));
    let run = dir.oddity("detect model.onnx bad.csv --emit scores").ok();
    golden(&run.stderr, "bad-rows.txt");
    // Of one missing value, and of rows that do not count, the rest goes on.
    assert!(run.lines().len() > 1100, "{}", run.lines().len());
    let strict = dir.oddity("detect model.onnx bad.csv --emit scores --strict");
    assert_eq!(strict.lines(), run.lines()[..10], "the windows that ended in rows 20 to 29");
    strict.fails(
        65,
        &["line 31: column \"speed\": \"ERR\" is not a number; stopped because of --strict"],
    );
}

fn golden(found: &str, name: &str) {
    golden::check(name, found);
}

#[test]
fn many_bad_rows_are_counted_not_listed() {
    let dir = Dir::fitted();
    let text = dir.text("normal.csv").replace(".1,", ".1x,");
    dir.write("bad.csv", text);
    let run = dir.oddity("detect model.onnx bad.csv").ok();
    let lines: Vec<&str> = run.stderr.lines().collect();
    let (told, others) = lines.split_at(10);
    assert!(told.iter().all(|line| line.ends_with("is not a number")), "{}", run.stderr);
    // Then each time their number has doubled, and at the end.
    let (sum, doubled) = others.split_last().unwrap();
    assert!(sum.ends_with(" bad rows or readings in all"), "{}", run.stderr);
    let count = sum.split(' ').nth(2).unwrap().parse::<u64>().unwrap();
    let counts = std::iter::successors(Some(20), |count| Some(2 * count));
    let counts: Vec<u64> = counts.take_while(|&told| told <= count).collect();
    assert!(counts.len() >= 3, "{count}");
    assert_eq!(counts.len(), doubled.len(), "{}", run.stderr);
    for (count, line) in counts.iter().zip(doubled) {
        let begins =
            format!("oddity: warn: {count} bad rows or readings so far; the latest: line ");
        assert!(line.starts_with(&begins) && line.ends_with("is not a number"), "{line}");
    }
    let quiet = dir.oddity("detect model.onnx bad.csv --quiet").ok();
    assert_eq!((quiet.stderr.as_str(), quiet.stdout), ("", run.stdout));
}

#[test]
fn a_message_says_each_thing_once() {
    let dir = Dir::fitted();
    dir.write("empty.csv", "");
    for args in [
        "detect model.onnx nowhere.csv",
        "fit nowhere.csv -o m.onnx",
        "fit empty.csv -o m.onnx",
        "fit normal.csv -o m.onnx --channels flow,level",
        "fit normal.csv -o no/where/m.onnx",
        "calibrate model.onnx empty.csv -o m.onnx",
        "evaluate model.onnx nowhere.csv --labels label",
    ] {
        let run = dir.oddity(args);
        assert_eq!(run.stderr.lines().count(), 1, "$ {args}\n{}", run.stderr);
        let parts: Vec<&str> = run.stderr.trim_end().split(": ").collect();
        for (index, part) in parts.iter().enumerate() {
            assert!(!parts[..index].contains(part), "$ {args}\n{part:?} twice in: {}", run.stderr);
        }
    }
}

#[test]
fn a_zero_is_refused_not_taken_for_a_one() {
    let dir = Dir::fitted();
    for option in ["--hop 0", "--window 0", "--latent 0"] {
        let name = option.split(' ').next().unwrap();
        dir.oddity(&format!("fit normal.csv -o m.onnx {option}")).fails(2, &[name]);
    }
}

#[test]
fn an_input_without_a_row_is_code_65_and_a_short_one_is_said() {
    let dir = Dir::fitted();
    let text = dir.text("normal.csv");
    let header = text.lines().next().unwrap();
    let bad = format!("{header}\n2026-01-01T00:00:00Z,1,2\n2026-01-01T00:00:01Z,3\n");
    for input in ["", "\n\n", header, &bad] {
        let run = dir.oddity_with("detect model.onnx", input);
        assert_eq!(run.stdout, "");
        let run = run.fails(65, &["error: no row of the input could be used"]);
        assert!(!run.stderr.contains("no window"), "{input:?}: {}", run.stderr);
    }
    let short: String = text.lines().take(15).map(|line| line.to_owned() + "\n").collect();
    let run = dir.oddity_with("detect model.onnx", short).ok();
    assert_eq!(run.stdout, "");
    assert_eq!(run.stderr, "oddity: warn: no window was complete: nothing was judged\n");
}

#[test]
fn help_and_version_are_there_for_every_command() {
    let dir = Dir::new();
    let version = dir.oddity("--version").ok().stdout;
    assert_eq!(version, concat!("oddity ", env!("CARGO_PKG_VERSION"), "\n"));
    let help = dir.oddity("--help").ok().stdout;
    assert!(help.contains("Exit codes: 0 done; 1 "), "{help}");
    for command in ["fit", "detect", "calibrate", "inspect", "evaluate", "bench", "simulate"] {
        assert!(help.contains(&format!("\n  {command} ")), "{help}");
        let own = dir.oddity(&format!("{command} --help")).ok().stdout;
        assert!(own.contains(&format!("Usage: oddity {command} ")), "{own}");
    }
}
