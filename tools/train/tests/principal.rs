//! A linear autoencoder spans the subspace of the principal components, by gradient and by formula
//! (Baldi & Hornik 1989, doi:10.1016/0893-6080(89)90014-2).

#![allow(clippy::unwrap_used, clippy::panic)]

use oddity_train::net::{Activation, Axes, Backbone, Network, Spec};
use oddity_train::train::{Control, Course, Examples, Progress, Settings, train};
use tch::{Device, Kind, Tensor};

const FEATURES: i64 = 12;
const LATENT: i64 = 3;
/// Radians.
const MOST: f64 = 1e-2;

/// `[n, features]`: strong in three directions, weak in the others, off the origin.
fn windows() -> Tensor {
    tch::manual_seed(1);
    let options = (Kind::Float, Device::Cpu);
    let turned = orthonormal(&Tensor::randn([FEATURES, FEATURES], options));
    let mut spread = [0.2_f32; FEATURES as usize];
    spread[..LATENT as usize].copy_from_slice(&[3.0, 2.0, 1.5]);
    let values = Tensor::randn([2000, FEATURES], options) * Tensor::from_slice(&spread);
    values.matmul(&turned) + 0.5
}

fn network() -> Network {
    tch::manual_seed(2);
    let (axes, bare) = (Axes::Features(FEATURES as usize), Backbone::Dense { hidden: Vec::new() });
    let spec =
        Spec { activation: Activation::Identity, ..Spec::plain(axes, bare, LATENT as usize) };
    Network::new(&spec, Device::Cpu).unwrap()
}

/// What the decoder can give, `[features, latent]`: the columns of its weights.
fn spanned(network: &Network) -> Tensor {
    let zero = network.decode(&Tensor::zeros([1, LATENT], (Kind::Float, Device::Cpu))).unwrap();
    let unit = Tensor::eye(LATENT, (Kind::Float, Device::Cpu));
    (network.decode(&unit).unwrap() - zero).tr().to_kind(Kind::Double)
}

/// `[features, latent]`, from the covariance, apart from all code of this crate.
fn principal(windows: &Tensor) -> Tensor {
    let centred = windows.to_kind(Kind::Double)
        - windows.to_kind(Kind::Double).mean_dim(0, true, Kind::Double);
    let (_, vectors) = (centred.tr().matmul(&centred)).linalg_eigh("L");
    vectors.narrow(1, FEATURES - LATENT, LATENT)
}

fn orthonormal(columns: &Tensor) -> Tensor {
    Tensor::linalg_qr(columns, "reduced").0
}

/// The largest principal angle between two subspaces (Björck & Golub 1973): by its sine, which is
/// exact for small angles.
fn angle(a: &Tensor, b: &Tensor) -> f64 {
    let (a, b) = (orthonormal(a), orthonormal(b));
    let beside = &b - a.matmul(&a.tr().matmul(&b));
    beside.svd(true, true).1.max().double_value(&[]).min(1.0).asin()
}

#[test]
fn gradient_and_closed_form_span_the_principal_subspace() {
    let windows = windows();
    let wanted = principal(&windows);
    let start = angle(&spanned(&network()), &wanted);
    assert!(start > 0.3, "it starts there already: {start}");

    let mut formula = network();
    formula.set_linear_closed_form(&windows).unwrap();
    let by_formula = angle(&spanned(&formula), &wanted);
    assert!(by_formula < MOST, "closed form: {by_formula}");

    let gradient = network();
    let settings = Settings {
        lr: 1e-2,
        schedule: "cosine:0.001".parse().unwrap(),
        batch: 250,
        epochs: 200,
        patience: None,
        ..Settings::default()
    };
    let examples = Examples { windows: windows.shallow_clone(), labels: None, normal: None };
    let go_on = |_: &Progress<'_>| Control::Continue;
    train(
        &gradient,
        &examples,
        Course::Search { validation: &examples, labelled: None },
        &settings,
        None,
        go_on,
    )
    .unwrap();
    let by_gradient = angle(&spanned(&gradient), &wanted);
    assert!(by_gradient < MOST, "gradient: {by_gradient}");
    println!("largest principal angle: {by_formula:.1e} by formula, {by_gradient:.1e} by gradient");
}
