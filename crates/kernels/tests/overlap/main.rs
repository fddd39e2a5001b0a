//! Windows of a stream that share what they have in common, held against each window alone.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod chains;
mod network;
