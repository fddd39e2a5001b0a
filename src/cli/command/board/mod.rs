//! `oddity board list|show|check`: boards that are known, all that is known of one, and what of it is here.

mod check;
mod show;
mod source;
mod text;

use clap::{Args, Subcommand};
use oddity::board::Board;

use self::source::{Source, print};
use crate::cli::exit::Completion;

/// Show boards, their buses and pins, and check what of one is here
#[derive(Debug, Args)]
pub(in crate::cli) struct BoardArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the boards that are known
    List(Source),
    /// Show what is known of a board: build, buses and how to switch them on, pins
    Show {
        /// A board of the list, or the path of a file like those of boards/
        name: String,
        #[command(flatten)]
        source: Source,
    },
    /// Check what of a board is there on this machine, and say what to do
    #[command(
        after_help = "Exit code 0: all is there; 1: something is missing. Nothing is changed, no \
device is opened."
    )]
    Check(check::CheckArgs),
}

pub(super) fn run(args: &BoardArgs) -> anyhow::Result<Completion> {
    match &args.what {
        What::List(source) => {
            let boards = source.boards()?;
            print(&list(boards.iter()))?;
        }
        What::Show { name, source } => print(&show::board(&source.boards()?.find(name)?))?,
        What::Check(args) => return check::run(args),
    }
    Ok(Completion::Done)
}

fn list<'a>(boards: impl Iterator<Item = &'a Board>) -> String {
    let row = |board: &Board| {
        [
            board.name().to_owned(),
            board.title.clone(),
            board.triple.to_string(),
            board.features.to_string(),
            show::memory(board).unwrap_or_default(),
        ]
    };
    let head = ["name", "board", "build", "features", "memory"].map(ToOwned::to_owned);
    text::table(&std::iter::once(head).chain(boards.map(row)).collect::<Vec<_>>())
}
