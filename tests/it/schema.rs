//! `docs/events.schema.json` against every JSON line that the program writes.

use std::path::Path;

use crate::harness::Dir;
use jsonschema::Validator;
use serde_json::{Value, json};

fn schema() -> Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/events.schema.json");
    let schema = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

/// Every kind of line, from the program itself.
fn lines() -> Vec<Value> {
    let dir = Dir::with_faults();
    let mut lines = dir.oddity("detect model.onnx faulty.csv --emit all").ok().json_lines();
    lines
        .extend(dir.oddity("encode model.onnx normal.csv --output-format jsonl").ok().json_lines());
    let mut slow = String::new();
    for (row, line) in dir.text("normal.csv").lines().take(200).enumerate() {
        let (_, readings) = line.split_once(',').unwrap();
        // A row every four seconds, where the model has learned one every second.
        let time = if row == 0 { "time".into() } else { (1_767_225_600 + 4 * row).to_string() };
        slow += &format!("{time},{readings}\n");
    }
    lines.extend(dir.oddity_with("detect model.onnx", slow).ok().json_lines());
    let mut absurd = String::new();
    for (row, line) in dir.text("normal.csv").lines().take(200).enumerate() {
        let mut fields: Vec<&str> = line.split(',').collect();
        if (100..103).contains(&row) {
            fields[4] = "65535";
        }
        absurd += &format!("{}\n", fields.join(","));
    }
    lines.extend(dir.oddity_with("detect model.onnx", absurd).ok().json_lines());
    let mut blind = String::new();
    for (row, line) in dir.text("normal.csv").lines().enumerate().take(120) {
        blind += &if (50..60).contains(&row) { "\u{fffd}~x\n".into() } else { format!("{line}\n") };
    }
    lines.extend(dir.oddity_with("detect model.onnx", blind).ok().json_lines());
    let mut stops = String::new();
    for (row, line) in dir.text("normal.csv").lines().enumerate().take(400) {
        let on = if row == 0 { "on".into() } else { u8::from(row % 100 > 30).to_string() };
        stops += &format!("{line},{on}\n");
    }
    dir.write("stops.csv", &stops);
    let mut fit = dir.command("fit stops.csv -o stops.onnx --exclude on --window 5 --when");
    assert!(fit.arg("on = 1").output().unwrap().status.success());
    lines.extend(dir.oddity("detect stops.onnx stops.csv").ok().json_lines());
    dir.oddity("simulate --rows 4200 --seed 3 --output long.csv --fault bearing-wear@100+4100x2")
        .ok();
    lines.extend(dir.oddity("detect model.onnx long.csv").ok().json_lines());
    dir.oddity("draw pictures -n 3 --seed 5 --defect chip").ok();
    let parts = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/parts.onnx");
    let parts = parts.display();
    lines.extend(dir.oddity(&format!("reconstruct {parts} pictures -o seen")).ok().json_lines());
    let encoded = format!("encode {parts} pictures --output-format jsonl");
    lines.extend(dir.oddity(&encoded).ok().json_lines());
    lines
}

#[test]
fn every_line_that_is_written_is_in_the_schema() {
    let schema = schema();
    let lines = lines();
    let mut kinds = std::collections::BTreeSet::new();
    for line in &lines {
        assert!(schema.is_valid(line), "{line}");
        kinds.insert(line["kind"].as_str().unwrap_or("latent").to_owned());
    }
    for kind in [
        "raised",
        "cleared",
        "gap",
        "missing",
        "implausible",
        "restored",
        "unreadable",
        "readable",
        "flatline",
        "moving",
        "clock",
        "rate",
    ] {
        assert!(kinds.contains(kind), "no {kind} among {kinds:?}");
    }
    assert!(["score", "latent", "picture"].iter().all(|kind| kinds.contains(*kind)), "{kinds:?}");
}

#[test]
fn golden_lines_are_in_the_schema() {
    let schema = schema();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "jsonl") {
            continue;
        }
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            seen += 1;
            let line = line.replace("MODEL", "0123456789abcdef");
            let line: Value = serde_json::from_str(&line).unwrap();
            assert!(schema.is_valid(&line), "{}: {line}", path.display());
        }
    }
    assert!(seen > 30, "{seen}");
}

#[test]
fn what_is_not_written_is_not_in_the_schema() {
    let schema = schema();
    for line in lines() {
        let object = line.as_object().unwrap();
        let with = |key: &str, value: Value| {
            let mut changed = object.clone();
            changed.insert(key.to_owned(), value);
            Value::Object(changed)
        };
        assert!(!schema.is_valid(&with("colour", json!("blue"))), "{line}");
        assert!(!schema.is_valid(&with("kind", json!("strange"))), "{line}");
        for key in object.keys() {
            assert!(!schema.is_valid(&with(key, json!({"a": [1]}))), "{key} of {line}");
            let mut without = object.clone();
            without.remove(key);
            // What a head says is there or not, and latents of windows and pictures have their own names.
            assert!(!schema.is_valid(&Value::Object(without)), "{line} without {key}");
        }
    }
}
