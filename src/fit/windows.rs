//! Rows of normal data go in; windows with the number of their fold come out.
//!
//! A fold is a block of consecutive rows: neighbouring windows are alike, so a random split would
//! judge a model by what it has seen.

use super::FitError;
use super::data::{Data, LabelValue};
use super::glitch::Bounds;
use crate::decode::Channels;
use crate::profile::SmoothSpec;
use crate::score::Smoother;
use crate::types::Sample;
use crate::window::{Note, Streams, WindowSpec, Windower};

/// Blocks of consecutive rows that normal data is cut into.
pub const FOLDS: usize = 4;

/// Which part of the data a window belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All its rows lie in this fold.
    Fold(usize),
    /// It reaches from one fold into the next: it may teach the final model, but none that is
    /// judged out of fold.
    Border,
    /// A label says that one of its rows is not normal.
    Odd,
}

/// One window of the data that a model learns from.
#[derive(Clone, Copy, Debug)]
pub struct Example<'a> {
    /// Where it lies.
    pub part: Part,
    /// In the model's layout, normalised.
    pub window: &'a [f32],
    /// The label of its last row.
    pub label: Option<LabelValue<'a>>,
    /// The folds that its first and its last row lie in; with rows of many streams there may be
    /// others between.
    pub folds: (usize, usize),
    /// The file that it was cut from, or the picture that it is.
    pub source: &'a str,
    /// Its first and its last row, from 1, counted on from one file to the next; of a picture its
    /// number, twice.
    pub rows: (u64, u64),
}

/// Rows that were dropped, and holes, on the way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Holes {
    pub(super) dropped: u64,
    pub(super) gaps: u64,
}

/// Forms the windows of normal data, as often as asked.
pub(super) struct Windows<'a> {
    pub(super) data: &'a Data,
    pub(super) spec: WindowSpec,
    pub(super) channels: Vec<String>,
    /// Of each channel.
    pub(super) bounds: Vec<Bounds>,
    pub(super) smooth: SmoothSpec,
    /// Rows in all.
    pub(super) rows: u64,
}

struct Stream {
    windower: Windower,
    smoother: Smoother,
    part: Part,
    /// Number of the last row that a label calls odd; 0 before.
    odd: u64,
}

impl Windows<'_> {
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
        self.data.read(&Channels::Named(self.channels.clone()), |file, sample, label| {
            if file != current {
                current = file;
                streams.clear();
            }
            let stream = streams
                .get_or_insert(sample.stream, || Stream {
                    windower: Windower::new(&self.spec),
                    smoother: Smoother::new(self.smooth),
                    part: Part::Border,
                    odd: 0,
                })
                .ok_or(FitError::TooManyStreams { most })?;
            notes.clear();
            values.clear();
            let cleaned = sample.values.iter().zip(&self.bounds).map(|(&v, b)| b.clean(v));
            values.extend(cleaned);
            let sample = Sample { values: &values, ..*sample };
            let bounds = stream.windower.push(&sample, &mut notes);
            for note in &notes {
                holes.dropped += u64::from(matches!(note, Note::Duplicate | Note::Late));
                holes.gaps += u64::from(matches!(note, Note::Gap { .. } | Note::Clock { .. }));
            }
            if !self.data.is_normal(label) {
                stream.odd = sample.row;
            }
            let Some(bounds) = bounds else { return Ok(()) };
            stream.windower.copy_window(&mut window);
            let folds = (self.fold(bounds.first_row), self.fold(bounds.last_row));
            let part = match bounds.first_row <= stream.odd {
                true => Part::Odd,
                false if folds.0 == folds.1 => Part::Fold(folds.0),
                false => Part::Border,
            };
            if part != stream.part {
                stream.smoother = Smoother::new(self.smooth);
                stream.part = part;
            }
            let source = names.get(file).map_or("", String::as_str);
            let rows = (bounds.first_row, bounds.last_row);
            let example = Example { part, window: &window, label, folds, source, rows };
            each(&example, &mut stream.smoother)
        })?;
        Ok(holes)
    }

    fn fold(&self, row: u64) -> usize {
        fold(row.saturating_sub(1), self.rows)
    }
}

/// The fold of a row or picture, whose numbers begin with 0.
pub(super) fn fold(number: u64, count: u64) -> usize {
    let fold = u128::from(number) * FOLDS as u128 / u128::from(count.max(1));
    usize::try_from(fold).unwrap_or(FOLDS).min(FOLDS - 1)
}
