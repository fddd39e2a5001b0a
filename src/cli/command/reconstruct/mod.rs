//! `oddity reconstruct MODEL [INPUT...]`: what a model makes of its input. Streams come out denoised,
//! pictures as PNG files beside their errors, raw windows as raw windows.

mod args;
#[cfg(feature = "pictures")]
mod pictures;
mod rows;

use std::io::Write;
use std::path::{Path, PathBuf};

use args::PictureArgs;
use clap::ValueEnum;
use oddity::args::{HintArgs, ReadArgs};
use oddity::model::Model;

use crate::cli::error::RunError;
use crate::cli::exit::Completion;
use crate::cli::files::{Fed, ModelFile, PictureModel};
use crate::cli::loading::{BareArgs, LoadArgs};
use crate::cli::raw::{self, InputFormat};
use crate::cli::stdio::stdout;
use crate::cli::stream::one_input;

/// Write what a model makes of its input: denoised signals, pictures, or raw windows
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Streams: a row is taken from the window that ends at it, so nothing looks \
ahead; the rows of the first window, and of the first after a gap, are taken from that window as a \
whole. Rows that no window covers are left out. How much noise remains depends on what the model \
was trained on.\n\n\
Pictures: those of a folder are taken in the order of their names, MNIST idx files too; all are \
resized to the model's size. Those of a model that gives a score are judged, and nothing is \
written but a line for each.\n\n\
--format f32: windows of little-endian f32, one after the other, as the model's input expects \
them; nothing is normalised and no profile is needed. A model with a fixed batch is filled up with zeros."
)]
pub(in crate::cli) struct ReconstructArgs {
    /// An ONNX autoencoder; for streams, with a profile
    model: PathBuf,
    /// CSV, JSON Lines or raw f32 [default: standard input]; pictures, or folders of them
    input: Vec<PathBuf>,
    /// Format of the input: auto, csv (with header), bare (CSV without), jsonl, f32
    #[arg(long, default_value = "auto")]
    format: InputFormat,
    /// Column with the time; `none` counts rows as they come [default: detected from the first
    /// lines]
    #[arg(long, value_name = "COLUMN")]
    time: Option<String>,
    /// Column that names the stream of a row. `none` treats all rows as one stream [default:
    /// as the model's profile says]
    #[arg(long, value_name = "COLUMN")]
    key: Option<String>,
    /// How the data is written.
    #[command(flatten)]
    hints: HintArgs,
    /// Format of the output [default: that of the input: csv, or f32]
    #[arg(long, value_enum)]
    output_format: Option<ReconstructFormat>,
    /// Stop with exit code 65 at the first bad row, reading or picture
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    pictures: PictureArgs,
    #[command(flatten)]
    bare: BareArgs,
    #[command(flatten)]
    load: LoadArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ReconstructFormat {
    /// With a header, in the sensors' own units
    Csv,
    /// Little-endian f32, for `--format f32`
    F32,
}

pub(super) fn run(args: ReconstructArgs) -> anyhow::Result<Completion> {
    let (format, output) = match (args.format, args.output_format) {
        (InputFormat::F32, Some(ReconstructFormat::Csv)) => {
            anyhow::bail!("raw windows have no names for columns: use --output-format f32")
        }
        (InputFormat::Rows(_), Some(ReconstructFormat::F32)) => {
            anyhow::bail!("--output-format f32 needs --format f32")
        }
        (InputFormat::F32, _) => (None, "standard output"),
        (InputFormat::Rows(format), _) => (Some(format), "standard output, as CSV"),
    };
    let file = ModelFile::open(&args.model, &args.bare.over(args.load.options()))?;
    args.bare.check(&file.model)?;
    let no_folder = || {
        anyhow::ensure!(
            args.pictures.output.is_none(),
            "--output is a folder for pictures; this goes to {output}"
        );
        Ok(())
    };
    let Some(format) = format else {
        no_folder()?;
        file.must_reconstruct()?;
        raw_windows(&file.model, one_input(&args.input)?)?;
        return Ok(Completion::Done);
    };
    // Nothing else judges pictures; of these a score will do.
    if !file.takes_pictures()? {
        file.must_reconstruct()?;
    }
    match file.fed()? {
        Fed::Rows(bundle) => {
            no_folder()?;
            let read = ReadArgs { format, time: args.time, key: args.key, hints: args.hints };
            rows::run(&bundle, &read, one_input(&args.input)?, args.strict)?;
            Ok(Completion::Done)
        }
        Fed::Pictures(file) => pictures(&args, &file),
    }
}

/// Raw windows from a file or standard input to standard output.
fn raw_windows(model: &Model, input: Option<&Path>) -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    raw::run(model, input, |answer, _| {
        bytes.clear();
        bytes.extend(answer.values.iter().flat_map(|value| value.to_le_bytes()));
        let mut out = stdout();
        out.write_all(&bytes).and_then(|()| out.flush()).map_err(RunError::stdout)
    })
}

#[cfg(feature = "pictures")]
fn pictures(args: &ReconstructArgs, file: &PictureModel) -> anyhow::Result<Completion> {
    pictures::run(file, &args.input, args.strict, &args.pictures)
}

#[cfg(not(feature = "pictures"))]
fn pictures(args: &ReconstructArgs, file: &PictureModel) -> anyhow::Result<Completion> {
    let _ = file;
    Err(RunError::PicturesLeftOut { model: args.model.clone() }.into())
}
