//! Rows go through the detector; the model's answers and what it finds go on to what is kept of them.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::path::Path;

use oddity::detector::{Detector, Tally};
use oddity::event::Event;
use oddity::model::Bundle;
use oddity::report::Report;
use oddity::types::Reconstruction;
use oddity::window::WindowShape;

use super::events::Events;
use super::kept::{Kept, Part};
use crate::cli::error::RunError;
use crate::cli::stream::{Dropped, InputRow, RowSink};

/// A page in the making.
pub(super) struct Watch<'a> {
    detector: Detector,
    answers: Option<Answers>,
    kept: Kept<'a>,
}

/// The newest rows of windows that wait for their scores.
struct Answers {
    shape: WindowShape,
    /// Rows of a window that no window before it had.
    new: usize,
    /// `[windows, new, channels]`, normalised.
    waiting: RefCell<VecDeque<f32>>,
}

impl Answers {
    /// Keeps what is new in these.
    fn take(&self, n: usize, answers: &Reconstruction) {
        let Self { shape, new, waiting } = self;
        let mut waiting = waiting.borrow_mut();
        for window in 0..n {
            let values = answers.answer(window, n).values;
            for row in shape.window - new..shape.window {
                let of_row = (0..shape.channels).map(|channel| {
                    values.get(shape.place(row, channel)).copied().unwrap_or(f32::NAN)
                });
                waiting.extend(of_row);
            }
        }
    }

    /// Those of the next window.
    fn next(&self) -> Vec<f32> {
        let mut waiting = self.waiting.borrow_mut();
        let count = (self.new * self.shape.channels).min(waiting.len());
        waiting.drain(..count).collect()
    }
}

impl<'a> Watch<'a> {
    pub(super) fn new(
        bundle: &'a Bundle,
        points: usize,
        part: Part,
        events: Option<Events>,
    ) -> anyhow::Result<Self> {
        let profile = bundle.profile();
        // A score that the model gives itself has no reconstruction behind it.
        let answers = (!profile.score.kind().is_of_model()).then(|| Answers {
            shape: WindowShape::of(profile),
            new: profile.hop.min(profile.window),
            waiting: RefCell::default(),
        });
        Ok(Self {
            detector: Detector::new(bundle)?,
            answers,
            kept: Kept::new(bundle, points, part, events),
        })
    }

    pub(super) fn windows(&self) -> u64 {
        self.detector.tally().windows
    }

    /// What there is to show of `data`.
    pub(super) fn report(self, model: &Path, data: &Path) -> anyhow::Result<Report> {
        let tally = self.detector.tally();
        self.kept.report(model, data, tally)
    }
}

impl RowSink for Watch<'_> {
    fn row(&mut self, row: &InputRow<'_>) -> Result<(), RunError> {
        let Self { detector, answers, kept } = self;
        kept.row(&row.sample);
        let answers = answers.as_ref();
        detector.push_seen(
            &row.sample,
            |n, found| answers.into_iter().for_each(|answers| answers.take(n, found)),
            |finding| kept.finding(finding, || answers.map(Answers::next)),
        )
    }

    fn legible(&mut self, event: &Event<'_>) -> Result<(), RunError> {
        // What came before is kept before.
        self.flush()?;
        self.kept.event(event)
    }

    fn flush(&mut self) -> Result<(), RunError> {
        let Self { detector, answers, kept } = self;
        let answers = answers.as_ref();
        detector.flush_seen(
            |n, found| answers.into_iter().for_each(|answers| answers.take(n, found)),
            |finding| kept.finding(finding, || answers.map(Answers::next)),
        )?;
        kept.judged();
        Ok(())
    }

    fn dropped(&self) -> Dropped {
        let Tally { duplicates, late, .. } = self.detector.tally();
        Dropped { duplicates, late }
    }
}
