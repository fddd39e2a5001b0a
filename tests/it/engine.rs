//! The native engine as a user sees it: which layers run in what, what is refused, and that its answers
//! are those of tract, of onnxruntime, and of each window alone.

use std::fs;

use crate::harness::onnx::Onnx;
use crate::harness::{Dir, data, engines};
use oddity::model::Model;
use oddity::types::Reconstruction;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use sha2::{Digest, Sha256};

const U8: i32 = 2;
const I8: i32 = 3;

fn answers(model: &Model, windows: &[f32], n: usize) -> Vec<f32> {
    let mut out = Reconstruction::default();
    model.session().unwrap().run(windows, n, &mut out).unwrap();
    out.values
}

/// 4 readings, quantised, through 3 hidden units and back.
fn int8(scale: f32) -> Onnx {
    Onnx::new("x", None, &[4])
        .floats("s", &[], &[scale])
        .numbers("z", U8, &[], &[128])
        .floats("ws", &[], &[0.01])
        .numbers("wz", I8, &[], &[0])
        .numbers("w", I8, &[4, 3], &[50, -20, 10, 0, 127, -128, 30, 5, 60, -70, 80, 90])
        .numbers("v", I8, &[3, 4], &[10, 20, 30, 40, -50, 60, -70, 80, 90, -100, 110, -120])
        .node("QuantizeLinear", "x s z", "xq")
        .node("DequantizeLinear", "xq s z", "xd")
        .node("DequantizeLinear", "w ws wz", "wd")
        .node("DequantizeLinear", "v ws wz", "vd")
        .node("MatMul", "xd wd", "h")
        .node("Relu", "h", "r")
        .node("QuantizeLinear", "r s z", "hq")
        .node("DequantizeLinear", "hq s z", "hd")
        .node("MatMul", "hd vd", "y")
}

#[test]
fn inspect_says_what_each_layer_runs_in() {
    let dir = Dir::new();
    dir.write("int8.onnx", int8(0.02).file("y"));
    let shown = dir.oddity("inspect int8.onnx").ok().stdout;
    let line = shown.lines().find(|line| line.starts_with("arithmetic")).unwrap();
    assert!(line.contains("native: int8") && line.contains("x2"), "{line}");
    let shown = dir.oddity("inspect --json int8.onnx").ok().stdout;
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let layers = shown["model"]["arithmetic"]["layers"].as_array().unwrap();
    let named: Vec<&str> = layers.iter().map(|layer| layer["layer"].as_str().unwrap()).collect();
    assert_eq!(named, ["make_h", "make_y"]);
    assert!(layers.iter().all(|layer| layer["arithmetic"].as_str().unwrap().starts_with("int8")));
}

#[test]
fn a_model_without_a_layer_says_which_and_why() {
    let dir = Dir::new();
    let file = Onnx::new("x", None, &[4])
        .node("Cast", "x", "whole")
        .int("to", 7)
        .node("Cast", "whole", "y")
        .int("to", 1)
        .file("y");
    dir.write("m.onnx", file);
    let shown = dir.oddity("inspect m.onnx").ok().stdout;
    let wanted = "f32 tract, because node `make_whole` (Cast): it makes integers";
    assert!(shown.contains(wanted), "{shown}");
}

#[test]
fn strict_int8_refuses_a_fallback_by_name() {
    let dir = Dir::new();
    dir.write("int8.onnx", int8(0.02).file("y"));
    dir.oddity("inspect --strict-int8 int8.onnx").ok();
    let float = Onnx::new("x", None, &[2])
        .floats("w", &[2, 2], &[1.0, 2.0, 3.0, 4.0])
        .node("MatMul", "x w", "y")
        .file("y");
    dir.write("float.onnx", float);
    dir.oddity("inspect --strict-int8 float.onnx").fails(2, &["int8", "quantises nothing"]);
    let mixed =
        int8(0.02).floats("f", &[4, 4], &[0.1; 16]).node("MatMul", "y f", "last").file("last");
    dir.write("mixed.onnx", mixed);
    dir.oddity("inspect --strict-int8 mixed.onnx").fails(2, &["make_last", "f32"]);
}

#[test]
fn scales_that_are_none_are_refused() {
    for scale in [0.0, -0.5, f32::NAN, f32::INFINITY] {
        let refused = Model::from_bytes(&int8(scale).file("y"));
        let said = refused.map(|model| model.description().arithmetic.summary());
        let error = said.expect_err(&format!("{scale}")).to_string();
        assert!(error.contains("scale is") || error.contains("not a number"), "{scale}: {error}");
    }
}

#[test]
fn bytes_are_those_that_the_definition_gives() {
    let model = Model::from_bytes(&int8(0.02).file("y")).unwrap();
    let window = [0.5, -0.37, 0.011, 1.9];
    // By hand: round(x / 0.02) + 128, sums of (q - 128) * w, times 0.02 * 0.01, and so on.
    let w = [[50, -20, 10], [0, 127, -128], [30, 5, 60], [-70, 80, 90]];
    let v = [[10, 20, 30, 40], [-50, 60, -70, 80], [90, -100, 110, -120]];
    let q = window.map(|x: f32| ((x / 0.02f32).round_ties_even() as i32).clamp(-128, 127));
    let hidden: Vec<i32> = (0..3)
        .map(|j| {
            let sum: i32 = (0..4).map(|i| q[i] * w[i][j]).sum();
            let scaled = sum as f32 * (0.02f32 * 0.01 / 0.02);
            (scaled.round_ties_even() as i32).clamp(0, 127)
        })
        .collect();
    let wanted: Vec<f32> = (0..4)
        .map(|j| (0..3).map(|i| hidden[i] * v[i][j]).sum::<i32>() as f32 * (0.02f32 * 0.01))
        .collect();
    assert_eq!(answers(&model, &window, 1), wanted);
}

/// Of the bytes that onnxruntime 1.32.0 gives to the 196 windows, with its optimisations:
/// `hashlib.sha256(session.run(None, {"input": np.load("windows.npy")})[0].tobytes())`.
const ONNXRUNTIME: &str = "01bfe8153a955309a39f3d6a7bb7d96712d7fa46d744b4206f80cb8bedcac5d8";

#[test]
#[ignore = "needs ODDITY_DATA"]
fn int8_bytes_are_onnxruntimes_own() {
    let folder = data().join("mlperf");
    let model = Model::from_bytes(&fs::read(folder.join("ad01_int8_qdq.onnx")).unwrap()).unwrap();
    let file = fs::read(folder.join("windows.npy")).unwrap();
    let head = 10 + usize::from(u16::from_le_bytes([file[8], file[9]]));
    let windows: Vec<f32> =
        file[head..].chunks(4).map(|word| f32::from_le_bytes(word.try_into().unwrap())).collect();
    let bytes: Vec<u8> =
        answers(&model, &windows, 196).iter().flat_map(|value| value.to_le_bytes()).collect();
    let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hash, ONNXRUNTIME);
    let summary = model.description().arithmetic.summary();
    assert!(summary.starts_with("native: int8") && summary.ends_with("x10"), "{summary}");
}

/// tract 0.23.9 took the places that a strided convolution reads, and normalised only those.
#[test]
fn a_softmax_before_a_stride_is_over_all_places() {
    let file = Onnx::new("x", None, &[1, 4])
        .floats("w", &[1, 1, 1], &[1.0])
        .node("Softmax", "x", "soft")
        .node("Conv", "soft w", "half")
        .ints("strides", &[2])
        .node("Concat", "half half", "y")
        .int("axis", 2)
        .file("y");
    // Loading holds the two engines against each other.
    let model = Model::from_bytes(&file).unwrap();
    let all: f32 = (0..4).map(|x| (x as f32).exp()).sum();
    let found = answers(&model, &[0.0, 1.0, 2.0, 3.0], 1);
    for (found, x) in found.iter().zip([0.0f32, 2.0, 0.0, 2.0]) {
        assert!((found - x.exp() / all).abs() < 1e-6, "{found} {x}");
    }
}

/// A few models, always the same; `ODDITY_TEST_MODELS=5000` tries so many others.
fn models() -> ProptestConfig {
    let wanted = std::env::var("ODDITY_TEST_MODELS").ok().and_then(|count| count.parse().ok());
    let rng_seed = if wanted.is_some() { RngSeed::Random } else { RngSeed::Fixed(1) };
    let cases = wanted.unwrap_or(96);
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(models())]

    /// Half of them are absurd: these may be refused.
    #[test]
    fn random_models_run_natively_and_as_tract_runs_them(
        choices in prop::collection::vec(any::<u8>(), 0..84),
    ) {
        prop_assert_eq!(engines::check(&choices), Ok(()));
    }
}

/// What the fuzzer has kept, one input a file: each reaches something that the others do not
/// (`fuzz/README.md`).
#[test]
fn models_that_the_fuzzer_kept_run_natively_and_as_tract_runs_them() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/engines");
    let mut wrong = Vec::new();
    let mut tried = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        tried += 1;
        if let Err(what) = engines::check(&fs::read(&path).unwrap()) {
            wrong.push(format!("{}: {what}", path.display()));
        }
    }
    assert!(wrong.is_empty() && tried > 0, "{wrong:#?}");
}
