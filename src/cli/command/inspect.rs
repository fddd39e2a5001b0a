//! `oddity inspect MODEL`: what a model file holds, to read or as JSON.

use std::io::Write;
use std::path::PathBuf;

use oddity::files::WriteError;
use oddity::model::{
    Description, LayerArithmetic, ModelKind, OverlapEnd, OverlapLayer, Overlapping,
};
use oddity::profile::{
    FeatureSpec, Feedback, FeedbackKind, Layout, Profile, Provenance, ScoreSpec, Sensitivity,
};
use oddity::terminal::{four_digits, printable};
use serde::Serialize;

use crate::cli::exit::Completion;
use crate::cli::files::ModelFile;
use crate::cli::loading::{BareArgs, LoadArgs};
use crate::cli::stdio::stdout;

/// Show what a model file holds
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct InspectArgs {
    /// An ONNX model
    model: PathBuf,
    /// Write JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    bare: BareArgs,
    #[command(flatten)]
    load: LoadArgs,
}

#[derive(Serialize)]
struct Inspection<'a> {
    id: &'a str,
    bytes: usize,
    model: &'a Description,
    /// Order of the axes: as the profile says; without one, where windows may be pictures, by the axes.
    layout: Option<Layout>,
    profile: Option<&'a Profile>,
    /// What is not computed again where windows overlap.
    overlap: Option<Overlapping>,
}

pub(super) fn run(args: &InspectArgs) -> anyhow::Result<Completion> {
    let file = ModelFile::open(&args.model, &args.bare.over(args.load.options()))?;
    args.bare.check(&file.model)?;
    file.keeps_its_samples()?;
    let (profile, id) = (file.profile()?, file.id());
    let model = file.model.description();
    let overlap =
        profile.as_ref().and_then(|profile| file.model.overlapping(profile.layout, profile.hop));
    let text = if args.json {
        let bytes = file.bytes.len();
        let profile = profile.as_ref();
        let kept = profile.map(|profile| profile.layout);
        let layout = kept.or_else(|| file.model.picture_layout());
        let inspection = Inspection { id: &id, bytes, model, layout, profile, overlap };
        let mut json = serde_json::to_string_pretty(&inspection)?;
        json.push('\n');
        json
    } else {
        let mut lines = describe(&file, model);
        lines.extend(overlap.iter().flat_map(overlapping));
        match &profile {
            Some(profile) => lines.extend(describe_profile(profile)),
            None => {
                let picture =
                    file.model.picture_layout().map(|layout| line("picture", axes(layout)));
                lines.extend(picture);
                lines.push(line("profile", "none: `oddity calibrate` makes one from normal data"))
            }
        }
        lines.concat()
    };
    stdout().write_all(text.as_bytes()).map_err(WriteError::stdout)?;
    Ok(Completion::Done)
}

fn line(name: &str, value: impl std::fmt::Display) -> String {
    format!("{name:<14} {}\n", printable(&value.to_string()))
}

fn describe(file: &ModelFile, model: &Description) -> Vec<String> {
    let shape = |value: &oddity::model::ValueDescription| {
        format!("{} {} [{}]", value.name, value.element, value.shape.join(", "))
    };
    let operators: Vec<String> =
        model.operators.iter().map(|op| format!("{} x{}", op.operator, op.count)).collect();
    let mut lines = vec![
        line("id", file.id()),
        line("file", by(file.bytes.len(), &model.producer)),
        line("format", format!("opset {}, IR version {}", model.opset, model.ir_version)),
        line("input", shape(&model.input)),
    ];
    lines.extend(model.outputs.iter().map(|output| line("output", shape(output))));
    if model.kind == ModelKind::Score {
        let what =
            "one number for a window; there is no reconstruction, so no channel has a share in it";
        lines.push(line("score", what));
    }
    if model.variational {
        lines.push(line("variational", "yes: mu and logvar give the distribution of its latents"));
    }
    lines.extend([
        line("operators", operators.join(", ")),
        line("parameters", format!("{} ({} bytes)", model.parameters, model.weight_bytes)),
        line("multiply-adds", format!("{} per window", model.multiply_adds)),
        line("arithmetic", model.arithmetic.summary()),
    ]);
    lines.extend(model.arithmetic.layers.iter().map(layer));
    lines.extend(model.notices.iter().map(|notice| line("notice", notice)));
    lines
}

/// How one layer is computed.
fn layer(layer: &LayerArithmetic) -> String {
    let LayerArithmetic { layer, arithmetic, because } = layer;
    let because = because.as_ref().map(|why| format!(", because {why}")).unwrap_or_default();
    line("", format!("{layer:<24} {arithmetic}{because}"))
}

/// What is not computed again where windows overlap, and where that ends.
fn overlapping(overlap: &Overlapping) -> Vec<String> {
    let Overlapping { hop, layers, ends } = overlap;
    let mut lines = vec![match layers.is_empty() {
        true => line("overlap", format!("each window is computed in full at hop {hop}")),
        false => line("overlap", format!("at hop {hop} these layers compute what is new")),
    }];
    lines.extend(layers.iter().map(|part| {
        let OverlapLayer { layer, computed, places, windows_back } = part;
        let back = match windows_back {
            1 => "the window before".to_owned(),
            back => format!("{back} windows before"),
        };
        line("", format!("{layer:<24} {computed} of {places} places, the rest from {back}"))
    }));
    lines.extend(ends.iter().map(|OverlapEnd { layer, because }| {
        let layer = layer.as_deref().unwrap_or("all layers");
        line("", format!("{layer:<24} all, because {because}"))
    }));
    lines
}

/// The order of a picture's axes, in words.
fn axes(layout: Layout) -> &'static str {
    match layout {
        Layout::PicturePlanesLast => "planes last: [height, width, planes]",
        _ => "planes first: [planes, height, width]",
    }
}

/// Size and writer of the file, which need not name itself.
fn by(bytes: usize, producer: &str) -> String {
    match producer {
        "" => format!("{bytes} bytes"),
        producer => format!("{bytes} bytes, by {producer}"),
    }
}

fn score(spec: &ScoreSpec) -> String {
    let kind = spec.kind();
    match spec {
        ScoreSpec::Model { origin, .. } if *origin != 0.0 => {
            format!("{kind}, counted from {origin:.6}, the lowest of normal data")
        }
        _ => kind.to_string(),
    }
}

fn describe_profile(profile: &Profile) -> Vec<String> {
    let period = match profile.period_s {
        Some(seconds) => format!("one row every {} s", four_digits(seconds)),
        None => "rows as they come".into(),
    };
    let alert = &profile.alert;
    let mut lines = vec![line("profile", format!("version {}", profile.version))];
    let is_picture = profile.layout.is_picture();
    if is_picture {
        let Profile { window, layout, .. } = profile;
        lines.push(line("window", format!("a picture of {window} pixels, {}", axes(*layout))));
    } else {
        let Profile { average, window, hop, layout, .. } = profile;
        let means = match average {
            1 => String::new(),
            of => format!(" (each the mean of {of})"),
        };
        lines.extend([
            line("window", format!("{window} rows{means}, every {hop}, {layout}; {period}")),
            line("time column", profile.time.as_deref().unwrap_or("none")),
            line("key column", profile.key.as_deref().unwrap_or("none")),
            line("missing", format!("held for {} rows", profile.missing.hold)),
        ]);
        lines.extend(profile.when.as_ref().map(|when| {
            let settle = match when.settle_s {
                0.0 => String::new(),
                settle_s => format!(", for {} s", four_digits(settle_s)),
            };
            line("judged when", format!("{when}{settle}"))
        }));
    }
    let Provenance { rows, windows, data_sha256, .. } = &profile.provenance;
    lines.extend([
        line("score", score(&profile.score)),
        line("smoothing", profile.smooth),
        line(
            "threshold",
            format!(
                "{:.6} by {} from {} scores of normal data",
                profile.threshold.value, profile.threshold.rule, profile.threshold.scores
            ),
        ),
        line(
            "alert",
            format!(
                "raised above ratio {}, cleared at {}, {} of {} windows, minimum duration {} s, \
                 cooldown {} s",
                alert.raise, alert.clear, alert.k, alert.of, alert.min_duration_s, alert.cooldown_s
            ),
        ),
        line("made by", format!("{}: {}", profile.provenance.program, profile.provenance.command)),
        line(
            "made from",
            match is_picture {
                true => format!("{rows} pictures, sha256 {data_sha256}"),
                false => format!("{rows} rows, {windows} windows, sha256 {data_sha256}"),
            },
        ),
    ]);
    lines.extend(profile.provenance.feedback.iter().map(|step| {
        let what = match step.kind {
            FeedbackKind::FalseAlarm => "a false alarm",
            FeedbackKind::Missed => "a fault that was missed",
            FeedbackKind::NewNormal => "a new normal",
        };
        let Feedback { rows: [from, to], before, after, .. } = step;
        line(
            "feedback",
            format!("{what} in rows {from} to {to}: threshold {before:.6} to {after:.6}"),
        )
    }));
    let before = profile.provenance.before.as_deref();
    if before.is_some() {
        lines.push(line(
            "kept",
            "the profile before the last new normal, for `oddity feedback --undo`",
        ));
    }
    lines.extend(profile.unprecedented.as_ref().map(|spec| {
        let watched = spec.channels.iter().flatten().count();
        let days = four_digits(spec.learned_s / 86_400.0);
        line(
            "unprecedented",
            format!("told of {watched} of {} channels, from {days} days", spec.channels.len()),
        )
    }));
    lines.extend(profile.drift.as_ref().map(|spec| {
        let watched = spec.channels.iter().flatten().count();
        let score = if spec.score.is_some() { " and the score" } else { "" };
        let channels = spec.channels.len();
        line(
            "drift",
            format!("told over {} rows, of {watched} of {channels} channels{score}", spec.rows),
        )
    }));
    lines.extend(profile.provenance.left_out.iter().map(|what| line("left out", what)));
    if let Some(spec) = &profile.features {
        lines.push(line("features", of_frames(spec)));
    }
    lines.push(line("channels", profile.channels.len()));
    let mut before = before.map_or(&[][..], |before| &before.channels).iter();
    for channel in &profile.channels {
        let unit = channel.unit.as_deref().unwrap_or("");
        lines.push(line(
            "",
            format!(
                "{:<24} mean {:<12.6} scale {:<12.6} {unit}",
                channel.name, channel.mean, channel.scale
            ),
        ));
        if let Some(before) = before.next().filter(|before| before.mean != channel.mean) {
            lines.push(line(
                "",
                format!("{:<24} mean {:<12.6} before the new normal", "", before.mean),
            ));
        }
        lines.extend(channel.sensitivity.map(|raised| line("", just_raised(raised, unit))));
    }
    lines
}

/// What would just be raised in a channel.
fn just_raised(Sensitivity { step, rows, noise }: Sensitivity, unit: &str) -> String {
    let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
    let step = match (step, rows) {
        (None, _) => "a step never".into(),
        (Some(step), None) => format!("a step of {}{unit}", four_digits(step)),
        (Some(step), Some(rows)) => {
            format!("a step of {}{unit}, twice that after {rows} rows", four_digits(step))
        }
    };
    let noise = noise.map_or("noise never".into(), |noise| {
        format!("noise of {}{unit} more", four_digits(noise))
    });
    format!("{:<24} just raised: {step}; {noise}", "")
}

/// What rows are made of.
fn of_frames(spec: &FeatureSpec) -> String {
    let FeatureSpec { frame, hop, bands, envelope, period_s } = spec;
    let rate = period_s.map_or(String::new(), |s| format!(" at {} Hz", four_digits(1.0 / s)));
    format!(
        "of frames of {frame} rows{rate}, one every {hop}: {bands} bands, {envelope} of the envelope"
    )
}
