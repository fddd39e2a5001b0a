//! One half of `bench/train_speed.sh`: trains 784-128-64-128-784 with the training loop and prints the
//! seconds of it.
//!
//! `train_speed WINDOWS EPOCHS BATCH`

use anyhow::Context;
use oddity_train::net::{Activation, Axes, Backbone, Network, Spec};
use oddity_train::train::{Control, Course, Examples, Progress, Settings, train};
use tch::{Device, Kind, Tensor};

fn main() -> anyhow::Result<()> {
    let numbers: Vec<usize> =
        std::env::args().skip(1).map(|text| text.parse()).collect::<Result<_, _>>()?;
    let [windows, epochs, batch] = numbers.try_into().ok().context("WINDOWS EPOCHS BATCH")?;
    tch::set_num_threads(2);
    tch::manual_seed(1);
    let examples = Examples {
        windows: Tensor::f_rand([windows as i64, 784], (Kind::Float, Device::Cpu))?,
        labels: None,
        normal: None,
    };
    let dense = Backbone::Dense { hidden: vec![128] };
    let spec = Spec {
        output_activation: Activation::Sigmoid,
        ..Spec::plain(Axes::Features(784), dense, 64)
    };
    let network = Network::new(&spec, Device::Cpu)?;
    let settings = Settings { batch, ..Settings::default() };
    let run = |epochs: usize| {
        let rates = vec![settings.lr; epochs];
        let go_on = |_: &Progress<'_>| Control::Continue;
        train(&network, &examples, Course::Repeat(&rates), &settings, None, go_on)
    };
    // Warms up allocator and threads.
    run(1)?;
    let started = std::time::Instant::now();
    let outcome = run(epochs)?;
    println!("{:.4}", started.elapsed().as_secs_f64());
    eprintln!("loss {:.6}", outcome.training.last().context("no epoch")?);
    Ok(())
}
