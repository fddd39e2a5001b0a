//! `oddity calibrate MODEL DATA -o MODEL`: gives a model from elsewhere what detection needs.

use std::path::PathBuf;

use oddity::args::LearnArgs;
use oddity::fit;
use oddity::profile::Layout;
use oddity::sink::{refuse_to_overwrite, write_whole};

use super::exit::{self, Outcome};
use super::files::ModelFile;
use super::learn::report;

/// Give an ONNX model from elsewhere what detection needs, from normal data
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// An ONNX autoencoder, with or without a profile
    model: PathBuf,
    /// CSV or JSON Lines of normal operation; `-` is standard input
    #[arg(required = true)]
    data: Vec<PathBuf>,
    /// Where the model with its profile goes; may be MODEL
    #[arg(short, long, value_name = "MODEL")]
    output: PathBuf,
    /// Subtract each channel's mean and divide by its deviation before the model sees it [default:
    /// as the model's profile says, else its input as it is]
    #[arg(long)]
    normalise: bool,
    /// Order of the axes of a model without a profile: time-channels or channels-time [default: by
    /// the number of channels in the data]
    #[arg(long)]
    layout: Option<Layout>,
    #[command(flatten)]
    learn: LearnArgs,
}

pub(super) fn run(args: Args) -> anyhow::Result<Outcome> {
    refuse_to_overwrite(&args.data, &args.output)?;
    let file = ModelFile::open(&args.model)?;
    let (data, _spool) = args.learn.data(&args.data)?;
    let mut options = args.learn.options()?;
    options.normalise = args.normalise;
    options.layout = args.layout;
    let fitted = fit::calibrate(&file.bytes, &data, &options)?;
    write_whole(&args.output, &fitted.onnx)?;
    report(&fitted);
    exit::note(&format!("wrote {}", args.output.display()));
    Ok(Outcome::Done)
}
