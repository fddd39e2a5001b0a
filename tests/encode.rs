//! Latents of a stream as CSV and JSON Lines.

#![allow(clippy::unwrap_used, clippy::panic)]

mod harness;

use std::io::{BufRead, BufReader, Write};

use harness::Dir;
use harness::onnx::Onnx;

#[test]
fn each_window_gives_its_latent() {
    let dir = Dir::fitted();
    let run = dir.oddity("encode model.onnx normal.csv").ok();
    assert_eq!(run.stderr, "");
    let lines = run.lines();
    let header: Vec<&str> = lines[0].split(',').collect();
    assert_eq!(&header[..4], ["row", "time", "z0", "z1"]);
    // A window ends at each row from the 20th on.
    assert_eq!(lines.len(), 1 + 1200 - 19);
    assert!(lines[1].starts_with("20,2026-01-01T00:00:19Z,"), "{}", lines[1]);
    let json = dir.oddity("encode model.onnx normal.csv --output-format jsonl").ok().json_lines();
    assert_eq!(json.len(), 1181);
    for (line, json) in lines[1..].iter().zip(&json) {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(cells.len(), header.len());
        assert_eq!(json["row"].to_string(), cells[0]);
        assert_eq!(json["time"], cells[1]);
        assert_eq!(json["stream"], "");
        let latent: Vec<f32> =
            json["latent"].as_array().unwrap().iter().map(|z| z.as_f64().unwrap() as f32).collect();
        let cells: Vec<f32> = cells[2..].iter().map(|z| z.parse().unwrap()).collect();
        assert_eq!(latent, cells);
    }
    // The latents of a PCA of normal data have the mean zero.
    let mean = json.iter().map(|row| row["latent"][0].as_f64().unwrap()).sum::<f64>() / 1181.0;
    assert!(mean.abs() < 0.5, "{mean}");
}

#[test]
fn streams_are_told_apart_and_named() {
    let dir = Dir::fitted();
    let alone = dir.oddity("encode model.onnx normal.csv").ok();
    let text = dir.text("normal.csv");
    let (header, rows) = text.split_once('\n').unwrap();
    let mut both = format!("unit,{header}\n");
    for row in rows.lines() {
        both += &format!("\"a,b\",{row}\nc,{row}\n");
    }
    let run = dir.oddity_with("encode model.onnx --key unit", &both).ok();
    assert!(run.lines()[0].starts_with("stream,row,time,z0"));
    let of = |name: &str| -> Vec<String> {
        let lines = run.stdout.lines().filter_map(|line| line.strip_prefix(name));
        lines.map(|line| line.split_once(',').unwrap().1.to_owned()).collect()
    };
    let alone: Vec<String> =
        alone.lines()[1..].iter().map(|line| line.split_once(',').unwrap().1.to_owned()).collect();
    assert_eq!(of("\"a,b\","), alone);
    assert_eq!(of("c,"), alone);
}

#[test]
fn a_live_stream_is_not_held_back() {
    let dir = Dir::fitted();
    let mut child = dir.start("encode model.onnx");
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let text = dir.text("normal.csv");
    let first: Vec<&str> = text.lines().take(21).collect();
    stdin.write_all((first.join("\n") + "\n").as_bytes()).unwrap();
    let mut line = String::new();
    for _ in 0..2 {
        line.clear();
        stdout.read_line(&mut line).unwrap();
    }
    assert!(line.starts_with("20,"), "{line}");
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn what_cannot_be_encoded_says_why() {
    let dir = Dir::fitted();
    dir.write("bare.onnx", Onnx::halves().file("reconstruction latent"));
    dir.write("none.onnx", Onnx::halves().file("reconstruction"));
    dir.oddity("encode bare.onnx normal.csv").fails(2, &["bare.onnx has no profile", "calibrate"]);
    dir.oddity("encode none.onnx normal.csv").fails(2, &["no output `latent`", "encoder"]);
    dir.oddity("encode model.onnx normal.csv normal.csv").fails(2, &["one input"]);
    dir.oddity("encode model.onnx nowhere.csv").fails(2, &["nowhere.csv"]);
    dir.oddity("encode model.onnx").fails(65, &["no row"]);
    let short = dir.text("normal.csv").lines().take(5).collect::<Vec<_>>().join("\n");
    let run = dir.oddity_with("encode model.onnx", &short).ok();
    assert!(run.stderr.contains("no window was complete"), "{}", run.stderr);
    let broken = dir.text("normal.csv").replacen("2026-01-01T00:05:00Z,", "x", 1);
    let run = dir.oddity_with("encode model.onnx", &broken).ok();
    assert!(run.stderr.contains("line 302"), "{}", run.stderr);
    dir.oddity_with("encode model.onnx --strict", &broken).fails(65, &["line 302", "--strict"]);
}
