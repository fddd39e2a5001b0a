//! `oddity fit DATA -o MODEL`: learns a linear autoencoder on the spot.

use std::path::PathBuf;
use std::time::Instant;

use oddity::args::LearnArgs;
use oddity::files::{refuse_to_overwrite, write_whole};
use oddity::fit;

use crate::cli::exit::Completion;
use crate::cli::learn::report;
use crate::cli::size::SizeArgs;
use crate::cli::stderr;

/// Learn what normal looks like from normal data, and write a model
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct FitArgs {
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

pub(super) fn run(args: FitArgs) -> anyhow::Result<Completion> {
    let start = Instant::now();
    refuse_to_overwrite(&args.data, &args.output)?;
    let (data, _spool) = args.learn.data(&args.data)?;
    let options = args.size.over(args.learn.options()?);
    let data = args.learn.leave_out(data, &options)?;
    let fitted = fit::fit(&data, &options)?;
    write_whole(&args.output, fitted.bundle.to_bytes())?;
    report(&fitted);
    stderr::note(&format!(
        "wrote {} ({} bytes) in {:.2} s",
        args.output.display(),
        fitted.bundle.to_bytes().len(),
        start.elapsed().as_secs_f64()
    ));
    Ok(Completion::Done)
}
