//! What a model has besides its reconstruction: heads, a variational latent, and a decoder that runs
//! alone.

use crate::harness::data;
use crate::harness::onnx::Onnx;
use oddity::model::Model;
use oddity::profile::Layout;
use oddity::types::Reconstruction;
use prost::Message;
use tract_onnx::pb::{ModelProto, ValueInfoProto};

fn run(model: &Model, input: &[f32]) -> Reconstruction {
    let mut out = Reconstruction::default();
    model.session().unwrap().run(input, input.len() / model.window_len(), &mut out).unwrap();
    out
}

#[track_caller]
fn refused(file: &[u8], words: &str) {
    let error = Model::from_bytes(file).unwrap_err().to_string();
    assert!(error.contains(words), "{error}");
}

#[track_caller]
fn no_decoder(file: &[u8], words: &str) {
    let error = Model::decoder_from_bytes(file).unwrap_err().to_string();
    assert!(error.contains(words), "{error}");
}

#[test]
fn a_head_is_kept_beside_reconstruction_and_latent() {
    let with_classes = Onnx::halves()
        .floats("three", &[2, 3], &[1.0, 0.0, 2.0, 0.0, 1.0, 0.0])
        .node("MatMul", "latent three", "class");
    let file = with_classes.clone().file("class latent reconstruction");
    let model = Model::from_bytes(&file).unwrap();
    assert_eq!((model.head_len(), model.head_name()), (Some(3), Some("class")));
    assert!(!model.is_variational());
    let names: Vec<&str> =
        model.description().outputs.iter().map(|output| output.name.as_str()).collect();
    assert_eq!(names, ["reconstruction", "latent", "class"]);
    assert_eq!(model.description().outputs[2].shape, ["N", "3"]);
    // Alone and in batches, over the end of a go of the plan too.
    let one = run(&model, &[1.0, 2.0, 3.0, 4.0]);
    assert_eq!(one.values, [1.0, 2.0, 1.0, 2.0]);
    assert_eq!((one.latent, one.head), (vec![1.0, 2.0], vec![1.0, 2.0, 2.0]));
    let many: Vec<f32> = (0..4 * 200).map(|i| i as f32).collect();
    let all = run(&model, &many);
    assert_eq!(all.head.len(), 600);
    assert_eq!(all.head[597..], [796.0, 797.0, 1592.0]);

    // A head without a latent, and one that is not finite.
    let file = Onnx::halves()
        .floats("sum", &[2, 1], &[1.0, 1.0])
        .node("MatMul", "latent sum", "total")
        .node("Log", "total", "estimate")
        .file("reconstruction estimate");
    let model = Model::from_bytes(&file).unwrap();
    assert_eq!((model.head_name(), model.latent_len()), (Some("estimate"), None));
    let out = run(&model, &[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!((out.head, out.latent), (vec![0.0, f32::NEG_INFINITY], vec![]));
    assert_eq!(out.non_finite, [1]);
    let plain = Model::from_bytes(&Onnx::halves().file("reconstruction")).unwrap();
    assert!(run(&plain, &[0.0; 4]).head.is_empty() && plain.head_name().is_none());
}

#[test]
fn heads_that_cannot_be_are_refused() {
    let two = Onnx::halves()
        .floats("sum", &[2, 1], &[1.0, 1.0])
        .node("MatMul", "latent sum", "estimate")
        .node("Identity", "latent", "class");
    refused(
        &two.file("reconstruction class estimate"),
        "output `estimate`: there is `class` as well",
    );
    let wide = Onnx::halves().node("Identity", "latent", "estimate");
    refused(
        &wide.file("reconstruction estimate"),
        "output `estimate`: it has axes [2] after N; it must be [N, 1]",
    );
    let deep =
        Onnx::halves().integers("shape", &[-1, 2, 1]).node("Reshape", "latent shape", "class");
    refused(&deep.file("reconstruction class"), "it must be [N, classes]");
}

#[test]
fn a_decoder_runs_alone() {
    let decoder = Model::decoder_from_bytes(&Onnx::halves().file("reconstruction latent")).unwrap();
    assert_eq!((decoder.window_shape(), decoder.output_shape()), (&[2][..], &[4][..]));
    assert_eq!((decoder.window_len(), decoder.output_len(), decoder.batch()), (2, 4, 1));
    assert_eq!(decoder.description().multiply_adds, 8);
    assert_eq!(decoder.description().input.shape, ["N", "2"]);
    let latents: Vec<f32> = (0..400).map(|i| i as f32).collect();
    let out = run(&decoder, &latents);
    assert_eq!(out.values[796..], [398.0, 399.0, 398.0, 399.0]);
    assert!(out.latent.is_empty());

    // The latent need not be an output, and shapes may be computed from the input.
    let by_shape = Onnx::halves().node("Shape", "input", "shape").node(
        "Reshape",
        "reconstruction shape",
        "out",
    );
    let decoder = Model::decoder_from_bytes(&by_shape.file("out")).unwrap();
    assert_eq!(run(&decoder, &[5.0, 6.0]).values, [5.0, 6.0, 5.0, 6.0]);

    // A fixed batch stays what it is.
    let mut fixed = Onnx::new("input", Some(3), &[4]);
    let halves = Onnx::halves();
    (fixed.0.node, fixed.0.initializer) = (halves.0.node, halves.0.initializer);
    let decoder = Model::decoder_from_bytes(&fixed.file("reconstruction")).unwrap();
    assert_eq!(decoder.batch(), 3);
    assert_eq!(run(&decoder, &[5.0, 6.0, 7.0, 8.0]).values.len(), 8);
}

#[test]
fn a_file_that_is_only_a_decoder_will_do() {
    let weights = [1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0];
    let only = |input: &str| Onnx::new(input, None, &[2]).floats("repeat", &[2, 4], &weights);
    let file = only("z").node("MatMul", "z repeat", "reconstruction").file("reconstruction");
    let decoder = Model::decoder_from_bytes(&file).unwrap();
    assert_eq!(run(&decoder, &[5.0, 6.0]).values, [5.0, 6.0, 5.0, 6.0]);
    refused(&file, "not an autoencoder");
    // As wide as its latent, which only its name tells.
    let same = Onnx::new("latent", None, &[2]).node("Neg", "latent", "reconstruction");
    let decoder = Model::decoder_from_bytes(&same.file("reconstruction")).unwrap();
    assert_eq!(run(&decoder, &[5.0, 6.0]).values, [-5.0, -6.0]);
}

#[test]
fn what_has_no_decoder_says_why() {
    let named_otherwise = Onnx::new("input", None, &[4]).node("Neg", "input", "reconstruction");
    no_decoder(&named_otherwise.file("reconstruction"), "no value named `latent`");
    let skip = Onnx::halves().node("Add", "reconstruction input", "sum").file("sum");
    assert!(Model::from_bytes(&skip).is_ok());
    no_decoder(&skip, "node `make_sum` (Add): the reconstruction needs the input `input` beside");
    let beside = Onnx::halves().node("Neg", "input", "out").file("out latent");
    no_decoder(&beside, "needs the input `input`");
    let constant = Onnx::halves().floats("one", &[1, 4], &[1.0; 4]).node("Identity", "one", "out");
    no_decoder(&constant.file("out latent"), "does not depend on the latent");
    no_decoder(b"nothing", "not an ONNX model");
    // An operator that does not run rightly is found in the decoder too.
    let wrong = Onnx::halves().node("Bernoulli", "latent", "out").file("out");
    no_decoder(&wrong, "this operator is not supported");
}

#[test]
fn a_variational_file_says_so() {
    let vae = Onnx::new("input", None, &[4])
        .floats("take", &[4, 2], &[0.5; 8])
        .floats("repeat", &[2, 4], &[1.0; 8])
        .node("MatMul", "input take", "mu")
        .node("Neg", "mu", "logvar")
        .node("Identity", "mu", "latent")
        .node("MatMul", "latent repeat", "reconstruction");
    let file = vae.clone().file("reconstruction latent mu logvar");
    assert!(Model::from_bytes(&file).unwrap().is_variational());
    let decoder = Model::decoder_from_bytes(&file).unwrap();
    assert!(decoder.is_variational());
    assert!(decoder.description().variational);
    assert!(!Model::from_bytes(&vae.file("reconstruction latent mu")).unwrap().is_variational());
}

#[test]
fn pictures_have_three_axes() {
    let file =
        |axes: &[i64]| Onnx::new("input", None, axes).node("Sigmoid", "input", "out").file("out");
    let colour = Model::from_bytes(&file(&[3, 4, 5])).unwrap();
    assert_eq!(colour.picture_shape(), Some((3, 4, 5)));
    assert_eq!(colour.rows_and_channels(Layout::Picture), Some((20, 3)));
    assert_eq!(colour.rows_and_channels(Layout::TimeChannels), None);
    let grey = Model::from_bytes(&file(&[1, 4, 5])).unwrap();
    assert_eq!(grey.rows_and_channels(Layout::Picture), Some((20, 1)));
    assert_eq!(grey.rows_and_channels(Layout::TimeChannels), Some((4, 5)));
    let rows = Model::from_bytes(&file(&[4, 5])).unwrap();
    assert_eq!((rows.picture_shape(), rows.rows_and_channels(Layout::Picture)), (None, None));
    refused(&file(&[2, 3, 4, 5]), "[N, planes, height, width]");
}

/// Whatever value of a model is called its latent: where there is a decoder, it gives what the whole
/// gives.
#[test]
#[ignore = "needs ODDITY_DATA"]
fn decoders_of_the_zoo_agree_with_the_whole() {
    let data = data();
    for name in ["dense.leg17", "conv1d_up.leg17", "conv2d_t.leg17fix", "lstm.leg17", "gru.dyn18"] {
        let bytes = std::fs::read(data.join("zoo").join(format!("{name}.onnx"))).unwrap();
        let file = ModelProto::decode(&bytes[..]).unwrap();
        let graph = file.graph.as_ref().unwrap();
        let last = graph.output[0].name.clone();
        let values = graph.node.iter().flat_map(|node| &node.output);
        let values: Vec<&String> =
            values.filter(|&value| !value.is_empty() && *value != last).collect();
        let mut decoders = 0;
        for value in values {
            decoders += usize::from(decoder_agrees(file.clone(), value, name));
        }
        println!("{name}: {decoders} decoders");
        assert!(decoders >= 2, "{name}: only {decoders} decoders");
    }
}

/// Calls `value` the latent. Whether there is a decoder behind it; if so it must be right.
fn decoder_agrees(mut file: ModelProto, value: &str, name: &str) -> bool {
    let graph = file.graph.as_mut().unwrap();
    for node in &mut graph.node {
        for used in node.input.iter_mut().chain(&mut node.output) {
            if used == value {
                *used = "latent".into();
            }
        }
    }
    graph.output.truncate(1);
    graph.output.push(ValueInfoProto { name: "latent".into(), ..ValueInfoProto::default() });
    let bytes = file.encode_to_vec();
    // Shapes are values too, but no latents.
    let (Ok(whole), Ok(decoder)) = (Model::from_bytes(&bytes), Model::decoder_from_bytes(&bytes))
    else {
        return false;
    };
    let input: Vec<f32> = (0..3 * whole.window_len()).map(|i| (i % 17) as f32 / 17.0).collect();
    let wanted = run(&whole, &input);
    let found = run(&decoder, &wanted.latent);
    assert_eq!(found.values.len(), wanted.values.len(), "{name} {value}");
    let largest = wanted.values.iter().fold(0.0f32, |most, x| most.max(x.abs()));
    for (a, b) in found.values.iter().zip(&wanted.values) {
        assert!((a - b).abs() <= 1e-5 * largest, "{name} {value}: {a} {b}");
    }
    true
}
