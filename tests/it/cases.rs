//! Situations out of the field, each a folder with an input and a script that says what is right.

use std::process::Command;

use crate::harness::{PROGRAM, data};

#[test]
#[ignore = "needs ODDITY_DATA"]
fn what_went_wrong_in_the_field_goes_right() {
    let mut folders: Vec<_> = std::fs::read_dir(data().join("cases"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("cmd.sh").is_file())
        .collect();
    folders.sort();
    assert!(folders.len() >= 30, "{}", folders.len());
    let mut wrong = Vec::new();
    for folder in folders {
        let output = Command::new("sh")
            .arg(folder.join("cmd.sh"))
            .env("ODDITY", std::path::absolute(PROGRAM).unwrap())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        if !(output.status.success() && said.starts_with("PASS")) {
            wrong.push(format!("{}: {said}", folder.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
