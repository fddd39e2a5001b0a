//! Samples of any number of streams go in, scores and events come out: the pure detector with a model
//! to run.
//!
//! No I/O and no clock, so a file gives the same events as the live stream did.

use oddity_core::detector::PureDetector;
pub use oddity_core::detector::{
    Finding, Judge, Tally, TooManyStreams, Verdict, head_value, most_score,
};

use crate::model::{Bundle, ModelError, Session};
use oddity_core::profile::Profile;
use oddity_core::score::ScoreError;
use oddity_core::types::{Reconstruction, Sample};

/// Why a row cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum DetectError {
    /// The model fails.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The score fails.
    #[error(transparent)]
    Score(#[from] ScoreError),
    /// More streams than memory is set aside for.
    #[error(transparent)]
    TooManyStreams(#[from] TooManyStreams),
}

/// Watches streams. One a thread.
///
/// ```
/// use oddity::detector::{DetectError, Detector, Finding};
/// use oddity::model::Bundle;
/// use oddity::types::Sample;
///
/// let bundle = Bundle::from_bytes(std::fs::read("models/pump.onnx")?)?;
/// let means: Vec<f64> = bundle.profile().channels.iter().map(|channel| channel.mean).collect();
/// let mut detector = Detector::new(&bundle)?;
/// let mut scores = 0;
/// let mut out = |finding: Finding<'_>| {
///     scores += usize::from(matches!(finding, Finding::Score(_)));
///     Ok::<_, DetectError>(())
/// };
/// // Twenty rows fill the first window; each further row ends one.
/// for row in 1..=25 {
///     detector.push(&Sample { stream: "", row, time: None, values: &means }, &mut out)?;
/// }
/// detector.flush(&mut out)?;
/// assert_eq!(scores, 6);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Detector {
    session: Session,
    pure: PureDetector,
}

impl Detector {
    /// Judges by the model and the profile of `bundle`.
    ///
    /// # Errors
    /// When the engine cannot start.
    pub fn new(bundle: &Bundle) -> Result<Self, ModelError> {
        let profile = bundle.profile();
        let session = bundle.model().stream_session(profile.layout, profile.hop)?;
        let pure = PureDetector::new(profile, session.at_once());
        Ok(Self { session, pure })
    }

    /// The profile that it judges by.
    pub fn profile(&self) -> &Profile {
        self.pure.profile()
    }

    /// Takes one row in. What it completes waits for [`Detector::flush`], in a queue that is as long
    /// as what the model takes in one go: a full one is judged at once, and goes to `out`.
    ///
    /// # Errors
    /// Those of `out`, and [`DetectError`] as `E`; after [`DetectError::TooManyStreams`] it can go on
    /// with other rows.
    pub fn push<E: From<DetectError>>(
        &mut self,
        sample: &Sample<'_>,
        out: impl FnMut(Finding<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.push_seen(sample, |_, _| {}, out)
    }

    /// As [`Detector::push`]; `see` is shown what [`Detector::flush_seen`] shows.
    ///
    /// # Errors
    /// As above.
    pub fn push_seen<E: From<DetectError>>(
        &mut self,
        sample: &Sample<'_>,
        see: impl FnMut(usize, &Reconstruction),
        out: impl FnMut(Finding<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.pure.push(sample).map_err(DetectError::from)?;
        if self.pure.is_full() { self.flush_seen(see, out) } else { Ok(()) }
    }

    /// Judges what waits. Scores and events go to `out`, in the order of the rows. To be called when no
    /// further row is there yet, and at the end.
    ///
    /// # Errors
    /// Those of `out`, and [`DetectError`] as `E`.
    pub fn flush<E: From<DetectError>>(
        &mut self,
        out: impl FnMut(Finding<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.flush_seen(|_, _| {}, out)
    }

    /// As [`Detector::flush`]; `see` is shown the model's answers to so many windows, before their scores go to `out`
    /// in the same order.
    ///
    /// # Errors
    /// As above.
    pub fn flush_seen<E: From<DetectError>>(
        &mut self,
        mut see: impl FnMut(usize, &Reconstruction),
        mut out: impl FnMut(Finding<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Self { session, pure } = self;
        let done = pure.flush(
            |windows, n, answers| {
                session.run(windows, n, answers).map_err(|e| Stopped::Here(e.into()))?;
                see(n, answers);
                Ok(())
            },
            |finding| out(finding).map_err(Stopped::Outside),
        );
        done.map_err(|stopped| match stopped {
            Stopped::Here(error) => error.into(),
            Stopped::Outside(error) => error,
        })
    }

    /// Forgets all streams: what follows does not continue what came before.
    pub fn reset(&mut self) {
        self.pure.reset();
    }

    /// What was seen so far. Windows and alerts count when they are judged.
    pub fn tally(&self) -> Tally {
        self.pure.tally()
    }
}

/// What ended a flush: an error of this room, or the caller's own.
enum Stopped<E> {
    Here(DetectError),
    Outside(E),
}

impl<E> From<ScoreError> for Stopped<E> {
    fn from(error: ScoreError) -> Self {
        Self::Here(error.into())
    }
}
