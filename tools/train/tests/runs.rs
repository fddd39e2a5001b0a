//! Runs that are broken off, go on, search, and write more than a model: through the program.

// A test may fail in its helpers too.
#![allow(clippy::unwrap_used, clippy::panic)]

mod harness;

use std::process::{Child, Stdio};
use std::time::Duration;

use harness::Dir;

/// Long enough to be broken off after its first checkpoint.
const LONG: &str =
    "dense normal.csv -o m.onnx --epochs 400 --patience 0 --checkpoint 1 --report none";
/// Never runs to its end.
const ENDLESS: &str =
    "dense normal.csv -o m.onnx --epochs 1000000 --patience 0 --checkpoint 1 --report none";

/// Starts a run, and waits for its first checkpoint.
fn begun(dir: &Dir, run: &str) -> Child {
    let mut child = dir.command(run).stderr(Stdio::piped()).spawn().unwrap();
    while !dir.file("m.onnx.checkpoint").exists() {
        if let Some(status) = child.try_wait().unwrap() {
            panic!("it ended without a checkpoint: {status}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

#[test]
fn a_run_that_was_killed_goes_on_to_the_same_file() {
    let dir = Dir::pump();
    dir.train(LONG).ok();
    let whole = dir.read("m.onnx");
    assert!(!dir.file("m.onnx.checkpoint").exists());
    std::fs::remove_file(dir.file("m.onnx")).unwrap();

    let mut child = begun(&dir, LONG);
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success() && !dir.file("m.onnx").exists());
    dir.train(LONG).fails(2, &["m.onnx.checkpoint", "was cut off", "--resume"]);
    dir.train(&format!("{LONG} --seed 1 --resume")).fails(2, &["another command line", "--resume"]);
    // To say less makes no other model.
    let resumed = dir.train(&format!("{LONG} --resume -q"));
    resumed.ok();
    assert!(dir.read("m.onnx") == whole, "the resumed run made another file");
    assert!(!dir.file("m.onnx.checkpoint").exists());
    dir.train(&format!("{LONG} --resume")).fails(2, &["nothing to resume", "m.onnx.checkpoint"]);
}

#[test]
fn fine_tuning_that_was_killed_goes_on_to_the_same_file() {
    const INT8: &str = "dense normal.csv -o m.onnx --epochs 2 --patience 0 --int8 --int8-epochs 300 \
                        --checkpoint 1 --report none";
    let dir = Dir::pump();
    dir.train(INT8).ok();
    let whole = dir.read("m.onnx");
    std::fs::remove_file(dir.file("m.onnx")).unwrap();
    let mut child = begun(&dir, INT8);
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success() && !dir.file("m.onnx").exists());
    dir.train(&format!("{INT8} --resume")).ok();
    assert!(dir.read("m.onnx") == whole, "the resumed run made another file");
}

#[test]
fn an_interrupt_ends_with_the_best_model_so_far() {
    let dir = Dir::pump();
    let child = begun(&dir, ENDLESS);
    dir.train(ENDLESS).fails(2, &["still making this model", &format!("process {}", child.id())]);
    let told = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(told.unwrap().success());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.contains("interrupted"), "{said}");
    assert!(said.contains("from 1 of 4 blocks"), "{said}");
    assert!(!dir.file("m.onnx.lock").exists());
    let found = dir.oddity("detect m.onnx faulty.csv").ok().json_lines();
    assert!(found.iter().any(|event| event["kind"] == "raised"), "{found:?}");
}

#[test]
fn trials_say_what_was_tried_and_take_the_best() {
    let dir = Dir::pump();
    let run = dir.train("dense normal.csv -o m.onnx --trials 3 --epochs 4 --hidden 8");
    let said = run.ok().stderr.clone();
    let trials: Vec<&str> = said.lines().filter(|line| line.starts_with("trial with")).collect();
    assert!(trials.len() == 3 && trials[0].contains("window 20, latent"), "{said}");
    let loss = |line: &&str| -> f64 {
        line.split("validation ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap()
    };
    let best = trials.iter().map(loss).fold(f64::INFINITY, f64::min);
    let chosen: Vec<&&str> = trials.iter().filter(|line| line.ends_with("(chosen)")).collect();
    assert!(chosen.len() == 1 && loss(chosen[0]) == best, "{said}");
    let page = String::from_utf8(dir.read("m.report.html")).unwrap();
    assert!(page.contains("best of 3 trials") && page.matches("chosen").count() > 1);
}

#[test]
fn the_parts_of_a_model_stand_as_files_of_their_own() {
    let dir = Dir::pump();
    dir.train("vae normal.csv -o m.onnx --latent 3 --epochs 3 --parts").ok();
    let drawn = dir.oddity("generate m.decoder.onnx -n 2 --seed 1");
    let drawn = &drawn.ok().stdout;
    assert_eq!(drawn.lines().count(), 1 + 2 * 20);
    // In the units of the data, under its names.
    let header: Vec<&str> = drawn.lines().next().unwrap().split(',').collect();
    let speed = header.iter().position(|&name| name == "speed").unwrap();
    let speeds = drawn.lines().skip(1).map(|line| line.split(',').nth(speed).unwrap());
    assert!(
        speeds.map(|speed| speed.parse::<f64>().unwrap()).all(|speed| speed > 100.0),
        "{drawn}"
    );
    dir.oddity("generate m.decoder.onnx -n 2 -o g.png").fails(2, &["g.png", "CSV"]);
    assert!(!dir.file("g.png").exists());
    dir.train("dense normal.csv -o d.onnx --latent 3 --epochs 1 --parts").ok();
    dir.oddity("generate d.decoder.onnx").fails(2, &["not variational"]);
    dir.oddity("inspect m.encoder.onnx").fails(2, &["an encoder", "`oddity encode`"]);
}

#[test]
fn the_closed_form_learns_without_steps() {
    let dir = Dir::pump();
    let run = dir.train("linear normal.csv -o m.onnx --closed-form --latent 12");
    let said = run.ok().stderr.clone();
    assert!(!said.contains("epoch"), "{said}");
    let found = dir.oddity("detect m.onnx faulty.csv").ok().json_lines();
    assert!(found.iter().any(|event| event["kind"] == "raised"), "{found:?}");
    dir.train("dense normal.csv -o n.onnx --closed-form").fails(2, &["--closed-form", "linear"]);
    // Neither steps nor a head has it, so what would go on unheard is refused.
    for foreign in ["--epochs 3", "--label flow", "--noise none", "--resume"] {
        let run = format!("linear normal.csv -o n.onnx --closed-form {foreign}");
        dir.train(&run).fails(2, &["--closed-form", "cannot be used with"]);
    }
}

#[test]
fn a_report_stands_alone_and_its_figures_as_files() {
    let dir = Dir::pump();
    dir.train("sparse normal.csv -o m.onnx --epochs 3 --figures figures").ok();
    let page = String::from_utf8(dir.read("m.report.html")).unwrap();
    for part in ["Activity of the latent", "Latent space", "Error by channel", "Worst", "seed"] {
        assert!(page.contains(part), "{part}");
    }
    // The worst window is the one at the right end of the histogram.
    let largest = page.split("Median ").nth(1).unwrap().split("largest ").nth(1).unwrap();
    let largest = largest.split(".<").next().unwrap();
    let worst = page.split("Worst: rows ").nth(1).unwrap();
    let score = worst.split("Score ").nth(1).unwrap().split(", ").next().unwrap();
    assert!(worst.contains("of normal.csv") && score == largest, "{score} {largest}");
    for foreign in ["src=\"http", "<script", "url("] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    let figures: Vec<_> = std::fs::read_dir(dir.file("figures")).unwrap().collect();
    assert!(figures.len() >= 7, "{figures:?}");
}

#[test]
fn what_cannot_be_written_is_told_and_leaves_nothing() {
    let dir = Dir::pump();
    let linear = "linear normal.csv --epochs 1";
    dir.train(&format!("{linear} -o /dev/full")).fails(74, &["/dev/full", "space"]);
    dir.train(&format!("{linear} -o no/m.onnx")).fails(2, &["no/m.onnx", "no such folder"]);
    let report = format!("{linear} -o m.onnx --report /dev/full");
    dir.train(&report).fails(74, &["the model is written, but not its report", "space"]);
    for (args, words) in [
        ("-o m.onnx --report m.onnx", ["m.onnx", "two files"]),
        ("-o figures", ["figures", "is a folder"]),
        ("-o n.onnx --figures normal.csv", ["normal.csv", "name a folder"]),
        ("-o n.onnx --report normal.csv", ["normal.csv", "among the data"]),
        ("-o - --parts", ["--parts", "--output"]),
        ("-o n.onnx --checkpoint 0 --resume", ["--resume", "keeps none"]),
    ] {
        std::fs::create_dir_all(dir.file("figures")).unwrap();
        dir.train(&format!("{linear} {args}")).fails(2, &words);
    }
    let checkpoint = dir.file("n.onnx.checkpoint");
    std::os::unix::fs::symlink("/dev/full", checkpoint).unwrap();
    dir.train(&ENDLESS.replace("m.onnx", "n.onnx")).fails(74, &["n.onnx.checkpoint", "space"]);
    assert!(dir.file("m.onnx").exists() && !dir.file("n.onnx").exists());
}
