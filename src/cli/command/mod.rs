//! The subcommands, a file each: arguments go in, and the rooms are wired together and run.

mod bench;
#[cfg(feature = "board")]
mod board;
#[cfg(feature = "learn")]
mod calibrate;
#[cfg(feature = "learn")]
mod check;
mod detect;
#[cfg(all(feature = "simulate", feature = "pictures"))]
mod draw;
mod encode;
#[cfg(feature = "learn")]
mod evaluate;
#[cfg(feature = "learn")]
mod feedback;
#[cfg(feature = "learn")]
mod fit;
#[cfg(feature = "generate")]
mod generate;
mod inspect;
#[cfg(feature = "learn")]
mod quantize;
mod reconstruct;
#[cfg(all(feature = "sensor", target_os = "linux"))]
mod record;
#[cfg(feature = "report")]
mod report;
#[cfg(feature = "simulate")]
mod simulate;

use std::process::ExitCode;

use clap::Subcommand;
#[cfg(feature = "tract")]
use oddity::model::ModelPart;

use super::exit;
#[cfg(feature = "tract")]
use super::loading::{BareArgs, LoadArgs};
#[cfg(feature = "tract")]
use super::sandbox;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Learn what normal looks like from normal data, and write a model
    #[cfg(feature = "learn")]
    Fit(fit::FitArgs),
    /// Show how data is read: columns, roles, first rows as numbers, and what is left out and why
    #[cfg(feature = "learn")]
    Check(check::CheckArgs),
    /// Watch a stream: rows go in, one JSON line for each event comes out
    Detect(detect::DetectArgs),
    /// Write the latent of each window or picture: features for other programs
    Encode(encode::EncodeArgs),
    /// Write what a model makes of its input: denoised signals, pictures, or raw windows
    Reconstruct(reconstruct::ReconstructArgs),
    /// Draw new windows or pictures from a variational autoencoder
    #[cfg(feature = "generate")]
    Generate(generate::GenerateArgs),
    /// Give an external ONNX model what detection needs, from normal data
    #[cfg(feature = "learn")]
    Calibrate(calibrate::CalibrateArgs),
    /// Bring a model to weights and activations of 8 bits, and say what that costs
    #[cfg(feature = "learn")]
    Quantize(quantize::QuantizeArgs),
    /// Move a model's threshold by what is known of its alerts, or the model to what is normal now
    #[cfg(feature = "learn")]
    Feedback(feedback::FeedbackArgs),
    /// Show what a model file holds
    Inspect(inspect::InspectArgs),
    /// Measure detection on labelled data, beside simple baselines
    #[cfg(feature = "learn")]
    Evaluate(evaluate::EvaluateArgs),
    /// Write a page that shows what a model sees in data: charts, alerts, who is to blame
    #[cfg(feature = "report")]
    Report(report::ReportArgs),
    /// Measure how fast a model runs on this machine
    Bench(bench::BenchArgs),
    /// Show boards, their buses and pins, and check what of one is here
    #[cfg(feature = "board")]
    Board(board::BoardArgs),
    /// Write what the sensors of this machine measure, as CSV: normal data for `fit`
    #[cfg(all(feature = "sensor", target_os = "linux"))]
    Record(record::RecordArgs),
    /// Make data of a simulated motor-pump, with optional faults
    #[cfg(feature = "simulate")]
    Simulate(simulate::SimulateArgs),
    /// Draw pictures of a part, with optional defects
    #[cfg(all(feature = "simulate", feature = "pictures"))]
    Draw(draw::DrawArgs),
    /// Write pages of the manual and completions for shells, for a package
    #[cfg(feature = "packaging")]
    #[command(hide = true)]
    PackageFiles {
        /// Where they go: DIR/man and DIR/completions
        #[arg(value_name = "DIR")]
        folder: std::path::PathBuf,
    },
    /// Load a model from standard input within limits, and exit (used by the other commands)
    #[cfg(feature = "tract")]
    #[command(hide = true)]
    CheckModel {
        /// Its decoder alone
        #[arg(long)]
        decoder: bool,
        /// What gives a latent
        #[arg(long, conflicts_with = "decoder")]
        encoder: bool,
        #[command(flatten)]
        bare: BareArgs,
        #[command(flatten)]
        load: LoadArgs,
    },
}

impl Command {
    /// Runs it to its end.
    pub(super) fn run(self) -> ExitCode {
        let done = match self {
            #[cfg(feature = "learn")]
            Self::Fit(args) => fit::run(args),
            #[cfg(feature = "learn")]
            Self::Check(args) => check::run(args),
            Self::Detect(args) => detect::run(&args),
            #[cfg(feature = "learn")]
            Self::Feedback(args) => feedback::run(args),
            Self::Encode(args) => encode::run(args),
            Self::Reconstruct(args) => reconstruct::run(args),
            #[cfg(feature = "generate")]
            Self::Generate(args) => generate::run(&args),
            #[cfg(feature = "learn")]
            Self::Calibrate(args) => calibrate::run(args),
            #[cfg(feature = "learn")]
            Self::Quantize(args) => quantize::run(args),
            Self::Inspect(args) => inspect::run(&args),
            #[cfg(feature = "learn")]
            Self::Evaluate(args) => evaluate::run(args),
            #[cfg(feature = "report")]
            Self::Report(args) => report::run(&args),
            Self::Bench(args) => bench::run(&args),
            #[cfg(feature = "board")]
            Self::Board(args) => board::run(&args),
            #[cfg(all(feature = "sensor", target_os = "linux"))]
            Self::Record(args) => record::run(&args),
            #[cfg(feature = "simulate")]
            Self::Simulate(args) => simulate::run(&args),
            #[cfg(all(feature = "simulate", feature = "pictures"))]
            Self::Draw(args) => draw::run(&args),
            #[cfg(feature = "packaging")]
            Self::PackageFiles { folder } => package_files(&folder),
            #[cfg(feature = "tract")]
            Self::CheckModel { decoder, encoder, bare, load } => {
                let part = match (decoder, encoder) {
                    (true, _) => ModelPart::Decoder,
                    (_, true) => ModelPart::Encoder,
                    _ => ModelPart::Whole,
                };
                return sandbox::child(part, &bare.over(load.options()));
            }
        };
        exit::code(done)
    }
}

#[cfg(feature = "packaging")]
fn package_files(folder: &std::path::Path) -> anyhow::Result<exit::Completion> {
    use oddity::files::WriteError;
    let what = || format!("the files of a package in {}", folder.display());
    super::package_files::write(folder).map_err(|source| WriteError { what: what(), source })?;
    Ok(exit::Completion::Done)
}
