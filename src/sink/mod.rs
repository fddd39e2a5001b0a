//! Events and scores go in; JSON Lines come out, each flushed as it is written.
//!
//! This room never judges and never waits for more: a line is out before the next row is read.

mod jsonl;

pub use jsonl::{JsonLines, rfc3339};
