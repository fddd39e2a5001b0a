//! `oddity detect MODEL [INPUT]`: the stream. Rows go in, one JSON line an event comes out.

use std::io::{self, Stdout};
use std::path::PathBuf;

use clap::ValueEnum;
use oddity::args::{AlertArgs, ReadArgs};
use oddity::detector::{Detector, Finding, Tally};
use oddity::sink::JsonLines;

use crate::cli::error::RunError;
use crate::cli::exit::Completion;
use crate::cli::files::{ModelFile, channel_names, with_alert};
use crate::cli::loading::LoadArgs;
use crate::cli::stream::{Dropped, InputRow, RowSink, RowStream};
use crate::cli::warning::Warning;

/// Watch a stream: rows go in, one JSON line for each event comes out
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct DetectArgs {
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
    /// Exit with code 1 if an alert was raised or a sensor was frozen
    #[arg(long)]
    fail_on_alert: bool,
    #[command(flatten)]
    load: LoadArgs,
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

pub(super) fn run(args: DetectArgs) -> anyhow::Result<Completion> {
    let bundle = ModelFile::open(&args.model, &args.load.options())?.bundle()?;
    anyhow::ensure!(
        !bundle.profile().layout.is_picture(),
        "model {} takes pictures, not a stream: `oddity reconstruct {0} PICTURES -o FOLDER` judges them",
        args.model.display()
    );
    let bundle = with_alert(bundle, &args.alert)?;
    let mut watch = Watch {
        detector: Detector::new(&bundle)?,
        sink: JsonLines::new(io::stdout(), channel_names(bundle.profile()), bundle.id().to_owned()),
        emit: args.emit,
    };
    RowStream::live(args.input.as_deref(), &args.read, bundle.profile(), args.strict)
        .run(&mut watch)?;
    let tally = watch.detector.tally();
    if tally.windows == 0 {
        Warning::NoWindow { nothing: "judged" }.say();
    }
    log::info!("{} windows judged, {} alerts raised", tally.windows, tally.raised);
    let odd = tally.raised + tally.flatlines > 0;
    Ok(if args.fail_on_alert && odd { Completion::Alert } else { Completion::Done })
}

/// Judges rows and writes what there is to say of them.
struct Watch {
    detector: Detector,
    sink: JsonLines<Stdout>,
    emit: Emit,
}

impl RowSink for Watch {
    fn row(&mut self, row: &InputRow<'_>) -> Result<(), RunError> {
        let Self { detector, sink, emit } = self;
        detector.push(&row.sample, |finding| write(sink, *emit, finding))
    }

    fn flush(&mut self) -> Result<(), RunError> {
        let Self { detector, sink, emit } = self;
        detector.flush(|finding| write(sink, *emit, finding))
    }

    fn dropped(&self) -> Dropped {
        let Tally { duplicates, late, .. } = self.detector.tally();
        Dropped { duplicates, late }
    }
}

/// Writes what is wanted.
fn write(sink: &mut JsonLines<Stdout>, emit: Emit, finding: Finding<'_>) -> Result<(), RunError> {
    match finding {
        Finding::Score(score) if emit != Emit::Events => sink.score(&score),
        Finding::Event(event) if emit != Emit::Scores => sink.event(&event),
        Finding::Score(_) | Finding::Event(_) => Ok(()),
    }
    .map_err(RunError::stdout)
}
