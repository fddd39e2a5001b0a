//! `oddity detect MODEL [INPUT]`: the stream. Rows go in, one JSON line an event comes out.

use std::io::LineWriter;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use oddity::args::{AlertArgs, ReadArgs};
use oddity::detector::{Detector, Finding, Tally};
use oddity::event::{Event, EventKind};
use oddity::profile::Profile;
use oddity::sink::JsonLines;
#[cfg(all(feature = "sensor", target_os = "linux"))]
use oddity::sink::Pins;

use crate::cli::error::RunError;
use crate::cli::exit::Completion;
use crate::cli::files::{ModelFile, names, units, with_alert};
use crate::cli::loading::LoadArgs;
use crate::cli::service::Service;
use crate::cli::stdio::{Patient, stdout};
use crate::cli::stream::{Dropped, InputRow, RowSink, RowStream};
use crate::cli::warning::Warning;
#[cfg(all(feature = "sensor", target_os = "linux"))]
use crate::cli::wired::WiredArgs;

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
    /// Exit with code 1 if an alert was raised, a sensor was frozen or implausible, what never moved changed, or rows
    /// could not be read
    #[arg(long)]
    fail_on_alert: bool,
    /// Say nothing of readings that were never seen before
    #[arg(long)]
    no_unprecedented: bool,
    /// Say nothing of channels and scores that are not as they used to be
    #[arg(long)]
    no_drift: bool,
    #[cfg(all(feature = "sensor", target_os = "linux"))]
    #[command(flatten)]
    wired: WiredArgs,
    #[command(flatten)]
    load: LoadArgs,
}

impl DetectArgs {
    /// The rows to watch, for a model with this profile.
    fn rows(&self, profile: &Profile) -> anyhow::Result<RowStream<'_>> {
        #[cfg(all(feature = "sensor", target_os = "linux"))]
        if let Some(sensors) = self.wired.sensors()? {
            return self.wired.rows(sensors, profile);
        }
        Ok(RowStream::watched(self.input.as_deref(), &self.read, profile, self.strict))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Emit {
    /// Alerts, gaps, missing and frozen sensors, constants that change, what was never seen before, what drifts
    Events,
    /// The score of each window
    Scores,
    /// Both
    All,
}

pub(super) fn run(args: &DetectArgs) -> anyhow::Result<Completion> {
    let bundle = ModelFile::open(&args.model, &args.load.options())?.bundle()?;
    anyhow::ensure!(
        !bundle.profile().layout.is_picture(),
        "model {} takes pictures, not a stream: `oddity reconstruct {0} PICTURES -o FOLDER` judges them",
        args.model.display()
    );
    let mut bundle = with_alert(bundle, &args.alert)?;
    if args.no_unprecedented {
        bundle = bundle.without_unprecedented();
    }
    if args.no_drift {
        bundle = bundle.without_drift();
    }
    let mut watch = Watch {
        detector: Detector::new(&bundle)?,
        sink: JsonLines::new(stdout(), names(bundle.profile()), bundle.id().to_owned())
            .with_units(units(bundle.profile()))
            .with_period(bundle.profile().period_s),
        emit: args.emit,
        #[cfg(all(feature = "sensor", target_os = "linux"))]
        pins: args.wired.pins()?,
        rows: 0,
        unreadable: 0,
        service: Service::from_environment(),
    };
    args.rows(bundle.profile())?.run(&mut watch)?;
    let tally = watch.detector.tally();
    if tally.windows == 0 {
        Warning::NoWindow { nothing: "judged" }.say();
        if let (Some(when), 1..) = (&watch.detector.profile().when, tally.stops) {
            Warning::Problem(&format!(
                "the model is judged only while {when}, which never was for long enough, or has no reading in this data"
            ))
            .say();
        }
    }
    log::info!("{} windows judged, {} alerts raised", tally.windows, tally.raised);
    if tally.unprecedented > 0 {
        log::info!("{} readings were never seen before", tally.unprecedented);
    }
    if tally.drifts > 0 {
        log::info!(
            "{} times a channel or the score was not as it used to be any more",
            tally.drifts
        );
    }
    if tally.disregarded > 0 {
        Warning::Disregarded { readings: tally.disregarded }.say();
    }
    let events = tally.raised + tally.flatlines + tally.implausible + tally.changed;
    let odd = events + watch.unreadable > 0;
    Ok(if args.fail_on_alert && odd { Completion::Alert } else { Completion::Done })
}

/// Judges rows and writes what there is to say of them.
struct Watch {
    detector: Detector,
    sink: JsonLines<LineWriter<Patient>>,
    emit: Emit,
    /// Shown as long as this is watched.
    #[cfg(all(feature = "sensor", target_os = "linux"))]
    pins: Option<Pins>,
    /// So far.
    rows: u64,
    /// How often rows could no longer be read.
    unreadable: u64,
    /// Whoever has started this program, where it wants to know how it goes.
    service: Option<Service>,
}

impl Watch {
    /// A sign of life, where one is due.
    fn alive(&mut self) {
        let Self { detector, rows, service, .. } = self;
        let Some(service) = service else { return };
        service.alive(|| {
            let Tally { windows, raised, .. } = detector.tally();
            format!("{rows} rows, {windows} windows judged, {raised} alerts raised")
        });
    }
}

impl RowSink for Watch {
    fn opened(&mut self) {
        if let Some(service) = &mut self.service {
            service.ready();
        }
    }

    fn most_wait(&self) -> Option<Duration> {
        self.service.as_ref().map(Service::left)
    }

    fn row(&mut self, row: &InputRow<'_>) -> Result<(), RunError> {
        let (detector, mut out) = self.parts();
        detector.push(&row.sample, |finding| out.take(finding))?;
        self.rows += 1;
        self.alive();
        Ok(())
    }

    fn legible(&mut self, event: &Event<'_>) -> Result<(), RunError> {
        // What came before is said before.
        self.flush()?;
        self.unreadable += u64::from(matches!(event.kind, EventKind::Unreadable { .. }));
        self.parts().1.take(Finding::Event(*event))
    }

    fn flush(&mut self) -> Result<(), RunError> {
        let (detector, mut out) = self.parts();
        detector.flush(|finding| out.take(finding))?;
        self.alive();
        Ok(())
    }

    fn dropped(&self) -> Dropped {
        let Tally { duplicates, late, .. } = self.detector.tally();
        Dropped { duplicates, late }
    }
}

impl Watch {
    fn parts(&mut self) -> (&mut Detector, Out<'_>) {
        let out = Out {
            sink: &mut self.sink,
            emit: self.emit,
            #[cfg(all(feature = "sensor", target_os = "linux"))]
            pins: self.pins.as_mut(),
        };
        (&mut self.detector, out)
    }
}

/// Where findings go.
struct Out<'a> {
    sink: &'a mut JsonLines<LineWriter<Patient>>,
    emit: Emit,
    #[cfg(all(feature = "sensor", target_os = "linux"))]
    pins: Option<&'a mut Pins>,
}

impl Out<'_> {
    /// Shows it, and writes what is wanted.
    fn take(&mut self, finding: Finding<'_>) -> Result<(), RunError> {
        // First: whoever reads the lines may let them wait.
        #[cfg(all(feature = "sensor", target_os = "linux"))]
        if let Some(pins) = &mut self.pins {
            pins.take(&finding);
        }
        match finding {
            Finding::Score(score) if self.emit != Emit::Events => self.sink.score(&score),
            Finding::Event(event) if self.emit != Emit::Scores => self.sink.event(&event),
            Finding::Score(_) | Finding::Event(_) => Ok(()),
        }
        .map_err(RunError::stdout)
    }
}
