//! A thread that fills buffers ahead of whoever uses them: empty buffers go in, filled ones come out in the order
//! of filling. Knows not what is in them.
//!
//! A slow user loses nothing while there are empty buffers left, and nothing is allocated while it runs. Ends when
//! there is nothing more to fill them with, when the user is gone, or after a signal.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::error::SourceError;
use super::signals::Signals;

/// What goes to the user.
enum Message<B> {
    Filled(B),
    End,
    Failed(io::Error),
    Stopped(i32),
}

/// Closed by a signal. Held while a buffer that was filled is on its way into the channel, so that
/// the word of the signal cannot overtake it.
#[derive(Clone, Default)]
struct Gate(Arc<Mutex<bool>>);

impl Gate {
    /// The guard says whether the gate is closed.
    fn lock(&self) -> MutexGuard<'_, bool> {
        // Nothing panics while holding it; a poisoned flag would be as good as any.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What [`Ahead::next`] gives.
pub(crate) enum Next<'a, B> {
    /// What was filled next.
    Filled(&'a B),
    /// There is no more. Every later call gives this again.
    End,
    /// This signal came; all that was filled before it has been handed out. Every later call gives
    /// this again.
    Stopped(i32),
}

/// How it came to its end.
#[derive(Clone, Copy)]
enum Last {
    End,
    Stopped(i32),
}

impl<B> From<Last> for Next<'_, B> {
    fn from(last: Last) -> Self {
        match last {
            Last::End => Self::End,
            Last::Stopped(signal) => Self::Stopped(signal),
        }
    }
}

/// The user's end of the thread.
pub(crate) struct Ahead<B> {
    messages: Receiver<Message<B>>,
    /// For the signal thread, should there be one.
    sender: SyncSender<Message<B>>,
    spare: SyncSender<B>,
    /// What the user holds, to be given back at the next call.
    current: B,
    gate: Gate,
    signals: Option<Signals>,
    last: Option<Last>,
}

impl<B: Send + 'static> Ahead<B> {
    /// Starts the thread with so many empty buffers, at least two. `fill` waits until it can fill one, and says
    /// `false` when there is nothing more. `does` says in errors what the thread does.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub(crate) fn start(
        buffers: usize,
        empty: impl Fn() -> B,
        does: &'static str,
        fill: impl FnMut(&mut B) -> io::Result<bool> + Send + 'static,
    ) -> Result<Self, SourceError> {
        let (sender, messages) = sync_channel(buffers);
        let (spare, spares) = sync_channel(buffers);
        for _ in 1..buffers {
            // Cannot fail: the channel holds them all and its other end is alive.
            let _ = spare.send(empty());
        }
        let gate = Gate::default();
        let (full, own_gate) = (sender.clone(), gate.clone());
        thread::Builder::new()
            .name("source".to_owned())
            .spawn(move || run(fill, &spares, &full, &own_gate))
            .map_err(|source| SourceError::Thread { does, source })?;
        Ok(Self { messages, sender, spare, current: empty(), gate, signals: None, last: None })
    }

    /// From now on the first SIGINT or SIGTERM ends this; a second one kills the process as if nothing were
    /// installed.
    ///
    /// # Errors
    /// When the handlers cannot be installed.
    pub(crate) fn with_signals(mut self) -> Result<Self, SourceError> {
        let (sender, gate) = (self.sender.clone(), self.gate.clone());
        self.signals = Some(Signals::install(move |signal| {
            *gate.lock() = true;
            // Fails only when the user is gone.
            let _ = sender.send(Message::Stopped(signal));
        })?);
        Ok(self)
    }

    /// Waits for the next buffer.
    ///
    /// # Errors
    /// When filling fails. All that was filled before has been handed out by then.
    pub(crate) fn next(&mut self) -> io::Result<Next<'_, B>> {
        if let Some(last) = self.last {
            return Ok(last.into());
        }
        // Where nobody is left to send anything, nothing more comes.
        let message = self.messages.recv().unwrap_or(Message::End);
        self.hand_out(message)
    }

    /// Waits for the next buffer, and no longer than `most`: `None` when nothing has come by then.
    ///
    /// # Errors
    /// As [`Ahead::next`].
    pub(crate) fn next_within(&mut self, most: Duration) -> io::Result<Option<Next<'_, B>>> {
        if let Some(last) = self.last {
            return Ok(Some(last.into()));
        }
        let message = match self.messages.recv_timeout(most) {
            Ok(message) => message,
            Err(RecvTimeoutError::Timeout) => return Ok(None),
            Err(RecvTimeoutError::Disconnected) => Message::End,
        };
        self.hand_out(message).map(Some)
    }

    fn hand_out(&mut self, message: Message<B>) -> io::Result<Next<'_, B>> {
        match message {
            Message::Filled(buffer) => {
                let done = std::mem::replace(&mut self.current, buffer);
                // Fails only when the thread has ended: then nobody needs the buffer.
                let _ = self.spare.try_send(done);
                Ok(Next::Filled(&self.current))
            }
            Message::End => {
                self.last = Some(Last::End);
                Ok(Next::End)
            }
            Message::Failed(error) => {
                self.last = Some(Last::End);
                Err(error)
            }
            Message::Stopped(signal) => {
                self.last = Some(Last::Stopped(signal));
                Ok(Next::Stopped(signal))
            }
        }
    }
}

fn run<B>(
    mut fill: impl FnMut(&mut B) -> io::Result<bool>,
    empty: &Receiver<B>,
    full: &SyncSender<Message<B>>,
    gate: &Gate,
) {
    while let Ok(mut buffer) = empty.recv() {
        let (message, goes_on) = match fill(&mut buffer) {
            Ok(true) => (Message::Filled(buffer), true),
            Ok(false) => (Message::End, false),
            Err(error) => (Message::Failed(error), false),
        };
        let closed = gate.lock();
        if full.send(message).is_err() || *closed || !goes_on {
            return;
        }
    }
}
