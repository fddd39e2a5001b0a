//! Where `fit` and `calibrate` write, what they never write over, and data that can be read once.

use std::fs;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::harness::Dir;

fn fifo(dir: &Dir, name: &str) {
    assert!(Command::new("mkfifo").arg(dir.file(name)).status().unwrap().success());
}

#[test]
fn the_data_is_not_written_over() {
    let dir = Dir::fitted();
    let before = (dir.read("normal.csv"), dir.read("model.onnx"));
    symlink("normal.csv", dir.file("link.csv")).unwrap();
    fs::create_dir(dir.file("sub")).unwrap();
    for args in [
        "fit normal.csv -o normal.csv",
        "fit normal.csv -o ./sub/../normal.csv",
        "fit link.csv -o normal.csv",
        "fit normal.csv -o link.csv",
        "calibrate model.onnx normal.csv -o normal.csv",
    ] {
        dir.oddity(args).fails(2, &["is among the data", "elsewhere"]);
        assert_eq!((dir.read("normal.csv"), dir.read("model.onnx")), before, "{args}");
    }
}

#[test]
fn a_link_stays_a_link() {
    let dir = Dir::fitted();
    fs::create_dir(dir.file("sub")).unwrap();
    dir.write("sub/there.onnx", "old");
    symlink("sub/there.onnx", dir.file("here.onnx")).unwrap();
    dir.oddity("fit normal.csv -o here.onnx").ok();
    assert_eq!(fs::read_link(dir.file("here.onnx")).unwrap(), Path::new("sub/there.onnx"));
    assert_eq!(dir.learned("sub/there.onnx"), dir.learned("model.onnx"));
    dir.oddity("calibrate here.onnx normal.csv -o here.onnx --score mse").ok();
    assert_eq!(fs::read_link(dir.file("here.onnx")).unwrap(), Path::new("sub/there.onnx"));
    assert_eq!(dir.learned("sub/there.onnx")["profile"]["score"]["kind"], "mse");
}

#[test]
fn a_link_to_what_is_not_there_yet_stays_a_link() {
    let dir = Dir::fitted();
    symlink("later.onnx", dir.file("here.onnx")).unwrap();
    dir.oddity("fit normal.csv -o here.onnx").ok();
    assert_eq!(fs::read_link(dir.file("here.onnx")).unwrap(), Path::new("later.onnx"));
    assert_eq!(dir.learned("later.onnx"), dir.learned("model.onnx"));
}

#[test]
fn a_hyphen_is_standard_output() {
    let dir = Dir::fitted();
    for args in ["fit normal.csv -o -", "calibrate model.onnx normal.csv -o -"] {
        let output = dir.command(args).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args}");
        dir.write("piped.onnx", output.stdout);
        assert_eq!(dir.learned("piped.onnx")["profile"]["window"], 20, "{args}");
    }
    assert_eq!(dir.names(), ["model.onnx", "normal.csv", "piped.onnx"], "no file is called -");
}

#[test]
fn a_pipe_is_written_to_not_replaced() {
    let dir = Dir::fitted();
    fifo(&dir, "pipe");
    let mut reader =
        Command::new("cat").arg(dir.file("pipe")).stdout(Stdio::piped()).spawn().unwrap();
    let run = dir.oddity("fit normal.csv --output pipe");
    let is_pipe = dir.file("pipe").metadata().unwrap().file_type().is_fifo();
    if !is_pipe || run.code != Some(0) {
        // Nobody will ever write to it.
        reader.kill().unwrap();
    }
    let read = reader.wait_with_output().unwrap().stdout;
    assert!(is_pipe, "the pipe was replaced by a file");
    run.ok();
    dir.write("read.onnx", read);
    assert_eq!(dir.learned("read.onnx"), dir.learned("model.onnx"));
    dir.oddity("fit normal.csv -o /dev/null").ok();
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
}

/// It is read more than once, and a pipe gives it once.
#[test]
fn data_from_a_pipe_is_kept() {
    let dir = Dir::fitted();
    fifo(&dir, "data.csv");
    for (args, stdin) in [
        ("fit data.csv -o piped.onnx", false),
        ("fit /dev/stdin -o piped.onnx", true),
        ("calibrate model.onnx data.csv -o piped.onnx", false),
        ("calibrate model.onnx /dev/stdin -o piped.onnx", true),
    ] {
        if stdin {
            dir.oddity_with(args, dir.read("normal.csv")).ok();
        } else {
            // Whoever opens it again gets nothing, rather than waiting for ever.
            let command = "cat normal.csv > data.csv; while :; do : > data.csv; done";
            let mut writer =
                Command::new("sh").args(["-c", command]).current_dir(dir.path()).spawn().unwrap();
            let run = dir.oddity(args);
            writer.kill().unwrap();
            writer.wait().unwrap();
            run.ok();
        }
        if args.starts_with("fit") {
            assert_eq!(dir.learned("piped.onnx"), dir.learned("model.onnx"), "{args}");
        }
        assert_eq!(dir.learned("piped.onnx")["profile"]["provenance"]["rows"], 1200, "{args}");
    }
}

#[test]
fn standard_input_is_named_once() {
    let dir = Dir::fitted();
    for args in ["fit - - -o m.onnx", "calibrate model.onnx - normal.csv - -o m.onnx"] {
        dir.oddity_with(args, dir.read("normal.csv")).fails(2, &["standard input", "once"]);
    }
    assert!(!dir.names().contains(&"m.onnx".to_owned()));
}
