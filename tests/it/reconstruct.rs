//! Denoised streams, and raw windows through any autoencoder.

use std::fs::File;
use std::io::{Read, Write};
use std::process::Stdio;

use crate::harness::onnx::Onnx;
use crate::harness::{Dir, data, said};

fn table(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut rows = text.lines().map(|line| line.split(',').map(ToOwned::to_owned).collect());
    (rows.next().unwrap(), rows.collect())
}

fn column(rows: &[Vec<String>], at: usize) -> Vec<f64> {
    rows.iter().map(|row| row[at].parse().unwrap()).collect()
}

fn roughness(values: &[f64]) -> f64 {
    values.windows(2).map(|pair| (pair[1] - pair[0]).powi(2)).sum::<f64>() / values.len() as f64
}

#[test]
fn a_stream_comes_out_calmer_row_by_row_in_its_own_units() {
    let dir = Dir::fitted();
    let run = dir.oddity("reconstruct model.onnx normal.csv").ok();
    assert_eq!(run.stderr, "");
    let (header, rows) = table(&run.stdout);
    let (names, original) = table(&dir.text("normal.csv"));
    assert_eq!(header, names);
    assert_eq!(rows.len(), original.len());
    for (at, name) in header.iter().enumerate().skip(1) {
        let (now, before) = (column(&rows, at), column(&original, at));
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let spread = before.iter().map(|x| (x - mean(&before)).abs()).sum::<f64>() / 1200.0;
        assert!((mean(&now) - mean(&before)).abs() < 0.3 * spread, "{name}");
        assert!(roughness(&now) < roughness(&before), "{name}");
    }
    let times = |rows: &[Vec<String>]| rows.iter().map(|row| row[0].clone()).collect::<Vec<_>>();
    assert_eq!(times(&rows), times(&original));
    // It is data like any other.
    dir.write("calm.csv", &run.stdout);
    dir.oddity("detect model.onnx calm.csv").ok();
}

#[test]
fn each_row_is_there_once_and_nothing_looks_ahead() {
    let dir = Dir::with_faults();
    let run = dir.oddity("reconstruct model.onnx faulty.csv").ok();
    let (_, rows) = table(&run.stdout);
    let (_, original) = table(&dir.text("faulty.csv"));
    // What no window covers is left out: rows while a sensor is silent, and rows lost with it.
    assert!(rows.len() < original.len() && rows.len() > 1000, "{}", rows.len());
    // Until the clock is set back each time comes once, in order.
    let back = rows.windows(2).position(|pair| pair[1][0] < pair[0][0]).unwrap();
    assert!(rows[..back].windows(2).all(|pair| pair[0][0] < pair[1][0]));
    assert!(rows[back + 1..].windows(2).all(|pair| pair[0][0] < pair[1][0]));
    // What comes later changes nothing.
    let text = dir.text("faulty.csv");
    let half: Vec<&str> = text.lines().take(600).collect();
    let early = dir.oddity_with("reconstruct model.onnx", half.join("\n") + "\n").ok();
    assert!(run.stdout.starts_with(&early.stdout));
    assert!(early.lines().len() > 400);
}

#[test]
fn rows_without_time_have_no_time_column_and_streams_have_names() {
    let dir = Dir::fitted();
    let run = dir.oddity("reconstruct model.onnx normal.csv --time none").ok();
    assert!(!run.lines()[0].contains("time"), "{}", run.lines()[0]);
    assert_eq!(run.lines().len(), 1201);
    let text = dir.text("normal.csv");
    let (header, rows) = text.split_once('\n').unwrap();
    let keyed: String = rows.lines().map(|row| format!("pump 1,{row}\n")).collect();
    let run = dir
        .oddity_with("reconstruct model.onnx --key unit", format!("unit,{header}\n{keyed}"))
        .ok();
    assert!(run.lines()[0].starts_with("stream,time,"));
    assert!(run.lines()[1].starts_with("pump 1,2026-01-01T00:00:00Z,"), "{}", run.lines()[1]);
}

#[test]
fn a_missing_reading_is_filled_in() {
    let dir = Dir::fitted();
    let text = dir.text("normal.csv");
    let mut lines: Vec<String> = text.lines().map(ToOwned::to_owned).collect();
    let (rest, _) = lines[500].rsplit_once(',').unwrap();
    lines[500] = format!("{rest},");
    let run = dir.oddity_with("reconstruct model.onnx", lines.join("\n")).ok();
    let (_, rows) = table(&run.stdout);
    assert_eq!(rows.len(), 1200);
    let last = rows[499].len() - 1;
    let value: f64 = rows[499][last].parse().unwrap();
    let before: f64 = rows[498][last].parse().unwrap();
    assert!((value - before).abs() < before.abs(), "{before} {value}");
}

fn bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|word| f32::from_le_bytes(word.try_into().unwrap())).collect()
}

fn raw(dir: &Dir, args: &str, input: &[u8]) -> (Option<i32>, Vec<f32>, String) {
    let mut command = assert_cmd::Command::from_std(dir.command(args));
    let output = command.write_stdin(input).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), floats(&output.stdout), stderr)
}

const RAW: &str = "reconstruct model.onnx --format f32 --output-format f32";

#[test]
#[ignore = "needs ODDITY_DATA"]
fn raw_windows_of_mlperf_come_out_as_its_reference() {
    let data = data();
    let dir = Dir::new();
    let folder = data.join("mlperf");
    std::fs::copy(folder.join("ad01_fp32.onnx"), dir.file("model.onnx")).unwrap();
    let npy = |name: &str| {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        let header = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
        bytes[header..].to_vec()
    };
    let (input, wanted) = (npy("windows.npy"), floats(&npy("ad01_fp32_out.npy")));
    let (code, found, stderr) = raw(&dir, RAW, &input);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert_eq!(found.len(), wanted.len());
    let worst = found.iter().zip(&wanted).fold(0.0f32, |most, (a, b)| most.max((a - b).abs()));
    println!("largest difference {worst}");
    assert!(worst < 0.006, "{worst}");
    // A file gives the same as a pipe; the output format need not be said.
    dir.write("windows.f32", &input);
    let (_, again, _) = raw(&dir, "reconstruct model.onnx windows.f32 --format f32", b"");
    assert_eq!(again, found);
}

#[test]
fn a_live_pipe_gets_each_answer_before_the_next_question() {
    let dir = Dir::new();
    for batch in [None, Some(4)] {
        let halves = Onnx::halves();
        let mut onnx = Onnx::new("input", batch, &[4]);
        (onnx.0.node, onnx.0.initializer) = (halves.0.node, halves.0.initializer);
        dir.write("model.onnx", onnx.file("reconstruction"));
        let mut child = dir.start(RAW);
        let mut stdin = child.stdin.take().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        for question in [[1.0, 2.0, 0.0, 0.0], [3.0, 4.0, 0.0, 0.0]] {
            let sent = bytes(&question);
            // In two parts, neither of which is a window.
            stdin.write_all(&sent[..7]).unwrap();
            stdin.flush().unwrap();
            stdin.write_all(&sent[7..]).unwrap();
            let mut answer = [0; 16];
            stdout.read_exact(&mut answer).unwrap();
            let [a, b, ..] = question;
            assert_eq!(floats(&answer), [a, b, a, b]);
        }
        drop(stdin);
        assert!(child.wait().unwrap().success());
        let mut rest = Vec::new();
        stdout.read_to_end(&mut rest).unwrap();
        assert!(rest.is_empty());
        // Numbers of windows that are no multiple of the batch.
        let input: Vec<f32> = (0..4 * 7).map(|i| i as f32).collect();
        let (code, found, _) = raw(&dir, RAW, &bytes(&input));
        assert_eq!((code, found.len()), (Some(0), 28));
        assert_eq!(found[24..], [24.0, 25.0, 24.0, 25.0]);
    }
}

#[test]
fn bytes_that_are_left_over_are_an_error_after_what_was_whole() {
    let dir = Dir::new();
    dir.write("model.onnx", Onnx::halves().file("reconstruction"));
    let mut input = bytes(&[1.0; 12]);
    input.truncate(42);
    let (code, found, stderr) = raw(&dir, RAW, &input);
    assert_eq!((code, found), (Some(65), vec![1.0; 8]));
    assert!(
        stderr.contains("10 bytes are left over after 2 windows of 16 bytes ([4] of f32)"),
        "{stderr}"
    );
    assert_eq!(raw(&dir, RAW, b"").0, Some(0));
    let (code, found, stderr) = raw(&dir, RAW, &bytes(&[f32::NAN, 1.0, 0.0, 0.0]));
    assert_eq!((code, found.len()), (Some(0), 4));
    assert!(stderr.contains("not finite: 1 of 1"), "{stderr}");
}

#[test]
fn ends_of_raw_pipes() {
    let dir = Dir::new();
    dir.write("model.onnx", Onnx::halves().file("reconstruction"));
    dir.write("many.f32", vec![0; 16 * 100_000]);
    let run = |stdout: Stdio| {
        let mut command = dir.command("reconstruct model.onnx many.f32 --format f32");
        let child = command.stdout(stdout).stderr(Stdio::piped()).stdin(Stdio::null()).spawn();
        child.unwrap()
    };
    let full = run(File::create("/dev/full").unwrap().into()).wait_with_output().unwrap();
    assert_eq!(full.status.code(), Some(74));
    assert!(String::from_utf8_lossy(&full.stderr).contains("cannot write standard output"));
    let mut closed = run(Stdio::piped());
    drop(closed.stdout.take());
    let closed = closed.wait_with_output().unwrap();
    assert_eq!((closed.status.code(), said(closed.stderr)), (Some(0), String::new()));
}

#[test]
fn wrong_usage_says_what_is_right() {
    let dir = Dir::fitted();
    dir.write("bare.onnx", Onnx::halves().file("reconstruction"));
    dir.oddity("reconstruct bare.onnx normal.csv").fails(2, &["bare.onnx has no profile"]);
    dir.oddity("reconstruct model.onnx normal.csv --output-format f32").fails(2, &["--format f32"]);
    dir.oddity("reconstruct model.onnx x --format f32 --output-format csv").fails(2, &["f32"]);
    dir.oddity("reconstruct model.onnx normal.csv --output folder")
        .fails(2, &["folder for pictures"]);
    dir.oddity("reconstruct model.onnx a b").fails(2, &["one input"]);
    dir.oddity("reconstruct model.onnx --format f64").fails(2, &["f64", "f32"]);
    dir.oddity("reconstruct model.onnx").fails(65, &["no row"]);
}
