//! What went wrong goes in; a line on stderr and an exit code come out.

use std::io::{self, Write};
use std::process::ExitCode;

use oddity::blame::Blame;
use oddity::decode::DecodeError;
use oddity::detector::DetectError;
pub(super) use oddity::files::WriteError;
#[cfg(feature = "learn")]
use oddity::fit::FitError;
#[cfg(feature = "pictures")]
use oddity::picture::PictureError;
use oddity::source::SourceError;
pub(super) use oddity::terminal::{in_words, printable};

#[cfg(feature = "learn")]
use super::read::LabelError;

/// For `--help`; the README has the same table.
pub(super) const HELP: &str = "Exit codes: 0 done; 1 an alert was raised (with --fail-on-alert); \
2 wrong usage, or a file that cannot be used; 65 data that cannot be used; 74 reading or writing \
failed on the way. A closed output pipe is no error.";

const ALERT: u8 = 1;

/// How a command ended that found nothing wrong with what it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    /// An alert was raised, and that was to count as failure.
    Alert,
}

/// Bad data that ends a strict run.
#[derive(Debug, thiserror::Error)]
#[error("{0}; stopped because of --strict")]
pub(super) struct StrictError(pub(super) String);

/// An input from which nothing could be judged.
#[derive(Debug, thiserror::Error)]
#[error("no row of the input could be used")]
pub(super) struct NoRows;

/// Pictures of which none could be read.
#[cfg(feature = "pictures")]
#[derive(Debug, thiserror::Error)]
#[error("no picture could be read")]
pub(super) struct NoPictures;

/// Raw windows whose last one is cut off.
#[derive(Debug, thiserror::Error)]
#[error(
    "{left} bytes are left over after {windows} windows of {each} bytes ({shape:?} of f32): is the \
     input cut off, or are its windows of another shape?"
)]
pub(super) struct LeftOver {
    pub(super) left: usize,
    pub(super) windows: u64,
    pub(super) each: usize,
    pub(super) shape: Vec<usize>,
}

pub(super) fn code(done: anyhow::Result<Outcome>) -> ExitCode {
    match done {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Alert) => ExitCode::from(ALERT),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("oddity: error: {}", in_words(error.as_ref())));
            ExitCode::from(code_of(&error))
        }
    }
}

/// A line on standard error. One that is closed is no reason to fail.
pub(super) fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{}", printable(line));
}

/// As [`say`], unless only errors are wanted.
#[cfg(feature = "learn")]
pub(super) fn note(line: &str) {
    if log::log_enabled!(log::Level::Warn) {
        say(line);
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<WriteError>()
        .is_some_and(|error| error.source.kind() == io::ErrorKind::BrokenPipe)
}

fn code_of(error: &anyhow::Error) -> u8 {
    if error.is::<WriteError>() {
        return Blame::Machine.exit_code();
    }
    #[cfg(feature = "learn")]
    if error.is::<LabelError>() {
        return Blame::Data.exit_code();
    }
    if matches!(error.downcast_ref(), Some(DetectError::TooManyStreams { .. })) {
        return Blame::Data.exit_code();
    }
    if error.is::<StrictError>()
        || error.is::<DecodeError>()
        || error.is::<NoRows>()
        || error.is::<LeftOver>()
    {
        return Blame::Data.exit_code();
    }
    #[cfg(feature = "pictures")]
    if error.is::<NoPictures>() {
        return Blame::Data.exit_code();
    }
    #[cfg(feature = "pictures")]
    if let Some(picture) = error.downcast_ref::<PictureError>() {
        return picture.blame().exit_code();
    }
    #[cfg(feature = "learn")]
    if let Some(fit) = error.downcast_ref::<FitError>() {
        return fit.blame().exit_code();
    }
    error.downcast_ref().map_or(Blame::CommandLine, SourceError::blame).exit_code()
}
