//! Raw windows, little-endian f32, through a model: bytes in, bytes out, nothing else.
//!
//! No profile is asked for, nothing is normalised. Windows are run as they come: a live pipe never
//! waits for a full batch, and memory is bounded by one window and one read.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use anyhow::Context;
use oddity::model::{Model, Reconstruction};
use oddity::source::{self, Block};

use super::exit::{LeftOver, WriteError};

/// Bytes of a value.
const EACH: usize = size_of::<f32>();

/// Pipes a file or standard input through the model to standard output.
pub(super) fn pipe(model: &Model, input: Option<&Path>) -> anyhow::Result<()> {
    let mut source = source::open(input)?.with_signals()?;
    if input.is_none() && io::stdin().is_terminal() {
        log::warn!("reading from the terminal: pipe windows of f32 in, or name a file");
    }
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
    loop {
        match source.next_block()? {
            Block::Bytes(bytes) => pipe.take(bytes)?,
            Block::End => break,
            Block::Stopped(signal) => {
                log::info!("stopped by signal {signal}");
                return Ok(());
            }
        }
    }
    if pipe.non_finite > 0 {
        log::warn!("answers that are not all finite: {} of {}", pipe.non_finite, pipe.windows);
    }
    log::info!("{} windows", pipe.windows);
    if !pipe.pending.is_empty() {
        let left = pipe.pending.len();
        let shape = model.window_shape().to_vec();
        return Err(LeftOver { left, windows: pipe.windows, each: pipe.each, shape }.into());
    }
    Ok(())
}

struct Pipe {
    session: oddity::model::Session,
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
    fn take(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
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
        self.session.run(&self.input, count, &mut self.answer).context("cannot run the model")?;
        self.windows += count as u64;
        self.non_finite += self.answer.non_finite.len() as u64;
        self.output.clear();
        self.output.extend(self.answer.values.iter().flat_map(|value| value.to_le_bytes()));
        let mut out = io::stdout().lock();
        out.write_all(&self.output).and_then(|()| out.flush()).map_err(WriteError::stdout)?;
        Ok(())
    }
}
