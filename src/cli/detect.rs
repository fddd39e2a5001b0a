//! `oddity detect MODEL [INPUT]`: the stream. Rows go in, one JSON line an event comes out.

use std::io::{self, IsTerminal, Stdout};
use std::path::PathBuf;

use anyhow::Context;
use clap::ValueEnum;
use oddity::args::{AlertArgs, ReadArgs};
use oddity::decode::{Item, TimeColumn};
use oddity::detector::{DetectError, Detector, Output, Tally};
use oddity::profile::Layout;
use oddity::sink::JsonLines;
use oddity::source;

use super::exit::{NoRows, Outcome, StrictError};
use super::files::ModelFile;
use super::read::{self, Problems, Stop};

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
    anyhow::ensure!(
        profile.layout != Layout::Picture,
        "model {} takes pictures, not a stream: `oddity reconstruct {0} PICTURES -o FOLDER` judges them",
        args.model.display()
    );
    profile.alert = args.alert.over(profile.alert)?;
    let mut detector = Detector::new(&file.model, &profile)
        .with_context(|| format!("model {}", args.model.display()))?;
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
        problems: Problems::default(),
        too_many_streams: false,
        rows: 0,
        next_dropped: 1,
        wants_time: profile.period_s.is_some() && args.read.time() != TimeColumn::None,
    };
    read::rows(&mut source, read::options(&args.read, &profile, None), |item| {
        run.take(&mut detector, item)
    })?;
    let tally = detector.tally();
    run.sum_up(&tally);
    if run.rows == 0 {
        return Err(NoRows.into());
    }
    let odd = tally.raised + tally.flatlines > 0;
    Ok(if args.fail_on_alert && odd { Outcome::Alert } else { Outcome::Done })
}

struct Run {
    sink: JsonLines<Stdout>,
    emit: Emit,
    strict: bool,
    problems: Problems,
    too_many_streams: bool,
    rows: u64,
    /// Dropped rows at which it is said again.
    next_dropped: u64,
    /// The model has learned with times, and none was missed yet.
    wants_time: bool,
}

impl Run {
    fn take(&mut self, detector: &mut Detector, item: Item<'_>) -> Result<(), Stop> {
        let sample = match item {
            Item::Problem(problem) => return self.problem(&problem),
            Item::Row { sample, .. } => sample,
        };
        self.rows += 1;
        if self.wants_time && sample.time.is_none() {
            self.wants_time = false;
            log::warn!("rows have no time that is understood: they count as they come");
        }
        let (emit, sink) = (self.emit, &mut self.sink);
        let done = detector.push(&sample, |output| match output {
            Output::Score(score) if emit != Emit::Events => sink.score(&score).map_err(Stop::Write),
            Output::Event(event) if emit != Emit::Scores => sink.event(&event).map_err(Stop::Write),
            _ => Ok(()),
        });
        match done {
            Err(Stop::Detect(error @ DetectError::TooManyStreams { .. })) if !self.strict => {
                if !self.too_many_streams {
                    self.too_many_streams = true;
                    log::error!("{error}");
                }
                Ok(())
            }
            done => done.map(|()| self.tell_dropped(&detector.tally())),
        }
    }

    /// Said when it begins and each time their number has doubled.
    fn tell_dropped(&mut self, tally: &Tally) {
        let dropped = tally.duplicates + tally.late;
        if dropped < self.next_dropped {
            return;
        }
        self.next_dropped = 2 * dropped;
        log::warn!(
            "row {}: rows dropped so far: {} for having the time of the row before, {} for being \
             older; do several machines share the input? then name the column with --key",
            self.rows,
            tally.duplicates,
            tally.late
        );
    }

    fn problem(&mut self, problem: &impl std::fmt::Display) -> Result<(), Stop> {
        if self.strict {
            return Err(Stop::Strict(StrictError(problem.to_string())));
        }
        self.problems.tell(problem);
        Ok(())
    }

    fn sum_up(&self, tally: &Tally) {
        self.problems.sum_up();
        if tally.windows == 0 && self.rows > 0 {
            log::warn!("no window was complete: nothing was judged");
        }
        log::info!("{} windows judged, {} alerts raised", tally.windows, tally.raised);
    }
}
