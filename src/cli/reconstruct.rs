//! `oddity reconstruct MODEL [INPUT...]`: what a model makes of its input. Streams come out denoised,
//! pictures as PNG files beside their errors, raw windows as raw windows.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::ValueEnum;
use oddity::args::ReadArgs;
use oddity::decode::Format;
use oddity::profile::Profile;
use oddity::score::Shape;

use super::exit::{Outcome, WriteError};
use super::files::ModelFile;
use super::raw;
use super::table::Line;
use super::windows::{Answered, Run, Takes};

/// Write what a model makes of its input: denoised signals, pictures, or raw windows
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Streams: a row is taken from the window that ends at it, so nothing looks \
ahead; the rows of the first window, and of the first after a gap, are taken from that window as a \
whole. Rows that no window covers are left out. What the model was trained on decides what it leaves \
of the noise.\n\n\
Pictures: those of a folder are taken in the order of their names, MNIST idx files too; all are \
brought to the model's size.\n\n\
--format f32: windows of little-endian f32, one after the other, as the model's input wants them; \
nothing is normalised and no profile is needed. A model with a fixed batch is filled up with zeros."
)]
pub(super) struct Args {
    /// An ONNX autoencoder; for streams with its profile
    model: PathBuf,
    /// CSV, JSON Lines or raw f32 [default: standard input]; pictures, or folders of them
    input: Vec<PathBuf>,
    /// How the input is written: auto, csv (with header), bare (CSV without), jsonl, f32
    #[arg(long, default_value = "auto")]
    format: InputFormat,
    /// Column with the time; `none` takes rows as they come [default: found by itself]
    #[arg(long, value_name = "COLUMN")]
    time: Option<String>,
    /// Column that names the stream a row belongs to. `none` takes all rows for one stream [default:
    /// as the model's profile says]
    #[arg(long, value_name = "COLUMN")]
    key: Option<String>,
    /// How the output is written [default: as the input is: csv, or f32]
    #[arg(long, value_enum)]
    output_format: Option<OutputFormat>,
    /// Stop with exit code 65 at the first bad row, reading or picture
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    pictures: PictureArgs,
}

/// What is done with pictures.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Pictures")]
pub(super) struct PictureArgs {
    /// Folder for the PNG files; made where it is not there
    #[arg(short, long, value_name = "FOLDER")]
    pub(super) output: Option<PathBuf>,
    /// Which files to write for each picture
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        value_name = "A,B,...",
        default_value = "reconstruction,side-by-side,heatmap"
    )]
    pub(super) write: Vec<Drawing>,
    /// Error of a pixel, from 0 to 1, that is brightest in heat maps
    #[arg(long, value_name = "ERROR", default_value = "0.5", value_parser = share)]
    pub(super) heat: f32,
    /// Exit with code 1 if a picture is odd
    #[arg(long)]
    pub(super) fail_on_alert: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Drawing {
    /// NAME.reconstruction.png, in the model's size
    Reconstruction,
    /// NAME.side-by-side.png: picture, reconstruction and heat map
    SideBySide,
    /// NAME.heatmap.png: the error of each pixel
    Heatmap,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum InputFormat {
    F32,
    Rows(Format),
}

impl FromStr for InputFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "f32" => Ok(Self::F32),
            text => text.parse().map(Self::Rows).map_err(|_| {
                format!("no format {text:?}; there are auto, csv, bare, jsonl and f32")
            }),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OutputFormat {
    /// With a header, in the sensors' own units
    Csv,
    /// Little-endian f32, for `--format f32`
    F32,
}

fn share(text: &str) -> Result<f32, String> {
    let share = text.parse().ok().filter(|share| *share > 0.0 && *share <= 1.0);
    share.ok_or_else(|| "must be a number above 0 and at most 1".into())
}

pub(super) fn run(args: Args) -> anyhow::Result<Outcome> {
    let (format, output) = match (args.format, args.output_format) {
        (InputFormat::F32, Some(OutputFormat::Csv)) => {
            anyhow::bail!("raw windows have no names for columns: use --output-format f32")
        }
        (InputFormat::Rows(_), Some(OutputFormat::F32)) => {
            anyhow::bail!("--output-format f32 goes with --format f32 only")
        }
        (InputFormat::F32, _) => (None, "standard output"),
        (InputFormat::Rows(format), _) => (Some(format), "standard output, as CSV"),
    };
    let file = ModelFile::open(&args.model)?;
    let no_folder = || {
        anyhow::ensure!(
            args.pictures.output.is_none(),
            "--output is a folder for pictures; this goes to {output}"
        );
        Ok(())
    };
    let Some(format) = format else {
        no_folder()?;
        raw::pipe(&file.model, one(&args.input)?)?;
        return Ok(Outcome::Done);
    };
    match Takes::of(&file, &args.model)? {
        Takes::Rows(profile) => {
            no_folder()?;
            let read = ReadArgs { format, time: args.time.clone(), key: args.key.clone() };
            rows(&args, &file, &profile, &read)
        }
        Takes::Pictures(profile) => pictures(&args, &file, profile.as_deref()),
    }
}

/// The one input of a stream.
pub(super) fn one(input: &[PathBuf]) -> anyhow::Result<Option<&Path>> {
    match input {
        [] => Ok(None),
        [input] => Ok(Some(input)),
        _ => anyhow::bail!(
            "a stream has one input: `cat` the files into a pipe, or run them one by one"
        ),
    }
}

fn rows(
    args: &Args,
    file: &ModelFile,
    profile: &Profile,
    read: &ReadArgs,
) -> anyhow::Result<Outcome> {
    let (path, input) = (args.model.as_path(), one(&args.input)?);
    let run = Run { file, path, profile, read, input, strict: args.strict, hop: 1 };
    let mut table = Table {
        out: io::stdout().lock(),
        line: Line::default(),
        profile,
        has_key: run.has_key(),
        has_time: None,
    };
    run.windows(|answered| table.rows(answered))?;
    table.header(false).map_err(WriteError::stdout)?;
    Ok(Outcome::Done)
}

/// Rows in the sensors' own units.
struct Table<'a, W> {
    out: W,
    line: Line,
    profile: &'a Profile,
    has_key: bool,
    /// Whether there is a time column; decided by the first row.
    has_time: Option<bool>,
}

impl<W: Write> Table<'_, W> {
    /// The rows of a window that no window before it had.
    fn rows(&mut self, answered: Answered<'_>) -> io::Result<()> {
        let Answered { sample, windower, answer, kept } = answered;
        self.header(sample.time.is_some())?;
        let shape = Shape::of(self.profile);
        for (index, &(time, row)) in windower.marks().iter().enumerate() {
            // Also a row that stands in for a missing one: it has the number of the one before.
            if row <= *kept {
                continue;
            }
            *kept = row;
            if self.has_key {
                self.line.word(sample.stream);
            }
            if self.has_time == Some(true) {
                self.line.time(time);
            }
            for (number, channel) in self.profile.channels.iter().enumerate() {
                let at = shape.place(index, number);
                self.line.reading(answer.values.get(at).copied().unwrap_or(f32::NAN), channel);
            }
            self.line.end(&mut self.out)?;
        }
        self.out.flush()
    }

    /// Once, before anything else.
    fn header(&mut self, has_time: bool) -> io::Result<()> {
        if self.has_time.is_some() {
            return Ok(());
        }
        self.has_time = Some(has_time);
        if self.has_key {
            self.line.word("stream");
        }
        if has_time {
            self.line.word("time");
        }
        for channel in &self.profile.channels {
            self.line.word(&channel.name);
        }
        self.line.end(&mut self.out)?;
        self.out.flush()
    }
}

#[cfg(feature = "pictures")]
fn pictures(args: &Args, file: &ModelFile, profile: Option<&Profile>) -> anyhow::Result<Outcome> {
    super::pictures::reconstruct(file, profile, &args.input, args.strict, &args.pictures)
}

#[cfg(not(feature = "pictures"))]
fn pictures(args: &Args, _file: &ModelFile, _profile: Option<&Profile>) -> anyhow::Result<Outcome> {
    Err(no_pictures(&args.model))
}

/// What the smallest build says.
#[cfg(not(feature = "pictures"))]
pub(super) fn no_pictures(model: &Path) -> anyhow::Error {
    anyhow::anyhow!(
        "model {} takes pictures, which this build cannot read: build with the cargo feature pictures",
        model.display()
    )
}
