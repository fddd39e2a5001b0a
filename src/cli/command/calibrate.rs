//! `oddity calibrate MODEL DATA... -o MODEL`: gives an external model what detection needs, from
//! rows of sensors or from pictures.

use std::path::PathBuf;

use oddity::args::LearnArgs;
use oddity::files::{refuse_to_overwrite, write_whole};
#[cfg(feature = "pictures")]
use oddity::fit::FitError;
use oddity::fit::{self, Fitted, takes_only_pictures};
#[cfg(feature = "pictures")]
use oddity::picture::is_picture;
use oddity::profile::Layout;

#[cfg(not(feature = "pictures"))]
use crate::cli::error::RunError;
use crate::cli::exit::Completion;
use crate::cli::files::ModelFile;
use crate::cli::learn::{report, warn_of_feedback};
use crate::cli::loading::{LoadArgs, OpenArgs};
use crate::cli::stderr;

/// Give an external ONNX model what detection needs, from normal data
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct CalibrateArgs {
    /// An ONNX autoencoder, or a model that gives one number for a window: how odd it is; with or without
    /// a profile
    model: PathBuf,
    /// CSV or JSON Lines of normal operation, `-` is standard input; or normal pictures, and folders of
    /// them
    #[arg(required = true)]
    data: Vec<PathBuf>,
    /// Where the model with its profile goes; may be MODEL
    #[arg(short, long, value_name = "MODEL")]
    output: PathBuf,
    /// Subtract each channel's mean and divide by its deviation before the model sees it [default:
    /// as the model's profile says; without one, no]
    #[arg(long)]
    normalise: bool,
    /// Order of the axes of a model without a profile: time-channels or channels-time [default: by
    /// the number of channels in the data]
    #[arg(long)]
    layout: Option<Layout>,
    #[command(flatten)]
    learn: LearnArgs,
    #[command(flatten)]
    open: OpenArgs,
    #[command(flatten)]
    load: LoadArgs,
}

pub(super) fn run(args: CalibrateArgs) -> anyhow::Result<Completion> {
    refuse_to_overwrite(&args.data, &args.output)?;
    let options = args.open.over(args.learn.window, args.load.options());
    let file = ModelFile::open(&args.model, &options)?;
    anyhow::ensure!(
        args.open.size().is_none() || !file.model.free_axes().is_empty(),
        "the model's windows are {:?}, and none of these axes is free: leave out --size",
        file.model.window_shape()
    );
    let profile = file.profile()?;
    let notices = file.model.description().notices.clone();
    let only_pictures = takes_only_pictures(&file.model, profile.as_ref());
    let fitted = match only_pictures || args.data.iter().any(|path| is_picture(path)) {
        true => pictures(&args, file, only_pictures)?,
        false => rows(&args, file)?,
    };
    write_whole(&args.output, fitted.bundle.to_bytes())?;
    for notice in &notices {
        stderr::note(notice);
    }
    report(&fitted);
    stderr::note(&format!("wrote {}", args.output.display()));
    Ok(Completion::Done)
}

fn rows(args: &CalibrateArgs, file: ModelFile) -> anyhow::Result<Fitted> {
    let (data, _spool) = args.learn.data(&args.data)?;
    let mut options = args.learn.options()?;
    options.normalise = args.normalise;
    options.layout = args.layout;
    let profile = file.profile()?;
    if options.when.is_none() {
        options.when = profile.as_ref().and_then(|profile| profile.when.clone());
    }
    warn_of_feedback(profile.as_ref());
    let data = args.learn.leave_out(data, &options)?;
    Ok(fit::calibrate((file.model, &file.bytes), &data, &options)?)
}

#[cfg(feature = "pictures")]
fn pictures(args: &CalibrateArgs, file: ModelFile, only_pictures: bool) -> anyhow::Result<Fitted> {
    let mut options = args.learn.options_for_pictures()?;
    options.normalise = args.normalise;
    options.layout = args.layout;
    fit::calibrate_pictures((file.model, &file.bytes), &args.data, &options).map_err(|error| {
        match error {
            error @ FitError::Picture(_) if only_pictures => {
                anyhow::Error::from(error).context("the model takes pictures")
            }
            error => error.into(),
        }
    })
}

#[cfg(not(feature = "pictures"))]
fn pictures(
    args: &CalibrateArgs,
    _file: ModelFile,
    _only_pictures: bool,
) -> anyhow::Result<Fitted> {
    Err(RunError::PicturesLeftOut { model: args.model.clone() }.into())
}

#[cfg(not(feature = "pictures"))]
fn is_picture(_path: &std::path::Path) -> bool {
    false
}
