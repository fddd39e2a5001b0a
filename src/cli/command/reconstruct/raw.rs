//! Raw windows, little-endian f32, through a model: bytes in, bytes out, nothing else.
//!
//! No profile is asked for, nothing is normalised. Windows are run as they come: a live pipe never
//! waits for a full batch, and memory is bounded by one window and one read.

use std::io::{self, Write};
use std::path::Path;

use oddity::model::{Model, Session};
use oddity::source::Block;
use oddity::types::Reconstruction;

use crate::cli::error::RunError;
use crate::cli::stream::{Ending, blocks, open};
use crate::cli::warning::Warning;

/// Bytes of a value.
const EACH: usize = size_of::<f32>();

/// Pipes a file or standard input through the model to standard output.
pub(super) fn pipe(model: &Model, input: Option<&Path>) -> anyhow::Result<()> {
    let mut source = open(input, "windows of f32")?;
    let mut pipe = Pipe {
        session: model.session()?,
        each: EACH * model.window_len(),
        pending: Vec::new(),
        input: Vec::new(),
        answer: Reconstruction::default(),
        output: Vec::new(),
        windows: 0,
        non_finite: 0,
    };
    let ending = blocks(&mut source, |block| match block {
        Block::Bytes(bytes) => pipe.take(bytes),
        Block::End | Block::Stopped(_) => Ok(()),
    })?;
    if ending == Ending::Signal {
        return Ok(());
    }
    let Pipe { windows, non_finite, each, .. } = pipe;
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

struct Pipe {
    session: Session,
    /// Bytes of a window.
    each: usize,
    /// The beginning of a window.
    pending: Vec<u8>,
    input: Vec<f32>,
    answer: Reconstruction,
    output: Vec<u8>,
    windows: u64,
    non_finite: u64,
}

impl Pipe {
    /// Runs all windows that are whole by now.
    fn take(&mut self, bytes: &[u8]) -> Result<(), RunError> {
        self.pending.extend_from_slice(bytes);
        let count = self.pending.len() / self.each;
        if count == 0 {
            return Ok(());
        }
        let whole = self.pending.drain(..count * self.each);
        self.input.clear();
        let words = whole.as_slice().chunks_exact(EACH);
        self.input.extend(words.filter_map(|word| Some(f32::from_le_bytes(word.try_into().ok()?))));
        drop(whole);
        self.session.run(&self.input, count, &mut self.answer).map_err(RunError::Model)?;
        self.windows += count as u64;
        self.non_finite += self.answer.non_finite.len() as u64;
        self.output.clear();
        self.output.extend(self.answer.values.iter().flat_map(|value| value.to_le_bytes()));
        let mut out = io::stdout().lock();
        out.write_all(&self.output).and_then(|()| out.flush()).map_err(RunError::stdout)
    }
}
