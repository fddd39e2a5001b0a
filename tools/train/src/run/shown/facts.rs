//! What was trained on what, in names and values.

use std::time::Duration;

use clap::ValueEnum;
use oddity::profile::{HeadSpec, Profile};

use super::super::Made;
use super::About;
use crate::net::{Activation, Axes, Backbone, Spec};
use crate::progress::span;
use crate::train::Settings;

pub(super) type Facts = Vec<(String, String)>;

impl About {
    pub(super) fn facts(&self, made: &Made, profile: &Profile) -> Vec<(String, Facts)> {
        let Settings { loss, optimiser, lr, schedule, batch, noise, sparsity, .. } = &self.settings;
        let mut network = vec![
            fact("kind", &self.kind),
            fact("input", in_words(self.axes)),
            fact("layers", layers(&self.spec)),
            fact("latent", self.spec.latent),
            fact(
                "weights",
                made.validated.parameters().iter().map(|(_, w)| w.numel()).sum::<usize>(),
            ),
        ];
        if self.spec.latent_activation != Activation::Identity {
            network.push(fact("on the latent", name(&self.spec.latent_activation)));
        }
        if self.spec.output_activation != Activation::Identity {
            network.push(fact("on the output", name(&self.spec.output_activation)));
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
        let mut training = match self.closed_form {
            true => vec![fact("weights", "principal components, by their formula")],
            false => vec![
                fact("loss", loss),
                fact("optimiser", format!("{}, learning rate {lr}, {schedule}", name(optimiser))),
                fact("batch", batch),
                fact("noise on the input", noise),
                fact("penalty on the latent", sparsity),
            ],
        };
        training.push(fact("seed", self.settings.seed));
        training.push(fact("computed on", &self.device));
        let times: Facts = made
            .outcomes
            .iter()
            .map(|(name, outcome)| {
                let time = span(Duration::try_from_secs_f64(outcome.seconds).unwrap_or_default());
                fact(name, format!("{} epochs, {time}", outcome.training.len()))
            })
            .collect();
        let run =
            [vec![fact("command", format!("oddity-train {}", profile.provenance.command))], times];
        [
            ("Data", self.data.clone()),
            ("Network", network),
            ("Training", training),
            ("Run", run.concat()),
        ]
        .into_iter()
        .map(|(name, facts)| (name.to_owned(), facts))
        .collect()
    }
}

/// As it is typed on the command line.
pub(super) fn name(value: &impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

pub(super) fn fact(name: &str, value: impl ToString) -> (String, String) {
    (name.to_owned(), value.to_string())
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
