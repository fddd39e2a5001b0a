//! The program: reads the command line, trains, and turns what went wrong into an exit code.

use std::process::ExitCode;

use clap::Parser;
use oddity::fit::{Blame, FitError};
use oddity::sink::WriteError;
use oddity_train::checkpoint::CheckpointError;
use oddity_train::data::DataError;
use oddity_train::plan::Command;
use oddity_train::run;

fn main() -> ExitCode {
    match run::run(&Command::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            run::say(&format!("oddity-train: error: {error:#}"));
            ExitCode::from(code(&error))
        }
    }
}

fn code(error: &anyhow::Error) -> u8 {
    let checkpoint = error.downcast_ref::<CheckpointError>();
    if error.is::<WriteError>() || matches!(checkpoint, Some(CheckpointError::Write(_))) {
        return 74;
    }
    let fit = match error.downcast_ref() {
        Some(DataError::Fit(fit)) => Some(fit),
        Some(_) => return 65,
        None => error.downcast_ref::<FitError>(),
    };
    match fit.map(FitError::blame) {
        None | Some(Blame::Usage) => 2,
        Some(Blame::Data) => 65,
        Some(Blame::Reading) => 74,
    }
}
