//! `oddity feedback MODEL EVENTS --false|--missed FROM TO -o MODEL`: what somebody knows of what was raised, or was not.

use std::path::PathBuf;

use anyhow::Context;
use oddity::feedback::{self, Lines};
use oddity::files::{refuse_to_overwrite, write_whole};
use oddity::model::Bundle;

use crate::cli::exit::Completion;
use crate::cli::files::ModelFile;
use crate::cli::loading::LoadArgs;
use crate::cli::stderr;

/// Move a model's threshold by what is known of its alerts
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("known").required(true).args(["is_false", "missed", "undo"])))]
pub(in crate::cli) struct FeedbackArgs {
    /// A model with its profile
    model: PathBuf,
    /// What `detect` has written by this model, best with `--emit all`; `-` is standard input
    #[arg(required_unless_present = "undo", conflicts_with = "undo")]
    events: Option<PathBuf>,
    /// The alerts in EVENTS were none: the threshold goes above their scores
    #[arg(long = "false")]
    is_false: bool,
    /// A fault from FROM to TO, rows or times, was not raised: says by which threshold it would have been, and how many
    /// alerts the rest of EVENTS then raises
    #[arg(long, num_args = 2, value_names = ["FROM", "TO"])]
    missed: Option<Vec<String>>,
    /// Take the last feedback back
    #[arg(long)]
    undo: bool,
    /// Where the model goes; may be MODEL. With --missed it may be left out, to be told only
    #[arg(short, long, value_name = "MODEL", required_unless_present = "missed")]
    output: Option<PathBuf>,
    #[command(flatten)]
    load: LoadArgs,
}

pub(super) fn run(args: FeedbackArgs) -> anyhow::Result<Completion> {
    if let Some(output) = &args.output {
        refuse_to_overwrite(args.events.as_slice(), output)?;
    }
    let bundle = ModelFile::open(&args.model, &args.load.options())?.bundle()?;
    let profile = bundle.profile();
    let lines = match &args.events {
        Some(path) => {
            let name = path.display().to_string();
            let text = match name.as_str() {
                "-" => std::io::read_to_string(std::io::stdin()).context("standard input")?,
                _ => std::fs::read_to_string(path).with_context(|| name.clone())?,
            };
            Some(Lines::read(&name, &text, bundle.id())?)
        }
        None => None,
    };
    let (profile, said) = match (&lines, args.missed.as_deref()) {
        (Some(lines), Some([from, to])) => feedback::missed(profile, lines, (from, to))?,
        (Some(lines), _) => feedback::false_alarms(profile, lines)?,
        (None, _) => feedback::undo(profile)?,
    };
    said.iter().for_each(|line| stderr::note(line));
    if let Some(output) = &args.output {
        let bundle = Bundle::new(bundle.model().clone(), bundle.to_bytes(), profile)?;
        write_whole(output, bundle.to_bytes())?;
        stderr::note(&format!("wrote {}", output.display()));
    }
    Ok(Completion::Done)
}
