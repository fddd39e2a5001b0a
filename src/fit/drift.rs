//! Windows of normal data and their scores go in; what each channel and the scores are usually like, to tell when they
//! are not any more, comes out.
//!
//! By the windows that are judged, so that readings are cleaned, held and brought to one scale as they will be later.
//! Memory is bounded: of much data every so-manieth row is kept.

use super::fold::{Example, FoldPart};
use super::windows::Pace;
use oddity_core::drift::{Way, compared, usual};
use oddity_core::profile::{Channel, DriftSpec, Usual};
use oddity_core::window::{MOST_STREAMS, Streams, WindowShape};

/// Readings that are kept of one channel, and of all.
const MOST_READINGS: u64 = 1 << 16;
const MOST_IN_ALL: u64 = 1 << 21;

/// Scores are held against those of so many windows that have no row in common, at least: of fewer, their share above a mark
/// is chance.
const LEAST_WINDOWS: u64 = 4;

/// By so much of a number a mark lies above it: more than 32 bits round, less than sensors tell apart.
const ABOVE: f64 = 1e-6;

/// Gathers what goes through the judge.
pub(super) struct Gatherer {
    shape: WindowShape,
    pace: Pace,
    /// Every so-manieth row, and window, of a stream is kept.
    rows_apart: u64,
    windows_apart: u64,
    streams: Streams<Stream>,
}

/// What was kept of one stream.
#[derive(Default)]
struct Stream {
    rows: u64,
    windows: u64,
    /// Normalised, of each channel.
    channels: Vec<Vec<f64>>,
    scores: Vec<f64>,
}

impl Gatherer {
    /// Of so many windows in all. Where a row is a window of its own, its values are no channels that drift: only
    /// scores are kept.
    pub(super) fn new(shape: WindowShape, pace: Pace, count: u64) -> Self {
        let rows = match pace {
            Pace { hop, average: 1 } => count.saturating_mul(hop.min(shape.window) as u64),
            _ => count.saturating_mul(pace.rows()),
        };
        let most = (MOST_IN_ALL / shape.channels.max(1) as u64).clamp(1, MOST_READINGS);
        Self {
            shape,
            pace,
            rows_apart: rows.div_ceil(most).max(1),
            windows_apart: count.div_ceil(MOST_READINGS).max(1),
            streams: Streams::new(MOST_STREAMS),
        }
    }

    /// Takes a window with its score, before smoothing.
    pub(super) fn window(&mut self, example: &Example<'_>, score: f64) {
        if self.pace.average == 1 {
            self.rows(example, self.fresh());
        }
        let apart = self.windows_apart;
        let Some(stream) = self.stream(example) else { return };
        if stream.windows.is_multiple_of(apart) && score.is_finite() {
            stream.scores.push(score);
        }
        stream.windows += 1;
    }

    /// Takes a window of readings as they come, one for each, where those that are judged are of means.
    pub(super) fn readings(&mut self, example: &Example<'_>) {
        if let FoldPart::Fold(_) = example.part {
            self.rows(example, 1);
        }
    }

    fn stream(&mut self, example: &Example<'_>) -> Option<&mut Stream> {
        let channels = if self.shape.window > 1 { self.shape.channels } else { 0 };
        let new = || Stream {
            rows: 0,
            windows: 0,
            channels: vec![Vec::new(); channels],
            scores: Vec::new(),
        };
        self.streams.get_or_insert(example.stream, new)
    }

    /// Takes the newest rows of a window.
    fn rows(&mut self, example: &Example<'_>, fresh: usize) {
        let (shape, apart) = (self.shape, self.rows_apart);
        let Some(stream) = self.stream(example) else { return };
        for row in shape.window - fresh..shape.window {
            if stream.rows.is_multiple_of(apart) {
                for (channel, kept) in stream.channels.iter_mut().enumerate() {
                    let value = example.window.get(shape.place(row, channel));
                    kept.extend(value.map(|&value| f64::from(value)));
                }
            }
            stream.rows += 1;
        }
    }

    /// Rows of a window that were in none before it.
    fn fresh(&self) -> usize {
        self.pace.hop.min(self.shape.window)
    }

    /// What is usual, of these channels; `None` where nothing can be told.
    pub(super) fn finish(
        mut self,
        channels: &[Channel],
        period_s: Option<f64>,
    ) -> Option<DriftSpec> {
        let mut streams = Vec::new();
        for number in 0.. {
            let Some((_, stream)) = self.streams.get_mut(number) else { break };
            streams.push(std::mem::take(stream));
        }
        let longest = streams.iter().map(|stream| stream.windows).max()?;
        let (average, apart) = (self.pace.average, self.pace.rows().max(1));
        let rows = compared(longest.saturating_mul(apart), period_s)?;
        // Where a window moves on by more than its length, the rows between are not seen.
        let seen = match average {
            1 => (rows / apart).saturating_mul(self.fresh() as u64),
            _ => rows,
        };
        let length = |count: u64, apart: u64| usize::try_from(count / apart).unwrap_or(usize::MAX);
        let of = |(at, channel): (usize, &Channel)| {
            let readings: Vec<Vec<f64>> = streams
                .iter_mut()
                .filter_map(|stream| stream.channels.get_mut(at))
                .map(std::mem::take)
                .collect();
            let usual = usual(&readings, length(seen, self.rows_apart), Way::Any)?;
            Some(in_units(usual, channel))
        };
        let channels: Vec<Option<Usual>> = channels.iter().enumerate().map(of).collect();
        let scores: Vec<Vec<f64>> = streams.into_iter().map(|stream| stream.scores).collect();
        let windows = rows / apart;
        let covered = (self.shape.window as u64).saturating_mul(average as u64);
        let score = (rows >= LEAST_WINDOWS * covered)
            .then(|| usual(&scores, length(windows, self.windows_apart), Way::Up))
            .flatten();
        let any = score.is_some() || channels.iter().any(Option::is_some);
        any.then_some(DriftSpec { rows, channels, score })
    }
}

/// Normalised numbers in the unit of their channel. Windows hold them in 32 bits: a mark lies a little above its number, so
/// that readings that come again and again lie on the same side of it as they did.
fn in_units(usual: Usual, channel: &Channel) -> Usual {
    let unit = |value: f64| value * channel.scale + channel.mean;
    let above = |mark: f64| unit(mark + ABOVE * mark.abs().max(1.0));
    let marks = usual.marks.into_iter().map(|(mark, share)| (above(mark), share)).collect();
    Usual { mean: unit(usual.mean), marks, limit: usual.limit }
}
