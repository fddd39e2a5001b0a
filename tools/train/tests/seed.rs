//! The seed is one for the whole process, so this stands alone.

#![allow(clippy::unwrap_used)]

use oddity_train::net::{Axes, Backbone, Network, Spec};
use tch::Device;

#[test]
fn the_same_seed_gives_the_same_weights() {
    let (axes, lstm) =
        (Axes::Rows { time: 7, channels: 3 }, Backbone::Lstm { hidden: 6, layers: 2 });
    let spec = Spec { variational: true, ..Spec::plain(axes, lstm, 4) };
    let weights = |seed| {
        tch::manual_seed(seed);
        Network::new(&spec, Device::Cpu).unwrap().parameters()
    };
    let (first, again, other) = (weights(1), weights(1), weights(2));
    assert_eq!(first, again);
    assert!(first.iter().zip(&other).all(|(a, b)| a.0 == b.0 && a.1 != b.1));
}
