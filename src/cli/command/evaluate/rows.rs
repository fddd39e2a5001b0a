//! One labelled file goes in; all its rows come out, with their labels and what a detector said of them.

use std::collections::HashMap;
use std::path::Path;

use oddity::args::ReadArgs;
use oddity::detector::{DetectError, Detector, Finding};
use oddity::event::{Event, EventKind};
use oddity::model::Bundle;
use oddity::types::{Sample, Time};

use super::labels::LabelSource;
use crate::cli::error::RunError;
use crate::cli::stream::{Dropped, InputRow, RowSink, RowStream};

/// All rows of a file as they were read.
#[derive(Default)]
pub(super) struct MeasuredRows {
    /// Number in the file: bad rows count, but are not here.
    pub(super) number: Vec<u64>,
    pub(super) values: Vec<Vec<f64>>,
    pub(super) time: Vec<Option<Time>>,
    pub(super) label: Vec<bool>,
    /// Ratio and state at the windows that ended, and the score before smoothing.
    pub(super) scored: Vec<Option<(f64, bool, f64)>>,
    /// Rows at which something was said of a channel by itself: it is unprecedented, implausible or frozen, or what
    /// never moved has changed.
    pub(super) told: Vec<bool>,
    /// The channel that has most of the score, where an alert was raised.
    pub(super) blamed: Vec<Option<usize>>,
    /// Index of the stream.
    pub(super) stream: Vec<usize>,
    /// Each with its rows.
    pub(super) streams: Vec<(String, Vec<usize>)>,
    by_name: HashMap<String, usize>,
}

/// Reads a file and judges its rows.
pub(super) fn measure(
    path: &Path,
    bundle: &Bundle,
    read: &ReadArgs,
    labels: &LabelSource,
    anomalous: bool,
) -> anyhow::Result<MeasuredRows> {
    let mut measure = Measure {
        spans: labels.spans(path)?,
        detector: Detector::new(bundle)?,
        wants_label: labels.column().is_some(),
        anomalous,
        rows: MeasuredRows::default(),
    };
    RowStream::measured(path, read, bundle.profile(), labels.column()).run(&mut measure)?;
    Ok(measure.rows)
}

/// A file in the making.
struct Measure<'a> {
    detector: Detector,
    /// Odd from one to the other, both included.
    spans: &'a [(Time, Time)],
    wants_label: bool,
    /// Odd throughout.
    anomalous: bool,
    rows: MeasuredRows,
}

impl RowSink for Measure<'_> {
    fn row(&mut self, row: &InputRow<'_>) -> Result<(), RunError> {
        let InputRow { sample, label, line } = row;
        if self.wants_label && label.is_none() {
            return Err(RunError::Label { line: *line });
        }
        let in_span =
            |time: Time| self.spans.iter().any(|(start, end)| (start..=end).contains(&&time));
        let odd = self.anomalous
            || label.is_some_and(|label| label != 0.0)
            || sample.time.is_some_and(in_span);
        self.rows.push(sample, odd);
        let Self { detector, rows, .. } = self;
        Ok(detector.push(sample, |finding| rows.take(finding))?)
    }

    fn flush(&mut self) -> Result<(), RunError> {
        let Self { detector, rows, .. } = self;
        Ok(detector.flush(|finding| rows.take(finding))?)
    }

    /// Nobody is told of them: their labels count as they are.
    fn dropped(&self) -> Dropped {
        Dropped::default()
    }
}

impl MeasuredRows {
    fn push(&mut self, sample: &Sample<'_>, odd: bool) {
        let stream = match self.by_name.get(sample.stream) {
            Some(&stream) => stream,
            None => {
                self.streams.push((sample.stream.to_owned(), Vec::new()));
                self.by_name.insert(sample.stream.to_owned(), self.streams.len() - 1);
                self.streams.len() - 1
            }
        };
        if let Some((_, rows)) = self.streams.get_mut(stream) {
            rows.push(self.stream.len());
        }
        self.stream.push(stream);
        self.number.push(sample.row);
        self.values.push(sample.values.to_vec());
        self.time.push(sample.time);
        self.label.push(odd);
        self.scored.push(None);
        self.blamed.push(None);
        self.told.push(false);
    }

    /// Keeps the score of a window, which ended at a row of before, which rows said something by themselves, and whom an
    /// alert blames.
    fn take(&mut self, finding: Finding<'_>) -> Result<(), DetectError> {
        let row = |number: u64| self.number.binary_search(&number).ok();
        match finding {
            Finding::Score(score) => {
                if let Some(scored) = row(score.row).and_then(|row| self.scored.get_mut(row)) {
                    *scored = Some((score.ratio, score.raised, score.score));
                }
            }
            Finding::Event(Event {
                row: number,
                kind:
                    EventKind::Unprecedented { .. }
                    | EventKind::Changed { .. }
                    | EventKind::Implausible { .. }
                    | EventKind::Flatline { .. },
                ..
            }) => {
                if let Some(told) = row(number).and_then(|row| self.told.get_mut(row)) {
                    *told = true;
                }
            }
            Finding::Event(Event {
                row: number,
                kind: EventKind::Alert { raised: true, channels, .. },
                ..
            }) => {
                if let Some(blamed) = row(number).and_then(|row| self.blamed.get_mut(row)) {
                    *blamed = channels.first().map(|(channel, _)| *channel);
                }
            }
            Finding::Event(_) => {}
        }
        Ok(())
    }
}
