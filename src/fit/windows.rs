//! Rows of normal data go in; windows with the number of their fold come out.

use std::borrow::Cow;

use super::data::{Data, Wanted};
use super::error::FitError;
use super::fold::{Example, FoldPart, Holes, fold};
use super::glitch::PlausibleRange;
use oddity_core::health::Note;
use oddity_core::profile::SmoothSpec;
use oddity_core::smooth::Smoother;
use oddity_core::types::Sample;
use oddity_core::window::{Intake, IntakeSpec, Streams};

/// How windows follow each other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Rows of windows from one to the next.
    pub(super) hop: usize,
    /// Rows of data that are averaged to one of these.
    pub(super) average: usize,
}

impl Pace {
    /// Rows of data from one window to the next.
    pub(super) fn rows(self) -> u64 {
        (self.hop as u64).saturating_mul(self.average as u64)
    }
}

/// Forms the windows of normal data, as often as asked.
pub(super) struct RowWindows<'a> {
    pub(super) data: Cow<'a, Data>,
    pub(super) spec: IntakeSpec,
    pub(super) wanted: Wanted,
    /// Of each channel.
    pub(super) bounds: Vec<PlausibleRange>,
    pub(super) smooth: SmoothSpec,
    /// Rows in all.
    pub(super) rows: u64,
}

struct Stream {
    intake: Intake,
    smoother: Smoother,
    part: FoldPart,
    /// Number of the last row that a label calls odd; 0 before.
    odd: u64,
}

impl RowWindows<'_> {
    /// Forms all windows; `each` gets them with the stream's smoother, which starts anew with each
    /// fold.
    pub(super) fn each(
        &self,
        mut each: impl FnMut(&Example<'_>, &mut Smoother) -> Result<(), FitError>,
    ) -> Result<Holes, FitError> {
        let mut holes = Holes::default();
        let mut notes: Vec<Note> = Vec::new();
        let (mut window, mut values) = (Vec::new(), Vec::new());
        let mut current = 0;
        let names: Vec<String> =
            self.data.files.iter().map(|path| path.display().to_string()).collect();
        let most = self.spec.most_streams(Smoother::bytes(self.smooth));
        let mut streams: Streams<Stream> = Streams::new(most);
        self.data.read(&self.wanted, |file, sample, label| {
            if file != current {
                current = file;
                streams.clear();
            }
            let stream = streams
                .get_or_insert(sample.stream, || Stream {
                    intake: Intake::of(&self.spec, sample.stream),
                    smoother: Smoother::new(self.smooth),
                    part: FoldPart::Border,
                    odd: 0,
                })
                .ok_or(FitError::TooManyStreams { most })?;
            notes.clear();
            values.clear();
            let cleaned = sample.values.iter().zip(&self.bounds).map(|(&v, b)| b.clean(v));
            values.extend(cleaned);
            let sample = Sample { values: &values, ..*sample };
            let span = stream.intake.push(&sample, &mut notes);
            for note in &notes {
                holes.dropped += u64::from(matches!(note, Note::Duplicate | Note::Late));
                holes.gaps += u64::from(matches!(note, Note::Gap { .. } | Note::Clock { .. }));
            }
            if !self.data.is_normal(sample.row, label) {
                stream.odd = sample.row;
            }
            let Some(span) = span else { return Ok(()) };
            window.clear();
            stream.intake.windower().copy_window(&mut window);
            let folds = (self.fold(span.first_row), self.fold(span.last_row));
            let part = match span.first_row <= stream.odd {
                true => FoldPart::Odd,
                false if folds.0 == folds.1 => FoldPart::Fold(folds.0),
                false => FoldPart::Border,
            };
            if part != stream.part {
                stream.smoother = Smoother::new(self.smooth);
                stream.part = part;
            }
            let source = names.get(file).map_or("", String::as_str);
            let rows = (span.first_row, span.last_row);
            let (window, stream, smoother) = (&*window, sample.stream, &mut stream.smoother);
            let example = Example { part, window, label, folds, source, stream, rows };
            each(&example, smoother)
        })?;
        Ok(holes)
    }

    /// Windows of the same readings, not averaged, one for each; `None` where they are not averaged.
    pub(super) fn readings(&self) -> Option<RowWindows<'_>> {
        let mut spec = self.spec.clone();
        if std::mem::replace(&mut spec.window.average, 1) == 1 {
            return None;
        }
        spec.window.hop = 1;
        let (wanted, bounds) = (self.wanted.clone(), self.bounds.clone());
        let Self { smooth, rows, .. } = *self;
        Some(RowWindows { data: Cow::Borrowed(&self.data), spec, wanted, bounds, smooth, rows })
    }

    /// Of the rows that are learned from: where a machine stands still for long, no fold is empty.
    fn fold(&self, row: u64) -> usize {
        let not_learned = self.data.not_learned();
        let before: u64 = not_learned.iter().map(|rows| rows.before(row)).sum();
        let count: u64 = not_learned.iter().map(|rows| rows.count()).sum();
        fold(row.saturating_sub(1 + before), self.rows.saturating_sub(count))
    }
}
