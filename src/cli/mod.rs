//! The command line: arguments go in, the chosen command runs, an exit code comes out.

mod command;
mod error;
mod exit;
mod external;
mod files;
#[cfg(feature = "learn")]
mod learn;
mod loading;
#[cfg(any(test, feature = "packaging"))]
mod package_files;
#[cfg(feature = "pictures")]
mod pictures;
mod raw;
#[cfg(feature = "tract")]
mod sandbox;
mod service;
#[cfg(feature = "learn")]
mod size;
mod stderr;
mod stdio;
mod stream;
mod table;
mod warning;
#[cfg(all(feature = "sensor", target_os = "linux"))]
mod wired;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser};

/// Watches sensor streams with an autoencoder and reports when something is odd.
#[derive(Debug, Parser)]
#[command(name = "oddity", version, about, max_term_width = 100, after_help = exit::HELP)]
struct Cli {
    /// Also report on stderr how the input is read, and a summary
    #[arg(short, long, global = true)]
    verbose: bool,
    /// Report only errors on stderr
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    #[command(subcommand)]
    command: command::Command,
}

/// All commands with their options.
fn command_line() -> clap::Command {
    let cli = Cli::command();
    // There, what is skipped are rows that are not judged.
    #[cfg(feature = "learn")]
    let cli = cli.mut_subcommand("evaluate", |evaluate| {
        evaluate.mut_arg("skip_lines", |skip| skip.long("skip-lines"))
    });
    cli
}

/// Runs the command line of this process.
pub(crate) fn main() -> ExitCode {
    let cli = match Cli::from_arg_matches(&command_line().get_matches()) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    let level = match (cli.quiet, cli.verbose) {
        (true, _) => "error",
        (false, false) => "warn",
        (false, true) => "info",
    };
    stderr::init(level);
    cli.command.run()
}
