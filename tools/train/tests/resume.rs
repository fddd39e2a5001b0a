//! The training loop as a whole, on a tiny network: broken off, gone on with, stopped. The seed is one
//! for the whole process, so one test runs at a time.

#![allow(clippy::unwrap_used)]

use std::sync::Mutex;

use oddity_train::net::{Axes, Backbone, Network, Spec};
use oddity_train::train::{
    Control, Course, Examples, Progress, Settings, TrainState, Trained, train,
};
use tch::{Device, Kind, Tensor};

static SEED: Mutex<()> = Mutex::new(());

fn settings() -> Settings {
    Settings { lr: 1e-2, batch: 8, epochs: 6, patience: None, kl_warm_up: 0, ..Settings::default() }
}

/// Variational, so that training draws samples.
fn network() -> Network {
    tch::manual_seed(1);
    let dense = Backbone::Dense { hidden: vec![5] };
    let spec = Spec { variational: true, ..Spec::plain(Axes::Features(6), dense, 2) };
    Network::new(&spec, Device::Cpu).unwrap()
}

fn examples(count: i64) -> Examples {
    let row = Tensor::arange(count, (Kind::Float, Device::Cpu)).view([-1, 1]);
    let column = Tensor::arange(6, (Kind::Float, Device::Cpu)).view([1, -1]);
    Examples { windows: (row * 0.37 + column).sin(), labels: None, normal: None }
}

fn copy(state: &TrainState) -> TrainState {
    TrainState {
        weights: state.weights.copy(),
        moments: (state.moments.0.copy(), state.moments.1.copy()),
        steps: state.steps,
        best: state.best.as_ref().map(Tensor::copy),
        outcome: state.outcome.clone(),
    }
}

#[test]
fn a_run_that_goes_on_ends_as_one_that_was_never_stopped() {
    let _alone = SEED.lock();
    let (training, validation) = (examples(40), examples(12));
    let noise = "gaussian:0.1".parse().unwrap();
    let settings = Settings { noise, kl_warm_up: 4, ..settings() };
    let course = Course::Search { validation: &validation, labelled: None };
    let weights = |network: &Network| network.parameters();

    let whole = network();
    let go_on = |_: &Progress<'_>| Control::Continue;
    let one = train(&whole, &training, course, &settings, None, go_on).unwrap();

    let (mut cut, first) = (None, network());
    let stopped = train(&first, &training, course, &settings, None, |progress| {
        let Some(state) = progress.state else { return Control::Continue };
        if progress.epoch < 3 {
            return Control::Continue;
        }
        cut = Some(copy(state));
        Control::Stop
    });
    let stopped = stopped.unwrap();
    assert!(stopped.interrupted && stopped.training.len() == 3);
    let second = network();
    let two = train(&second, &training, course, &settings, cut, go_on).unwrap();
    assert_eq!(one.training, two.training);
    assert_eq!((one.validation, one.best), (two.validation, two.best));
    assert_eq!(weights(&whole), weights(&second));

    // And one that repeats the learning rates does so many steps.
    let rates = &two.rates[..2];
    let three =
        train(&network(), &training, Course::Repeat(rates), &settings, None, go_on).unwrap();
    assert_eq!((three.training.as_slice(), three.best), (&two.training[..2], 2));
}

#[test]
fn a_stop_within_an_epoch_keeps_the_best_one() {
    let _alone = SEED.lock();
    let (training, validation, network) = (examples(40), examples(12), network());
    let mut best = None;
    let told = |progress: &Progress<'_>| {
        if let Some(state) = progress.state {
            best = state.best.as_ref().map(Tensor::copy);
        }
        let stop = progress.epoch == 3 && progress.share > 0.5;
        if stop { Control::Stop } else { Control::Continue }
    };
    let course = Course::Search { validation: &validation, labelled: None };
    let outcome = train(&network, &training, course, &settings(), None, told).unwrap();
    assert!(outcome.interrupted && outcome.training.len() == 2, "{outcome:?}");
    let pieces: Vec<Tensor> =
        network.parameters().iter().map(|(_, w)| w.detach().flatten(0, -1)).collect();
    assert_eq!(Tensor::cat(&pieces, 0), best.unwrap());
}

#[test]
fn a_state_of_another_network_is_refused() {
    let _alone = SEED.lock();
    let two = || Tensor::from_slice(&[1.0_f32, 2.0]);
    let (moments, outcome) = ((two(), two()), Trained::default());
    let state = TrainState { weights: two(), moments, steps: 1, best: None, outcome };
    let go_on = |_: &Progress<'_>| Control::Continue;
    let course = Course::Repeat(&[0.1]);
    let error = train(&network(), &examples(9), course, &settings(), Some(state), go_on);
    assert!(error.unwrap_err().to_string().contains("2 weights instead of"));
}
