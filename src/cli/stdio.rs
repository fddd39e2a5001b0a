//! Bytes go in; they come out on standard output or standard error, whoever has made these and however slowly
//! they are read.
//!
//! What somebody else has made non-blocking is waited for, so that nothing is lost. A signal that is to end
//! the program ends such a wait, too, where the reader stands still. Never buffers by itself.

use std::io::{self, LineWriter, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use oddity::source;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{FileType, fstat};
use rustix::io::Errno;

/// A pipe that can be written to takes so many bytes without a wait (POSIX, `PIPE_BUF`, Linux).
const AT_ONCE: usize = 4096;

/// How often a wait looks for a signal.
const LOOKS: Duration = Duration::from_millis(100);

/// Looks after a signal that a reader has left.
const PATIENCE: u32 = 10;

/// Where bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stream {
    Out,
    Error,
}

/// Standard output or standard error.
#[derive(Debug)]
pub(super) struct Patient {
    stream: Stream,
    /// A write may have to wait.
    waits: bool,
}

/// Standard output, line by line.
pub(super) fn stdout() -> LineWriter<Patient> {
    LineWriter::new(Patient::new(Stream::Out))
}

/// Standard error.
pub(super) fn stderr() -> Patient {
    Patient::new(Stream::Error)
}

impl Patient {
    fn new(stream: Stream) -> Self {
        let mut patient = Self { stream, waits: false };
        let kind = patient.with(|fd| fstat(fd)).map(|stat| FileType::from_raw_mode(stat.st_mode));
        patient.waits = kind.is_ok_and(|kind| kind != FileType::RegularFile);
        patient
    }

    fn with<T>(&self, then: impl FnOnce(BorrowedFd<'_>) -> T) -> T {
        match self.stream {
            Stream::Out => then(io::stdout().as_fd()),
            Stream::Error => then(io::stderr().as_fd()),
        }
    }

    /// Returns when a write does not have to wait any more.
    fn wait(&self) -> io::Result<()> {
        let mut left = PATIENCE;
        loop {
            let timeout = LOOKS.try_into().ok();
            let ready =
                self.with(|fd| poll(&mut [PollFd::new(&fd, PollFlags::OUT)], timeout.as_ref()));
            match ready {
                Ok(0) if source::is_stopped() && left == 0 => {
                    return Err(io::Error::new(
                        io::ErrorKind::TimedOut,
                        "stopped by a signal, and its reader stands still",
                    ));
                }
                Ok(0) => left -= u32::from(source::is_stopped()),
                Ok(_) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Write for Patient {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            let bytes = if self.waits {
                self.wait()?;
                bytes.get(..AT_ONCE).unwrap_or(bytes)
            } else {
                bytes
            };
            match self.with(|fd| rustix::io::write(fd, bytes)) {
                Err(Errno::AGAIN) => self.waits = true,
                Err(Errno::INTR) => {}
                done => return done.map_err(Into::into),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
