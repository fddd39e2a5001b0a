//! The program: reads the command line, trains, and turns what went wrong into an exit code.

use std::process::ExitCode;

use clap::Parser;
use oddity::blame::Blame;
use oddity::files::WriteError;
use oddity::fit::FitError;
use oddity::terminal::in_words;
use oddity_train::checkpoint::CheckpointError;
use oddity_train::data::WindowsError;
use oddity_train::lock::LockError;
use oddity_train::net::NetError;
use oddity_train::plan::TrainCommand;
use oddity_train::{progress, run};

/// What is neither of [`Blame`]: see `--help`.
const SOFTWARE: u8 = 70;

fn main() -> ExitCode {
    match run::run(&TrainCommand::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            progress::say(&format!("oddity-train: error: {}", in_words(error.as_ref())));
            ExitCode::from(code(&error))
        }
    }
}

fn code(error: &anyhow::Error) -> u8 {
    let written = matches!(error.downcast_ref(), Some(CheckpointError::Write(_)))
        || matches!(error.downcast_ref(), Some(LockError::Write(_)));
    if written || error.is::<WriteError>() {
        return Blame::Machine.exit_code();
    }
    match error.downcast_ref() {
        None | Some(NetError::Spec(_) | NetError::Weights(_)) => {}
        Some(_) => return SOFTWARE,
    }
    let fit = match error.downcast_ref() {
        Some(WindowsError::Fit(fit)) => Some(fit),
        Some(WindowsError::Torch(_)) => return SOFTWARE,
        Some(WindowsError::Mixed | WindowsError::TooLarge | WindowsError::Labels { .. }) => {
            return Blame::Data.exit_code();
        }
        None => error.downcast_ref::<FitError>(),
    };
    fit.map_or(Blame::CommandLine, FitError::blame).exit_code()
}
