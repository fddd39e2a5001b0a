//! Latents of a stream as CSV and JSON Lines.

use std::io::{BufRead, BufReader, Write};

use crate::harness::Dir;
use crate::harness::onnx::Onnx;
use oddity::model::{Bundle, Model};
use oddity::profile::{HeadSpec, Profile};

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
fn an_encoder_alone_gives_the_latents_of_raw_windows() {
    let dir = Dir::new();
    let encoder = Onnx::new("x", None, &[4])
        .floats("take", &[4, 2], &[1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0])
        .node("MatMul", "x take", "z");
    dir.write("encoder.onnx", encoder.file("z"));
    dir.write("whole.onnx", Onnx::halves().file("reconstruction latent"));
    let windows: Vec<u8> = (0..8u8).flat_map(|value| f32::from(value).to_le_bytes()).collect();
    for model in ["encoder.onnx", "whole.onnx"] {
        let run = dir.oddity_with(&format!("encode {model} --format f32"), &windows).ok();
        assert_eq!(run.stdout, "window,z0,z1\n1,0,1\n2,4,5\n", "{model}");
    }
    let jsonl = "encode encoder.onnx --format f32 --output-format jsonl";
    let json = dir.oddity_with(jsonl, &windows).ok().json_lines();
    assert_eq!(json[1], serde_json::json!({"window": 2, "latent": [4.0, 5.0]}));
    dir.oddity_with("encode encoder.onnx", "1,2,3,4\n")
        .fails(2, &["an encoder alone", "--format f32", "whole"]);
    dir.oddity_with("encode encoder.onnx --format f32", &windows[..20]).fails(65, &["left over"]);
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

/// A calibrated model of the pump's windows with a second output `kind`, and its spec.
fn with_head(dir: &Dir, kind: &str, head: HeadSpec) {
    let weights: &[f32] = match kind {
        "class" => &[1.0, -1.0, -1.0, 1.0],
        _ => &[1.0, 2.0],
    };
    let last = if kind == "class" { "Softmax" } else { "Identity" };
    let bare = Onnx::variational(20, 8)
        .floats("weights", &[2, weights.len() as i64 / 2], weights)
        .node("MatMul", "latent weights", "sums")
        .node(last, "sums", kind)
        .file(&format!("reconstruction latent {kind}"));
    dir.write("bare.onnx", bare);
    dir.oddity("calibrate bare.onnx normal.csv -o head.onnx --normalise").ok();
    let onnx = dir.read("head.onnx");
    let model = Model::from_bytes(&onnx).unwrap();
    let profile = Profile { head: Some(head), ..model.profile().unwrap().unwrap() };
    dir.write("head.onnx", Bundle::new(model, &onnx, profile).unwrap().to_bytes());
}

#[test]
fn what_a_second_output_says_stands_beside_the_latent_as_in_detect() {
    let dir = Dir::fitted();
    let classes = vec!["idle, warm".to_owned(), "busy".to_owned()];
    with_head(&dir, "class", HeadSpec::Class { classes });
    let scores = dir.oddity("detect head.onnx normal.csv --emit scores").ok().json_lines();
    let json = dir.oddity("encode head.onnx normal.csv --output-format jsonl").ok().json_lines();
    let csv = dir.oddity("encode head.onnx normal.csv").ok();
    let lines = csv.lines();
    assert_eq!(lines[0], "row,time,z0,z1,class,probability");
    assert_eq!((scores.len(), json.len(), lines.len()), (1181, 1181, 1182));
    let mut seen = std::collections::BTreeSet::new();
    for ((score, json), line) in scores.iter().zip(&json).zip(&lines[1..]) {
        assert_eq!((&score["row"], &score["class"]), (&json["row"], &json["class"]));
        assert_eq!(score["probability"], json["probability"]);
        let class = json["class"].as_str().unwrap();
        let quoted = if class == "busy" { class.into() } else { format!("\"{class}\"") };
        let (rest, probability) = line.rsplit_once(',').unwrap();
        assert!(rest.ends_with(&format!(",{quoted}")), "{line} for {json}");
        assert_eq!(probability.parse::<f64>().ok(), json["probability"].as_f64());
        seen.insert(class.to_owned());
    }
    assert_eq!(seen.len(), 2, "both kinds occur");

    let name = "wear [mm]".to_owned();
    with_head(&dir, "estimate", HeadSpec::Estimate { name, mean: 3.0, scale: 2.0 });
    let scores = dir.oddity("detect head.onnx normal.csv --emit scores").ok().json_lines();
    let json = dir.oddity("encode head.onnx normal.csv --output-format jsonl").ok().json_lines();
    let csv = dir.oddity("encode head.onnx normal.csv").ok();
    assert_eq!(csv.lines()[0], "row,time,z0,z1,wear [mm]");
    for ((score, json), line) in scores.iter().zip(&json).zip(&csv.lines()[1..]) {
        assert_eq!(score["estimate"], json["estimate"]);
        let value = json["estimate"]["wear [mm]"].as_f64().unwrap();
        assert_eq!(line.rsplit_once(',').unwrap().1.parse::<f64>().unwrap(), value);
        let z = |at: usize| json["latent"][at].as_f64().unwrap();
        assert!((value - (2.0 * (z(0) + 2.0 * z(1)) + 3.0)).abs() < 1e-4, "{json}");
    }
}

#[test]
fn without_a_profile_of_it_a_second_output_says_nothing() {
    let dir = Dir::fitted();
    let classes = vec!["a".to_owned(), "b".to_owned()];
    with_head(&dir, "class", HeadSpec::Class { classes });
    dir.oddity("calibrate bare.onnx normal.csv -o plain.onnx --normalise").ok();
    assert_eq!(dir.oddity("encode plain.onnx normal.csv").ok().lines()[0], "row,time,z0,z1");
    let json = dir.oddity("encode plain.onnx normal.csv --output-format jsonl").ok().json_lines();
    assert!(json[0].get("class").is_none() && json[0].get("probability").is_none());
    // A renewed profile keeps what it says.
    dir.oddity("calibrate head.onnx normal.csv -o new.onnx").ok();
    assert!(
        dir.oddity("encode new.onnx normal.csv").ok().lines()[0].ends_with(",class,probability")
    );
}
