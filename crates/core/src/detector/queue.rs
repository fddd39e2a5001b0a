//! What was found in rows and waits to be judged: notes and whole windows, in the order of the rows.
//!
//! Bounded: it is full before it takes noticeable memory, and then has to be judged.

use alloc::vec::Vec;

use crate::event::{EventKind, WindowSpan};
use crate::types::Time;

/// Values of all windows that wait, about.
const MOST_VALUES: usize = 1 << 16;
/// Windows and notes that wait.
const MOST_ENTRIES: usize = 256;

/// Where and when something was found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    /// Number of the stream.
    pub(super) stream: usize,
    pub(super) row: u64,
    pub(super) time: Option<Time>,
}

/// What waits.
#[derive(Clone, Copy, Debug)]
pub(super) enum Waiting {
    /// An event of health; an interruption counts against the alert that is being raised.
    Note { kind: Option<EventKind<'static>>, interrupts: bool },
    /// A window, with the seconds on its stream's own clock.
    Window { span: WindowSpan, now_s: f64 },
}

/// The queue.
#[derive(Debug)]
pub(super) struct Queue {
    entries: Vec<(Origin, Waiting)>,
    /// The windows, one after the other.
    values: Vec<f32>,
    windows: usize,
    most_windows: usize,
}

impl Queue {
    /// For windows of `window_len` values, of which the model takes up to `at_once` in one go.
    pub(super) fn new(window_len: usize, at_once: usize) -> Self {
        let most_windows = (MOST_VALUES / window_len.max(1)).min(at_once).max(1);
        Self {
            entries: Vec::new(),
            values: Vec::with_capacity(most_windows * window_len),
            windows: 0,
            most_windows,
        }
    }

    /// Whether it has to be judged before anything else is put in.
    pub(super) fn is_full(&self) -> bool {
        self.windows >= self.most_windows || self.entries.len() >= MOST_ENTRIES
    }

    pub(super) fn note(
        &mut self,
        origin: Origin,
        kind: Option<EventKind<'static>>,
        interrupts: bool,
    ) {
        self.entries.push((origin, Waiting::Note { kind, interrupts }));
    }

    /// Puts in a window; its values are to be written behind those that are there.
    pub(super) fn window(&mut self, origin: Origin, span: WindowSpan, now_s: f64) -> &mut Vec<f32> {
        self.entries.push((origin, Waiting::Window { span, now_s }));
        self.windows += 1;
        &mut self.values
    }

    pub(super) fn entries(&self) -> &[(Origin, Waiting)] {
        &self.entries
    }

    /// The windows that wait, `[n, window]`.
    pub(super) fn values(&self) -> &[f32] {
        &self.values
    }

    /// How many windows wait.
    pub(super) fn windows(&self) -> usize {
        self.windows
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.values.clear();
        self.windows = 0;
    }
}
