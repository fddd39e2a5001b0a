//! Bytes as they arrive: a path or standard input goes in, blocks of bytes come out.
//!
//! A thread reads ahead into a few buffers that go round, so that a slow consumer does not lose a
//! device's data and nothing is allocated while it runs. A block is handed on as soon as `read`
//! returns. SIGINT and SIGTERM can end the stream ([`Source::with_signals`]). Knows no format.

mod error;
mod reader;
mod signals;

use std::fs::File;
use std::io::Read;
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

pub use error::SourceError;
pub use reader::BLOCK_BYTES;
use reader::{Gate, SourceMessage};
use signals::Signals;

/// Buffers that go round between the reading thread and the consumer.
const BUFFERS: usize = 4;

/// What [`Source::next_block`] gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block<'a> {
    /// At least one byte, at most [`BLOCK_BYTES`].
    Bytes(&'a [u8]),
    /// The input is at its end. Every later call gives this again.
    End,
    /// This signal came; all that was read before it has been handed out. Every later call gives
    /// this again.
    Stopped(i32),
}

/// How a source came to its end.
#[derive(Clone, Copy)]
enum SourceEnd {
    End,
    Stopped(i32),
}

/// An open input with its reading thread.
///
/// ```
/// use oddity::source::{Block, Source};
///
/// let mut source = Source::from_reader("a sensor", std::io::Cursor::new("1.5,2.5\n"))?;
/// let mut bytes = Vec::new();
/// while let Block::Bytes(block) = source.next_block()? {
///     bytes.extend_from_slice(block);
/// }
/// assert_eq!(bytes, b"1.5,2.5\n");
/// # Ok::<_, oddity::source::SourceError>(())
/// ```
pub struct Source {
    name: String,
    messages: Receiver<SourceMessage>,
    /// For the signal thread, should there be one.
    sender: SyncSender<SourceMessage>,
    spare: SyncSender<Vec<u8>>,
    /// The block that the consumer holds, to be given back at the next call.
    current: Vec<u8>,
    gate: Gate,
    signals: Option<Signals>,
    last: Option<SourceEnd>,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Opens a file, or standard input for `None` and for `-`.
///
/// # Errors
/// When the path is a directory or cannot be opened; the error names it.
pub fn open(path: Option<&Path>) -> Result<Source, SourceError> {
    let Some(path) = path.filter(|path| path.as_os_str() != "-") else {
        return stdin();
    };
    let open_error = |source| SourceError::Open { path: path.to_path_buf(), source };
    let file = File::open(path).map_err(open_error)?;
    if file.metadata().map_err(open_error)?.is_dir() {
        return Err(SourceError::Directory { path: path.to_path_buf() });
    }
    Source::from_reader(path.display().to_string(), file)
}

/// The descriptor itself: Rust's own `Stdin` has a lock and a buffer that are of no use here.
fn stdin() -> Result<Source, SourceError> {
    let name = "standard input";
    let fd = std::io::stdin()
        .as_fd()
        .try_clone_to_owned()
        .map_err(|source| SourceError::Read { name: name.to_owned(), source })?;
    Source::from_reader(name, File::from(fd))
}

impl Source {
    /// Reads from anything; `name` is how errors call it.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn from_reader(
        name: impl Into<String>,
        input: impl Read + Send + 'static,
    ) -> Result<Self, SourceError> {
        let (sender, messages) = sync_channel(BUFFERS);
        let (spare, empty) = sync_channel(BUFFERS);
        for _ in 0..BUFFERS - 1 {
            // Cannot fail: the channel holds them all and its other end is alive.
            let _ = spare.send(Vec::with_capacity(BLOCK_BYTES));
        }
        let gate = Gate::default();
        reader::start(input, empty, sender.clone(), gate.clone())?;
        let current = Vec::with_capacity(BLOCK_BYTES);
        let name = name.into();
        Ok(Self { name, messages, sender, spare, current, gate, signals: None, last: None })
    }

    /// From now on the first SIGINT or SIGTERM ends this source; a second one kills the process
    /// as if nothing were installed. Meant for a program, once, before the first block.
    ///
    /// # Errors
    /// When the handlers cannot be installed.
    pub fn with_signals(mut self) -> Result<Self, SourceError> {
        self.signals = Some(Signals::install(self.sender.clone(), self.gate.clone())?);
        Ok(self)
    }

    /// What errors call this source: the path, or `standard input`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Waits for the next block.
    ///
    /// # Errors
    /// When reading fails. All that was read before has been handed out by then.
    pub fn next_block(&mut self) -> Result<Block<'_>, SourceError> {
        match self.last {
            Some(SourceEnd::End) => return Ok(Block::End),
            Some(SourceEnd::Stopped(signal)) => return Ok(Block::Stopped(signal)),
            None => {}
        }
        match self.messages.recv() {
            Ok(SourceMessage::Bytes(block)) => {
                let done = std::mem::replace(&mut self.current, block);
                // Fails only when the thread has ended: then nobody needs the buffer.
                let _ = self.spare.try_send(done);
                Ok(Block::Bytes(&self.current))
            }
            Ok(SourceMessage::End) | Err(_) => {
                self.last = Some(SourceEnd::End);
                Ok(Block::End)
            }
            Ok(SourceMessage::Failed(source)) => {
                self.last = Some(SourceEnd::End);
                Err(SourceError::Read { name: self.name.clone(), source })
            }
            Ok(SourceMessage::Stopped(signal)) => {
                self.last = Some(SourceEnd::Stopped(signal));
                Ok(Block::Stopped(signal))
            }
        }
    }
}

#[cfg(test)]
mod tests;
