//! What 8 bits cost on real data.

use std::fs;
use std::path::PathBuf;

use super::{csv_files, evaluate, figure, read_npy};
use crate::harness::{Dir, data};

fn bytes<'a>(windows: impl Iterator<Item = &'a Vec<f32>>) -> Vec<u8> {
    windows.flatten().flat_map(|value| value.to_le_bytes()).collect()
}

/// Ranges from every second window of MLPerf Tiny's anomaly detection; the others change their score, of
/// about 10, by less than 0.1 in the mean.
#[test]
#[ignore = "needs ODDITY_DATA"]
fn mlperf_tiny_in_8_bits() {
    let mlperf = data().join("mlperf");
    let windows = read_npy(&fs::read(mlperf.join("windows.npy")).unwrap());
    let dir = Dir::new();
    dir.write("f32.onnx", fs::read(mlperf.join("ad01_fp32.onnx")).unwrap());
    dir.write("normal.f32", bytes(windows.iter().step_by(2)));
    let others: Vec<f32> = windows.iter().skip(1).step_by(2).flatten().copied().collect();
    let scores = |model: &str| -> Vec<f32> {
        let answers = dir.raw(&format!("reconstruct {model} --format f32"), &others);
        let pairs = others.chunks(640).zip(answers.chunks(640));
        let square = |(x, y): (&f32, &f32)| (x - y).powi(2);
        pairs.map(|(x, y)| x.iter().zip(y).map(square).sum::<f32>() / 640.0).collect()
    };
    let before = scores("f32.onnx");
    for range in ["minmax", "percentile", "mse", "entropy"] {
        let args = format!("quantize f32.onnx normal.f32 --format f32 -o i8.onnx --range {range}");
        dir.oddity(&args).ok();
        let after = scores("i8.onnx");
        let changes = before.iter().zip(&after).map(|(a, b)| (a - b).abs());
        let mean = changes.sum::<f32>() / before.len() as f32;
        eprintln!("MLPerf in 8 bits, {range}: the score changes by {mean:.4} in the mean");
        assert!(mean < 0.1, "{range}: {mean}");
    }
}

/// Models of `fit`, quantised with the rows that they were fitted on, detect as well as before.
#[test]
#[ignore = "needs ODDITY_DATA"]
fn skab_in_8_bits() {
    let files = csv_files(&data().join("skab"), &["valve1", "valve2", "other"]);
    let dir = Dir::new();
    let run = |args: &str, file: &PathBuf| {
        let done = dir.command(args).arg(file).output().unwrap();
        assert!(done.status.success(), "{args}: {}", String::from_utf8_lossy(&done.stderr));
    };
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for (number, file) in files.iter().enumerate() {
        let (f32, i8) = (format!("f32-{number}.onnx"), format!("i8-{number}.onnx"));
        run(&format!("fit --rows 400 --exclude anomaly,changepoint -o {f32}"), file);
        run(&format!("quantize --rows 400 -o {i8} {f32}"), file);
        before.push(f32);
        after.push(i8);
    }
    let f1 = |models: Vec<String>| {
        let args = format!("--models {} --labels anomaly --skip 400", models.join(","));
        figure(&evaluate(&dir, &args, &files), "f1")
    };
    let (before, after) = (f1(before), f1(after));
    eprintln!("SKAB in 8 bits: F1 {before:.4} before, {after:.4} after");
    assert!((before - after).abs() <= 0.005, "{before} {after}");
}
