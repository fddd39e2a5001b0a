//! The commands of the README and of `docs/`, run as they stand: each `sh` block, and what it prints
//! where a `text` block follows it.

use std::path::Path;
use std::process::Command;

use crate::harness::PROGRAM;

/// Commands that need what a test must not touch: the system, a broker, sensors, or this very test.
const NOT_HERE: [&str; 6] =
    ["cargo test", "cargo install", "mosquitto_sub", "figures.sh", "$DATA", "--sensor"];

struct Example {
    line: usize,
    command: String,
    expected: Option<String>,
}

fn examples(text: &str) -> Vec<Example> {
    let mut blocks: Vec<(usize, String, String)> = Vec::new();
    let mut open: Option<(usize, String, String)> = None;
    for (number, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(kind)) => open = Some((number + 1, kind.to_owned(), String::new())),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some((_, _, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    let output = |index: usize| {
        blocks.get(index + 1).filter(|(_, kind, _)| kind == "text").map(|(_, _, text)| text.clone())
    };
    blocks
        .iter()
        .enumerate()
        .filter(|(_, (_, kind, _))| kind == "sh")
        .map(|(index, (line, _, text))| Example {
            line: *line,
            command: text.clone(),
            expected: output(index),
        })
        .collect()
}

/// Numbers to four digits: processors differ in the last ones. Times and ids stand.
fn rounded(text: &str) -> String {
    let mut out = String::new();
    let mut number = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_ascii_digit() || c == '.' {
            number.push(c);
            continue;
        }
        match number.parse::<f64>() {
            Ok(value) if number.contains('.') => out += &format!("{value:.3e}"),
            _ => out += &number,
        }
        number.clear();
        out.push(c);
    }
    out.trim_end().to_owned()
}

/// Ids are of the file's bytes, whose last digits differ with the processor too.
fn without_id(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\"model\":\"") {
        let end = at + "\"model\":\"".len();
        out += &rest[..end];
        rest = rest[end..].trim_start_matches(|c: char| c.is_ascii_hexdigit());
    }
    out + rest
}

/// Runs the commands of a file, all in one folder that holds the models. How many came back.
fn run(file: &str) -> usize {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let work = tempfile::tempdir().unwrap();
    let copied = Command::new("cp").arg("-r").arg(root.join("models")).arg(work.path()).status();
    assert!(copied.unwrap().success());
    let program = Path::new(PROGRAM).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let examples = examples(&std::fs::read_to_string(root.join(file)).unwrap());
    let mut run = 0;
    for Example { line, command, expected } in &examples {
        if NOT_HERE.iter().any(|word| command.contains(word)) {
            continue;
        }
        run += 1;
        let output = Command::new("bash")
            .args(["-o", "pipefail", "-e", "-c", &command.replace("cargo run --", "oddity")])
            .current_dir(work.path())
            .env("PATH", &path)
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{file}, line {line}: {command}{stderr}");
        if let Some(expected) = expected {
            let found = String::from_utf8_lossy(&output.stdout);
            assert_eq!(
                rounded(&without_id(&found)),
                rounded(&without_id(expected)),
                "{file}, line {line}: {command}"
            );
        }
    }
    run
}

#[test]
fn the_commands_do_what_the_readme_says() {
    let run = run("README.md");
    assert!(run >= 4, "only {run} commands of the README were run");
}

#[test]
fn the_commands_do_what_the_docs_say() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let mut commands = 0;
    for entry in std::fs::read_dir(docs).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".md") {
            commands += run(&format!("docs/{name}"));
        }
    }
    assert!(commands >= 4, "only {commands} commands of the docs were run");
}
