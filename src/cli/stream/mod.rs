//! The run loop that all commands share which read a stream: an input and a command's own [`RowSink`]
//! go in; it is fed to its end, and what is wrong on the way is said.
//!
//! Strictness, signals, warnings and flushing live here, and only here. Judges nothing itself.

mod blocks;
mod legible;
mod options;
mod problems;
mod rows;
mod windows;

pub(super) use blocks::{Ending, blocks, open};
#[cfg(feature = "learn")]
pub(super) use options::describe;
pub(super) use options::{one_input, options};
pub(super) use rows::{Dropped, InputRow, RowSink, RowStream};
pub(super) use windows::{WindowAnswer, windows};
