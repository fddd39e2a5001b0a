//! The options that say where boards come from go in; boards come out. And text goes to standard output.

use std::io::Write;
use std::path::PathBuf;

use crate::cli::stdio::stdout;
use clap::Args;
use oddity::board::Boards;
use oddity::files::WriteError;

/// Where boards come from.
#[derive(Debug, Args)]
pub(super) struct Source {
    /// Know the boards in the files NAME.toml of this folder, too
    #[arg(long, value_name = "DIR")]
    boards: Option<PathBuf>,
}

impl Source {
    pub(super) fn boards(&self) -> anyhow::Result<Boards> {
        let mut boards = Boards::known()?;
        if let Some(folder) = &self.boards {
            boards.add_folder(folder)?;
        }
        Ok(boards)
    }
}

pub(super) fn print(text: &str) -> Result<(), WriteError> {
    stdout().write_all(text.as_bytes()).map_err(WriteError::stdout)
}
