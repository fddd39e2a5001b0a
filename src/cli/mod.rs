//! The command line: one file a subcommand. They parse, wire the rooms together, and run.

#[cfg(feature = "learn")]
mod calibrate;
mod detect;
#[cfg(all(feature = "simulate", feature = "pictures"))]
mod draw;
mod encode;
#[cfg(feature = "learn")]
mod evaluate;
mod exit;
mod files;
#[cfg(feature = "learn")]
mod fit;
#[cfg(feature = "generate")]
mod generate;
mod inspect;
#[cfg(feature = "learn")]
mod learn;
#[cfg(feature = "pictures")]
mod pictures;
mod raw;
mod read;
mod reconstruct;
mod sandbox;
#[cfg(feature = "simulate")]
mod simulate;
mod table;
mod windows;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Watches sensor streams with an autoencoder and says when something is odd.
#[derive(Debug, Parser)]
#[command(name = "oddity", version, about, max_term_width = 100, after_help = exit::HELP)]
struct Cli {
    /// Also say on stderr how the input is read, and what came of it
    #[arg(short, long, global = true)]
    verbose: bool,
    /// Say nothing on stderr but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Learn what normal looks like from normal data, and write a model
    #[cfg(feature = "learn")]
    Fit(fit::Args),
    /// Watch a stream: rows go in, one JSON line for each event comes out
    Detect(detect::Args),
    /// Write the latent of each window or picture: features for other programs
    Encode(encode::Args),
    /// Write what a model makes of its input: denoised signals, pictures, or raw windows
    Reconstruct(reconstruct::Args),
    /// Draw new windows or pictures from a variational autoencoder
    #[cfg(feature = "generate")]
    Generate(generate::Args),
    /// Give an ONNX model from elsewhere what detection needs, from normal data
    #[cfg(feature = "learn")]
    Calibrate(calibrate::Args),
    /// Show what a model file holds
    Inspect(inspect::Args),
    /// Measure detection on labelled data, beside simple baselines
    #[cfg(feature = "learn")]
    Evaluate(evaluate::Args),
    /// Make data of a simulated motor-pump, with faults if you like
    #[cfg(feature = "simulate")]
    Simulate(simulate::Args),
    /// Draw pictures of a part, with defects if you like
    #[cfg(all(feature = "simulate", feature = "pictures"))]
    Draw(draw::Args),
    /// Load a model from standard input within limits, and exit (used by the other commands)
    #[command(hide = true)]
    CheckModel {
        /// Its decoder alone
        #[arg(long)]
        decoder: bool,
    },
}

/// Runs the command line of this process.
pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    let level = match (cli.quiet, cli.verbose) {
        (true, _) => "error",
        (false, false) => "warn",
        (false, true) => "info",
    };
    env_logger::Builder::new()
        // tract tells much that is of use to its authors only.
        .parse_filters(&format!("error,oddity={level}"))
        .format(|out, record| {
            use std::io::Write;
            let level = record.level().as_str().to_lowercase();
            writeln!(out, "oddity: {level}: {}", exit::printable(&record.args().to_string()))
        })
        .init();
    let done = match cli.command {
        #[cfg(feature = "learn")]
        Command::Fit(args) => fit::run(args),
        Command::Detect(args) => detect::run(args),
        Command::Encode(args) => encode::run(args),
        Command::Reconstruct(args) => reconstruct::run(args),
        #[cfg(feature = "generate")]
        Command::Generate(args) => generate::run(&args),
        #[cfg(feature = "learn")]
        Command::Calibrate(args) => calibrate::run(args),
        Command::Inspect(args) => inspect::run(&args),
        #[cfg(feature = "learn")]
        Command::Evaluate(args) => evaluate::run(args),
        #[cfg(feature = "simulate")]
        Command::Simulate(args) => simulate::run(&args),
        #[cfg(all(feature = "simulate", feature = "pictures"))]
        Command::Draw(args) => draw::run(&args),
        Command::CheckModel { decoder } => return sandbox::child(decoder),
    };
    exit::code(done)
}
