//! Bytes as they arrive: a path or standard input goes in, blocks of bytes come out.
//!
//! A thread reads ahead into a few buffers that go round, so that a slow consumer does not lose a
//! device's data and nothing is allocated while it runs. A block is handed on as soon as `read`
//! returns. SIGINT and SIGTERM can end the stream ([`Source::with_signals`]). Knows no format.

mod ahead;
mod error;
mod signals;

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::fd::AsFd;
use std::path::Path;
use std::time::Duration;

pub(crate) use ahead::{Ahead, Next};
pub use error::SourceError;
pub use signals::{is_stopped, stop_flag};

/// The most bytes in one block.
pub const BLOCK_BYTES: usize = 64 * 1024;

/// Buffers that go round between the reading thread and the consumer.
const BUFFERS: usize = 4;

/// How long to wait when an input that somebody else made non-blocking has nothing.
const NOTHING_YET: Duration = Duration::from_millis(5);

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

impl<'a> From<Next<'a, Vec<u8>>> for Block<'a> {
    fn from(next: Next<'a, Vec<u8>>) -> Self {
        match next {
            Next::Filled(block) => Self::Bytes(block),
            Next::End => Self::End,
            Next::Stopped(signal) => Self::Stopped(signal),
        }
    }
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
    ahead: Ahead<Vec<u8>>,
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
    Source::from_reader(path.display().to_string(), open_file(path)?)
}

/// Opens the first bytes of a file, at most so many: what comes behind them later is left out.
///
/// # Errors
/// Those of [`open`].
pub fn open_first(path: &Path, bytes: u64) -> Result<Source, SourceError> {
    Source::from_reader(path.display().to_string(), open_file(path)?.take(bytes))
}

/// How long a file is at this moment; `None` for what has no length.
pub fn length(path: &Path) -> Option<u64> {
    std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file).map(|data| data.len())
}

fn open_file(path: &Path) -> Result<File, SourceError> {
    let open_error = |source| SourceError::Open { path: path.to_path_buf(), source };
    let file = File::open(path).map_err(open_error)?;
    if file.metadata().map_err(open_error)?.is_dir() {
        return Err(SourceError::Directory { path: path.to_path_buf() });
    }
    Ok(file)
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
        let empty = || Vec::with_capacity(BLOCK_BYTES);
        let mut input = input;
        let fill = move |buffer: &mut Vec<u8>| {
            buffer.resize(BLOCK_BYTES, 0);
            let count = read(&mut input, buffer)?;
            buffer.truncate(count);
            Ok(count > 0)
        };
        let ahead = Ahead::start(BUFFERS, empty, "reads the input", fill)?;
        Ok(Self { name: name.into(), ahead })
    }

    /// From now on the first SIGINT or SIGTERM ends this source; a second one kills the process
    /// as if nothing were installed. Meant for a program, once, before the first block.
    ///
    /// # Errors
    /// When the handlers cannot be installed.
    pub fn with_signals(mut self) -> Result<Self, SourceError> {
        self.ahead = self.ahead.with_signals()?;
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
        match self.ahead.next() {
            Ok(next) => Ok(next.into()),
            Err(source) => Err(SourceError::Read { name: self.name.clone(), source }),
        }
    }

    /// Waits for the next block, and no longer than `most`: `None` when nothing has come by then.
    ///
    /// # Errors
    /// Those of [`Source::next_block`].
    pub fn next_block_within(&mut self, most: Duration) -> Result<Option<Block<'_>>, SourceError> {
        match self.ahead.next_within(most) {
            Ok(next) => Ok(next.map(Block::from)),
            Err(source) => Err(SourceError::Read { name: self.name.clone(), source }),
        }
    }
}

/// One `read` that gives something. EINTR is tried again.
fn read(input: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    loop {
        match input.read(buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::sleep(NOTHING_YET),
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests;
