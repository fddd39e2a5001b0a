//! Models of scikit-learn as skl2onnx writes them give onnxruntime's scores, and say what they are:
//! `tests/fixtures/sklearn/make.py` has made the files.

use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::Dir;
use oddity::model::{Model, ModelKind};
use oddity::types::Reconstruction;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sklearn")
}

fn floats(name: &str) -> Vec<f32> {
    let bytes = fs::read(folder().join(name)).unwrap();
    bytes.chunks_exact(4).map(|word| f32::from_le_bytes(word.try_into().unwrap())).collect()
}

/// Names of the models, sorted.
fn models() -> Vec<String> {
    let files = fs::read_dir(folder()).unwrap().map(|file| file.unwrap().file_name());
    let files = files.map(|name| name.into_string().unwrap());
    let mut names: Vec<String> =
        files.filter_map(|name| Some(name.strip_suffix(".onnx")?.to_owned())).collect();
    names.sort();
    names
}

#[test]
fn scores_are_those_of_onnxruntime() {
    let windows = floats("windows.f32");
    let names = models();
    assert_eq!(names.len(), 13, "{names:?}");
    for name in names {
        let model = Model::from_bytes(&fs::read(folder().join(format!("{name}.onnx"))).unwrap());
        let model = model.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((model.kind(), model.output_len()), (ModelKind::Score, 1), "{name}");
        let outlier =
            ["iforest", "ocsvm", "neighbours"].iter().any(|detector| name.starts_with(detector));
        assert_eq!(model.scores_are_lower(), outlier, "{name}");
        let mut out = Reconstruction::default();
        model.session().unwrap().run(&windows, windows.len() / 4, &mut out).unwrap();
        let wanted = floats(&format!("{name}.out"));
        assert_eq!(out.values.len(), wanted.len(), "{name}");
        let range = wanted.iter().fold(0f32, |most, value| most.max(value.abs()));
        for (found, wanted) in out.values.iter().zip(&wanted) {
            assert!(
                (found - wanted).abs() <= 1e-5 * range.max(1.0),
                "{name}: {found} for {wanted}"
            );
        }
    }
}

#[test]
fn the_rows_of_an_isolation_forest_run_together() {
    let bytes = fs::read(folder().join("iforest.onnx")).unwrap();
    let model = Model::from_bytes(&bytes).unwrap();
    assert!(model.session().unwrap().at_once() > 1, "rows of a batch do not meet");
}

#[test]
fn an_isolation_forest_detects_with_its_sign_turned() {
    let dir = Dir::new();
    let rows = |odd: bool| {
        let mut text = "a,b,c,d\n".to_owned();
        for i in 0..200u32 {
            let wave = |k: u32| f64::from(i * k % 37) / 18.5 - 1.0;
            let off = if odd && i >= 100 { 6.0 } else { 0.0 };
            text += &format!(
                "{},{},{},{}\n",
                wave(5) + off,
                wave(5) + wave(11),
                wave(17) - off,
                wave(3)
            );
        }
        text
    };
    dir.write("normal.csv", rows(false));
    dir.write("odd.csv", rows(true));
    dir.write("forest.onnx", fs::read(folder().join("iforest.onnx")).unwrap());
    let run = dir.oddity("calibrate forest.onnx normal.csv -o model.onnx --time none").ok();
    assert!(run.stderr.contains("output `scores`: lower is odder"), "{}", run.stderr);
    assert!(run.stderr.contains("counted from"), "{}", run.stderr);
    let scores =
        dir.oddity("detect model.onnx odd.csv --emit scores --time none").ok().json_lines();
    let mean = |range: std::ops::Range<usize>| {
        let scores = scores[range.clone()].iter().map(|line| line["score"].as_f64().unwrap());
        scores.sum::<f64>() / range.len() as f64
    };
    assert!(mean(100..200) > 1.5 * mean(0..100), "{} {}", mean(100..200), mean(0..100));
    dir.oddity("reconstruct forest.onnx --format f32")
        .fails(2, &["ensemble of trees", "gives a score, not a reconstruction"]);
}
