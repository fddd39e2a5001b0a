//! Which program is under test: this build's, or another one, such as that of another processor in an emulator.
//!
//! `ODDITY` names the other one, with what runs it: `qemu-aarch64-static /path/to/oddity`. `ODDITY_COMMANDS` says
//! which commands it gets, with blanks between; without it, all. The rest prepares tests, and this build's is faster.

use std::process::Command;

/// This build's program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_oddity");

/// The program for the command line that begins with `subcommand`.
pub fn program(subcommand: &str) -> Command {
    let Ok(other) = std::env::var("ODDITY") else { return Command::new(PROGRAM) };
    if let Ok(commands) = std::env::var("ODDITY_COMMANDS")
        && !commands.split_whitespace().any(|command| command == subcommand)
    {
        return Command::new(PROGRAM);
    }
    let mut words = other.split_whitespace();
    let mut command = Command::new(words.next().unwrap());
    command.args(words);
    command
}

/// What it wrote on standard error. An emulated program cannot start itself again to try a model out, and says so:
/// that line is left out, since no test is about it.
pub fn said(stderr: Vec<u8>) -> String {
    let text = String::from_utf8(stderr).unwrap();
    if std::env::var_os("ODDITY").is_none() {
        return text;
    }
    let wanted =
        |line: &&str| !line.starts_with("oddity: warn: this program cannot start itself again");
    text.split_inclusive('\n').filter(wanted).collect()
}
