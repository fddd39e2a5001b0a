//! The program: reads the command line, trains, and turns what went wrong into an exit code.

use std::process::ExitCode;

use clap::Parser;
use oddity::fit::{Blame, FitError};
use oddity::sink::{WriteError, in_words};
use oddity_train::checkpoint::CheckpointError;
use oddity_train::data::DataError;
use oddity_train::net::NetError;
use oddity_train::plan::Command;
use oddity_train::{progress, run};

/// See `--help`.
const USAGE: u8 = 2;
const DATA: u8 = 65;
const SOFTWARE: u8 = 70;
const IO: u8 = 74;

fn main() -> ExitCode {
    match run::run(&Command::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            progress::say(&format!("oddity-train: error: {}", in_words(error.as_ref())));
            ExitCode::from(code(&error))
        }
    }
}

fn code(error: &anyhow::Error) -> u8 {
    let written = matches!(error.downcast_ref(), Some(CheckpointError::Write(_)));
    if written || error.is::<WriteError>() {
        return IO;
    }
    match error.downcast_ref() {
        None | Some(NetError::Spec(_) | NetError::Weights(_)) => {}
        Some(_) => return SOFTWARE,
    }
    let fit = match error.downcast_ref() {
        Some(DataError::Fit(fit)) => Some(fit),
        Some(DataError::Torch(_)) => return SOFTWARE,
        Some(DataError::Mixed | DataError::TooLarge | DataError::Labels { .. }) => return DATA,
        None => error.downcast_ref::<FitError>(),
    };
    match fit.map(FitError::blame) {
        None | Some(Blame::Usage) => USAGE,
        Some(Blame::Data) => DATA,
        Some(Blame::Reading) => IO,
    }
}
