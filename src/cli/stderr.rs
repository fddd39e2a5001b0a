//! Lines for people go in; they come out on standard error, safe for a terminal, unless they are not
//! wanted.

use std::io::Write;

use env_logger::Target;
use oddity::terminal::printable;

use super::stdio;

/// From now on what is logged at this level or above goes to standard error.
pub(super) fn init(level: &str) {
    env_logger::Builder::new()
        // tract tells much that is of use to its authors only.
        .target(Target::Pipe(Box::new(stdio::stderr())))
        .parse_filters(&format!("error,oddity={level}"))
        .format(|out, record| {
            let level = record.level().as_str().to_lowercase();
            writeln!(out, "oddity: {level}: {}", printable(&record.args().to_string()))
        })
        .init();
}

/// A line on standard error. One that is closed is no reason to fail.
pub(super) fn say(line: &str) {
    // In one go: others may write there, too.
    let _ = stdio::stderr().write_all(format!("{}\n", printable(line)).as_bytes());
}

/// As [`say`], unless only errors are wanted.
#[cfg(feature = "learn")]
pub(super) fn note(line: &str) {
    if log::log_enabled!(log::Level::Warn) {
        say(line);
    }
}
