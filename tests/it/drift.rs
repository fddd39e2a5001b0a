//! What is not as it used to be, through the program: the cold room, one of whose sensors is replaced.

use serde_json::Value;

use crate::cold_room::{DAY, LEARNED, fitted, room};
use crate::harness::{Dir, golden};

/// The room after the days of normal data, whose readings at the door are higher by so much from one day to another.
fn replaced(seed: u64, days: u32, by: f64, rows: std::ops::Range<u32>) -> String {
    let mut csv = String::new();
    for (row, line) in (0u32..).zip(room(seed, LEARNED..LEARNED + days, |_| 0.0).lines()) {
        let mut fields: Vec<String> = line.split(',').map(str::to_owned).collect();
        if rows.contains(&row) {
            fields[1] = format!("{:.2}", fields[1].parse::<f64>().unwrap() + by);
        }
        csv += &(fields.join(",") + "\n");
    }
    csv
}

/// Kind, row and channel of what is said of drift.
fn told(dir: &Dir, csv: &str) -> Vec<(String, u64, Value)> {
    let lines = dir.oddity_with("detect room.onnx", csv).ok().json_lines();
    let drifts =
        lines.into_iter().filter(|line| line["kind"] == "drift" || line["kind"] == "steady");
    let of = |line: Value| {
        let kind = line["kind"].as_str().unwrap().to_owned();
        (kind, line["row"].as_u64().unwrap(), line["channel"].clone())
    };
    drifts.map(of).collect()
}

#[test]
fn a_normal_month_does_not_drift_and_a_sensor_that_was_replaced_does() {
    for seed in 1..=3 {
        let dir = fitted(seed);
        assert_eq!(told(&dir, &room(seed, LEARNED..LEARNED + 30, |_| 0.0)), [], "{seed}");
        let found = told(&dir, &replaced(seed, 8, 1.2, 3 * DAY..u32::MAX));
        let (kind, row, channel) = &found[0];
        assert_eq!((kind.as_str(), channel.as_str()), ("drift", Some("door_c")), "{seed}");
        assert!((3 * DAY..=4 * DAY).contains(&u32::try_from(*row).unwrap()), "{seed}: {found:?}");
        // The score may drift, too, but no other channel does.
        assert!(found[1..].iter().all(|(.., channel)| channel.is_null()), "{seed}: {found:?}");
    }
}

#[test]
fn it_is_told_when_it_sets_in_and_when_it_ends_in_words() {
    let dir = fitted(3);
    // Of windows of hours a day has too few.
    dir.oddity("fit normal.csv --average 1 -o room.onnx").ok();
    let csv = replaced(3, 9, 1.2, 3 * DAY..6 * DAY);
    let run = dir.oddity_with("detect room.onnx", &csv).ok();
    let lines: Vec<&str> = run.lines();
    let wanted = |line: &&str| line.contains(r#""kind":"drift""#) || line.contains("steady");
    let lines: Vec<&str> = lines.into_iter().filter(wanted).collect();
    let model: Value = serde_json::from_str(lines[0]).unwrap();
    let found = golden::hide(&lines.join("\n"), model["model"].as_str().unwrap(), "MODEL");
    golden::check("drift.jsonl", &(found + "\n"));
    // Wherever the input is cut.
    dir.write("later.csv", &csv);
    assert_eq!(dir.oddity("detect room.onnx later.csv").ok().stdout, run.stdout);
}

#[test]
fn an_alert_that_lasts_names_what_drifts() {
    let dir = fitted(3);
    let lines = dir.oddity_with("detect room.onnx", replaced(3, 9, 6.0, 2 * DAY..u32::MAX)).ok();
    let lines = lines.json_lines();
    let ongoing: Vec<&Value> = lines.iter().filter(|line| line["kind"] == "ongoing").collect();
    let last = ongoing.last().unwrap();
    assert_eq!(last["drift"], serde_json::json!(["door_c"]), "{ongoing:?}");
    let set_in = lines.iter().find(|line| line["kind"] == "drift").unwrap();
    let before = ongoing.iter().take_while(|line| line["row"].as_u64() < set_in["row"].as_u64());
    assert!(before.into_iter().all(|line| line["drift"] == serde_json::json!([])));
}

/// Windows hold readings in 32 bits: what has levels must lie on the same side of a mark as it did.
#[test]
fn levels_that_come_again_and_again_do_not_drift_from_themselves() {
    let dir = Dir::new();
    let draw = |row: u64| row.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    let level = |row: u64, levels: [&'static str; 3]| match draw(row) % 100 {
        0..45 => levels[0],
        45..90 => levels[1],
        _ => levels[2],
    };
    let mut csv = String::from("time,stage,temp,setpoint\n");
    for row in 0..4000 {
        let (stage, temp) =
            (level(row, ["3", "7", "12"]), level(row + 9000, ["20.1", "20.2", "20.3"]));
        let setpoint = level(row + 20_000, ["600", "700", "800"]);
        csv += &format!("{},{stage},{temp},{setpoint}\n", 1_767_225_600 + 60 * row);
    }
    dir.write("levels.csv", &csv);
    dir.oddity("fit levels.csv -o room.onnx").ok();
    let usual = dir.learned("room.onnx")["profile"]["drift"]["channels"].take();
    assert_eq!(usual.as_array().unwrap().iter().filter(|usual| usual.is_object()).count(), 3);
    assert_eq!(told(&dir, &csv), []);
    // And so by a model that has moved over to some of these rows.
    dir.oddity("feedback room.onnx levels.csv --new-normal 3200 -o room.onnx").ok();
    assert_eq!(told(&dir, &csv), []);
}

#[test]
fn it_can_be_turned_off_and_is_shown_by_inspect() {
    let dir = fitted(3);
    let profile = dir.learned("room.onnx")["profile"].take();
    assert_eq!(profile["drift"]["rows"], DAY);
    let said = |model: &str| dir.oddity(&format!("inspect {model}")).ok().stdout;
    let wanted = "drift          told over 288 rows, of 4 of 4 channels";
    // Windows of hours are too few in a day for their scores to tell.
    assert!(said("room.onnx").contains(&format!("{wanted}\n")), "{}", said("room.onnx"));
    dir.oddity("fit normal.csv --average 1 -o short.onnx").ok();
    assert!(said("short.onnx").contains(&format!("{wanted} and the score\n")));
    let csv = replaced(3, 8, 1.2, 3 * DAY..u32::MAX);
    let on = dir.oddity_with("detect room.onnx", &csv).ok().stdout;
    let of = |text: &str| -> Vec<String> {
        let rest = text.lines().filter(|line| !line.contains(r#""kind":"drift""#));
        // What lasts names what drifts.
        rest.map(|line| line.replace(r#""drift":["door_c"]"#, r#""drift":[]"#)).collect()
    };
    let off = dir.oddity_with("detect room.onnx --no-drift", &csv).ok().stdout;
    assert!(!off.contains(r#""kind":"drift""#) && on.contains(r#""kind":"drift""#));
    assert_eq!(of(&on), of(&off));
    dir.oddity("fit normal.csv --no-drift -o room.onnx").ok();
    assert_eq!(told(&dir, &csv), []);
    assert!(dir.learned("room.onnx")["profile"].get("drift").is_none());
    // Two hours a row a second are too little to tell.
    dir.write("short.csv", Dir::with_faults().text("normal.csv"));
    dir.oddity("fit short.csv -o short.onnx").ok();
    assert!(dir.learned("short.onnx")["profile"].get("drift").is_none());
}
