//! The thread that reads: empty buffers go in, filled ones come out in the order of reading.
//!
//! Ends when the input ends or fails, when the consumer is gone, or after a signal.

use std::io::{ErrorKind, Read};
use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::error::SourceError;

/// The most bytes in one block.
pub const BLOCK_BYTES: usize = 64 * 1024;

/// What goes to the consumer.
pub(super) enum SourceMessage {
    Bytes(Vec<u8>),
    End,
    Failed(std::io::Error),
    Stopped(i32),
}

/// Closed by a signal. Held while a block that was read is on its way into the channel, so that
/// the word of the signal cannot overtake it.
#[derive(Clone, Default)]
pub(super) struct Gate(Arc<Mutex<bool>>);

impl Gate {
    /// The guard says whether the gate is closed.
    pub(super) fn lock(&self) -> MutexGuard<'_, bool> {
        // Nothing panics while holding it; a poisoned flag would be as good as any.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long to wait when an input that somebody else made non-blocking has nothing.
const NOTHING_YET: Duration = Duration::from_millis(5);

pub(super) fn start(
    input: impl Read + Send + 'static,
    empty: Receiver<Vec<u8>>,
    full: SyncSender<SourceMessage>,
    gate: Gate,
) -> Result<(), SourceError> {
    thread::Builder::new()
        .name("source".to_owned())
        .spawn(move || run(input, &empty, &full, &gate))
        .map(drop)
        .map_err(|source| SourceError::Thread { does: "reads the input", source })
}

fn run(
    mut input: impl Read,
    empty: &Receiver<Vec<u8>>,
    full: &SyncSender<SourceMessage>,
    gate: &Gate,
) {
    while let Ok(mut buffer) = empty.recv() {
        buffer.resize(BLOCK_BYTES, 0);
        let (message, goes_on) = match read(&mut input, &mut buffer) {
            Ok(0) => (SourceMessage::End, false),
            Ok(count) => {
                buffer.truncate(count);
                (SourceMessage::Bytes(buffer), true)
            }
            Err(error) => (SourceMessage::Failed(error), false),
        };
        let closed = gate.lock();
        if full.send(message).is_err() || *closed || !goes_on {
            return;
        }
    }
}

/// One `read` that gives something. EINTR is tried again.
fn read(input: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    loop {
        match input.read(buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(NOTHING_YET),
            other => return other,
        }
    }
}
