//! Samples of any number of streams go in; scores and events come out, in order.
//!
//! [`PureDetector::push`] takes rows in, [`PureDetector::flush`] judges what they completed: many windows, of
//! all streams, in one go where the model allows. No I/O and no clock, so a file gives the same events
//! as the live stream did, wherever it is cut; and what one stream gives does not depend on which
//! others are interleaved with it.

mod found;
mod judge;
mod queue;
mod state;
mod tally;

use alloc::vec::Vec;

use crate::alert::Change;
use crate::constant::ConstantWatch;
use crate::drift::StreamDrift;
use crate::event::{Event, EventKind, Scored, Since};
use crate::health::{Note, RowPlace};
use crate::ongoing::Ongoing;
use crate::profile::{Profile, SmoothSpec};
use crate::running::Switch;
use crate::score::ScoreError;
use crate::smooth::Smoother;
use crate::threshold;
use crate::types::{Reconstruction, Sample};
use crate::unprecedented::Watch;
use crate::window::{IntakeSpec, Streams};

use found::{constants, drifts, event_of, unprecedented};
pub use judge::{Judge, Verdict, head_value};
use queue::{Origin, Queue, Waiting};
use state::StreamState;
pub use tally::Tally;

/// A score counts towards a smoothed one up to so many times what raises an alert: a single
/// implausible reading must not hold one for an hour.
const MOST_RATIO: f64 = 3.0;

/// The largest score that is smoothed, by this threshold.
pub fn most_score(smooth: SmoothSpec, raise: f64, threshold: f64) -> f64 {
    match smooth {
        SmoothSpec::None => f64::INFINITY,
        _ => MOST_RATIO * raise.max(1.0) * threshold,
    }
}

/// More streams than memory is set aside for. Other rows can go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "more than {most} streams in one input, which is the limit; is --key the column that names the stream? rows of further streams are not watched"
)]
pub struct TooManyStreams {
    /// Streams that are watched.
    pub most: usize,
}

/// What the detector has to say.
#[derive(Clone, Copy, Debug)]
pub enum Finding<'a> {
    /// The score of one window.
    Score(Scored<'a>),
    /// Something happened.
    Event(Event<'a>),
}

/// Watches streams, all but running the model. One a thread.
#[derive(Debug)]
pub struct PureDetector {
    spec: IntakeSpec,
    profile: Profile,
    streams: Streams<StreamState>,
    queue: Queue,
    judge: Judge,
    /// Largest score that is smoothed.
    most_score: f64,
    reconstruction: Reconstruction,
    notes: Vec<Note>,
    /// Where in a sample the readings stand by which rows are judged or not.
    conditions: Vec<usize>,
    tally: Tally,
}

impl PureDetector {
    /// Judges by `profile`; the model takes up to `at_once` windows in one go.
    pub fn new(profile: &Profile, at_once: usize) -> Self {
        let spec = IntakeSpec::new(profile);
        Self {
            streams: Streams::new(spec.most_streams(
                Smoother::bytes(profile.smooth)
                    + profile.constants.len() * size_of::<ConstantWatch>()
                    + Ongoing::bytes(profile.channels.len())
                    + StreamDrift::bytes(profile)
                    + unprecedented_bytes(profile),
            )),
            queue: Queue::new(profile.window_len(), at_once),
            judge: Judge::new(profile),
            most_score: most_score(profile.smooth, profile.alert.raise, profile.threshold.value),
            reconstruction: Reconstruction::default(),
            notes: Vec::with_capacity(profile.channels.len() + 1),
            conditions: profile.places_of_conditions(),
            tally: Tally::default(),
            profile: profile.clone(),
            spec,
        }
    }

    /// The profile that it judges by.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Whether [`PureDetector::flush`] has to be called before the next row.
    pub fn is_full(&self) -> bool {
        self.queue.is_full()
    }

    /// Takes one row in. What it completes waits for [`PureDetector::flush`].
    ///
    /// # Errors
    /// [`TooManyStreams`]; other rows can go on.
    pub fn push(&mut self, sample: &Sample<'_>) -> Result<(), TooManyStreams> {
        let most = self.streams.most();
        let new = || StreamState::new(&self.spec, &self.profile, sample.stream);
        let stream = self.streams.find_or_insert(sample.stream, new);
        let stream = stream.ok_or(TooManyStreams { most })?;
        let Some((_, state)) = self.streams.get_mut(stream) else { return Ok(()) };
        let origin = Origin { stream, row: sample.row, time: sample.time };
        let now_s = state.count(sample, self.profile.period_s);
        self.notes.clear();
        let place = state.intake.place(sample.time, &mut self.notes);
        let runs = match &self.profile.when {
            // A row that is dropped changes nothing.
            Some(when) if place != RowPlace::Dropped => {
                let reading = |&at: &usize| sample.values.get(at).copied().unwrap_or(f64::NAN);
                let readings = self.conditions.iter().map(reading);
                if let Some(switch) = state.running.take(when, readings, now_s) {
                    let Switch { running: runs, condition, reading } = switch;
                    let channel = self.conditions.get(condition).copied().unwrap_or(usize::MAX);
                    self.tally.stops += u64::from(!runs);
                    let kind = EventKind::Running { runs, channel, reading };
                    self.queue.note(origin, Some(kind), true);
                }
                state.running.runs()
            }
            _ => true,
        };
        let span = match runs {
            true => state.intake.push_at(place, sample, &mut self.notes),
            false => {
                state.intake.pass();
                None
            }
        };
        for &note in &self.notes {
            self.tally.note(note);
            let interrupts = matches!(note, Note::Gap { .. } | Note::Clock { .. });
            let kind = event_of(note, self.profile.period_s);
            if interrupts || kind.is_some() {
                self.queue.note(origin, kind, interrupts);
            }
        }
        // After a gap rows go on: where they come irregularly, there is nothing but gaps.
        if self.notes.iter().any(|note| matches!(note, Note::Clock { .. })) {
            state.unprecedented.iter_mut().flatten().for_each(Watch::interrupt);
        }
        if runs && place != RowPlace::Dropped {
            let to = &mut (&mut self.queue, &mut self.tally, origin);
            unprecedented(state, sample, now_s, to);
            drifts(state, &self.profile, sample, to);
            constants(state, &self.profile, sample, to);
        }
        if let Some(span) = span {
            state.intake.windower().copy_window(self.queue.window(origin, span, now_s));
        }
        Ok(())
    }

    /// Judges what waits: `run` gives the model's answers to the `n` windows that it is handed, one
    /// after the other; scores and events go to `out`, in order. Where it fails on many, they are handed
    /// to it one by one, so that what came before the one that fails is judged.
    ///
    /// # Errors
    /// Those of `run` and `out`, and those of the score, among them [`ScoreError::Answers`] where `run`
    /// gives another number of values than it was handed. What waited behind is lost then.
    pub fn flush<E: From<ScoreError>>(
        &mut self,
        run: impl FnMut(&[f32], usize, &mut Reconstruction) -> Result<(), E>,
        out: impl FnMut(Finding<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.queue.entries().is_empty() {
            return Ok(());
        }
        let done = self.judge_all(run, out);
        self.queue.clear();
        done
    }

    fn judge_all<E: From<ScoreError>>(
        &mut self,
        mut run: impl FnMut(&[f32], usize, &mut Reconstruction) -> Result<(), E>,
        mut out: impl FnMut(Finding<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Self { queue, reconstruction, .. } = self;
        let (n, length) = (queue.windows(), self.profile.window_len());
        let answer_len = self.profile.answer_len();
        // What fails together may be one window: then the others are judged, up to that one.
        let together =
            n > 0 && answers(&mut run, queue.values(), n, answer_len, reconstruction).is_ok();
        let mut windows = queue.values().chunks_exact(length.max(1)).enumerate();
        for &(Origin { stream, row, time }, entry) in queue.entries() {
            let Some((stream, state)) = self.streams.get_mut(stream) else { continue };
            let event = |kind| Finding::Event(Event { stream, row, time, kind });
            let (span, now_s) = match entry {
                Waiting::Note { kind, interrupts } => {
                    if interrupts {
                        state.alert.interrupt();
                    }
                    if let Some(EventKind::Drift { channel: Some(channel), change }) = kind {
                        state.drift.tell(channel, change.sets_in);
                    }
                    kind.map_or(Ok(()), |kind| out(event(kind)))?;
                    continue;
                }
                Waiting::Window { span, now_s } => (span, now_s),
            };
            let Some((index, window)) = windows.next() else { continue };
            let answer = if together {
                reconstruction.answer(index, n)
            } else {
                answers(&mut run, window, 1, answer_len, reconstruction)?;
                reconstruction.answer(0, 1)
            };
            self.tally.windows += 1;
            let Verdict { score, odd, head, shares, .. } = self.judge.judge(window, &answer)?;
            let smoothed = state.smoother.push(score.min(self.most_score));
            let ratio = threshold::ratio(smoothed, &self.profile.threshold);
            let drift = state.drift.score(&self.profile, score.min(self.most_score));
            let change = state.alert.push(ratio, now_s);
            let raised = state.alert.is_raised();
            let lasts = match change {
                None if raised => state.ongoing.window(shares, odd == Some(true), now_s),
                _ => None,
            };
            out(Finding::Score(Scored { stream, row, time, score, ratio, raised, head }))?;
            let threshold = self.profile.threshold.value;
            if let Some(because) = lasts {
                self.judge.rank();
                let (since, channels) = (state.ongoing.since(), self.judge.blame());
                out(event(EventKind::Ongoing {
                    because,
                    since,
                    score: smoothed,
                    threshold,
                    ratio,
                    channels,
                    drifts: state.drift.told(),
                }))?;
            } else if let Some(change) = change {
                self.tally.raised += u64::from(change == Change::Raised);
                self.judge.rank();
                if change == Change::Raised {
                    state.ongoing.raised(Since { row, time }, now_s, self.judge.blame());
                }
                out(event(EventKind::Alert {
                    raised: change == Change::Raised,
                    span,
                    score: smoothed,
                    threshold,
                    ratio,
                    channels: self.judge.blame(),
                    head: self.judge.head(&answer),
                }))?;
            }
            if let Some(change) = drift {
                self.tally.drifts += u64::from(change.sets_in);
                out(event(EventKind::Drift { channel: None, change }))?;
            }
        }
        Ok(())
    }

    /// Forgets all streams, and what waits: what follows does not continue what came before.
    pub fn reset(&mut self) {
        self.queue.clear();
        self.streams.clear();
    }

    /// What was seen so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }
}

/// Bytes that a stream takes to tell what is unprecedented.
fn unprecedented_bytes(profile: &Profile) -> usize {
    match (&profile.unprecedented, profile.period_s) {
        (Some(spec), Some(period_s)) => {
            spec.channels.iter().flatten().count() * Watch::bytes(period_s)
        }
        _ => 0,
    }
}

/// Runs windows, and checks that each has its answer of `length` values.
fn answers<E: From<ScoreError>>(
    run: &mut impl FnMut(&[f32], usize, &mut Reconstruction) -> Result<(), E>,
    windows: &[f32],
    n: usize,
    length: usize,
    out: &mut Reconstruction,
) -> Result<(), E> {
    out.clear();
    run(windows, n, out)?;
    match out.values.len() {
        found if found == n * length => Ok(()),
        found => Err(ScoreError::Answers { expected: n * length, found }.into()),
    }
}

#[cfg(test)]
mod tests;
