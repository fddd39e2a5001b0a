//! Raw windows, little-endian f32, go in; what a model makes of them comes out, as many at a time as
//! came: what `encode` and `reconstruct` share.
//!
//! No profile is asked for, nothing is normalised. Windows are run as they come: a live pipe never
//! waits for a full batch, and memory is bounded by one window and one read.

use std::path::Path;
use std::str::FromStr;

use oddity::decode::Format;
use oddity::model::{Model, Session};
use oddity::source::Block;
use oddity::types::Reconstruction;

use super::error::RunError;
use super::stream::{Ending, blocks, open};
use super::warning::Warning;

/// Bytes of a value.
const EACH: usize = size_of::<f32>();

/// What comes in: raw windows, or rows in a format of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InputFormat {
    F32,
    Rows(Format),
}

impl FromStr for InputFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "f32" => Ok(Self::F32),
            text => text
                .parse()
                .map(Self::Rows)
                .map_err(|_| format!("unknown format {text:?}; use auto, csv, bare, jsonl or f32")),
        }
    }
}

/// Runs a file or standard input through the model; `each` gets the answers to some windows, and how
/// many these are.
pub(super) fn run(
    model: &Model,
    input: Option<&Path>,
    each: impl FnMut(&Reconstruction, usize) -> Result<(), RunError>,
) -> anyhow::Result<()> {
    let mut source = open(input, "windows of f32")?;
    let mut pipe = Pipe {
        session: model.session()?,
        bytes: EACH * model.window_len(),
        pending: Vec::new(),
        input: Vec::new(),
        answer: Reconstruction::default(),
        windows: 0,
        non_finite: 0,
        each,
    };
    let ending = blocks(&mut source, |block| match block {
        Block::Bytes(bytes) => pipe.take(bytes),
        Block::End | Block::Stopped(_) => Ok(()),
    })?;
    if ending == Ending::Signal {
        return Ok(());
    }
    let Pipe { windows, non_finite, bytes: each, .. } = pipe;
    if non_finite > 0 {
        Warning::NotFinite { answers: non_finite, windows }.say();
    }
    log::info!("{windows} windows");
    if !pipe.pending.is_empty() {
        let (left, shape) = (pipe.pending.len(), model.window_shape().to_vec());
        return Err(RunError::LeftOver { left, windows, each, shape }.into());
    }
    Ok(())
}

struct Pipe<F> {
    session: Session,
    /// Bytes of a window.
    bytes: usize,
    /// The beginning of a window.
    pending: Vec<u8>,
    input: Vec<f32>,
    answer: Reconstruction,
    windows: u64,
    non_finite: u64,
    each: F,
}

impl<F: FnMut(&Reconstruction, usize) -> Result<(), RunError>> Pipe<F> {
    /// Runs all windows that are whole by now.
    fn take(&mut self, bytes: &[u8]) -> Result<(), RunError> {
        self.pending.extend_from_slice(bytes);
        let count = self.pending.len() / self.bytes;
        if count == 0 {
            return Ok(());
        }
        let whole = self.pending.drain(..count * self.bytes);
        self.input.clear();
        let words = whole.as_slice().chunks_exact(EACH);
        self.input.extend(words.filter_map(|word| Some(f32::from_le_bytes(word.try_into().ok()?))));
        drop(whole);
        self.session.run(&self.input, count, &mut self.answer).map_err(RunError::Model)?;
        self.windows += count as u64;
        self.non_finite += self.answer.non_finite.len() as u64;
        (self.each)(&self.answer, count)
    }
}
