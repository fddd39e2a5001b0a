//! Rows go in; what a model makes of each of their windows comes out: what `encode` and `reconstruct`
//! share. Judges nothing.

use std::io::{self, Write};

use oddity::detector::{DetectError, TooManyStreams};
use oddity::health::Note;
use oddity::model::Bundle;
use oddity::model::Session;
use oddity::types::Reconstruction;
use oddity::types::Sample;
use oddity::window::{Intake, IntakeSpec, Streams, Windower};

use super::rows::{Dropped, InputRow, RowSink, RowStream};
use crate::cli::error::RunError;
use crate::cli::warning::Warning;

/// A window's answer, and the row that completed it.
pub(in crate::cli) struct WindowAnswer<'a> {
    pub(in crate::cli) sample: &'a Sample<'a>,
    /// The window itself: [`Windower::marks`] tells its rows.
    pub(in crate::cli) windower: &'a Windower,
    pub(in crate::cli) answer: &'a Reconstruction,
    /// For whoever asks, to keep of this stream; 0 at first.
    pub(in crate::cli) kept: &'a mut u64,
}

/// Runs each window of the stream through the model, one window every `hop` rows. `each` writes to
/// `out`, which is flushed after each block of rows.
pub(in crate::cli) fn windows<W: Write>(
    bundle: &Bundle,
    stream: RowStream<'_>,
    hop: usize,
    out: &mut W,
    each: impl FnMut(WindowAnswer<'_>, &mut W) -> io::Result<()>,
) -> anyhow::Result<()> {
    let mut spec = IntakeSpec::new(bundle.profile());
    spec.window.hop = hop;
    let mut windows = Windows {
        session: bundle.model().session()?,
        streams: Streams::new(spec.most_streams(size_of::<u64>())),
        spec,
        window: Vec::new(),
        answer: Reconstruction::default(),
        notes: Vec::new(),
        count: 0,
        dropped: Dropped::default(),
        out,
        each,
    };
    stream.run(&mut windows)?;
    if windows.count == 0 {
        Warning::NoWindow { nothing: "written" }.say();
    }
    log::info!("{} windows", windows.count);
    Ok(())
}

struct Windows<'a, W, F> {
    session: Session,
    spec: IntakeSpec,
    streams: Streams<(Intake, u64)>,
    window: Vec<f32>,
    answer: Reconstruction,
    notes: Vec<Note>,
    /// Windows so far.
    count: u64,
    dropped: Dropped,
    out: &'a mut W,
    each: F,
}

impl<W, F> RowSink for Windows<'_, W, F>
where
    W: Write,
    F: FnMut(WindowAnswer<'_>, &mut W) -> io::Result<()>,
{
    fn row(&mut self, row: &InputRow<'_>) -> Result<(), RunError> {
        let sample = &row.sample;
        let most = self.streams.most();
        let new = || (Intake::of(&self.spec, row.sample.stream), 0);
        let (intake, kept) = self
            .streams
            .get_or_insert(sample.stream, new)
            .ok_or(DetectError::from(TooManyStreams { most }))?;
        self.notes.clear();
        let span = intake.push(sample, &mut self.notes);
        for note in &self.notes {
            self.dropped.duplicates += u64::from(*note == Note::Duplicate);
            self.dropped.late += u64::from(*note == Note::Late);
        }
        if span.is_none() {
            return Ok(());
        }
        self.count += 1;
        let windower = intake.windower();
        self.window.clear();
        windower.copy_window(&mut self.window);
        self.session.run(&self.window, 1, &mut self.answer).map_err(DetectError::Model)?;
        let answer = WindowAnswer { sample, windower, answer: &self.answer, kept };
        (self.each)(answer, self.out).map_err(RunError::stdout)
    }

    fn flush(&mut self) -> Result<(), RunError> {
        self.out.flush().map_err(RunError::stdout)
    }

    fn dropped(&self) -> Dropped {
        self.dropped
    }
}
