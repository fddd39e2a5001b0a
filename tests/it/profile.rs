//! Profiles that a stranger has put into a model file: bounded before anything is built from them,
//! and by the process that is there to be lost first.

use crate::harness::Dir;
use oddity::profile::KEY;
use prost::Message;
use serde_json::{Value, json};
use tract_onnx::pb::ModelProto;

/// `changed.onnx`: the model with another text for its profile.
fn change(dir: &Dir, change: impl FnOnce(&str) -> String) {
    let mut model = ModelProto::decode(dir.read("model.onnx").as_slice()).unwrap();
    let entry = model.metadata_props.iter_mut().find(|entry| entry.key == KEY).unwrap();
    entry.value = change(&entry.value);
    dir.write("changed.onnx", model.encode_to_vec());
}

/// The same with one field of the profile changed.
fn set(dir: &Dir, pointer: &str, value: Value) {
    change(dir, |text| {
        let mut profile: Value = serde_json::from_str(text).unwrap();
        *profile.pointer_mut(pointer).unwrap() = value;
        profile.to_string()
    });
}

/// By the process that checks and by those that it checks for.
fn refused(dir: &Dir, words: &[&str]) {
    dir.oddity_with("check-model", dir.read("changed.onnx")).fails(3, words);
    for command in [
        "detect changed.onnx normal.csv",
        "inspect changed.onnx",
        "calibrate changed.onnx normal.csv -o m.onnx",
    ] {
        dir.oddity(command).fails(2, &[&["model changed.onnx: "], words].concat());
    }
    assert_eq!(dir.names(), ["changed.onnx", "model.onnx", "normal.csv"]);
}

#[test]
fn the_profile_as_it_was_is_taken() {
    let dir = Dir::fitted();
    change(&dir, ToOwned::to_owned);
    dir.oddity_with("check-model", dir.read("changed.onnx")).ok();
    dir.oddity("detect changed.onnx normal.csv").ok();
}

#[test]
fn a_hold_is_bounded() {
    let dir = Dir::fitted();
    set(&dir, "/missing/hold", json!(1_000_000));
    dir.oddity("detect changed.onnx normal.csv").ok();
    set(&dir, "/missing/hold", json!(1_000_001));
    refused(&dir, &["missing.hold is 1000001", "1000000 rows"]);
    dir.oddity("fit normal.csv -o m.onnx --hold 1000001").fails(2, &["1000000 rows"]);
}

#[test]
fn a_text_is_bounded() {
    let dir = Dir::fitted();
    let padded = |length: usize| {
        move |text: &str| {
            let blanks = " ".repeat(length - text.len());
            format!("{text}{blanks}")
        }
    };
    change(&dir, padded(16 << 20));
    dir.oddity("inspect changed.onnx").ok();
    change(&dir, padded((16 << 20) + 1));
    refused(&dir, &["the profile has 16777217 bytes", "16777216"]);
}

#[test]
fn what_is_no_profile_is_found_by_the_process_that_checks() {
    let dir = Dir::fitted();
    change(&dir, |_| "{".into());
    refused(&dir, &["the profile is not valid", "oddity calibrate"]);
    set(&dir, "/version", json!(99));
    refused(&dir, &["version 99"]);
    set(&dir, "/channels/0/name", json!("a\u{1b}[2J".repeat(1000)));
    refused(&dir, &["channels"]);
}
