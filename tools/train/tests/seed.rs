//! The seed is one for the whole process, so this stands alone.

#![allow(clippy::unwrap_used)]

use oddity_train::net::{Activation, Axes, Backbone, Network, Spec};
use tch::Device;

#[test]
fn the_same_seed_gives_the_same_weights() {
    let spec = Spec {
        axes: Axes::Rows { time: 7, channels: 3 },
        backbone: Backbone::Lstm { hidden: 6, layers: 2 },
        latent: 4,
        activation: Activation::Relu,
        latent_activation: Activation::Identity,
        output_activation: Activation::Identity,
        variational: true,
        head: None,
    };
    let weights = |seed| {
        tch::manual_seed(seed);
        Network::new(&spec, Device::Cpu).unwrap().parameters()
    };
    let (first, again, other) = (weights(1), weights(1), weights(2));
    assert_eq!(first, again);
    assert!(first.iter().zip(&other).all(|(a, b)| a.0 == b.0 && a.1 != b.1));
}
