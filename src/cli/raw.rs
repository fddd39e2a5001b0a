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
        decoder: RawDecoder::new(model.window_len()),
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
    let Pipe { windows, non_finite, decoder: RawDecoder { bytes: each, pending }, .. } = pipe;
    if non_finite > 0 {
        Warning::NotFinite { answers: non_finite, windows }.say();
    }
    log::info!("{windows} windows");
    if !pending.is_empty() {
        let (left, shape) = (pending.len(), model.window_shape().to_vec());
        return Err(RunError::LeftOver { left, windows, each, shape }.into());
    }
    Ok(())
}

/// Bytes in any cut go in, the values of whole windows come out.
pub(super) struct RawDecoder {
    /// Bytes of a window.
    bytes: usize,
    /// The beginning of a window.
    pending: Vec<u8>,
}

impl RawDecoder {
    /// For windows of `length` values, at least one.
    pub(super) fn new(length: usize) -> Self {
        Self { bytes: EACH * length.max(1), pending: Vec::new() }
    }

    /// Puts all windows that are whole by now in place of what `values` holds. How many these are comes
    /// back.
    pub(super) fn push(&mut self, bytes: &[u8], values: &mut Vec<f32>) -> usize {
        values.clear();
        self.pending.extend_from_slice(bytes);
        let count = self.pending.len() / self.bytes;
        if count > 0 {
            let whole = self.pending.drain(..count * self.bytes);
            let words = whole.as_slice().chunks_exact(EACH);
            values.extend(words.filter_map(|word| Some(f32::from_le_bytes(word.try_into().ok()?))));
        }
        count
    }
}

struct Pipe<F> {
    session: Session,
    decoder: RawDecoder,
    input: Vec<f32>,
    answer: Reconstruction,
    windows: u64,
    non_finite: u64,
    each: F,
}

impl<F: FnMut(&Reconstruction, usize) -> Result<(), RunError>> Pipe<F> {
    /// Runs all windows that are whole by now.
    fn take(&mut self, bytes: &[u8]) -> Result<(), RunError> {
        let count = self.decoder.push(bytes, &mut self.input);
        if count == 0 {
            return Ok(());
        }
        self.session.run(&self.input, count, &mut self.answer).map_err(RunError::Model)?;
        self.windows += count as u64;
        self.non_finite += self.answer.non_finite.len() as u64;
        (self.each)(&self.answer, count)
    }
}
