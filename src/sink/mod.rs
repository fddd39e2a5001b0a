//! Events and scores go in; JSON Lines come out, each flushed as it is written.
//!
//! This room never judges and never waits for more: a line is out as soon as it is handed over.

mod jsonl;
mod record;

pub use jsonl::{JsonLines, write_line};
pub use record::{HeadJson, PictureJson, rfc3339};
