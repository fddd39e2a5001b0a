//! Networks in int8: what the trainer writes, whether it computes what was trained, and whether the program
//! runs all of it in int8.
//!
//! With `ODDITY_EXPORTS=FOLDER` the exports are left there with oddity's answers, for `check_onnx.py`.

#![allow(clippy::unwrap_used, clippy::panic)]

mod exports;
mod harness;

use exports::keep;
use harness::Dir;
use oddity::model::Model;
use oddity::types::Reconstruction;
use oddity_train::net::{
    Activation, Axes, Backbone, ExportPart, Growth, Head, NetOutput, Network, Spec, check,
};
use tch::{Device, Kind, Tensor};
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::prelude::Framework;

/// Two nearly always round alike: this is what is left where they do.
const NEAR: f32 = 1e-4;

const ROWS: Axes = Axes::Rows { time: 20, channels: 3 };

fn conv(filters: &[usize], growth: Growth) -> (Vec<usize>, usize, usize, Growth) {
    (filters.to_vec(), 3, 2, growth)
}

fn conv1d(growth: Growth) -> Backbone {
    let (filters, kernel, stride, growth) = conv(&[6, 4], growth);
    Backbone::Conv1d { filters, kernel, stride, growth }
}

fn conv2d() -> Backbone {
    let (filters, kernel, stride, growth) = conv(&[4, 6], Growth::Resize);
    Backbone::Conv2d { filters, kernel, stride, growth }
}

fn networks() -> Vec<(&'static str, Spec)> {
    let dense = Backbone::Dense { hidden: vec![24, 12] };
    let picture = Axes::Picture { planes: 1, height: 15, width: 12 };
    let plain = |axes, backbone| Spec::plain(axes, backbone, 5);
    let sparse = Spec {
        latent_activation: Activation::Sigmoid,
        activation: Activation::LeakyRelu,
        ..plain(ROWS, dense.clone())
    };
    let picture = Spec { output_activation: Activation::Sigmoid, ..plain(picture, conv2d()) };
    vec![
        ("linear", plain(ROWS, Backbone::Dense { hidden: vec![] })),
        ("dense", plain(ROWS, dense.clone())),
        ("features", plain(Axes::Features(9), dense.clone())),
        ("sparse", sparse),
        ("estimate", Spec { head: Some(Head::Estimate), ..plain(ROWS, dense) }),
        ("conv1d-resize", plain(ROWS, conv1d(Growth::Resize))),
        ("conv1d-transposed", plain(ROWS, conv1d(Growth::Transposed))),
        ("conv2d", picture),
    ]
}

/// A network in int8 with fresh weights, and windows that it has not seen.
fn quantised(spec: &Spec) -> (Network, Tensor) {
    tch::set_num_threads(1);
    tch::manual_seed(3);
    let mut network = Network::new(spec, Device::Cpu).unwrap();
    let windows = |count: i64| {
        let sizes = spec.axes.sizes().into_iter().map(|size| size as i64);
        let sizes: Vec<i64> = std::iter::once(count).chain(sizes).collect();
        Tensor::rand(&sizes, (Kind::Float, Device::Cpu))
    };
    network.quantise(&windows(64)).unwrap();
    let fresh = windows(8);
    (network, fresh)
}

/// What oddity answers.
fn answers(onnx: &[u8], windows: &Tensor) -> NetOutput {
    let model = Model::from_bytes(onnx).unwrap();
    let input = exports::numbers(windows);
    let mut got = Reconstruction::default();
    let count = windows.size()[0];
    model.session().unwrap().run(&input, count as usize, &mut got).unwrap();
    let rows = |values: &[f32]| Tensor::from_slice(values).view([count, -1]);
    NetOutput {
        reconstruction: rows(&got.values).view_as(windows),
        latent: rows(&got.latent),
        code: rows(&got.latent),
        mu_logvar: None,
        head: (!got.head.is_empty()).then(|| rows(&got.head)),
    }
}

#[test]
fn what_is_written_computes_what_was_trained() {
    for (name, spec) in networks() {
        let (network, windows) = quantised(&spec);
        for part in [ExportPart::Whole, ExportPart::Encoder, ExportPart::Decoder] {
            let onnx = network.to_onnx(part).unwrap();
            let apart = match check(&network, &onnx, &windows) {
                Ok(apart) => apart,
                Err(error) => panic!("{name} {part:?}: {error}"),
            };
            assert!(apart < NEAR, "{name} {part:?}: {apart:e}");
            if part == ExportPart::Whole {
                let output = answers(&onnx, &windows);
                keep(&format!("int8-{name}"), &onnx, part, &windows, &output, &spec);
            }
        }
    }
}

#[test]
fn weights_are_int8_biases_int32_and_scales_positive() {
    for (name, spec) in networks() {
        let (network, _) = quantised(&spec);
        let onnx = network.to_onnx(ExportPart::Whole).unwrap();
        let model = tract_onnx::onnx().proto_model_for_read(&mut onnx.as_slice()).unwrap();
        let graph = model.graph.unwrap();
        let stored = |name: &str| graph.initializer.iter().find(|tensor| tensor.name == name);
        let made_by = |name: &str| graph.node.iter().find(|node| node.output[0] == name).unwrap();
        let products = ["Gemm", "Conv", "ConvTranspose"];
        let mut count = 0;
        for node in graph.node.iter().filter(|node| products.contains(&node.op_type.as_str())) {
            count += 1;
            let what = format!("{name} {}", node.name);
            for (index, kind) in [(1, DataType::Int8), (2, DataType::Int32)] {
                let maker = made_by(&node.input[index]);
                assert_eq!(maker.op_type, "DequantizeLinear", "{what}");
                let steps = stored(&maker.input[0]).unwrap();
                assert_eq!(steps.data_type, kind as i32, "{what}");
                let scales = stored(&maker.input[1]).unwrap();
                let axis = maker.attribute.iter().find(|one| one.name == "axis").unwrap().i;
                assert_eq!(scales.dims, [steps.dims[axis as usize]], "{what}");
                let scales = scales.raw_data.chunks_exact(4);
                let mut scales = scales.map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()));
                assert!(scales.all(|scale| scale > 0.0 && scale.is_finite()), "{what}");
            }
            // What it reads is in steps, perhaps moved about.
            let mut reads = made_by(&node.input[0]);
            while ["Flatten", "Reshape", "Transpose"].contains(&reads.op_type.as_str()) {
                reads = made_by(&reads.input[0]);
            }
            assert_eq!(reads.op_type, "DequantizeLinear", "{what}");
        }
        assert!(count >= 2, "{name}: {count}");
        let weights: usize = network.parameters().iter().map(|(_, weight)| weight.numel()).sum();
        let bytes: usize = graph.initializer.iter().map(|tensor| tensor.raw_data.len()).sum();
        assert!(bytes < 4 * weights || weights < 500, "{name}: {bytes} bytes of {weights} weights");
    }
}

#[test]
fn rounding_is_no_obstacle_to_gradients() {
    let (network, windows) = quantised(&networks()[1].1);
    let output = network.forward(&windows, true).unwrap();
    let loss = (output.reconstruction - &windows).square().mean(Kind::Float);
    let weights: Vec<Tensor> = network.parameters().into_iter().map(|(_, w)| w).collect();
    for gradient in Tensor::run_backward(&[loss], &weights, false, false) {
        assert!(gradient.abs().sum(Kind::Float).double_value(&[]) > 0.0);
    }
}

/// A run of the program that ends with a model in int8.
fn runs_in_int8(kind: &str) {
    let dir = Dir::pump();
    let run = dir.train(&format!("{kind} normal.csv -o m.onnx --int8 --int8-epochs 3 --parts"));
    let said = run.ok().stderr.clone();
    for part in ["int8: validation loss", "in f32", "rounded to 8 bits", "after fine-tuning"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let shown = dir.oddity("inspect m.onnx --strict-int8").ok().stdout.clone();
    assert!(shown.contains("native: int8"), "{shown}");
    let found = dir.oddity("detect m.onnx faulty.csv").ok().json_lines();
    assert!(found.iter().any(|event| event["kind"] == "raised"), "{found:?}");
    let page = String::from_utf8(dir.read("m.report.html")).unwrap();
    for part in ["It runs in int8", "the same, rounded to 8 bits", "final, int8"] {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn a_dense_model_is_fine_tuned_and_runs_in_int8() {
    runs_in_int8("dense --epochs 8 --hidden 24");
}

#[test]
fn a_convolutional_model_is_fine_tuned_and_runs_in_int8() {
    runs_in_int8("conv1d --epochs 8 --filters 8,6");
}

#[test]
fn what_does_not_run_in_int8_is_told() {
    let dir = Dir::pump();
    for (args, words) in [
        ("lstm --int8", ["--int8", "lstm"]),
        ("denoising --backbone gru --int8", ["--int8", "gru"]),
        ("vae --int8", ["--int8", "variational"]),
        ("dense --variational --int8", ["--int8", "variational"]),
        ("dense --int8 --int8-epochs 0", ["--int8-epochs", "above zero"]),
        ("dense --int8-epochs 3", ["--int8-epochs", "--int8"]),
        ("linear --closed-form --int8", ["--closed-form", "--int8"]),
    ] {
        dir.train(&format!("{args} normal.csv -o m.onnx")).fails(2, &words);
    }
}
