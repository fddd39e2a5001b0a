//! `oddity fit DATA -o MODEL`: learns a linear autoencoder on the spot.

use std::path::PathBuf;
use std::time::Instant;

use oddity::fit::{self, Fitted, Options};

use super::args::LearnArgs;
use super::exit::{self, Outcome};
use super::files::{refuse_to_overwrite, write_whole};

/// Learn what normal looks like from normal data, and write a model
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// CSV or JSON Lines of normal operation; `-` is standard input
    #[arg(required = true)]
    data: Vec<PathBuf>,
    /// Where the model goes
    #[arg(short, long, value_name = "MODEL")]
    output: PathBuf,
    #[command(flatten)]
    learn: LearnArgs,
    #[command(flatten)]
    size: SizeArgs,
}

/// How much the latent keeps.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct SizeArgs {
    /// Share of the variance that the latent explains
    /// [default: 0.8]
    #[arg(long, value_parser = share)]
    variance: Option<f64>,
    /// Width of the latent, instead of --variance
    #[arg(long)]
    latent: Option<usize>,
}

impl SizeArgs {
    pub(super) fn is_any(&self) -> bool {
        self.variance.is_some() || self.latent.is_some()
    }

    pub(super) fn over(self, mut options: Options) -> Options {
        options.variance = self.variance.unwrap_or(options.variance);
        options.latent = self.latent;
        options
    }
}

fn share(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|share| *share > 0.0 && *share <= 1.0)
        .ok_or_else(|| "must be a number above 0 and at most 1".into())
}

pub(super) fn run(args: Args) -> anyhow::Result<Outcome> {
    let start = Instant::now();
    refuse_to_overwrite(&args.data, &args.output)?;
    let (data, _spool) = args.learn.data(&args.data)?;
    let options = args.size.over(args.learn.options()?);
    let fitted = fit::fit(&data, &options)?;
    write_whole(&args.output, &fitted.onnx)?;
    report(&fitted);
    exit::note(&format!(
        "wrote {} ({} bytes) in {:.2} s",
        args.output.display(),
        fitted.onnx.len(),
        start.elapsed().as_secs_f64()
    ));
    Ok(Outcome::Done)
}

/// Says on stderr what was learned.
pub(super) fn report(fitted: &Fitted) {
    for warning in &fitted.warnings {
        log::warn!("{warning}");
    }
    for line in &fitted.summary {
        exit::note(line);
    }
}
