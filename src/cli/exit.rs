//! How a command ended goes in; an exit code comes out, and a line on standard error if it failed.

use std::process::ExitCode;

use oddity::blame::Blame;
use oddity::decode::DecodeError;
#[cfg(feature = "learn")]
use oddity::feedback::FeedbackError;
use oddity::files::WriteError;
#[cfg(feature = "learn")]
use oddity::fit::FitError;
#[cfg(feature = "pictures")]
use oddity::picture::PictureError;
#[cfg(feature = "learn")]
use oddity::quantise::QuantiseError;
#[cfg(all(feature = "sensor", target_os = "linux"))]
use oddity::sensor::SensorError;
#[cfg(all(feature = "sensor", target_os = "linux"))]
use oddity::sink::PinError;
use oddity::source::SourceError;
use oddity::terminal::in_words;

use super::error::RunError;
use super::stderr;
#[cfg(feature = "learn")]
use super::warning::Warning;

/// For `--help`; the README has the same table.
pub(super) const HELP: &str = "Exit codes: 0 done; 1 an alert was raised (with --fail-on-alert), or \
`board check` has found something missing; 2 wrong usage, or a file that cannot be used; 65 data that cannot \
be used; 74 reading or writing failed. A closed output pipe is not an error.";

/// Nothing went wrong, but the answer is one that a script should see.
const BAD_NEWS: u8 = 1;

/// How a command ended that found nothing wrong with what it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Completion {
    Done,
    /// An alert was raised, and that was to count as failure.
    Alert,
    /// Something is missing that a board should have.
    #[cfg(feature = "board")]
    Missing,
}

pub(super) fn code(done: anyhow::Result<Completion>) -> ExitCode {
    match done {
        Ok(Completion::Done) => ExitCode::SUCCESS,
        Ok(Completion::Alert) => ExitCode::from(BAD_NEWS),
        #[cfg(feature = "board")]
        Ok(Completion::Missing) => ExitCode::from(BAD_NEWS),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            #[cfg(feature = "learn")]
            for warning in warnings(&error) {
                Warning::Problem(warning).say();
            }
            stderr::say(&format!("oddity: error: {}", in_words(error.as_ref())));
            ExitCode::from(blame(&error).exit_code())
        }
    }
}

/// What should be looked at before the error is.
#[cfg(feature = "learn")]
fn warnings(error: &anyhow::Error) -> &[String] {
    let of_fit = error.downcast_ref().map(FitError::warnings);
    of_fit.or_else(|| error.downcast_ref().map(FeedbackError::warnings)).unwrap_or_default()
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let written = match error.downcast_ref() {
        Some(RunError::Write(error)) => Some(error),
        _ => error.downcast_ref::<WriteError>(),
    };
    written.is_some_and(WriteError::is_broken_pipe)
}

/// What says nothing else is the command line's.
fn blame(error: &anyhow::Error) -> Blame {
    None.or_else(|| error.downcast_ref().map(RunError::blame))
        .or_else(|| error.downcast_ref().map(WriteError::blame))
        .or_else(|| error.downcast_ref().map(SourceError::blame))
        .or_else(|| error.downcast_ref().map(DecodeError::blame))
        .or_else(|| of_features(error))
        .unwrap_or(Blame::CommandLine)
}

/// By the errors that the smallest build does not know.
fn of_features(error: &anyhow::Error) -> Option<Blame> {
    #[cfg(feature = "learn")]
    if let Some(error) = error.downcast_ref::<FitError>() {
        return Some(error.blame());
    }
    #[cfg(feature = "learn")]
    if let Some(error) = error.downcast_ref::<FeedbackError>() {
        return Some(error.blame());
    }
    #[cfg(feature = "learn")]
    if let Some(error) = error.downcast_ref::<QuantiseError>() {
        return Some(error.blame());
    }
    #[cfg(feature = "pictures")]
    if let Some(error) = error.downcast_ref::<PictureError>() {
        return Some(error.blame());
    }
    #[cfg(all(feature = "sensor", target_os = "linux"))]
    if let Some(error) = error.downcast_ref::<SensorError>() {
        return Some(error.blame());
    }
    #[cfg(all(feature = "sensor", target_os = "linux"))]
    if let Some(error) = error.downcast_ref::<PinError>() {
        return Some(error.blame());
    }
    let _ = error;
    None
}
