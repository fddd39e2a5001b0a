//! `oddity quantize`: a model in f32 becomes one of 8 bits that gives nearly the same, and says what that
//! cost.

use std::collections::HashMap;

use crate::harness::onnx::Onnx;
use crate::harness::without_sensitivity;
use crate::harness::{Dir, relative_difference};
use oddity::fit::RawWindows;
use oddity::model::Model;
use oddity::quantise::{Normal, QuantiseOptions, RangeMethod, quantise};
use oddity::types::Reconstruction;
use proptest::prelude::*;
use prost::Message;
use serde_json::Value;
use tract_onnx::pb::{ModelProto, NodeProto, TensorProto};

/// Numbers between -1 and 1 that look like noise.
fn noise(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as f32 / u32::MAX as f32 * 2.0 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

fn bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// 6 - 8 - 3 - 8 - 6 with a Relu behind the first and the third layer; the second gives `latent`.
fn dense(seed: u32) -> Onnx {
    let weights = |seed, rows: i64, columns: i64| -> Vec<f32> {
        let spread = 1.5 / (rows as f32).sqrt();
        noise((rows * columns) as usize, seed).into_iter().map(|w| w * spread).collect()
    };
    let layer = |graph: Onnx, at: u32, (rows, columns): (i64, i64)| {
        let bias: Vec<f32> = noise(columns as usize, seed + 10 + at);
        graph
            .floats(&format!("w{at}"), &[rows, columns], &weights(seed + at, rows, columns))
            .floats(&format!("b{at}"), &[columns], &bias)
    };
    let shapes = [(6, 8), (8, 3), (3, 8), (8, 6)];
    let graph = (0u32..)
        .zip(shapes)
        .fold(Onnx::new("input", None, &[6]), |graph, (at, shape)| layer(graph, at, shape));
    graph
        .node("Gemm", "input w0 b0", "a")
        .node("Relu", "a", "a_relu")
        .node("Gemm", "a_relu w1 b1", "latent")
        .node("Gemm", "latent w2 b2", "c")
        .node("Relu", "c", "c_relu")
        .node("Gemm", "c_relu w3 b3", "reconstruction")
}

/// The same file with another operator set.
fn at_opset(onnx: &[u8], opset: i64) -> Vec<u8> {
    let mut model = ModelProto::decode(onnx).unwrap();
    model.opset_import[0].version = opset;
    model.encode_to_vec()
}

/// A folder with `model.onnx` and 256 windows of it.
fn with_windows(onnx: Vec<u8>, length: usize) -> Dir {
    let dir = Dir::new();
    dir.write("model.onnx", onnx);
    dir.write("windows.f32", bytes(&noise(256 * length, 7)));
    dir
}

fn answers(dir: &Dir, model: &str, windows: &[f32]) -> Vec<f32> {
    dir.raw(&format!("reconstruct {model} --format f32"), windows)
}

/// The nodes of a file by what they give, and its stored tensors by name.
struct File {
    nodes: HashMap<String, NodeProto>,
    tensors: HashMap<String, TensorProto>,
    report: Value,
}

impl File {
    fn read(bytes: &[u8]) -> Self {
        let model = ModelProto::decode(bytes).unwrap();
        let report = model.metadata_props.iter().find(|one| one.key == "oddity.quantisation");
        let report = serde_json::from_str(&report.unwrap().value).unwrap();
        assert!(model.opset_import[0].version >= 13);
        let graph = model.graph.unwrap();
        Self {
            nodes: graph.node.into_iter().map(|node| (node.output[0].clone(), node)).collect(),
            tensors: graph.initializer.into_iter().map(|t| (t.name.clone(), t)).collect(),
            report,
        }
    }

    fn maker(&self, value: &str) -> &NodeProto {
        &self.nodes[value]
    }

    /// What a value is dequantised from, its scales, and its zero points.
    fn dequantised(&self, value: &str) -> (&str, Vec<f32>, &TensorProto) {
        let node = self.maker(value);
        assert_eq!(node.op_type, "DequantizeLinear", "{value}");
        let scale = &self.tensors[&node.input[1]];
        let scales = scale.raw_data.chunks(4).map(|w| f32::from_le_bytes(w.try_into().unwrap()));
        (&node.input[0], scales.collect(), &self.tensors[&node.input[2]])
    }
}

#[test]
fn a_fitted_model_stays_what_it_was() {
    let dir = Dir::with_faults();
    let run = dir.oddity("quantize model.onnx normal.csv -o small.onnx").ok();
    for said in
        ["2 layers in 8 bits, 0 in f32", "rank correlation 0.", "alerts changed", "us before"]
    {
        assert!(run.stderr.contains(said), "{said}: {}", run.stderr);
    }
    let report = File::read(&dir.read("small.onnx")).report;
    let number = |name: &str| report[name].as_f64().unwrap();
    assert!(number("score_change_mean") < 0.1 * number("score_mean"), "{report}");
    assert_eq!((&report["layers"], &report["auc_before"]), (&2.into(), &Value::Null));
    assert_eq!(number("bytes_after") as usize, dir.read("small.onnx").len());
    assert_eq!(number("bytes_before") as usize, dir.read("model.onnx").len());
    // The threshold is found out of fold again, so it is about what it was.
    let profile =
        |model: &str| dir.oddity(&format!("inspect {model} --json")).ok().json()["profile"].take();
    let (old, new) =
        (without_sensitivity(profile("model.onnx")), without_sensitivity(profile("small.onnx")));
    let threshold = |profile: &Value| profile["threshold"]["value"].as_f64().unwrap();
    let ratio = threshold(&new) / threshold(&old);
    assert!((0.8..1.25).contains(&ratio), "{ratio}");
    assert_ne!(threshold(&new), threshold(&old));
    for name in ["channels", "window", "hop", "layout", "smooth", "alert", "period_s"] {
        assert_eq!(old[name], new[name], "{name}");
    }
    // The same alerts, and none where nothing is odd.
    let raised = |model: &str, data: &str| {
        let run = dir.oddity(&format!("detect {model} {data}")).ok();
        run.kinds().iter().filter(|kind| *kind == "raised").count()
    };
    assert_eq!(raised("small.onnx", "faulty.csv"), raised("model.onnx", "faulty.csv"));
    assert_eq!(raised("small.onnx", "normal.csv"), 0);
}

#[test]
fn what_learned_from_the_data_keeps_its_threshold_but_for_what_it_moved() {
    let dir = Dir::new();
    dir.oddity("simulate --rows 1200 --seed 1 --output normal.csv").ok();
    dir.oddity("simulate --rows 1200 --seed 2 --output other.csv").ok();
    // No model of `fit`: the names of its layers say so.
    let linear = oddity::fit::LinearAutoencoder {
        mean: vec![0.0; 16],
        basis: noise(64, 3).iter().map(|&w| f64::from(w) / 2.0).collect(),
        latent: 4,
    };
    let mut model = ModelProto::decode(linear.to_onnx(2, 8).as_slice()).unwrap();
    model.graph.as_mut().unwrap().node.iter_mut().for_each(|node| node.name.clear());
    dir.write("plain.onnx", model.encode_to_vec());
    dir.oddity("calibrate plain.onnx normal.csv -o model.onnx --normalise").ok();
    let run = dir.oddity("quantize model.onnx normal.csv -o same.onnx").ok();
    assert!(run.stderr.contains("the profile was made from this data"), "{}", run.stderr);
    let run = dir.oddity("quantize model.onnx other.csv -o other.onnx").ok();
    assert!(run.stderr.contains("found from"), "{}", run.stderr);
    dir.oddity("detect same.onnx other.csv").ok();
    dir.oddity("detect other.onnx other.csv").ok();
}

#[test]
fn steps_lie_where_runtimes_fuse_them() {
    let dir = with_windows(dense(1).file("reconstruction latent"), 6);
    dir.oddity("quantize model.onnx windows.f32 --format f32 -o small.onnx --no-equalise").ok();
    let file = File::read(&dir.read("small.onnx"));
    for (output, relu) in
        [("reconstruction", true), ("latent.f32", true), ("a", false), ("c", false)]
    {
        let gemm = file.maker(output);
        assert_eq!(gemm.op_type, "Gemm", "{output}");
        let (input, scales, zeros) = file.dequantised(&gemm.input[0]);
        assert_eq!((scales.len(), zeros.data_type), (1, 2), "one scale of u8");
        let quantise = file.maker(input);
        assert_eq!(quantise.op_type, "QuantizeLinear");
        if relu {
            // A Relu is nothing but the cut at zero, which the zero point 0 of u8 is too.
            assert_eq!(file.maker(&quantise.input[0]).op_type, "Relu");
            assert_eq!(zeros.raw_data, [0]);
        }
        let (weights, by_output, zeros) = file.dequantised(&gemm.input[1]);
        let stored = &file.tensors[weights];
        assert_eq!((stored.data_type, zeros.data_type), (3, 3), "i8");
        assert_eq!(by_output.len(), stored.dims[1] as usize, "a scale an output");
        assert!(zeros.raw_data.iter().all(|&zero| zero == 0), "symmetric");
        assert!(!stored.raw_data.contains(&0x80), "-128 is left out");
        let (bias, bias_scales, _) = file.dequantised(&gemm.input[2]);
        assert_eq!(file.tensors[bias].data_type, 6, "i32");
        let wanted: Vec<f32> = by_output.iter().map(|scale| scales[0] * scale).collect();
        assert_eq!(bias_scales, wanted);
    }
    // The decoder begins at the steps of the latent.
    assert_eq!(file.maker("latent").op_type, "DequantizeLinear");
    assert_eq!(file.maker("c").input[0], "latent");
    dir.oddity("quantize model.onnx windows.f32 --format f32 -o all.onnx --last int8").ok();
    let file = File::read(&dir.read("all.onnx"));
    assert_eq!(file.maker("reconstruction").op_type, "DequantizeLinear");
}

#[test]
fn what_a_foreign_network_gives_hardly_changes() {
    let cnn = Onnx::new("input", None, &[2, 12])
        .floats("w0", &[4, 2, 3], &noise(24, 1))
        .floats("b0", &[4], &noise(4, 2))
        .floats("scale", &[4], &[1.5, 0.5, 1.0, 2.0])
        .floats("shift", &[4], &noise(4, 3))
        .floats("mean", &[4], &noise(4, 4))
        .floats("variance", &[4], &[0.5, 1.0, 2.0, 0.25])
        .floats("w1", &[4, 2, 2], &noise(16, 5))
        .node("Conv", "input w0 b0", "conv")
        .ints("pads", &[1, 1])
        .node("BatchNormalization", "conv scale shift mean variance", "norm")
        .node("Relu", "norm", "relu")
        .node("MaxPool", "relu", "pooled")
        .ints("kernel_shape", &[2])
        .ints("strides", &[2])
        .node("ConvTranspose", "pooled w1", "reconstruction")
        .ints("strides", &[2]);
    let products = Onnx::new("input", None, &[6])
        .floats("w0", &[6, 4], &noise(24, 1))
        .floats("b0", &[1, 4], &noise(4, 2))
        .floats("w1", &[4, 6], &noise(24, 3))
        .node("MatMul", "input w0", "product")
        .node("Add", "product b0", "sum")
        .node("Tanh", "sum", "bent")
        .node("MatMul", "bent w1", "reconstruction");
    let scaled = Onnx::new("input", None, &[6])
        .floats("w0", &[4, 6], &noise(24, 1))
        .floats("b0", &[1], &[0.5])
        .floats("w1", &[6, 4], &noise(24, 3))
        .node("Gemm", "input w0 b0", "h")
        .int("transB", 1)
        .float("alpha", 0.5)
        .float("beta", 3.0)
        .node("Sigmoid", "h", "latent")
        .node("Transpose", "w1", "turned")
        .node("Gemm", "latent turned", "reconstruction");
    // Old operators have as attributes what is an input since.
    let old = Onnx::new("input", None, &[6])
        .floats("w0", &[6, 4], &noise(24, 1))
        .floats("w1", &[4, 6], &noise(24, 3))
        .node("Unsqueeze", "input", "wide")
        .ints("axes", &[1])
        .node("Squeeze", "wide", "narrow")
        .ints("axes", &[1])
        .node("MatMul", "narrow w0", "h")
        .node("Clip", "h", "latent")
        .float("min", -0.75)
        .float("max", 0.75)
        .node("MatMul", "latent w1", "reconstruction");
    let wide = Onnx::new("input", None, &[64])
        .floats("w0", &[64, 32], &noise(2048, 1))
        .floats("w1", &[32, 64], &noise(2048, 2))
        .node("Gemm", "input w0", "h")
        .node("LeakyRelu", "h", "latent")
        .node("Gemm", "latent w1", "reconstruction");
    for (name, onnx, length, layers) in [
        ("wide", wide.file("reconstruction"), 64, 2),
        ("dense", dense(1).file("reconstruction latent"), 6, 4),
        ("convolutions", cnn.file("reconstruction"), 24, 2),
        ("products", products.file("reconstruction"), 6, 2),
        ("factors", scaled.file("reconstruction"), 6, 2),
        ("operator set 10", at_opset(&old.file("reconstruction"), 10), 6, 2),
    ] {
        let dir = with_windows(onnx, length);
        let run = dir.oddity("quantize model.onnx windows.f32 --format f32 -o small.onnx").ok();
        assert!(
            run.stderr.contains(&format!("{layers} layers in 8 bits")),
            "{name}: {}",
            run.stderr
        );
        let windows = noise(40 * length, 8);
        let (before, after) =
            (answers(&dir, "model.onnx", &windows), answers(&dir, "small.onnx", &windows));
        let off = relative_difference(&after, &before);
        assert!(off > 0.0 && off < 0.05, "{name}: {off}");
        let report = File::read(&dir.read("small.onnx")).report;
        assert_eq!(report["alerts_changed"], Value::Null, "{name}: no profile, no alerts");
        if name == "wide" {
            let bytes = |name: &str| report[name].as_f64().unwrap();
            assert!(bytes("weight_bytes_after") < 0.3 * bytes("weight_bytes_before"), "{report}");
            assert!(bytes("bytes_after") < 0.5 * bytes("bytes_before"), "{report}");
        }
    }
}

#[test]
fn a_layer_that_costs_too_much_stays_in_f32_and_it_is_said() {
    // Between the first layer and the second one channel is a thousand times as large as the other, and
    // shares its steps.
    let graph = Onnx::new("input", None, &[2])
        .floats("first", &[2, 2], &[1.0, 0.0, 0.0, 1000.0])
        .floats("second", &[2, 2], &[1.0, 0.0, 0.0, 0.001])
        .floats("third", &[2, 2], &[0.5, 0.0, 0.0, 0.5])
        .node("Gemm", "input first", "h")
        .named("rough")
        .node("Gemm", "h second", "latent")
        .named("fine")
        .node("Gemm", "latent third", "reconstruction")
        .named("last");
    let dir = with_windows(graph.file("reconstruction latent"), 2);
    let command =
        "quantize model.onnx windows.f32 --format f32 -o small.onnx --headroom 1 --no-equalise";
    let run = dir.oddity(command).ok();
    assert!(
        run.stderr.contains("f32: `fine`: alone in 8 bits it changes the score by"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("and 10.00 % are allowed"), "{}", run.stderr);
    let report = File::read(&dir.read("small.onnx")).report;
    assert_eq!(report["kept"][0]["name"], "fine");
    let allowed = dir.oddity(&format!("{command} --most-cost 1000000")).ok();
    assert!(allowed.stderr.contains("3 layers in 8 bits, 0 in f32"), "{}", allowed.stderr);
    // With its channels made alike nothing of it is left.
    let run = dir.oddity(command.trim_end_matches(" --no-equalise")).ok();
    assert!(run.stderr.contains("3 layers in 8 bits, 0 in f32"), "{}", run.stderr);
    assert!(run.stderr.contains("channels equalised"), "{}", run.stderr);
    dir.oddity(&format!("{command} --most-cost 0.0000001"))
        .fails(2, &["each layer alone changes the score", "--most-cost"]);
}

#[test]
fn labels_tell_what_detection_lost() {
    let dir = Dir::fitted();
    dir.oddity("simulate --rows 1200 --seed 3 --output test.csv --fault leak@800+200x3").ok();
    let text = dir.text("test.csv");
    let mut lines = text.lines();
    let mut labelled = format!("{},odd\n", lines.next().unwrap());
    for (row, line) in lines.enumerate() {
        labelled += &format!("{line},{}\n", u8::from((800..1000).contains(&row)));
    }
    dir.write("test.csv", labelled);
    let run = dir.oddity("quantize model.onnx test.csv -o small.onnx --labels odd").ok();
    assert!(run.stderr.contains("ROC-AUC of windows: "), "{}", run.stderr);
    let report = File::read(&dir.read("small.onnx")).report;
    let auc = |name: &str| report[name].as_f64().unwrap();
    assert!(
        auc("auc_before") > 0.9 && (auc("auc_before") - auc("auc_after")).abs() < 0.02,
        "{report}"
    );
    dir.write("calm.csv", dir.text("test.csv").lines().take(700).collect::<Vec<_>>().join("\n"));
    dir.oddity("quantize model.onnx calm.csv -o small.onnx --labels odd")
        .fails(65, &["the labels call 0 of", "both normal and odd"]);
}

#[test]
fn what_cannot_be_quantised_is_refused() {
    let dir = with_windows(dense(1).file("reconstruction latent"), 6);
    dir.oddity("quantize model.onnx windows.f32 --format f32 -o small.onnx").ok();
    dir.oddity("quantize small.onnx windows.f32 --format f32 -o again.onnx")
        .fails(2, &["quantised already", "QuantizeLinear", "the f32 model"]);
    dir.write("few.f32", bytes(&noise(6 * 19, 1)));
    dir.oddity("quantize model.onnx few.f32 --format f32 -o again.onnx")
        .fails(65, &["there are 19 windows", "at least 20"]);
    dir.write("cut.f32", bytes(&noise(6 * 30 + 2, 1)));
    dir.oddity("quantize model.onnx cut.f32 --format f32 -o again.onnx")
        .fails(65, &["2 values are left over", "windows of 6"]);
    let mut odd = noise(6 * 30, 1);
    odd[6 * 4 + 1] = f32::NAN;
    dir.write("odd.f32", bytes(&odd));
    dir.oddity("quantize model.onnx odd.f32 --format f32 -o again.onnx")
        .fails(65, &["value 2 of window 5 is not a finite number"]);
    dir.write("empty.f32", "");
    dir.oddity("quantize model.onnx empty.f32 --format f32 -o again.onnx").fails(65, &["no rows"]);
    dir.oddity("quantize model.onnx windows.f32 --format f32 -o again.onnx --labels odd")
        .fails(2, &["--labels is for rows of sensors"]);
    dir.oddity("quantize model.onnx windows.f32 --format f32 -o windows.f32")
        .fails(2, &["windows.f32"]);
    dir.oddity("quantize model.onnx windows.f32 --format f32 -o again.onnx --range kl")
        .fails(2, &["use minmax, percentile, mse or entropy"]);
    let squares = Onnx::squares(1, 4, 4).file("reconstruction latent");
    dir.write("squares.onnx", squares);
    dir.write("pictures.f32", bytes(&noise(16 * 30, 1)));
    dir.oddity("quantize squares.onnx pictures.f32 --format f32 -o again.onnx")
        .fails(2, &["no matrix product or convolution", "nothing to quantise"]);
    let moving = Onnx::new("input", None, &[2, 2])
        .node("MatMul", "input input", "reconstruction")
        .file("reconstruction");
    dir.write("moving.onnx", moving);
    dir.write("moving.f32", bytes(&noise(4 * 30, 1)));
    dir.oddity("quantize moving.onnx moving.f32 --format f32 -o again.onnx")
        .fails(2, &["`make_reconstruction`: its weights are not stored in the file"]);
    assert!(!dir.names().contains(&"again.onnx".to_owned()));
}

#[test]
fn rows_of_a_model_without_a_profile_give_it_one() {
    let dir = with_windows(dense(1).file("reconstruction latent"), 6);
    let mut csv = "a,b,c,d,e,f\n".to_owned();
    for row in noise(6 * 200, 9).chunks(6) {
        let row: Vec<String> = row.iter().map(ToString::to_string).collect();
        csv += &(row.join(",") + "\n");
    }
    dir.write("rows.csv", csv);
    let run = dir.oddity("quantize model.onnx rows.csv -o small.onnx --score mse").ok();
    assert!(run.stderr.contains("200 rows"), "{}", run.stderr);
    dir.oddity("detect small.onnx rows.csv").ok();
    // Of a model with a profile raw windows give a threshold, too.
    dir.oddity("calibrate model.onnx rows.csv -o model.onnx --score mse").ok();
    dir.oddity("quantize model.onnx windows.f32 --format f32 -o small.onnx").ok();
    dir.oddity("detect small.onnx rows.csv").ok();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Whatever the weights, the ranges and the form of the output: what comes out loads, and gives about
    /// the same for windows like those that it was made with.
    #[test]
    fn a_random_network_keeps_its_function(
        seed in 0u32..10_000,
        factor in prop::sample::select(vec![1e-3f32, 1.0, 1e3]),
        range in prop::sample::select(vec![
            RangeMethod::MinMax,
            RangeMethod::Percentile,
            RangeMethod::Mse,
            RangeMethod::Entropy,
        ]),
        output_steps in any::<bool>(),
    ) {
        let onnx = dense(seed).file("reconstruction latent");
        let model = Model::from_bytes(&onnx).unwrap();
        let windows: Vec<f32> = noise(6 * 100, seed + 1).iter().map(|x| x * factor).collect();
        let normal = Normal::Raw(RawWindows::new(windows.clone(), 6).unwrap());
        let options =
            QuantiseOptions { range, output_steps, most_cost: f64::INFINITY, ..QuantiseOptions::default() };
        let done = quantise((model.clone(), &onnx), &normal, &options).unwrap();
        prop_assert_eq!(done.cost.layers, 4);
        let run = |model: &Model| {
            let mut out = Reconstruction::default();
            model.session().unwrap().run(&windows, 100, &mut out).unwrap();
            out.values
        };
        let (before, after) = (run(&model), run(&Model::from_bytes(&done.onnx).unwrap()));
        let square = |values: &mut dyn Iterator<Item = f32>| values.map(|x| x * x).sum::<f32>();
        let mean = before.iter().sum::<f32>() / before.len() as f32;
        let error = square(&mut before.iter().zip(&after).map(|(a, b)| a - b));
        let spread = square(&mut before.iter().map(|x| x - mean));
        // Entropy weighs how often, not how far: of few numbers that hardly differ it cuts off some.
        let most = if range == RangeMethod::Entropy { 0.25 } else { 0.02 };
        prop_assert!(error <= most * spread, "{} of {}", error, spread);
    }
}
