//! The loop as a whole, on a tiny network. What hangs on the seed, of which a process has one, is in
//! `tests/seed.rs` and `tests/resume.rs`.

use super::*;
use crate::net::{Activation, Axes, Backbone, Network, Spec};
use tch::{Device, Kind};

pub(super) fn settings() -> Settings {
    Settings { lr: 1e-2, batch: 8, epochs: 6, patience: None, kl_warm_up: 0, ..Settings::default() }
}

/// Variational, so that training draws samples.
fn network() -> Network {
    tch::manual_seed(1);
    let spec = Spec {
        axes: Axes::Features(6),
        backbone: Backbone::Dense { hidden: vec![5] },
        latent: 2,
        activation: Activation::Tanh,
        latent_activation: Activation::Identity,
        output_activation: Activation::Identity,
        variational: true,
        head: None,
    };
    Network::new(&spec, Device::Cpu).unwrap()
}

fn examples(count: i64) -> Examples {
    let row = Tensor::arange(count, (Kind::Float, Device::Cpu)).view([-1, 1]);
    let column = Tensor::arange(6, (Kind::Float, Device::Cpu)).view([1, -1]);
    Examples { windows: (row * 0.37 + column).sin(), labels: None, normal: None }
}

#[test]
fn a_stop_within_an_epoch_keeps_the_best_one() {
    let (training, validation, network) = (examples(40), examples(12), network());
    let mut best = None;
    let told = |progress: &Progress<'_>| {
        if let Some(state) = progress.state {
            best = state.best.as_ref().map(Tensor::copy);
        }
        let stop = progress.epoch == 3 && progress.share > 0.5;
        if stop { Control::Stop } else { Control::Continue }
    };
    let course = Course::Search(&validation);
    let outcome = train(&network, &training, course, &settings(), None, told).unwrap();
    assert!(outcome.interrupted && outcome.training.len() == 2, "{outcome:?}");
    let pieces: Vec<Tensor> =
        network.parameters().iter().map(|(_, w)| w.detach().flatten(0, -1)).collect();
    assert_eq!(Tensor::cat(&pieces, 0), best.unwrap());
}

#[test]
fn a_state_of_another_network_is_refused() {
    let mut other = vec![Tensor::from_slice(&[1.0_f32, 2.0])];
    let state = tch::no_grad(|| State::new(&mut other)).unwrap();
    let go_on = |_: &Progress<'_>| Control::Continue;
    let course = Course::Repeat(&[0.1]);
    let error = train(&network(), &examples(9), course, &settings(), Some(state), go_on);
    assert!(error.unwrap_err().to_string().contains("2 weights instead of"));
}
