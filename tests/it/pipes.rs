//! The program at its ends: closed pipes, full disks, signals, slow input.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::harness::{Dir, PROGRAM};
use rustix::process::{Pid, Signal, kill_process};

#[test]
fn a_closed_pipe_is_no_error() {
    let dir = Dir::fitted();
    for args in
        ["detect model.onnx normal.csv --emit scores", "simulate", "simulate --live --period 0.001"]
    {
        let mut child = dir.start(args);
        let mut reader = BufReader::with_capacity(64, child.stdout.take().unwrap());
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        drop(reader);
        drop(child.stdin.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args}");
        assert!(line.ends_with('\n'));
    }
}

/// Runs the program where no file can grow beyond `blocks`, which is as good as a full disk.
/// Gives the exit code and the message.
fn on_a_full_disk(dir: &Dir, blocks: u32, args: &str, stdout: Stdio) -> (Option<i32>, String) {
    let limited = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
    let output = Command::new("sh")
        .args(["-c", &limited, "sh", PROGRAM])
        .args(args.split(' '))
        .current_dir(dir.path())
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_full_disk_is_code_74() {
    let dir = Dir::with_faults();
    for args in [
        "detect model.onnx faulty.csv",
        "detect model.onnx faulty.csv --emit scores",
        "inspect model.onnx",
        "inspect model.onnx --json",
        "simulate --rows 10",
        "evaluate model.onnx --anomalous faulty.csv",
    ] {
        let out = File::create(dir.file("out")).unwrap();
        let (code, message) = on_a_full_disk(&dir, 0, args, out.into());
        assert_eq!(code, Some(74), "{args}: {message}");
        assert!(
            message.contains("cannot write standard output: File too large"),
            "{args}: {message}"
        );
        assert_eq!(dir.text("out"), "");
    }
    let (code, message) =
        on_a_full_disk(&dir, 0, "simulate --rows 10 --output new.csv", Stdio::null());
    assert_eq!(code, Some(74), "{message}");
    assert!(message.contains("cannot write new.csv: File too large"), "{message}");
}

#[test]
fn what_cannot_be_written_leaves_the_old_file_whole() {
    let dir = Dir::fitted();
    let before = (dir.names(), dir.read("model.onnx"));
    for args in [
        "fit normal.csv --output model.onnx --variance 0.99",
        "calibrate model.onnx normal.csv --output model.onnx --score mse",
    ] {
        let (code, message) = on_a_full_disk(&dir, 1, args, Stdio::null());
        assert_eq!(code, Some(74), "{args}: {message}");
        assert!(message.contains("cannot write model.onnx: File too large"), "{args}: {message}");
        assert_eq!((dir.names(), dir.read("model.onnx")), before, "{args}");
    }
    dir.oddity("fit normal.csv -o no/where/m.onnx")
        .fails(74, &["cannot write no/where/m.onnx", "No such file"]);
    dir.oddity("fit normal.csv -o .").fails(74, &["cannot write .: "]);
    assert_eq!((dir.names(), dir.read("model.onnx")), before);
}

#[test]
fn a_signal_ends_the_stream_and_flushes_first() {
    let dir = Dir::with_faults();
    let ends = [Signal::TERM, Signal::INT].map(|signal| stop(&dir, "--emit scores", signal));
    assert_eq!(ends.each_ref().map(|(code, _)| *code), [Some(0); 2]);
    let (code, _) = stop(&dir, "--emit scores --fail-on-alert", Signal::TERM);
    assert_eq!(code, Some(1), "an alert was raised before the signal");
    for (_, last) in ends {
        assert_eq!(last, "", "the line that was not complete is not judged");
    }
}

/// Feeds 220 rows and a part of the next in one write, so that all of it has been read when the
/// score of the last whole row is there; then stops it. Gives the exit code and what came after.
fn stop(dir: &Dir, options: &str, signal: Signal) -> (Option<i32>, String) {
    let text = dir.text("faulty.csv");
    let lines: Vec<&str> = text.lines().collect();
    let mut child = dir.start(&format!("detect model.onnx {options}"));
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdin.write_all((lines[..211].join("\n") + "\n").as_bytes()).unwrap();
    // Cut in the middle of the last number: as it stands it would be a reading.
    let torn = &lines[221][..lines[221].len() - 4];
    stdin.write_all((lines[211..221].join("\n") + "\n" + torn).as_bytes()).unwrap();
    stdin.flush().unwrap();
    read_until(&mut stdout, "\"row\":220,");
    kill_process(Pid::from_child(&child), signal).unwrap();
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    let code = wait(&mut child);
    drop(stdin);
    (code, rest)
}

fn read_until(from: &mut impl BufRead, word: &str) {
    let mut line = String::new();
    while !line.contains(word) {
        line.clear();
        assert_ne!(from.read_line(&mut line).unwrap(), 0, "the program ended before {word}");
    }
}

fn wait(child: &mut Child) -> Option<i32> {
    child.wait().unwrap().code()
}

#[test]
fn events_are_not_held_back() {
    let dir = Dir::with_faults();
    let text = dir.text("faulty.csv");
    let lines: Vec<&str> = text.lines().collect();
    let mut child = dir.start("detect model.onnx --emit scores");
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdin.write_all((lines[..20].join("\n") + "\n").as_bytes()).unwrap();
    for (number, line) in lines[20..40].iter().enumerate() {
        stdin.write_all(format!("{line}\n").as_bytes()).unwrap();
        // The score comes while the pipe stays open.
        read_until(&mut stdout, &format!("\"row\":{},", number + 20));
    }
    drop(stdin);
    assert_eq!(wait(&mut child), Some(0));
}

#[test]
fn output_that_does_not_block_is_waited_for_and_nothing_is_lost() {
    let dir = Dir::fitted();
    let expected = dir.oddity("detect model.onnx normal.csv --emit scores").ok().stdout;
    let (mut reader, writer) = std::io::pipe().unwrap();
    rustix::io::ioctl_fionbio(&writer, true).unwrap();
    let mut child = dir
        .command("detect model.onnx normal.csv --emit scores")
        .stdout(writer)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The pipe is full long before all is written.
    assert!(expected.len() > 100_000, "{}", expected.len());
    std::thread::sleep(Duration::from_millis(300));
    let mut found = String::new();
    reader.read_to_string(&mut found).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(found, expected);
}

#[test]
fn the_first_signal_ends_it_although_its_reader_stands_still() {
    let dir = Dir::fitted();
    let mut child = dir.start("detect model.onnx normal.csv --emit scores");
    let reader = child.stdout.take().unwrap();
    let mut stderr = child.stderr.take().unwrap();
    drop(child.stdin.take());
    // Until it waits for its reader it may end by itself, which it must not: the pipe holds 64 KiB.
    std::thread::sleep(Duration::from_millis(500));
    assert!(child.try_wait().unwrap().is_none(), "it waits for its reader");
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let status = child.wait().unwrap();
    let mut said = String::new();
    stderr.read_to_string(&mut said).unwrap();
    assert_eq!(status.code(), Some(74), "{said}");
    assert!(said.contains("standard output") && said.contains("reader stands still"), "{said}");
    drop(reader);
}
