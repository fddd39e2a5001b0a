//! `oddity detect MODEL [INPUT]`: the stream. Rows go in, one JSON line an event comes out.

use std::io::{self, IsTerminal, Stdout};
use std::path::PathBuf;

use anyhow::Context;
use clap::ValueEnum;
use oddity::decode::{Channels, DecodeError, Decoder, Item, Options, TimeColumn};
use oddity::detector::{DetectError, Detector, Output};
use oddity::profile::Profile;
use oddity::sink::JsonLines;
use oddity::source::{self, Block};

use super::args::{AlertArgs, ReadArgs};
use super::exit::{Outcome, StrictError, WriteError};
use super::files::ModelFile;

/// Problems that are told one by one; after that they are counted.
const TOLD: u64 = 10;

/// Watch a stream: rows go in, one JSON line for each event comes out
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A model with its profile, from `oddity fit` or `oddity calibrate`
    model: PathBuf,
    /// CSV or JSON Lines [default: standard input]
    input: Option<PathBuf>,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    alert: AlertArgs,
    /// What to write
    #[arg(long, value_enum, default_value = "events")]
    emit: Emit,
    /// Stop with exit code 65 at the first bad row or reading
    #[arg(long)]
    strict: bool,
    /// Exit with code 1 if an alert was raised or a sensor stood still
    #[arg(long)]
    fail_on_alert: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Emit {
    /// Alerts, gaps, missing and frozen sensors
    Events,
    /// The score of each window
    Scores,
    /// Both
    All,
}

pub(super) fn run(args: Args) -> anyhow::Result<Outcome> {
    let file = ModelFile::open(&args.model)?;
    let mut profile = file.profile(&args.model)?;
    profile.alert = args.alert.over(profile.alert)?;
    let mut detector = Detector::new(&file.model, &profile)
        .with_context(|| format!("model {}", args.model.display()))?;
    let mut decoder = Decoder::new(decoder_options(&args.read, &profile, None))?;
    let mut source = source::open(args.input.as_deref())?.with_signals()?;
    if args.input.is_none() && io::stdin().is_terminal() {
        log::warn!("reading from the terminal: pipe readings in, or name a file");
    }
    let mut run = Run {
        sink: JsonLines::new(
            io::stdout(),
            profile.channels.iter().map(|channel| channel.name.clone()).collect(),
            file.id,
        ),
        emit: args.emit,
        strict: args.strict,
        problems: 0,
        too_many_streams: false,
    };
    let mut each = |item: Item<'_>| run.take(&mut detector, item);
    loop {
        match source.next_block()? {
            Block::Bytes(bytes) => decoder.push(bytes, &mut each).map_err(Stop::into_error)?,
            Block::End => break,
            Block::Stopped(signal) => {
                log::info!("stopped by signal {signal}");
                break;
            }
        }
    }
    decoder.finish(&mut each).map_err(Stop::into_error)?;
    let tally = detector.tally();
    run.sum_up(&tally);
    let odd = tally.raised + tally.flatlines > 0;
    Ok(if args.fail_on_alert && odd { Outcome::Alert } else { Outcome::Done })
}

/// How to read data for a model with this profile: what is not said is as when it was fitted.
pub(super) fn decoder_options(
    read: &ReadArgs,
    profile: &Profile,
    label: Option<String>,
) -> Options {
    let key = match read.key.as_deref() {
        Some("none") => None,
        Some(key) => Some(key.to_owned()),
        None => profile.key.clone(),
    };
    Options {
        format: read.format,
        channels: Channels::Named(profile.channels.iter().map(|c| c.name.clone()).collect()),
        time: match (read.time(), &profile.time) {
            (TimeColumn::Auto, Some(name)) => TimeColumn::Likely(name.clone()),
            (time, _) => time,
        },
        key,
        label,
    }
}

/// What ends the run before the input does.
enum Stop {
    Decode(DecodeError),
    Detect(DetectError),
    Strict(StrictError),
    Write(io::Error),
}

impl From<DecodeError> for Stop {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

impl From<DetectError> for Stop {
    fn from(error: DetectError) -> Self {
        Self::Detect(error)
    }
}

impl Stop {
    fn into_error(self) -> anyhow::Error {
        match self {
            Self::Decode(error) => error.into(),
            Self::Detect(error) => error.into(),
            Self::Strict(error) => error.into(),
            Self::Write(error) => WriteError::stdout(error).into(),
        }
    }
}

struct Run {
    sink: JsonLines<Stdout>,
    emit: Emit,
    strict: bool,
    problems: u64,
    too_many_streams: bool,
}

impl Run {
    fn take(&mut self, detector: &mut Detector, item: Item<'_>) -> Result<(), Stop> {
        let sample = match item {
            Item::Problem(problem) => return self.problem(&problem),
            Item::Row { sample, .. } => sample,
        };
        let (emit, sink) = (self.emit, &mut self.sink);
        let done = detector.push(&sample, |output| match output {
            Output::Score(score) if emit != Emit::Events => sink.score(&score).map_err(Stop::Write),
            Output::Event(event) if emit != Emit::Scores => sink.event(&event).map_err(Stop::Write),
            _ => Ok(()),
        });
        match done {
            Err(Stop::Detect(error @ DetectError::TooManyStreams { .. })) => {
                if !self.too_many_streams {
                    self.too_many_streams = true;
                    log::error!("{error}");
                }
                Ok(())
            }
            done => done,
        }
    }

    fn problem(&mut self, problem: &impl std::fmt::Display) -> Result<(), Stop> {
        if self.strict {
            return Err(Stop::Strict(StrictError(problem.to_string())));
        }
        self.problems += 1;
        if self.problems <= TOLD {
            log::warn!("{problem}");
        }
        if self.problems == TOLD {
            log::warn!("further problems are counted, and summed up at the end");
        }
        Ok(())
    }

    fn sum_up(&self, tally: &oddity::detector::Tally) {
        if self.problems > TOLD {
            log::warn!("{} bad rows or readings in all", self.problems);
        }
        if tally.duplicates + tally.late > 0 {
            log::warn!(
                "{} rows dropped for having the time of the row before, {} for being late",
                tally.duplicates,
                tally.late
            );
        }
        if tally.windows == 0 {
            log::warn!("no window was complete: nothing was judged");
        }
        log::info!("{} windows judged, {} alerts raised", tally.windows, tally.raised);
    }
}
