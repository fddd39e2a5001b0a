//! Variational autoencoders that draw a sample, or want noise as a second input: its mean stands for it,
//! or noise of a seed, the same for every window.

use crate::harness::Dir;
use crate::harness::onnx::Onnx;
use oddity::model::{Model, ModelPart, ReadOptions, Sampling};
use oddity::types::Reconstruction;
use tract_onnx::pb::type_proto::Value;

/// Adds to each of eight features half of what is drawn, twice.
fn noisy(draw: impl Fn(Onnx) -> Onnx) -> Onnx {
    draw(Onnx::new("x", None, &[8]))
        .floats("half", &[1], &[0.5])
        .node("Mul", "half drawn", "part")
        .node("Add", "x part", "reconstruction")
}

fn loaded(file: &[u8], sampling: Option<Sampling>) -> Model {
    let options = ReadOptions { sampling, ..ReadOptions::default() };
    Model::part_from_bytes(file, ModelPart::Whole, &options).unwrap()
}

fn run(model: &Model, windows: &[f32], n: usize) -> Vec<f32> {
    let mut out = Reconstruction::default();
    model.session().unwrap().run(windows, n, &mut out).unwrap();
    out.values
}

#[test]
fn the_mean_stands_for_a_sample_and_is_said_once() {
    let like = |operator: &'static str| move |onnx: Onnx| onnx.node(operator, "x", "drawn");
    let given = |operator: &'static str| {
        move |onnx: Onnx| onnx.node(operator, "", "drawn").ints("shape", &[1, 8])
    };
    let cases = [
        (noisy(like("RandomNormalLike")), 0.0),
        (noisy(|onnx| like("RandomNormalLike")(onnx).float("mean", 3.0)), 1.5),
        (noisy(like("RandomUniformLike")), 0.25),
        (noisy(given("RandomNormal")), 0.0),
        (noisy(|onnx| given("RandomUniform")(onnx).float("low", -3.0).float("high", 1.0)), -0.5),
    ];
    for (onnx, shift) in cases {
        let model = loaded(&onnx.file("reconstruction"), None);
        assert_eq!(run(&model, &[1.0; 16], 2), [1.0 + shift; 16]);
        let [notice] = model.description().notices.as_slice() else { panic!("not one notice") };
        assert_eq!(notice, "`drawn` is drawn at random; its mean stands for it");
        // Noise is no weight.
        assert_eq!(model.description().parameters, 1);
    }
}

#[test]
fn noise_of_a_seed_is_the_same_for_each_window() {
    let file = noisy(|onnx| onnx.node("RandomNormalLike", "x", "drawn")).file("reconstruction");
    let seeded = loaded(&file, Some(Sampling::Seed(5)));
    let windows: Vec<f32> = (0..5 * 8).map(|i| i as f32).collect();
    let all = run(&seeded, &windows, 5);
    for (window, answer) in windows.chunks(8).zip(all.chunks(8)) {
        assert_eq!(run(&seeded, window, 1), answer);
    }
    assert_eq!(run(&loaded(&file, Some(Sampling::Seed(5))), &windows, 5), all);
    assert_ne!(run(&loaded(&file, Some(Sampling::Seed(6))), &windows, 5), all);
    assert_eq!(run(&loaded(&file, None), &windows, 5), windows);
    let noise: Vec<f32> = run(&seeded, &[0.0; 8], 1);
    assert!(noise.iter().all(|x| *x != 0.0 && x.abs() < 3.0), "{noise:?}");
    // A fixed batch changes nothing.
    let fixed = Onnx::new("x", Some(3), &[8])
        .node("RandomNormalLike", "x", "drawn")
        .floats("half", &[1], &[0.5])
        .node("Mul", "half drawn", "part")
        .node("Add", "x part", "reconstruction");
    let fixed = loaded(&fixed.file("reconstruction"), Some(Sampling::Seed(5)));
    assert_eq!(run(&fixed, &windows, 5), all);
}

#[test]
fn the_seed_is_kept_where_the_model_is_calibrated() {
    let dir = Dir::fitted();
    let file = noisy(|onnx| onnx.node("RandomNormalLike", "x", "drawn")).file("reconstruction");
    dir.write("vae.onnx", file);
    let calibrate = |model: &str, options: &str| {
        let score = "--score mse --smooth none --threshold fixed:1";
        dir.oddity(&format!("calibrate {model} normal.csv -o {options} {score}")).ok().stderr
    };
    let said = calibrate("vae.onnx", "mean.onnx");
    assert!(said.contains("`drawn` is drawn at random; its mean stands for it"), "{said}");
    let said = calibrate("vae.onnx", "five.onnx --sample 5");
    assert!(said.contains("the same noise (seed 5) stands for it in each window"), "{said}");
    let score = |model: &str| {
        let run = dir.oddity(&format!("detect {model} normal.csv --emit scores")).ok();
        run.json_lines().last().unwrap()["score"].as_f64().unwrap()
    };
    let (mean, five) = (score("mean.onnx"), score("five.onnx"));
    assert!(mean == 0.0 && five > 0.01, "{mean} {five}");
    let shown = dir.oddity("inspect five.onnx").ok().stdout;
    assert!(shown.contains("(seed 5)"), "{shown}");
    // What is not said anew stays; the mean must be asked for.
    calibrate("five.onnx", "again.onnx");
    assert_eq!(score("again.onnx"), five);
    calibrate("five.onnx", "back.onnx --sample mean");
    assert_eq!(score("back.onnx"), mean);
    dir.oddity("encode five.onnx normal.csv --sample 6").fails(2, &["no output `latent`"]);
    dir.oddity("reconstruct five.onnx normal.csv --sample 6").fails(2, &["renew it with"]);
    dir.oddity("inspect model.onnx --sample 6").fails(2, &["nothing in it is drawn at random"]);
    dir.oddity("inspect vae.onnx --sample some").fails(2, &["seed of noise"]);
}

/// As PyTorch exports one whose forward pass is given its noise.
fn given(noise: &str, axes: &[i64]) -> Onnx {
    Onnx::new("x", None, &[4])
        .with_inputs_of(Onnx::new(noise, None, axes))
        .floats("take", &[4, 2], &[1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0])
        .floats("repeat", &[2, 4], &[1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0])
        .node("MatMul", "x take", "mu")
        .node("Exp", "mu", "deviation")
        .node("Mul", &format!("{noise} deviation"), "spread")
        .node("Add", "mu spread", "z")
        .node("MatMul", "z repeat", "reconstruction")
}

#[test]
fn noise_may_be_an_input() {
    for name in ["eps", "z_noise", "onnx::Mul_1"] {
        let model = loaded(&given(name, &[2]).file("reconstruction"), None);
        assert_eq!(run(&model, &[1.0, 2.0, 3.0, 4.0], 1), [1.0, 2.0, 1.0, 2.0]);
        let notice = format!("`{name}` is noise that is given; its mean stands for it");
        assert_eq!(model.description().notices, [notice]);
        let seeded = loaded(&given(name, &[2]).file("reconstruction"), Some(Sampling::Seed(1)));
        let (one, two) = (run(&seeded, &[0.0; 4], 1), run(&seeded, &[0.0; 8], 2));
        assert!(one[0] != 0.0 && one[0] == one[2] && two == [&one[..], &one[..]].concat());
    }
    // The order of the inputs does not matter.
    let mut turned = given("eps", &[2]);
    turned.0.input.reverse();
    let model = loaded(&turned.file("reconstruction"), None);
    assert_eq!((model.window_shape(), model.description().input.name.as_str()), (&[4][..], "x"));
}

#[test]
fn what_is_not_plainly_noise_is_refused() {
    let dir = Dir::new();
    let two = |name: &str, operator: &str| {
        Onnx::new("x", None, &[4])
            .with_inputs_of(Onnx::new(name, None, &[4]))
            .node(operator, &format!("x {name}"), "reconstruction")
            .file("reconstruction")
    };
    for (name, operator) in [("mask", "Mul"), ("condition", "Add"), ("steps", "Sub")] {
        dir.write("two.onnx", two(name, operator));
        let words = [&format!("input `{name}`"), "besides `x`", "noise of a variational"];
        dir.oddity("inspect two.onnx").fails(2, &words.map(|word| word as &str));
    }
    let mut unknown = given("eps", &[2]);
    let kind = unknown.0.input[1].r#type.as_mut().unwrap();
    if let Some(Value::TensorType(tensor)) = &mut kind.value {
        tensor.shape = None;
    }
    dir.write("unknown.onnx", unknown.file("reconstruction"));
    dir.oddity("inspect unknown.onnx").fails(2, &["input `eps`", "its shape is not known"]);
    let huge = noisy(|onnx| onnx.node("RandomNormal", "", "drawn").ints("shape", &[1 << 40, 8]));
    dir.write("huge.onnx", huge.file("reconstruction"));
    dir.oddity("inspect huge.onnx").fails(2, &["node `make_drawn` (RandomNormal)", "16777216"]);
}
