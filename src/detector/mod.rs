//! The rooms from `window` to `alert` in one: samples of any number of streams go in, scores and
//! events come out.
//!
//! No I/O and no clock, so a file gives the same events as the live stream did. Windows run one
//! at a time: what one stream gives does not depend on which others are interleaved with it.

mod golden;

use crate::alert::{Alert, Change, Event, EventKind, HeadValue, Scored};
use crate::model::{Model, ModelError, Reconstruction, Session};
use crate::profile::{HeadSpec, Layout, Profile, SmoothSpec, ThresholdSpec};
use crate::score::{ScoreError, Scorer, Smoother};
use crate::threshold;
use crate::types::Sample;
use crate::window::{Bounds, ChannelNote, Note, Streams, WindowSpec, Windower};

/// A score counts towards a smoothed one up to so many times what raises an alert: a single absurd
/// reading must not hold one for an hour.
const MOST_RATIO: f64 = 10.0;
/// Score of a window whose reconstruction is not finite: odd, not unknown.
const OVERFLOW_SCORE: f64 = 1e300;

/// Why a model cannot be used, or a row not judged.
#[derive(Debug, thiserror::Error)]
pub enum DetectError {
    /// The model fails.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The score fails.
    #[error(transparent)]
    Score(#[from] ScoreError),
    /// The model gives other numbers than where its profile was made.
    #[error(
        "the model's golden sample gives {what} {found:.6} on this machine where {expected:.6} was recorded; the file is damaged or this machine computes it differently; renew it here with `oddity calibrate`"
    )]
    Golden {
        /// Which of the two.
        what: &'static str,
        /// What came out.
        found: f64,
        /// What should have.
        expected: f64,
    },
    /// The profile does not fit the model.
    #[error(
        "the profile describes windows of {rows} rows x {channels} channels as {layout}, the model takes {model:?}; renew it with `oddity calibrate`"
    )]
    Shape {
        /// Rows in a window by the profile.
        rows: usize,
        /// Channels by the profile.
        channels: usize,
        /// Order of the axes by the profile.
        layout: Layout,
        /// Axes of the model's input, without the batch.
        model: Vec<usize>,
    },
    /// The second output is not what the profile says.
    #[error(
        "the profile describes a second output (class or estimate) of {expected} values, the model gives {found}; train or export it anew"
    )]
    Head {
        /// Values by the profile.
        expected: usize,
        /// Values that the model gives; 0 without such an output.
        found: usize,
    },
    /// More streams than memory is set aside for.
    #[error(
        "more than {most} streams in one input, for which there is no memory; is --key the column that names the stream? rows of further streams are not watched"
    )]
    TooManyStreams {
        /// Streams that are watched.
        most: usize,
    },
}

/// What the detector has to say.
#[derive(Clone, Copy, Debug)]
pub enum Output<'a> {
    /// The score of one window.
    Score(Scored<'a>),
    /// Something happened.
    Event(Event<'a>),
}

/// What the detector has seen, for the summary at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Windows that were scored.
    pub windows: u64,
    /// Alerts raised.
    pub raised: u64,
    /// Sensors that stood still.
    pub flatlines: u64,
    /// Rows dropped for having the time of the row before.
    pub duplicates: u64,
    /// Rows dropped for being late.
    pub late: u64,
}

/// Watches streams. One a thread.
pub struct Detector {
    session: Session,
    spec: WindowSpec,
    profile: Profile,
    streams: Streams<Stream>,
    /// Largest score that is smoothed.
    most_score: f64,
    engine: Engine,
    tally: Tally,
}

/// What is shared by all streams and reused for each window.
struct Engine {
    scorer: Scorer,
    window: Vec<f32>,
    reconstruction: Reconstruction,
    blame: Vec<(usize, f64)>,
    head: Option<HeadSpec>,
    notes: Vec<Note>,
}

/// What is kept of one stream.
struct Stream {
    windower: Windower,
    smoother: Smoother,
    alert: Alert,
    rows: u64,
}

impl Detector {
    /// Takes a loaded model and its profile, and checks the golden sample on this machine.
    ///
    /// # Errors
    /// When profile and model do not fit, or the golden sample gives other numbers.
    pub fn new(model: &Model, profile: &Profile) -> Result<Self, DetectError> {
        let mut session = model.session()?;
        let described = (profile.window, profile.channels.len());
        if model.rows_and_channels(profile.layout) != Some(described) {
            return Err(DetectError::Shape {
                rows: described.0,
                channels: described.1,
                layout: profile.layout,
                model: model.window_shape().to_vec(),
            });
        }
        let found = model.head_len().unwrap_or(0);
        if let Some(expected) = profile.head.as_ref().map(HeadSpec::width)
            && expected != found
        {
            return Err(DetectError::Head { expected, found });
        }
        golden::check(&mut session, profile)?;
        let spec = WindowSpec::new(profile);
        Ok(Self {
            session,
            streams: Streams::new(spec.most_streams(Smoother::bytes(profile.smooth))),
            spec,
            most_score: match profile.smooth {
                SmoothSpec::None => f64::INFINITY,
                _ => MOST_RATIO * profile.alert.raise.max(1.0) * profile.threshold.value,
            },
            engine: Engine {
                scorer: Scorer::of(profile),
                window: Vec::with_capacity(profile.window_len()),
                reconstruction: Reconstruction::default(),
                blame: Vec::with_capacity(profile.channels.len()),
                head: profile.head.clone(),
                notes: Vec::with_capacity(profile.channels.len() + 1),
            },
            profile: profile.clone(),
            tally: Tally::default(),
        })
    }

    /// Takes one row. Scores and events go to `out`, in order.
    ///
    /// # Errors
    /// Those of `out`, and [`DetectError`] as `E`; after [`DetectError::TooManyStreams`] it can go
    /// on with other rows.
    pub fn push<E: From<DetectError>>(
        &mut self,
        sample: &Sample<'_>,
        mut out: impl FnMut(Output<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let most = self.streams.most();
        let stream = self
            .streams
            .get_or_insert(sample.stream, || Stream::new(&self.spec, &self.profile))
            .ok_or(DetectError::TooManyStreams { most })?;
        stream.rows += 1;
        self.engine.notes.clear();
        let bounds = stream.windower.push(sample, &mut self.engine.notes);
        for &note in &self.engine.notes {
            self.tally.note(note);
            if matches!(note, Note::Gap { .. } | Note::Clock { .. }) {
                stream.alert.interrupt();
            }
            if let Some(kind) = event_of(note, self.profile.period_s) {
                out(Output::Event(event(sample, kind)))?;
            }
        }
        let Some(bounds) = bounds else { return Ok(()) };
        self.tally.windows += 1;
        stream.windower.copy_window(&mut self.engine.window);
        let score = self.engine.score(&mut self.session)?;
        let smoothed = stream.smoother.push(score.min(self.most_score));
        let ratio = threshold::ratio(smoothed, &self.profile.threshold);
        let change = stream.alert.push(ratio, stream.clock_s(sample, self.profile.period_s));
        let raised = stream.alert.is_raised();
        let Sample { stream, row, time, .. } = *sample;
        let head = self.engine.head();
        out(Output::Score(Scored { stream, row, time, score, ratio, raised, head }))?;
        if let Some(change) = change {
            self.tally.raised += u64::from(change == Change::Raised);
            self.engine.rank_blame();
            let kind =
                self.engine.alert(change, bounds, (smoothed, ratio), &self.profile.threshold);
            out(Output::Event(event(sample, kind)))?;
        }
        Ok(())
    }

    /// Forgets all streams: what follows does not continue what came before.
    pub fn reset(&mut self) {
        self.streams.clear();
    }

    /// What was seen so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }
}

impl Engine {
    /// Scores the window.
    fn score(&mut self, session: &mut Session) -> Result<f64, DetectError> {
        session.run(&self.window, 1, &mut self.reconstruction)?;
        let Reconstruction { values, latent, non_finite, .. } = &self.reconstruction;
        let score = self.scorer.score(&self.window, values, latent)?;
        if non_finite.is_empty() && score.is_finite() {
            return Ok(score);
        }
        self.scorer.blame_largest(&self.window);
        Ok(OVERFLOW_SCORE)
    }

    /// The channels with a share in the score, the largest first.
    fn rank_blame(&mut self) {
        self.blame.clear();
        let shares = self.scorer.shares().iter().copied().enumerate();
        self.blame.extend(shares.filter(|&(_, share)| share > 0.0));
        self.blame.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    }

    fn alert(
        &self,
        change: Change,
        bounds: Bounds,
        (score, ratio): (f64, f64),
        threshold: &ThresholdSpec,
    ) -> EventKind<'_> {
        EventKind::Alert {
            raised: change == Change::Raised,
            bounds,
            score,
            threshold: threshold.value,
            ratio,
            channels: &self.blame,
            head: self.head(),
        }
    }

    /// What the second output says of the window that was scored last.
    fn head(&self) -> Option<HeadValue<'_>> {
        HeadValue::of(self.head.as_ref()?, &self.reconstruction.head)
    }
}

impl Stream {
    fn new(spec: &WindowSpec, profile: &Profile) -> Self {
        Self {
            windower: Windower::new(spec),
            smoother: Smoother::new(profile.smooth),
            alert: Alert::new(profile.alert),
            rows: 0,
        }
    }

    /// Seconds on the stream's own clock: the time of the row, or rows times the sample period
    /// (taken as one second where nothing tells it).
    fn clock_s(&self, sample: &Sample<'_>, period_s: Option<f64>) -> f64 {
        match sample.time {
            Some(time) => time.0 as f64 / 1e9,
            None => self.rows as f64 * period_s.unwrap_or(1.0),
        }
    }
}

impl Tally {
    fn note(&mut self, note: Note) {
        match note {
            Note::Duplicate => self.duplicates += 1,
            Note::Late => self.late += 1,
            Note::Channel { note: ChannelNote::Flatline { .. }, .. } => self.flatlines += 1,
            _ => {}
        }
    }
}

fn event<'a>(sample: &Sample<'a>, kind: EventKind<'a>) -> Event<'a> {
    Event { stream: sample.stream, row: sample.row, time: sample.time, kind }
}

/// Single dropped rows are only counted: an event for each would drown the alerts.
fn event_of(note: Note, period_s: Option<f64>) -> Option<EventKind<'static>> {
    Some(match note {
        Note::Duplicate | Note::Late => return None,
        Note::Gap { expected: true, .. } => return None,
        Note::Gap { missing, from, .. } => EventKind::Gap { missing, from },
        Note::Clock { fault, from } => EventKind::Clock { fault, from },
        Note::Rate { period_s: found } => {
            EventKind::Rate { period_s: found, expected_s: period_s.unwrap_or(found) }
        }
        Note::Channel { channel, note } => match note {
            ChannelNote::Missing => EventKind::Missing { channel },
            ChannelNote::Restored => EventKind::Restored { channel },
            ChannelNote::Flatline { rows } => EventKind::Flatline { channel, rows },
            ChannelNote::Moving => EventKind::Moving { channel },
        },
    })
}
