//! `oddity quantize MODEL DATA... -o MODEL`: brings a model to weights and activations of 8 bits, with ranges
//! from normal data, and says what that costs.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::Context;
use oddity::args::{AlertArgs, HintArgs, LearnArgs, ReadArgs};
use oddity::decode::Format;
use oddity::files::{refuse_to_overwrite, write_whole};
use oddity::fit::{self, FitOptions, Label, Meaning, Prepared, RawWindows, takes_only_pictures};
#[cfg(feature = "pictures")]
use oddity::picture::is_picture;
use oddity::profile::{Layout, ScoreKind, ThresholdRule};
use oddity::quantise::{HEADROOM, Normal, QuantiseOptions, RangeMethod, quantise};
use tempfile::NamedTempFile;

#[cfg(not(feature = "pictures"))]
use crate::cli::error::RunError;
use crate::cli::exit::Completion;
use crate::cli::files::ModelFile;
use crate::cli::learn::lines;
use crate::cli::loading::{LoadArgs, OpenArgs};
use crate::cli::raw::InputFormat;
use crate::cli::stderr;

/// Bring a model to weights and activations of 8 bits, and say what that costs
#[derive(Debug, clap::Args)]
#[command(
    after_help = "What is written is standard ONNX with QuantizeLinear and DequantizeLinear: any runtime \
takes it. The threshold is found anew, as by `calibrate`; of a model of `fit` and the data that it was \
fitted on, out of fold.\n\n\
--format f32: windows of little-endian f32, one after the other, as the model's input expects them; a model \
without a profile then gets none."
)]
pub(in crate::cli) struct QuantizeArgs {
    /// An ONNX model in f32, with or without a profile
    model: PathBuf,
    /// CSV, JSON Lines or raw f32 of normal operation, `-` is standard input; or normal pictures, and
    /// folders of them
    #[arg(required = true)]
    data: Vec<PathBuf>,
    /// Where the quantised model goes; may be MODEL
    #[arg(short, long, value_name = "MODEL")]
    output: PathBuf,
    /// How the range of a value is found: minmax, percentile, mse, entropy
    #[arg(long, default_value_t)]
    range: RangeMethod,
    /// How many times as wide as those of normal data ranges are made in a linear network, such as one of
    /// `fit`: it follows what is odd or drifts as far as it goes
    #[arg(long, value_name = "FACTOR", default_value_t = HEADROOM, value_parser = headroom)]
    headroom: f64,
    /// What the last layer gives: f32, or int8 for devices that have nothing else
    #[arg(long, default_value = "f32")]
    last: LastLayer,
    /// Keep a layer in f32 that alone changes the score by more than this many percent of its mean
    #[arg(long, value_name = "PERCENT", default_value = "10", value_parser = percent)]
    most_cost: f64,
    /// Leave the channels between layers as they are, instead of making their ranges alike where that helps
    #[arg(long)]
    no_equalise: bool,
    /// Column with the label: 0 is normal, any other number is not. Odd rows teach nothing, but ROC-AUC is
    /// told before and after
    #[arg(long, value_name = "COLUMN")]
    labels: Option<String>,
    /// Format of the data: auto, csv (with header), bare (CSV without), jsonl, f32
    #[arg(long, default_value = "auto")]
    format: InputFormat,
    /// Column with the time; `none` counts rows as they come [default: detected from the first lines]
    #[arg(long, value_name = "COLUMN")]
    time: Option<String>,
    /// Column that names the stream of a row. `none` treats all rows as one stream [default: as the
    /// model's profile says]
    #[arg(long, value_name = "COLUMN")]
    key: Option<String>,
    /// How the data is written.
    #[command(flatten)]
    hints: HintArgs,
    /// Use only the first ROWS rows of all the data
    #[arg(long)]
    rows: Option<u64>,
    /// Use only these columns, in this order
    #[arg(long, value_name = "A,B,...", value_delimiter = ',', conflicts_with = "exclude")]
    channels: Option<Vec<String>>,
    /// Do not use these columns
    #[arg(long, value_name = "A,B,...", value_delimiter = ',')]
    exclude: Vec<String>,
    /// The number that is made of a window, for a model without a profile [default: as by `calibrate`]
    #[arg(long)]
    score: Option<ScoreKind>,
    /// The rule that finds the threshold, for a model without a profile [default: as by `calibrate`]
    #[arg(long)]
    threshold: Option<ThresholdRule>,
    /// Subtract each channel's mean and divide by its deviation before a model without a profile sees it
    #[arg(long)]
    normalise: bool,
    /// Order of the axes of a model without a profile: time-channels or channels-time [default: by
    /// the number of channels in the data]
    #[arg(long)]
    layout: Option<Layout>,
    /// Rows in a window, for a model whose time axis is free
    #[arg(long, value_name = "ROWS")]
    window: Option<usize>,
    #[command(flatten)]
    open: OpenArgs,
    #[command(flatten)]
    load: LoadArgs,
}

/// In which form the last layer gives its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LastLayer {
    F32,
    Int8,
}

impl FromStr for LastLayer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "f32" => Ok(Self::F32),
            "int8" => Ok(Self::Int8),
            text => Err(format!("unknown form {text:?}; use f32 or int8")),
        }
    }
}

pub(super) fn run(args: QuantizeArgs) -> anyhow::Result<Completion> {
    refuse_to_overwrite(&args.data, &args.output)?;
    let options = args.open.over(args.window, args.load.options());
    let file = ModelFile::open(&args.model, &options)?;
    file.keeps_its_samples()?;
    let notices = file.model.description().notices.clone();
    let (normal, _spool) = args.normal(&file)?;
    let options = QuantiseOptions {
        range: args.range,
        headroom: args.headroom,
        output_steps: args.last == LastLayer::Int8,
        most_cost: args.most_cost,
        equalise: !args.no_equalise,
    };
    let done = quantise((file.model, &file.bytes), &normal, &options)?;
    write_whole(&args.output, &done.onnx)?;
    notices.iter().for_each(|notice| stderr::note(notice));
    lines(&done.warnings, &done.summary);
    lines(&[], &done.cost.lines());
    stderr::note(&format!("wrote {}", args.output.display()));
    Ok(Completion::Done)
}

impl QuantizeArgs {
    /// The data, and the copies of pipes in it, which must live as long.
    fn normal(&self, file: &ModelFile) -> anyhow::Result<(Normal<'static>, Vec<NamedTempFile>)> {
        let profile = file.profile()?;
        let anew = [
            ("--score", self.score.is_some()),
            ("--threshold", self.threshold.is_some()),
            ("--normalise", self.normalise),
        ];
        if let (Some(_), Some((option, _))) = (&profile, anew.iter().find(|(_, given)| *given)) {
            anyhow::bail!(
                "the model has a profile, which is kept: give {option} to `oddity calibrate` first"
            );
        }
        let format = match self.format {
            InputFormat::Rows(format) => format,
            InputFormat::F32 => {
                let read = ReadArgs {
                    format: Format::Auto,
                    time: None,
                    key: None,
                    hints: HintArgs::default(),
                };
                let options = self.options(&self.learn(read))?;
                let windows = self.raw_windows(file.model.window_len())?;
                let normal = match &profile {
                    Some(profile) => {
                        Normal::Prepared(Box::new(Prepared::raw(windows, profile, &options)?))
                    }
                    None => Normal::Raw(windows),
                };
                return Ok((normal, Vec::new()));
            }
        };
        let read = ReadArgs {
            format,
            time: self.time.clone(),
            key: self.key.clone(),
            hints: self.hints.clone(),
        };
        let learn = self.learn(read);
        let only_pictures = takes_only_pictures(&file.model, profile.as_ref());
        if only_pictures || self.data.iter().any(|path| is_picture(path)) {
            anyhow::ensure!(self.labels.is_none(), "--labels is for rows of sensors: leave it out");
            return Ok((self.pictures(&learn, file)?, Vec::new()));
        }
        let (mut data, spool) = learn.data(&self.data)?;
        data.label = self.labels.as_ref().map(|column| Label {
            column: column.clone(),
            meaning: Meaning::Class { normal: Some(vec!["0".into()]) },
        });
        let mut options = self.options(&learn)?;
        // The column of the labels is no sensor.
        if profile.is_none() && self.channels.is_none() {
            options.exclude.extend(self.labels.clone());
        }
        options.when = profile.as_ref().and_then(|profile| profile.when.clone());
        options.unprecedented &= profile.as_ref().is_none_or(|old| old.unprecedented.is_some());
        options.drift &= profile.as_ref().is_none_or(|old| old.drift.is_some());
        let data = learn.leave_out(data, &options)?;
        let prepared = fit::prepare(&file.model, &data, &options)?;
        Ok((Normal::Prepared(Box::new(prepared)), spool))
    }

    #[cfg(feature = "pictures")]
    fn pictures(&self, learn: &LearnArgs, file: &ModelFile) -> anyhow::Result<Normal<'static>> {
        let mut options = learn.options_for_pictures()?;
        (options.normalise, options.layout) = (self.normalise, self.layout);
        let prepared = fit::prepare_pictures(&file.model, &self.data, &options)?;
        Ok(Normal::Prepared(Box::new(prepared)))
    }

    #[cfg(not(feature = "pictures"))]
    fn pictures(&self, _learn: &LearnArgs, file: &ModelFile) -> anyhow::Result<Normal<'static>> {
        Err(RunError::PicturesLeftOut { model: file.path.clone() }.into())
    }

    /// As `calibrate` has it.
    fn learn(&self, read: ReadArgs) -> LearnArgs {
        LearnArgs {
            read,
            rows: self.rows,
            channels: self.channels.clone(),
            exclude: self.exclude.clone(),
            difference: Vec::new(),
            features: None,
            average: None,
            window: self.window,
            hop: None,
            score: self.score,
            smooth: None,
            threshold: self.threshold,
            false_alarms: None,
            hold: None,
            when: None,
            settle: None,
            leave_out_odd: false,
            no_unprecedented: false,
            no_drift: false,
            alert: AlertArgs::default(),
        }
    }

    fn options(&self, learn: &LearnArgs) -> anyhow::Result<FitOptions> {
        let mut options = learn.options()?;
        (options.normalise, options.layout) = (self.normalise, self.layout);
        Ok(options)
    }

    /// All windows of the files, one after the other.
    fn raw_windows(&self, length: usize) -> anyhow::Result<RawWindows> {
        let given = [
            ("--labels", self.labels.is_some()),
            ("--time", self.time.is_some()),
            ("--key", self.key.is_some()),
            ("--rows", self.rows.is_some()),
            ("--channels", self.channels.is_some()),
            ("--exclude", !self.exclude.is_empty()),
            ("--normalise", self.normalise),
            ("--layout", self.layout.is_some()),
        ];
        if let Some((option, _)) = given.iter().find(|(_, is_given)| *is_given) {
            anyhow::bail!("{option} is for rows of sensors, not for raw windows: leave it out");
        }
        let mut bytes = Vec::new();
        for path in &self.data {
            let show = || path.display().to_string();
            match path == Path::new("-") {
                true => io::stdin().lock().read_to_end(&mut bytes).with_context(show)?,
                false => std::fs::File::open(path)
                    .and_then(|mut file| file.read_to_end(&mut bytes))
                    .with_context(show)?,
            };
        }
        let (words, rest) = bytes.as_chunks::<4>();
        anyhow::ensure!(
            rest.is_empty(),
            "{} bytes are left over after whole numbers of f32: is the file cut off?",
            rest.len()
        );
        let values = words.iter().map(|word| f32::from_le_bytes(*word)).collect();
        Ok(RawWindows::new(values, length)?)
    }
}

#[cfg(not(feature = "pictures"))]
fn is_picture(_path: &Path) -> bool {
    false
}

/// A share of the mean score, above 0.
fn percent(text: &str) -> Result<f64, String> {
    let percent = text.parse::<f64>().ok().filter(|percent| *percent > 0.0 && percent.is_finite());
    percent.map(|percent| percent / 100.0).ok_or_else(|| "must be a number above 0".into())
}

fn headroom(text: &str) -> Result<f64, String> {
    let factor = text.parse::<f64>().ok().filter(|factor| (1.0..=100.0).contains(factor));
    factor.ok_or_else(|| "must be a number from 1 to 100".into())
}
