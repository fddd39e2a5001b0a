//! `oddity feedback MODEL EVENTS --false|--missed FROM TO -o MODEL`: what somebody knows of what was raised, or was not.
//! `oddity feedback MODEL DATA --new-normal [FROM] -o MODEL`: what is normal from now on.

use std::path::{Path, PathBuf};

use anyhow::Context;
use oddity::args::ReadArgs;
use oddity::feedback::{self, Lines};
use oddity::files::{refuse_to_overwrite, write_whole};
use oddity::model::Bundle;
use oddity::profile::Profile;

use crate::cli::exit::Completion;
use crate::cli::files::ModelFile;
use crate::cli::learn::lines;
use crate::cli::loading::LoadArgs;
use crate::cli::stderr;

/// Move a model's threshold by what is known of its alerts, or the model to what is normal now
#[derive(Debug, clap::Args)]
#[command(group(
    clap::ArgGroup::new("known").required(true).args(["is_false", "missed", "new_normal", "undo"])
))]
pub(in crate::cli) struct FeedbackArgs {
    /// A model with its profile
    model: PathBuf,
    /// What `detect` has written by this model, best with `--emit all`; with --new-normal the readings themselves, CSV or
    /// JSON Lines. `-` is standard input
    #[arg(value_name = "EVENTS|DATA", required_unless_present = "undo", conflicts_with = "undo")]
    input: Option<PathBuf>,
    /// The alerts in EVENTS were none: the threshold goes above their scores
    #[arg(long = "false")]
    is_false: bool,
    /// A fault from FROM to TO, rows or times, was not raised: says by which threshold it would have been, and how many
    /// alerts the rest of EVENTS then raises
    #[arg(long, num_args = 2, value_names = ["FROM", "TO"])]
    missed: Option<Vec<String>>,
    /// The rows of DATA from FROM on, a row or a time, are what is normal from now on: means, score and threshold move
    /// over to them, and the network stays; stands after DATA [default: all rows]
    #[arg(long, num_args = 0..=1, value_name = "FROM")]
    new_normal: Option<Option<String>>,
    /// Take the last feedback back
    #[arg(long)]
    undo: bool,
    /// Where the model goes; may be MODEL. With --missed it may be left out, to be told only
    #[arg(short, long, value_name = "MODEL", required_unless_present = "missed")]
    output: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Reading DATA, with --new-normal")]
    read: ReadArgs,
    #[command(flatten)]
    load: LoadArgs,
}

pub(super) fn run(args: FeedbackArgs) -> anyhow::Result<Completion> {
    if let Some(output) = &args.output {
        refuse_to_overwrite(args.input.as_slice(), output)?;
    }
    if let (None, Some(option)) = (&args.new_normal, args.read.given()) {
        anyhow::bail!("{option} is for the data of --new-normal: leave it out");
    }
    let bundle = ModelFile::open(&args.model, &args.load.options())?.bundle()?;
    let (profile, warnings, said) = known(&args, &bundle)?;
    lines(&warnings, &said);
    if let Some(output) = &args.output {
        let bundle = Bundle::new(bundle.model().clone(), bundle.to_bytes(), profile)?;
        write_whole(output, bundle.to_bytes())?;
        stderr::note(&format!("wrote {}", output.display()));
    }
    Ok(Completion::Done)
}

/// The profile that follows from what is known, what should be looked at, and what is to be said.
fn known(
    args: &FeedbackArgs,
    bundle: &Bundle,
) -> anyhow::Result<(Profile, Vec<String>, Vec<String>)> {
    let profile = bundle.profile();
    let Some(input) = &args.input else {
        let (profile, said) = feedback::undo(profile)?;
        return Ok((profile, Vec::new(), said));
    };
    if let Some(from) = &args.new_normal {
        let (data, _spool) = args.read.data(std::slice::from_ref(input))?;
        return Ok(feedback::new_normal(bundle, data, from.as_deref())?);
    }
    let told = read(input, bundle)?;
    let (profile, said) = match args.missed.as_deref() {
        Some([from, to]) => feedback::missed(profile, &told, (from, to))?,
        _ => feedback::false_alarms(profile, &told)?,
    };
    Ok((profile, Vec::new(), said))
}

fn read(path: &Path, bundle: &Bundle) -> anyhow::Result<Lines> {
    let name = path.display().to_string();
    let text = match name.as_str() {
        "-" => std::io::read_to_string(std::io::stdin()).context("standard input")?,
        _ => std::fs::read_to_string(path).with_context(|| name.clone())?,
    };
    Ok(Lines::read(&name, &text, bundle.id())?)
}
