//! An input that can no longer be read is an event, and an error where it ends so.

use std::io::Write;

use crate::harness::Dir;

/// The normal rows with lines from 100 on spoilt, to `end`.
fn spoilt(dir: &Dir, end: usize, spoil: impl Fn(&str) -> String) -> String {
    let text = dir.text("normal.csv");
    let lines = text.lines().take(300).enumerate();
    lines
        .map(|(at, line)| if (100..end).contains(&at) { spoil(line) } else { line.to_owned() } + "\n")
        .collect()
}

#[test]
fn garbage_is_an_event_with_its_first_line_and_reason() {
    let dir = Dir::fitted();
    let spoil = |line: &str| line.replace(',', "\u{fffd}");
    let run = dir.oddity_with("detect model.onnx", spoilt(&dir, 120, spoil)).ok();
    let events = run.json_lines();
    assert_eq!(run.kinds(), ["unreadable", "readable", "gap"], "{}", run.stdout);
    assert_eq!((&events[0]["line"], &events[0]["row"]), (&101.into(), &104.into()));
    let columns = dir.text("normal.csv").lines().next().unwrap().split(',').count();
    assert_eq!(events[0]["reason"], format!("1 fields where {columns} are expected"));
    assert_eq!((&events[1]["lost_rows"], &events[1]["row"]), (&20.into(), &120.into()));
}

#[test]
fn readings_that_are_all_bad_are_as_good_as_lost() {
    let dir = Dir::fitted();
    let spoil = |line: &str| {
        let (time, readings) = line.split_once(',').unwrap();
        let readings: Vec<&str> = readings.split(',').map(|_| "\u{1}~?x").collect();
        format!("{time},{}", readings.join(","))
    };
    let run = dir.oddity_with("detect model.onnx", spoilt(&dir, 120, spoil)).ok();
    let events = run.json_lines();
    let unreadable: Vec<_> = events.iter().filter(|event| event["kind"] == "unreadable").collect();
    assert_eq!(unreadable.len(), 1, "{}", run.stdout);
    assert_eq!(unreadable[0]["line"], 101);
    assert!(unreadable[0]["reason"].as_str().unwrap().contains("is not a number"));
    assert!(run.kinds().contains(&"readable".to_owned()));
}

#[test]
fn it_counts_and_an_end_without_sight_is_an_error() {
    let dir = Dir::fitted();
    let spoil = |line: &str| line.replace(',', "~");
    let over = spoilt(&dir, 120, spoil);
    dir.oddity_with("detect model.onnx --fail-on-alert", &over).fails(1, &["row dropped"]);
    let blind = spoilt(&dir, 300, spoil);
    let run = dir.oddity_with("detect model.onnx", &blind);
    assert!(run.kinds().contains(&"unreadable".to_owned()), "{}", run.stdout);
    run.fails(65, &["the input could not be read from line 101 to its end: 1 fields"]);
    // Four bad rows are none.
    let few = dir.oddity_with("detect model.onnx", spoilt(&dir, 104, spoil)).ok();
    assert!(!few.stdout.contains("readable"), "{}", few.stdout);
}

#[test]
fn packed_data_that_is_cut_off_is_an_event_and_an_error() {
    let dir = Dir::fitted();
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(dir.text("normal.csv").as_bytes()).unwrap();
    let packed = packer.finish().unwrap();
    let run = dir.oddity_with("detect model.onnx", &packed[..packed.len() / 2]);
    let unreadable = run.json_lines().into_iter().find(|event| event["kind"] == "unreadable");
    assert!(unreadable.unwrap()["reason"].as_str().unwrap().contains("cut off"));
    run.fails(65, &["to its end: the gzip data is cut off here"]);
    let run = dir.oddity_with("detect model.onnx", &packed).ok();
    assert!(!run.kinds().contains(&"unreadable".to_owned()), "{}", run.stdout);
}

#[test]
fn nan_of_firmware_is_a_missing_reading_and_no_lost_row() {
    let dir = Dir::fitted();
    let text = dir.text("normal.csv");
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let json: String = lines
        .take(200)
        .enumerate()
        .map(|(row, line)| {
            let fields: Vec<String> = names
                .iter()
                .zip(line.split(','))
                .map(|(name, value)| match *name {
                    "time" => format!("\"{name}\":\"{value}\""),
                    "pressure" if row >= 100 => {
                        format!("\"{name}\":{}", ["nan", "-nan", "inf", "NaN"][row % 4])
                    }
                    _ => format!("\"{name}\":{value}"),
                })
                .collect();
            format!("{{{}}}\n", fields.join(","))
        })
        .collect();
    let run = dir.oddity_with("detect model.onnx", json).ok();
    assert_eq!((run.kinds(), &run.stderr[..]), (vec!["missing".to_owned()], ""), "{}", run.stdout);
    assert_eq!(run.json_lines()[0]["channel"], "pressure");
}
