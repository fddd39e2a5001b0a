//! The program: reads the command line, runs it, and turns what went wrong into an exit code.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
