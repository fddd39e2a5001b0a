//! `oddity evaluate`: detection measured on labelled data, beside simple baselines.
//!
//! Models see training rows only; every score is causal. What is chosen with a look at the labels
//! is marked as oracle.

mod labels;
mod operation;
mod report;
mod rows;
mod series;
mod table;

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use labels::LabelSource;
use oddity::args::LearnArgs;
use oddity::files::WriteError;
use series::{Runner, Training};

use crate::cli::exit::Completion;
use crate::cli::files::{ModelFile, with_alert};
use crate::cli::loading::LoadArgs;
use crate::cli::size::SizeArgs;
use crate::cli::stdio::stdout;

/// Measure detection on labelled data, beside simple baselines
#[derive(Debug, clap::Args)]
#[command(after_help = "With a model: `oddity evaluate MODEL DATA... --labels COLUMN`. \
Or with a model for each file, fitted on its own first rows: \
`oddity evaluate --fit-first 400 DATA... --labels COLUMN`. \
A file that `--anomalous` names besides DATA is odd from its first row to its last.")]
pub(in crate::cli) struct EvaluateArgs {
    /// MODEL and DATA..., or with --fit-first or --models only DATA...
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Column with the label: 0 is normal, any other number is not
    #[arg(long, value_name = "COLUMN")]
    labels: Option<String>,
    /// JSON file with the odd spans of each file, as the Numenta Anomaly Benchmark writes them
    #[arg(long, value_name = "FILE", conflicts_with = "labels")]
    label_windows: Option<PathBuf>,
    /// A file that is odd throughout; may be given more than once
    #[arg(long, value_name = "FILE")]
    anomalous: Vec<PathBuf>,
    /// Fit a model for each file on its first rows: ROWS, SHARE% or SHARE%,MOST
    #[arg(long, value_name = "ROWS")]
    fit_first: Option<Training>,
    /// A model for each DATA file, in the same order; repeat the option, or separate them by commas
    #[arg(long, value_name = "MODEL", value_delimiter = ',', conflicts_with = "fit_first")]
    models: Vec<PathBuf>,
    /// Rows at the start of each file that are not judged [default: those that were fitted on]
    #[arg(long, value_name = "ROWS")]
    skip: Option<u64>,
    /// Judge windows instead of rows: rows at which no window ended are left out
    #[arg(long)]
    by_window: bool,
    /// Buffer of VUS, in rows
    #[arg(long, value_name = "ROWS", default_value_t = oddity::metrics::VUS_DEFAULT_BUFFER)]
    vus_buffer: usize,
    /// Seed of the random baseline
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Also show each stream
    #[arg(long)]
    by_stream: bool,
    /// Write JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    learn: LearnArgs,
    #[command(flatten)]
    size: SizeArgs,
    #[command(flatten)]
    load: LoadArgs,
}

pub(super) fn run(args: EvaluateArgs) -> anyhow::Result<Completion> {
    let alone = args.fit_first.is_some() || !args.models.is_empty();
    let (model, normal) = match args.files.as_slice() {
        [model, files @ ..] if !alone => (Some(model), files),
        files => (None, files),
    };
    let inputs = normal.len() + args.anomalous.len();
    anyhow::ensure!(
        args.models.is_empty() || args.models.len() == inputs,
        "--models names {} models for {inputs} files of data: name one for each, in the same order",
        args.models.len()
    );
    anyhow::ensure!(
        !normal.is_empty() || !args.anomalous.is_empty(),
        "no DATA: name files after the model, or give --fit-first to fit on them"
    );
    anyhow::ensure!(
        args.fit_first.is_some() || !args.learn.is_any() && !args.size.is_any(),
        "a MODEL brings its own channels, window, score, smoothing and threshold: such options need \
         --fit-first, or `oddity calibrate` first"
    );
    anyhow::ensure!(
        args.learn.rows.is_none(),
        "--rows does not apply to evaluate: --fit-first sets how many rows are fitted on"
    );
    let twice = args.anomalous.iter().find(|path| normal.contains(path));
    if let Some(path) = twice {
        anyhow::bail!(
            "{} is named as data and with --anomalous: it would count twice, once as normal",
            path.display()
        );
    }
    let labels = LabelSource::new(args.labels.clone(), args.label_windows.as_deref())?;
    anyhow::ensure!(
        labels.is_given() || !args.anomalous.is_empty(),
        "there are no labels: give --labels COLUMN, --label-windows FILE or --anomalous FILE"
    );
    let load = args.load.options();
    let open =
        |path: &PathBuf| with_alert(ModelFile::open(path, &load)?.bundle()?, &args.learn.alert);
    let for_all = model.map(open).transpose()?;
    let runner = Runner {
        training: args.fit_first,
        skip: args.skip,
        by_window: args.by_window,
        learn: &args.learn,
        size: args.size,
        labels: &labels,
    };
    let mut series = Vec::new();
    let files = normal.iter().map(|p| (p, false)).chain(args.anomalous.iter().map(|p| (p, true)));
    for (number, (path, anomalous)) in files.enumerate() {
        let own = args.models.get(number).map(open).transpose()?;
        let bundle = own.as_ref().or(for_all.as_ref());
        let done = runner.run(path, anomalous, bundle);
        series.extend(done.with_context(|| path.display().to_string())?);
    }
    let report = report::report(&series, args.vus_buffer, args.seed, args.by_stream)?;
    let text = match args.json {
        true => serde_json::to_string_pretty(&report)? + "\n",
        false => table::table(&report, args.by_stream),
    };
    stdout().write_all(text.as_bytes()).map_err(WriteError::stdout)?;
    Ok(Completion::Done)
}
