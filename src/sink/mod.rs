//! Events and scores go in; JSON Lines come out, each flushed as it is written. Files go out
//! whole, and what a terminal is shown is made safe for it.
//!
//! This room never judges and never waits for more: a line is out before the next row is read.

mod error;
#[cfg(any(feature = "learn", feature = "pictures"))]
mod file;
mod jsonl;
mod terminal;

pub use error::WriteError;
#[cfg(any(feature = "learn", feature = "pictures"))]
pub use file::{OverwriteError, refuse_to_overwrite, write_whole};
pub use jsonl::{HeadJson, JsonLines, rfc3339};
pub use terminal::{in_words, printable};
