//! Rows in, windows and what the model makes of them out: what `encode` and `reconstruct` share.

use std::io::{self, IsTerminal};
use std::path::Path;

use anyhow::Context;
use oddity::args::ReadArgs;
use oddity::decode::Item;
use oddity::detector::{DetectError, Detector};
use oddity::model::{Reconstruction, Session};
use oddity::profile::{Layout, Profile};
use oddity::source;
use oddity::types::Sample;
use oddity::window::{Note, Streams, WindowSpec, Windower};

use super::exit::{NoRows, StrictError};
use super::files::ModelFile;
use super::read::{self, Problems, Stop};

/// What a model is fed with.
pub(super) enum Takes {
    /// Rows of a stream.
    Rows(Box<Profile>),
    /// Pictures, with a profile or without.
    Pictures(Option<Box<Profile>>),
}

impl Takes {
    /// A model without a profile takes pictures if its input has their axes; of rows nothing is known
    /// without one.
    pub(super) fn of(file: &ModelFile, path: &Path) -> anyhow::Result<Self> {
        let bare = file.model.metadata(oddity::profile::KEY).is_none();
        if bare && file.model.picture_shape().is_some() {
            return Ok(Self::Pictures(None));
        }
        let profile = Box::new(file.profile(path)?);
        Ok(match profile.layout {
            Layout::Picture => Self::Pictures(Some(profile)),
            _ => Self::Rows(profile),
        })
    }
}

/// A window's answer, and the row that completed it.
pub(super) struct Answered<'a> {
    pub(super) sample: &'a Sample<'a>,
    /// The window itself: [`Windower::marks`] tells its rows.
    pub(super) windower: &'a Windower,
    pub(super) answer: &'a Reconstruction,
    /// For whoever asks, to keep of this stream; 0 at first.
    pub(super) kept: &'a mut u64,
}

/// How to run.
pub(super) struct Run<'a> {
    pub(super) file: &'a ModelFile,
    pub(super) path: &'a Path,
    pub(super) profile: &'a Profile,
    pub(super) read: &'a ReadArgs,
    pub(super) input: Option<&'a Path>,
    pub(super) strict: bool,
    /// Rows from one window to the next.
    pub(super) hop: usize,
}

impl Run<'_> {
    /// Whether rows are told apart by a column.
    pub(super) fn has_key(&self) -> bool {
        read::options(self.read, self.profile, None).key.is_some()
    }

    /// Runs each window through the model, to the end of the input. An error of `each` is one of
    /// standard output.
    pub(super) fn windows(
        &self,
        each: impl FnMut(Answered<'_>) -> io::Result<()>,
    ) -> anyhow::Result<()> {
        // Checks that the profile fits, and the golden sample on this machine.
        Detector::new(&self.file.model, self.profile)
            .with_context(|| format!("model {}", self.path.display()))?;
        let mut spec = WindowSpec::new(self.profile);
        spec.hop = self.hop;
        let mut state = State {
            session: self.file.model.session()?,
            streams: Streams::new(spec.most_streams(size_of::<u64>())),
            spec,
            window: Vec::new(),
            answer: Reconstruction::default(),
            notes: Vec::new(),
            problems: Problems::default(),
            strict: self.strict,
            too_many_streams: false,
            rows: 0,
            windows: 0,
            dropped: 0,
            each,
        };
        let mut source = source::open(self.input)?.with_signals()?;
        if self.input.is_none() && io::stdin().is_terminal() {
            log::warn!("reading from the terminal: pipe readings in, or name a file");
        }
        let options = read::options(self.read, self.profile, None);
        read::rows(&mut source, options, |item| state.take(item))?;
        state.sum_up()
    }
}

struct State<F> {
    session: Session,
    spec: WindowSpec,
    streams: Streams<(Windower, u64)>,
    window: Vec<f32>,
    answer: Reconstruction,
    notes: Vec<Note>,
    problems: Problems,
    strict: bool,
    too_many_streams: bool,
    rows: u64,
    windows: u64,
    dropped: u64,
    each: F,
}

impl<F: FnMut(Answered<'_>) -> io::Result<()>> State<F> {
    fn take(&mut self, item: Item<'_>) -> Result<(), Stop> {
        let sample = match item {
            Item::Row { sample, .. } => sample,
            Item::Problem(problem) if self.strict => {
                return Err(Stop::Strict(StrictError(problem.to_string())));
            }
            Item::Problem(problem) => {
                self.problems.tell(&problem);
                return Ok(());
            }
        };
        self.rows += 1;
        let most = self.streams.most();
        let new = || (Windower::new(&self.spec), 0);
        let Some((windower, kept)) = self.streams.get_or_insert(sample.stream, new) else {
            let error = DetectError::TooManyStreams { most };
            if self.strict {
                return Err(error.into());
            }
            if !std::mem::replace(&mut self.too_many_streams, true) {
                log::error!("{error}");
            }
            return Ok(());
        };
        self.notes.clear();
        let complete = windower.push(&sample, &mut self.notes).is_some();
        let dropped = |note: &&Note| matches!(note, Note::Duplicate | Note::Late);
        self.dropped += self.notes.iter().filter(dropped).count() as u64;
        if !complete {
            return Ok(());
        }
        self.windows += 1;
        windower.copy_window(&mut self.window);
        self.session.run(&self.window, 1, &mut self.answer).map_err(DetectError::Model)?;
        let answer = &self.answer;
        (self.each)(Answered { sample: &sample, windower, answer, kept }).map_err(Stop::Write)
    }

    fn sum_up(&self) -> anyhow::Result<()> {
        self.problems.sum_up();
        if self.rows == 0 {
            return Err(NoRows.into());
        }
        if self.dropped > 0 {
            log::warn!(
                "rows dropped for the time of a row before, or an earlier one: {}",
                self.dropped
            );
        }
        if self.windows == 0 {
            log::warn!("no window was complete: nothing was written");
        }
        log::info!("{} windows", self.windows);
        Ok(())
    }
}
