//! Every kind of network, in sizes that divide by nothing: what libtorch computes, tract and
//! oddity compute from the export, to the last digits of f32.
//!
//! With `ODDITY_EXPORTS=FOLDER` the exports are left there with their inputs and outputs, for
//! `check_onnx.py`.

#![allow(clippy::unwrap_used, clippy::panic)]

mod exports;

use exports::{keep, numbers};
use oddity_train::net::{
    Activation, Axes, Backbone, ExportPart, Growth, Head, NetError, Network, Spec, check,
};
use oddity_train::train::{set_weights, weights};
use tch::{Device, Kind, Tensor};

/// A tenth of what the trainer lets pass.
const NEAR: f32 = 1e-5;

const ROWS: [Axes; 3] = [
    Axes::Rows { time: 20, channels: 3 },
    Axes::Rows { time: 7, channels: 3 },
    Axes::Rows { time: 1, channels: 3 },
];
const PICTURES: [Axes; 2] = [
    Axes::Picture { planes: 1, height: 28, width: 28 },
    Axes::Picture { planes: 3, height: 17, width: 23 },
];

fn spec(axes: Axes, backbone: Backbone) -> Spec {
    Spec::plain(axes, backbone, 5)
}

/// Plain, with a sparse latent and a class, with an estimate, and variational.
fn kinds(plain: Spec) -> [(&'static str, Spec); 4] {
    let class = Spec {
        latent_activation: Activation::Sigmoid,
        activation: Activation::LeakyRelu,
        head: Some(Head::Classes(4)),
        ..plain.clone()
    };
    let estimate = Spec {
        activation: Activation::Elu,
        output_activation: Activation::Tanh,
        head: Some(Head::Estimate),
        ..plain.clone()
    };
    let variational = Spec {
        activation: Activation::Tanh,
        output_activation: Activation::Sigmoid,
        variational: true,
        ..plain.clone()
    };
    [("plain", plain), ("class", class), ("estimate", estimate), ("variational", variational)]
}

fn windows(spec: &Spec, count: i64) -> Tensor {
    let mut sizes = vec![count];
    sizes.extend(spec.axes.sizes().iter().map(|&size| size as i64));
    Tensor::randn(&sizes, (Kind::Float, Device::Cpu))
}

/// Checks all parts of all kinds of a network.
fn agrees(name: &str, spec_of: impl Fn(Axes) -> Spec, all: &[Axes]) {
    tch::set_num_threads(1);
    for &axes in all {
        for (kind, spec) in kinds(spec_of(axes)) {
            let network = Network::new(&spec, Device::Cpu).unwrap();
            let windows = windows(&spec, 5);
            let output = network.forward(&windows, false).unwrap();
            assert_eq!(output.reconstruction.size(), windows.size());
            for part in [ExportPart::Whole, ExportPart::Encoder, ExportPart::Decoder] {
                let sizes: Vec<String> = axes.sizes().iter().map(usize::to_string).collect();
                let what = format!("{name}-{kind}-{}-{part:?}", sizes.join("x"));
                let onnx = network.to_onnx(part).unwrap();
                keep(&what, &onnx, part, &windows, &output, &spec);
                let difference = match check(&network, &onnx, &windows) {
                    Ok(difference) => difference,
                    Err(error) => panic!("{what}: {error}"),
                };
                assert!(difference < NEAR, "{what}: {difference:e}");
            }
        }
    }
}

fn dense(hidden: &[usize]) -> Backbone {
    Backbone::Dense { hidden: hidden.to_vec() }
}

#[test]
fn dense_networks_agree() {
    let all = [&[Axes::Features(9)], &ROWS[..], &PICTURES[..]].concat();
    agrees("dense", |axes| spec(axes, dense(&[11, 6])), &all);
    agrees("linear", |axes| spec(axes, dense(&[])), &all);
}

#[test]
fn convolutions_over_time_agree() {
    for (growth, name) in [(Growth::Transposed, "transposed"), (Growth::Resize, "resize")] {
        let with = |filters: &[usize], kernel, stride| Backbone::Conv1d {
            filters: filters.to_vec(),
            kernel,
            stride,
            growth,
        };
        let two = |axes| spec(axes, with(&[6, 4], 3, 2));
        agrees(&format!("conv1d-{name}"), two, &[Axes::Features(13), ROWS[0], ROWS[1]]);
        agrees(&format!("conv1d-wide-{name}"), |axes| spec(axes, with(&[4], 7, 3)), &ROWS[..2]);
        agrees(&format!("conv1d-still-{name}"), |axes| spec(axes, with(&[4, 3], 5, 1)), &ROWS);
    }
}

#[test]
fn convolutions_over_pixels_agree() {
    for (growth, name) in [(Growth::Transposed, "transposed"), (Growth::Resize, "resize")] {
        let with = |filters: &[usize], kernel, stride| Backbone::Conv2d {
            filters: filters.to_vec(),
            kernel,
            stride,
            growth,
        };
        agrees(&format!("conv2d-{name}"), |axes| spec(axes, with(&[4, 6], 3, 2)), &PICTURES);
        agrees(&format!("conv2d-wide-{name}"), |axes| spec(axes, with(&[3], 5, 3)), &PICTURES);
    }
}

#[test]
fn recurrent_networks_agree() {
    let one = Axes::Rows { time: 20, channels: 1 };
    let all = [&[Axes::Features(6), one], &ROWS[..]].concat();
    for layers in [1, 2] {
        let lstm = |axes| spec(axes, Backbone::Lstm { hidden: 7, layers });
        agrees(&format!("lstm{layers}"), lstm, &all);
        let gru = |axes| spec(axes, Backbone::Gru { hidden: 7, layers });
        agrees(&format!("gru{layers}"), gru, &all);
        // Inputs one wide all the way.
        let narrow =
            |backbone: Backbone| move |axes| Spec { latent: 1, ..spec(axes, backbone.clone()) };
        agrees(
            &format!("lstm{layers}-narrow"),
            narrow(Backbone::Lstm { hidden: 1, layers }),
            &[one],
        );
        agrees(&format!("gru{layers}-narrow"), narrow(Backbone::Gru { hidden: 1, layers }), &[one]);
    }
}

#[test]
fn the_classic_network_for_digits_agrees() {
    let classic = |axes| Spec {
        latent: 64,
        activation: Activation::Sigmoid,
        latent_activation: Activation::Sigmoid,
        output_activation: Activation::Sigmoid,
        ..spec(axes, dense(&[128]))
    };
    tch::set_num_threads(1);
    let spec = classic(PICTURES[0]);
    let network = Network::new(&spec, Device::Cpu).unwrap();
    let weights: usize = network.parameters().iter().map(|(_, weight)| weight.numel()).sum();
    assert_eq!(weights, (784 * 128 + 128) + (128 * 64 + 64) + (64 * 128 + 128) + (128 * 784 + 784));
    let pixels = windows(&spec, 3).sigmoid();
    let difference =
        check(&network, &network.to_onnx(ExportPart::Whole).unwrap(), &pixels).unwrap();
    assert!(difference < NEAR, "{difference:e}");
}

#[test]
fn gradients_reach_every_weight() {
    tch::set_num_threads(1);
    let conv1d =
        Backbone::Conv1d { filters: vec![6, 4], kernel: 3, stride: 2, growth: Growth::Resize };
    let lstm = Backbone::Lstm { hidden: 5, layers: 2 };
    for backbone in [dense(&[8]), conv1d, lstm] {
        let spec = Spec {
            variational: true,
            head: Some(Head::Classes(3)),
            activation: Activation::Tanh,
            ..spec(ROWS[1], backbone)
        };
        let network = Network::new(&spec, Device::Cpu).unwrap();
        let output = network.forward(&windows(&spec, 6), true).unwrap();
        let head = output.head.unwrap();
        (output.reconstruction.square().sum(Kind::Float) + head.square().sum(Kind::Float))
            .backward();
        for (name, weight) in network.parameters() {
            let gradient = weight.grad().abs().sum(Kind::Float).double_value(&[]);
            assert!(gradient > 0.0, "{name} of {:?}", spec.backbone);
        }
    }
}

#[test]
fn a_variational_network_decodes_samples_only_where_asked() {
    tch::set_num_threads(1);
    let spec = Spec { variational: true, ..spec(ROWS[1], dense(&[8])) };
    let network = Network::new(&spec, Device::Cpu).unwrap();
    let many = windows(&spec, 1).expand([4000, 7, 3], false).contiguous();
    let (mean, drawn) =
        (network.forward(&many, false).unwrap(), network.forward(&many, true).unwrap());
    assert_eq!(mean.code, mean.latent);
    assert_eq!(network.decode(&drawn.code).unwrap(), drawn.reconstruction);
    let (mu, logvar) = drawn.mu_logvar.unwrap();
    assert_eq!(mu, drawn.latent);
    let spread = drawn.code.std_dim(&[0_i64][..], true, false) / (logvar.get(0) * 0.5).exp();
    let offset = (drawn.code - mu).mean_dim(&[0_i64][..], false, Kind::Float);
    // Standard errors at 4000 draws are 0.011 and 0.016 standard deviations.
    assert!(numbers(&spread).iter().all(|ratio| (ratio - 1.0).abs() < 0.08), "{spread:?}");
    assert!(numbers(&offset).iter().all(|offset| offset.abs() < 0.15), "{offset:?}");
}

#[test]
fn weights_go_from_one_network_to_another() {
    let gru = spec(ROWS[1], Backbone::Gru { hidden: 4, layers: 2 });
    let new = || Network::new(&gru, Device::Cpu).unwrap();
    let (from, to) = (new(), new());
    assert!(from.parameters().is_sorted_by(|a, b| a.0 < b.0));
    let windows = windows(&gru, 3);
    let answer = |network: &Network| network.forward(&windows, false).unwrap().reconstruction;
    assert_ne!(answer(&from), answer(&to));
    let values = weights(&from).unwrap();
    let error = set_weights(&to, &values.narrow(0, 0, 7)).unwrap_err().to_string();
    assert!(error.contains("7 weights instead of"), "{error}");
    set_weights(&to, &values).unwrap();
    assert_eq!(answer(&from), answer(&to));
}

#[test]
fn principal_components_are_the_best_linear_network() {
    tch::set_num_threads(1);
    // Windows of rank 2 around a mean: two latents reproduce them, and no less do.
    let axes = Axes::Rows { time: 4, channels: 2 };
    let (few, many) = (6, 50);
    for rows in [few, many] {
        let options = (Kind::Float, Device::Cpu);
        let flat = Tensor::randn([rows, 2], options).matmul(&Tensor::randn([2, 8], options)) + 3.0;
        let windows = flat.reshape([rows, 4, 2]);
        let mut network =
            Network::new(&Spec { latent: 2, ..spec(axes, dense(&[])) }, Device::Cpu).unwrap();
        network.set_linear_closed_form(&windows).unwrap();
        let output = network.forward(&windows, false).unwrap();
        let error = (output.reconstruction - &windows).abs().max().double_value(&[]);
        assert!(error < 1e-4, "{rows} rows: {error}");
        // Uncorrelated, the larger variance first, around zero.
        let latent = output.latent.detach();
        let mean = latent.mean_dim(&[0_i64][..], false, Kind::Float).abs().max().double_value(&[]);
        let scatter = latent.tr().matmul(&latent);
        let [first, second, mixed] =
            [[0, 0], [1, 1], [0, 1]].map(|index: [i64; 2]| scatter.double_value(&index));
        assert!(mean < 1e-4, "{mean}");
        assert!(first > second && mixed.abs() < 1e-4 * first, "{scatter:?}");
        let onnx = network.to_onnx(ExportPart::Whole).unwrap();
        assert!(check(&network, &onnx, &windows).unwrap() < NEAR);

        let one = Spec { latent: 1, ..spec(axes, dense(&[])) };
        let mut one = Network::new(&one, Device::Cpu).unwrap();
        one.set_linear_closed_form(&windows).unwrap();
        let lost = (one.forward(&windows, false).unwrap().reconstruction - &windows)
            .square()
            .sum(Kind::Float)
            .double_value(&[]);
        assert!((lost - second).abs() < 1e-3 * second, "{lost} {second}");
    }
}

#[test]
fn only_a_bare_linear_network_has_a_closed_form() {
    let four = Tensor::randn([4, 7, 3], (Kind::Float, Device::Cpu));
    for wrong in [
        spec(ROWS[1], dense(&[4])),
        Spec { output_activation: Activation::Sigmoid, ..spec(ROWS[1], dense(&[])) },
        Spec { latent_activation: Activation::Relu, ..spec(ROWS[1], dense(&[])) },
        Spec { variational: true, ..spec(ROWS[1], dense(&[])) },
    ] {
        let mut network = Network::new(&wrong, Device::Cpu).unwrap();
        let error = network.set_linear_closed_form(&four).unwrap_err().to_string();
        assert!(error.contains("closed form"), "{error}");
    }
    let mut network = Network::new(&spec(ROWS[1], dense(&[])), Device::Cpu).unwrap();
    let error = network.set_linear_closed_form(&four).unwrap_err().to_string();
    assert!(error.contains("make the latent smaller"), "{error}");
}

#[test]
fn what_does_not_fit_is_told() {
    let conv1d = |filters: &[usize], kernel, stride| Backbone::Conv1d {
        filters: filters.to_vec(),
        kernel,
        stride,
        growth: Growth::Transposed,
    };
    let plain = spec(ROWS[1], dense(&[4]));
    let wrong = [
        (Spec { latent: 0, ..plain.clone() }, "latent is 0"),
        (spec(ROWS[1], dense(&[4, 0])), "hidden layer is 0"),
        (spec(ROWS[1], conv1d(&[], 3, 2)), "at least one layer"),
        (spec(ROWS[1], conv1d(&[4], 4, 2)), "must be odd"),
        (spec(ROWS[1], conv1d(&[4], 3, 0)), "stride is 0"),
        (spec(ROWS[1], conv1d(&[4, 4, 4, 4], 3, 2)), "layer 4 would shrink an axis of 1"),
        (spec(ROWS[2], conv1d(&[4], 3, 2)), "layer 1 would shrink an axis of 1"),
        (spec(PICTURES[0], conv1d(&[4], 3, 2)), "pictures need"),
        (spec(PICTURES[0], Backbone::Lstm { hidden: 4, layers: 1 }), "pictures need"),
        (spec(ROWS[0], Backbone::Lstm { hidden: 4, layers: 0 }), "layers is 0"),
        (
            spec(
                ROWS[0],
                Backbone::Conv2d { filters: vec![4], kernel: 3, stride: 2, growth: Growth::Resize },
            ),
            "conv2d network takes pictures",
        ),
        (
            Spec { variational: true, latent_activation: Activation::Relu, ..plain.clone() },
            "no activation on its latent",
        ),
        (Spec { head: Some(Head::Classes(1)), ..plain.clone() }, "two classes"),
        (spec(ROWS[1], dense(&[1 << 20, 1 << 20])), "oddity refuses"),
        (spec(ROWS[1], dense(&[3000, 3000])), "oddity refuses"),
    ];
    for (spec, told) in wrong {
        let error = Network::new(&spec, Device::Cpu).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
    let network = Network::new(&plain, Device::Cpu).unwrap();
    let turned = Tensor::zeros([2, 3, 7], (Kind::Float, Device::Cpu));
    let error = network.forward(&turned, false).unwrap_err().to_string();
    assert_eq!(error, "the network takes [N, 7, 3], but got [2, 3, 7]");
}

#[test]
fn a_network_that_diverged_is_not_written() {
    let network = Network::new(&spec(ROWS[1], dense(&[4])), Device::Cpu).unwrap();
    let (_, weight) = network.parameters().remove(0);
    _ = tch::no_grad(|| weight.shallow_clone().fill_(f64::NAN));
    let error = network.to_onnx(ExportPart::Whole).unwrap_err().to_string();
    assert!(error.contains("lower learning rate"), "{error}");
}

/// Where both libraries add in the same order the difference is 0, which is no sign that something is
/// compared with itself: one weight that has moved a little since the export is found.
#[test]
fn agreement_to_the_last_bit_is_measured() {
    let spec = spec(Axes::Rows { time: 20, channels: 8 }, dense(&[]));
    let spec = Spec { latent: 40, activation: Activation::Identity, ..spec };
    let network = Network::new(&spec, Device::Cpu).unwrap();
    let onnx = network.to_onnx(ExportPart::Whole).unwrap();
    let windows = windows(&spec, 64);
    let before = check(&network, &onnx, &windows).unwrap();
    let (_, weight) = network.parameters().swap_remove(0);
    let _ = tch::no_grad(|| weight.flatten(0, -1).narrow(0, 0, 1).f_add_scalar_(1e-5)).unwrap();
    let after = check(&network, &onnx, &windows).unwrap();
    assert!(before < NEAR && after > before, "{before} {after}");
}

#[test]
fn another_networks_export_does_not_pass() {
    tch::set_num_threads(1);
    let spec = spec(ROWS[1], Backbone::Lstm { hidden: 4, layers: 1 });
    let [one, other] = [(); 2].map(|()| Network::new(&spec, Device::Cpu).unwrap());
    let onnx = other.to_onnx(ExportPart::Whole).unwrap();
    let error = check(&one, &onnx, &windows(&spec, 2)).unwrap_err();
    assert!(matches!(error, NetError::Differs { .. }), "{error}");
}
