//! The rooms of the house: a module may use only those before it in the way of the data.

// A test may fail in its helpers too.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::Path;

/// From left to right. `types` and `profile` are plain data that every room may use.
const ROOMS: [&str; 17] = [
    "types",
    "profile",
    "source",
    "decode",
    "picture",
    "window",
    "graph",
    "model",
    "score",
    "threshold",
    "alert",
    "detector",
    "sink",
    "fit",
    "args",
    "metrics",
    "simulate",
];

fn rust_files(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
}

/// The rooms named after `crate::` in the code of a file, also within `use crate::{a, b}`.
fn used(text: &str) -> BTreeSet<String> {
    let code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n");
    let name = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let mut rooms = BTreeSet::new();
    for part in code.split("crate::").skip(1) {
        match part.strip_prefix('{') {
            None => drop(rooms.insert(name(part))),
            Some(list) => {
                let (mut depth, mut start) = (0, 0);
                for (at, c) in list.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => {
                            rooms.insert(name(&list[start..at]));
                            break;
                        }
                        '}' => depth -= 1,
                        ',' if depth == 0 => {
                            rooms.insert(name(&list[start..at]));
                            start = at + 1;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    rooms.remove("");
    rooms
}

#[test]
fn no_room_uses_one_to_its_right() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    let mut wrong = Vec::new();
    let mut seen = 0;
    for file in &files {
        let relative = file.strip_prefix(&src).unwrap();
        let room = relative.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
        if ["lib", "main", "cli"].contains(&room) {
            continue;
        }
        let own = ROOMS.iter().position(|r| *r == room);
        let own = own.unwrap_or_else(|| panic!("{room} is no room of the house: add it to ROOMS"));
        for other in used(&std::fs::read_to_string(file).unwrap()) {
            seen += 1;
            match ROOMS.iter().position(|r| *r == other) {
                Some(at) if at <= own => {}
                _ => wrong.push(format!("{} uses {other}", relative.display())),
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that run back: {wrong:#?}");
    assert!(seen > 20, "the test found hardly any arrow ({seen}): it looks in the wrong place");
}

#[test]
fn the_test_itself_finds_what_is_used() {
    let used = used("use crate::{a::{b, c}, d};\n// crate::no\nlet x = crate::e::f();");
    assert_eq!(used.into_iter().collect::<Vec<_>>(), ["a", "d", "e"]);
}
