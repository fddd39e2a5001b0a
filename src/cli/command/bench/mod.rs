//! `oddity bench MODEL [DATA]`: how fast this model runs on this very machine, to read or as JSON.
//!
//! All goes through the doors that the other commands use: `Session`, `Detector`, `Decoder`. Nothing is
//! judged, and nothing is written but the figures.

mod bursts;
mod child;
mod report;
mod rows;
mod subjects;

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use bursts::{Figure, Subject, measure};
use oddity::args::ReadArgs;
use oddity::decode::Format;
use oddity::files::WriteError;
use oddity::model::{Bundle, Model};
use oddity::profile::{KEY, Profile};
use report::{
    DecodeReport, LoadReport, ModelReport, ProgramReport, Report, StartUpReport, StreamReport,
    WindowsReport,
};
use rows::Rows;

use crate::cli::exit::Completion;
use crate::cli::files::ModelFile;
use crate::cli::loading::{BareArgs, LoadArgs};
use crate::cli::stdio::stdout;
use crate::cli::warning::Warning;

/// Windows at once, besides what the model takes in one go, if nothing else is asked for.
const AT_ONCE: [usize; 3] = [1, 32, 128];

/// Values that are handed over at once, at most.
const MOST_VALUES: usize = 64 << 20;

/// Shares of the time: for starting children, and for loading.
const STARTS: f64 = 0.2;
const LOADS: f64 = 0.1;

/// In a pass through the detector the model takes about as long as this, in nanoseconds, within these numbers of
/// windows and of readings.
const PASS_NS: f64 = 5e6;
const PASS_WINDOWS: (f64, f64) = (4.0, 8192.0);
const PASS_VALUES: usize = 8 << 20;

/// Rows that are decoded, at most, and the most readings in them.
const DECODED_ROWS: usize = 4096;
const DECODED_VALUES: usize = 256 << 10;

/// Measure how fast a model runs on this machine
#[derive(Debug, clap::Args)]
#[command(
    after_help = "All on one thread. Each figure is the fastest of many short bursts, which says what \
the program can do; the median says what it did while other programs ran. Windows and, without DATA, \
rows are noise: speed does not depend on what they hold. A model without a profile has no rows, and a \
model of pictures has none either: for these only windows are measured."
)]
pub(in crate::cli) struct BenchArgs {
    /// An ONNX model, with a profile or without
    model: PathBuf,
    /// Rows to measure with, for a model with a profile: the first of them are enough [default: noise]
    data: Option<PathBuf>,
    #[command(flatten)]
    read: ReadArgs,
    /// About how long to measure in all
    #[arg(long, value_name = "SECONDS", default_value = "3", value_parser = seconds)]
    seconds: Duration,
    /// How many windows to hand over at once, separated by commas [default: 1, 32, 128, and as many as
    /// the model takes in one go]
    #[arg(long, value_name = "COUNT", value_delimiter = ',', value_parser = count)]
    at_once: Vec<usize>,
    /// Write JSON
    #[arg(long)]
    json: bool,
    /// Load the model, say so, judge noise, and tell the memory (used by `bench` itself)
    #[arg(long, hide = true)]
    child: bool,
    /// How often the child judges as many windows as the first of --at-once says (used by
    /// tests/arm/instructions.sh)
    #[arg(long, hide = true, requires = "child", default_value = "1")]
    goes: u32,
    #[command(flatten)]
    bare: BareArgs,
    #[command(flatten)]
    load: LoadArgs,
}

pub(super) fn run(args: &BenchArgs) -> anyhow::Result<Completion> {
    let options = args.bare.over(args.load.options());
    let file = ModelFile::open(&args.model, &options)?;
    args.bare.check(&file.model)?;
    file.keeps_its_samples()?;
    let (id, bytes, model) = (file.id(), file.bytes.clone(), file.model.clone());
    let bundle =
        if model.metadata(KEY).is_some() { Some(file.bundle()?.always_judged()) } else { None };
    let at_once = model.session()?.at_once();
    if let Some(n) = args.at_once.iter().find(|&&n| !fits(&model, n)) {
        anyhow::bail!(
            "--at-once {n}: that many windows of {} values are more than {MOST_VALUES} values",
            model.window_len()
        );
    }
    if args.child {
        let n = args.at_once.first().copied().unwrap_or(at_once);
        child::answer(model.session()?, n, args.goes)?;
        return Ok(Completion::Done);
    }
    let watched = bundle.filter(|bundle| !bundle.profile().layout.is_picture());
    anyhow::ensure!(
        args.data.is_none() || watched.is_some(),
        "model {} has no profile for rows: leave out DATA",
        args.model.display()
    );
    let Measured { windows, stream, decode } =
        measure_all(args, &model, at_once, watched.as_ref())?;
    let children = child::start_up(&args.model, &options, args.seconds.mul_f64(STARTS))?;
    let loads = measure(vec![subjects::load(&bytes, &options)?], args.seconds.mul_f64(LOADS))?;
    let named = (args.model.display().to_string(), id, bytes.len());
    let report = Report {
        program: ProgramReport::new(),
        model: ModelReport::new(named, model.description(), at_once),
        windows,
        stream,
        decode,
        start_up: StartUpReport::new(&children),
        load: loads.into_iter().next().map(LoadReport::new),
        peak_memory_bytes: children.peak_bytes,
    };
    let text = match args.json {
        true => serde_json::to_string_pretty(&report)? + "\n",
        false => report.table(),
    };
    stdout().write_all(text.as_bytes()).map_err(WriteError::stdout)?;
    Ok(Completion::Done)
}

/// What is measured in turn.
#[derive(Default)]
struct Measured {
    windows: Vec<WindowsReport>,
    stream: Option<StreamReport>,
    decode: Vec<DecodeReport>,
}

fn measure_all(
    args: &BenchArgs,
    model: &Model,
    at_once: usize,
    bundle: Option<&Bundle>,
) -> anyhow::Result<Measured> {
    let (models, counts, each_ns) = window_subjects(args, model, at_once)?;
    let time = args.seconds.mul_f64(1.0 - STARTS - LOADS);
    let Some(bundle) = bundle else {
        let windows = window_reports(&counts, measure(models, time)?);
        return Ok(Measured { windows, ..Measured::default() });
    };
    let profile = bundle.profile();
    let channels = profile.channels.len().max(1);
    let passed = rows_of_a_pass(profile, each_ns);
    let decoded = DECODED_ROWS.min(DECODED_VALUES / channels).max(1);
    let (source, rows) = match &args.data {
        Some(data) => ("data", Rows::of_data(data, &args.read, profile, passed.max(decoded))?),
        None => ("noise", Rows::of_noise(profile, passed.max(decoded))),
    };
    let (passed, decoded) = (passed.min(rows.len()), decoded.min(rows.len()));
    let [csv, jsonl, raw] = [rows.csv(decoded), rows.jsonl(decoded), rows.raw(decoded)];
    let (stream, windows_of_a_pass) = subjects::stream(bundle, &rows, passed)?;
    let others = [
        stream,
        subjects::decode(&rows, Format::Csv, &csv)?,
        subjects::decode(&rows, Format::Jsonl, &jsonl)?,
        subjects::decode_raw(channels, &raw)?,
    ];
    let mut figures = measure(models.into_iter().chain(others).collect(), time)?;
    let mut of_rows = figures.split_off(counts.len()).into_iter();
    let counted = (passed, windows_of_a_pass, profile.rows_apart());
    let stream = of_rows.next().map(|figure| StreamReport::new(source, counted, figure));
    let texts = [("csv", csv.len()), ("jsonl", jsonl.len()), ("f32", raw.len())];
    let decode = texts
        .into_iter()
        .zip(of_rows)
        .map(|((format, bytes), figure)| DecodeReport::new(format, (decoded, bytes), figure));
    Ok(Measured { windows: window_reports(&counts, figures), stream, decode: decode.collect() })
}

fn window_reports(counts: &[usize], figures: Vec<Figure>) -> Vec<WindowsReport> {
    counts.iter().zip(figures).map(|(&n, figure)| WindowsReport::new(n, figure)).collect()
}

fn fits(model: &Model, windows: usize) -> bool {
    windows.saturating_mul(model.window_len()) <= MOST_VALUES
}

/// A subject for each number of windows that is asked for and can be measured in the time; these numbers;
/// and the nanoseconds of a window at a first look.
fn window_subjects(
    args: &BenchArgs,
    model: &Model,
    at_once: usize,
) -> anyhow::Result<(Vec<Subject<'static>>, Vec<usize>, f64)> {
    let mut wanted = args.at_once.clone();
    if wanted.is_empty() {
        wanted.extend(AT_ONCE.into_iter().chain([at_once]).filter(|&n| n == 1 || fits(model, n)));
    }
    wanted.sort_unstable();
    wanted.dedup();
    let (mut subjects, mut counts, mut each_ns) = (Vec::new(), Vec::new(), f64::INFINITY);
    for n in wanted {
        let wants_s = n as f64 * each_ns / 1e9;
        if !counts.is_empty() && wants_s > args.seconds.as_secs_f64() {
            Warning::TooSlow { windows: n, seconds: wants_s }.say();
            continue;
        }
        let subject = subjects::windows(model, n)?;
        each_ns = each_ns.min(subject.first_ns());
        subjects.push(subject);
        counts.push(n);
    }
    Ok((subjects, counts, each_ns))
}

/// Rows that the detector takes in one pass, for a model that takes so long for a window.
fn rows_of_a_pass(profile: &Profile, each_ns: f64) -> usize {
    let (least, most) = PASS_WINDOWS;
    let windows = (PASS_NS / each_ns).clamp(least, most) as usize;
    let window = profile.rows_covered();
    let rows = window.saturating_add(windows.saturating_mul(profile.rows_apart()));
    rows.min(PASS_VALUES / profile.channels.len().max(1)).max(window)
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds| *seconds > 0.0 && *seconds <= 600.0);
    seconds.map(Duration::from_secs_f64).ok_or_else(|| "must be above 0 and at most 600".into())
}

fn count(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|&count| count > 0);
    count.ok_or_else(|| "must be a whole number above 0".into())
}
