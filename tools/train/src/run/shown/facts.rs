//! What was trained on what, in names and values.

use std::time::Duration;

use oddity::profile::{HeadSpec, Profile};

use super::super::made::Made;
use super::about::{About, Facts, fact, name};
use crate::net::{Activation, Axes, Backbone, Spec};
use crate::progress::{counted, short, span};
use crate::train::Settings;

pub(super) fn facts(about: &About, made: &Made, profile: &Profile) -> Vec<(String, Facts)> {
    let Settings { loss, optimiser, lr, schedule, batch, noise, sparsity, .. } = &about.settings;
    let mut network = vec![
        fact("kind", &about.kind),
        fact("input", in_words(about.axes)),
        fact("layers", layers(&about.spec)),
        fact("latent", about.spec.latent),
        fact("weights", made.whole.parameters().iter().map(|(_, w)| w.numel()).sum::<usize>()),
    ];
    if about.spec.latent_activation != Activation::Identity {
        network.push(fact("on the latent", name(&about.spec.latent_activation)));
    }
    if about.spec.output_activation != Activation::Identity {
        network.push(fact("on the output", name(&about.spec.output_activation)));
    }
    if let Some(head) = &profile.head {
        network.push(fact(
            "second output",
            match head {
                HeadSpec::Class { classes } => format!("class, one of {}", classes.join(", ")),
                HeadSpec::Estimate { name, .. } => format!("estimate of {name}"),
            },
        ));
    }
    let mut training = match about.closed_form {
        true => vec![fact("weights", "principal components, in closed form")],
        false => vec![
            fact("loss", loss),
            fact("optimiser", format!("{}, learning rate {lr}, {schedule}", name(optimiser))),
            fact("batch", batch),
            fact("noise on the input", noise),
            fact("penalty on the latent", sparsity),
        ],
    };
    if let Some(int8) = &made.int8 {
        network.push(fact("arithmetic", "int8: weights and activations in 8 bits, sums in 32"));
        let [float, rounded, tuned] =
            int8.losses.map(|loss| loss.map_or("unknown".to_owned(), short));
        training.extend([
            fact("validation loss in f32", float),
            fact("the same, rounded to 8 bits", rounded),
            fact("after fine-tuning in int8", tuned),
        ]);
    }
    training.push(fact("seed", about.settings.seed));
    training.push(fact("computed on", &about.device));
    let tuned = made.int8.iter().flat_map(|int8| &int8.outcomes);
    let tuned = tuned.map(|(name, outcome)| (format!("{name}, int8"), outcome));
    let float = made.outcomes.iter().map(|(name, outcome)| (name.clone(), outcome));
    let times: Facts = float
        .chain(tuned)
        .map(|(name, outcome)| {
            let time = span(Duration::try_from_secs_f64(outcome.seconds).unwrap_or_default());
            let how = match about.closed_form {
                true => "by the formula".to_owned(),
                false => counted(outcome.training.len(), "epoch"),
            };
            fact(&name, format!("{how}, {time}"))
        })
        .collect();
    let run =
        [vec![fact("command", format!("oddity-train {}", profile.provenance.command))], times];
    [
        ("Data", about.data.clone()),
        ("Network", network),
        ("Training", training),
        ("Run", run.concat()),
    ]
    .into_iter()
    .map(|(name, facts)| (name.to_owned(), facts))
    .collect()
}

fn in_words(axes: Axes) -> String {
    match axes {
        Axes::Features(features) => format!("{features} values, a row"),
        Axes::Rows { time, channels } => format!("{time} rows of {channels} channels"),
        Axes::Picture { planes, height, width } => {
            oddity::picture::PictureShape { planes, height, width }.to_string()
        }
    }
}

/// Widths on the way to the latent and back.
fn layers(spec: &Spec) -> String {
    let widths = spec.backbone.widths();
    let way = widths.iter().chain([&spec.latent]).chain(widths.iter().rev());
    let way = way.map(usize::to_string).collect::<Vec<_>>().join(" → ");
    match &spec.backbone {
        Backbone::Dense { .. } => format!("dense, {way}"),
        Backbone::Conv1d { kernel, stride, growth, .. }
        | Backbone::Conv2d { kernel, stride, growth, .. } => {
            let growth = name(growth);
            format!("convolutions, filters {way}; kernel {kernel}, stride {stride}, {growth}")
        }
        Backbone::Lstm { layers, .. } => format!("LSTM, {layers} deep, {way}"),
        Backbone::Gru { layers, .. } => format!("GRU, {layers} deep, {way}"),
    }
}
