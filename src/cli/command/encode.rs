//! `oddity encode MODEL [INPUT...]`: the latents, as features for other programs, and what a second
//! output says beside them.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::ValueEnum;
use oddity::args::{HintArgs, ReadArgs};
use oddity::detector::head_value;
use oddity::event::HeadValue;
use oddity::files::WriteError;
use oddity::model::{Bundle, Model, ModelKind};
use oddity::profile::HeadSpec;
use oddity::sink::{HeadJson, rfc3339, write_line};
use oddity::types::Reconstruction;
use serde::Serialize;

use crate::cli::error::RunError;
use crate::cli::exit::Completion;
use crate::cli::files::{Fed, ModelFile, PictureModel};
use crate::cli::loading::{BareArgs, LoadArgs};
#[cfg(feature = "pictures")]
use crate::cli::pictures;
use crate::cli::raw::{self, InputFormat};
use crate::cli::stdio::stdout;
use crate::cli::stream::{RowStream, WindowAnswer, one_input, windows};
use crate::cli::table::CsvLine;

/// Write the latent of each window or picture: features for other programs
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct EncodeArgs {
    /// A model with an output `latent`, or an encoder alone; for streams, with a profile
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
    /// Column that names the stream of a row; each stream has windows of its own. `none` treats all
    /// rows as one stream [default: as the model's profile says]
    #[arg(long, value_name = "COLUMN")]
    key: Option<String>,
    /// How the data is written.
    #[command(flatten)]
    hints: HintArgs,
    /// Format of the latents
    #[arg(long, value_enum, default_value = "csv")]
    output_format: EncodeFormat,
    /// Stop with exit code 65 at the first bad row, reading or picture
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    bare: BareArgs,
    #[command(flatten)]
    load: LoadArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum EncodeFormat {
    /// With a header; a column for each value of the latent, then what a second output says
    Csv,
    /// One JSON object a line
    Jsonl,
}

pub(super) fn run(args: EncodeArgs) -> anyhow::Result<Completion> {
    let file = ModelFile::open_encoder(&args.model, &args.bare.over(args.load.options()))?;
    args.bare.check(&file.model)?;
    let alone = file.model.kind() == ModelKind::Encoder;
    let latent = if alone { Some(file.model.output_len()) } else { file.model.latent_len() };
    let Some(latent) = latent else {
        file.must_reconstruct()?;
        anyhow::bail!(
            "model {} has no output `latent`: export the output of its encoder under that name",
            args.model.display()
        );
    };
    let format = match args.format {
        InputFormat::Rows(format) => format,
        InputFormat::F32 => {
            raw_windows(&args, &file.model, latent)?;
            return Ok(Completion::Done);
        }
    };
    anyhow::ensure!(
        !alone || file.model.picture_shape().is_some(),
        "model {} is an encoder alone, which cannot have a profile: how rows become windows is not \
         known. Give windows as the model takes them with --format f32, or export the whole \
         autoencoder and calibrate it",
        args.model.display()
    );
    match file.fed()? {
        Fed::Rows(bundle) => {
            let read = ReadArgs {
                format,
                time: args.time.clone(),
                key: args.key.clone(),
                hints: args.hints.clone(),
            };
            rows(&args, &read, &bundle, latent)?
        }
        Fed::Pictures(file) => pictures(&args, &file, latent)?,
    }
    Ok(Completion::Done)
}

/// Raw windows, which have a number and nothing else.
fn raw_windows(args: &EncodeArgs, model: &Model, latent: usize) -> anyhow::Result<()> {
    #[derive(Serialize)]
    struct RawLatentJson<'a> {
        window: u64,
        latent: &'a [f32],
    }
    let mut out = BufWriter::new(stdout());
    let mut line = CsvLine::default();
    if args.output_format == EncodeFormat::Csv {
        line.word("window");
        end_of_header(&mut line, latent, None, &mut out)?;
    }
    let (mut text, mut window) = (Vec::new(), 0u64);
    raw::run(model, one_input(&args.input)?, |answers, _| {
        for latent in latents(answers).chunks(latent.max(1)) {
            window += 1;
            match args.output_format {
                EncodeFormat::Jsonl => {
                    write_line(&mut out, &mut text, &RawLatentJson { window, latent })
                }
                EncodeFormat::Csv => {
                    line.show(window);
                    for value in latent {
                        line.show(value);
                    }
                    line.end(&mut out)
                }
            }
            .map_err(RunError::stdout)?;
        }
        out.flush().map_err(RunError::stdout)
    })
}

/// The latents of windows: of an encoder alone, all that it gives.
fn latents(answers: &Reconstruction) -> &[f32] {
    if answers.latent.is_empty() { &answers.values } else { &answers.latent }
}

fn rows(args: &EncodeArgs, read: &ReadArgs, bundle: &Bundle, latent: usize) -> anyhow::Result<()> {
    let (input, profile) = (one_input(&args.input)?, bundle.profile());
    let stream = RowStream::live(input, read, profile, args.strict);
    let has_key = stream.has_key();
    let head = profile.head.as_ref();
    let mut out = BufWriter::new(stdout());
    let mut line = CsvLine::default();
    if args.output_format == EncodeFormat::Csv {
        if has_key {
            line.word("stream");
        }
        line.word("row").word("time");
        end_of_header(&mut line, latent, head, &mut out)?;
    }
    let mut text = Vec::new();
    windows(bundle, stream, profile.hop, &mut out, |WindowAnswer { sample, answer, .. }, out| {
        if args.output_format == EncodeFormat::Jsonl {
            let time = sample.time.filter(|time| time.is_dated());
            let time = time.map(|time| rfc3339(time).to_string());
            let (stream, row, features) = (sample.stream, sample.row, Features::of(answer, head));
            return write_line(out, &mut text, &WindowLatentJson { stream, row, time, features });
        }
        if has_key {
            line.word(sample.stream);
        }
        line.show(sample.row).time(sample.time);
        end_of_row(&mut line, answer, head, out)
    })
}

/// What the model says of a window or picture.
#[derive(Serialize)]
struct Features<'a> {
    latent: &'a [f32],
    #[serde(flatten)]
    head: HeadJson<'a>,
}

impl<'a> Features<'a> {
    fn of(answer: &'a Reconstruction, head: Option<&'a HeadSpec>) -> Self {
        let head = head.and_then(|head| head_value(head, &answer.head));
        Self { latent: latents(answer), head: HeadJson(head) }
    }
}

#[derive(Serialize)]
struct WindowLatentJson<'a> {
    stream: &'a str,
    row: u64,
    time: Option<String>,
    #[serde(flatten)]
    features: Features<'a>,
}

#[cfg(feature = "pictures")]
fn pictures(args: &EncodeArgs, file: &PictureModel, latent: usize) -> anyhow::Result<()> {
    #[derive(Serialize)]
    struct PictureLatentJson<'a> {
        name: &'a str,
        #[serde(flatten)]
        features: Features<'a>,
    }
    let head = file.profile().and_then(|profile| profile.head.as_ref());
    let mut out = stdout();
    let mut line = CsvLine::default();
    if args.output_format == EncodeFormat::Csv {
        line.word("name");
        end_of_header(&mut line, latent, head, &mut out)?;
    }
    let mut text = Vec::new();
    pictures::run(file, &args.input, args.strict, |seen| {
        match args.output_format {
            EncodeFormat::Jsonl => {
                let features = Features::of(seen.answer, head);
                write_line(&mut out, &mut text, &PictureLatentJson { name: seen.name, features })
            }
            EncodeFormat::Csv => end_of_row(line.word(seen.name), seen.answer, head, &mut out),
        }
        .and_then(|()| out.flush())
        .map_err(|error| WriteError::stdout(error).into())
    })
}

#[cfg(not(feature = "pictures"))]
fn pictures(args: &EncodeArgs, _file: &PictureModel, _latent: usize) -> anyhow::Result<()> {
    Err(RunError::PicturesLeftOut { model: args.model.clone() }.into())
}

fn end_of_header(
    line: &mut CsvLine,
    latent: usize,
    head: Option<&HeadSpec>,
    out: &mut impl Write,
) -> Result<(), WriteError> {
    for index in 0..latent {
        line.show(format_args!("z{index}"));
    }
    match head {
        Some(HeadSpec::Class { .. }) => line.word("class").word("probability"),
        Some(HeadSpec::Estimate { name, .. }) => line.word(name),
        None => line,
    };
    line.end(out).and_then(|()| out.flush()).map_err(WriteError::stdout)
}

/// Empty where the second output is not finite.
fn end_of_row(
    line: &mut CsvLine,
    answer: &Reconstruction,
    head: Option<&HeadSpec>,
    out: &mut impl Write,
) -> io::Result<()> {
    for value in latents(answer) {
        line.show(value);
    }
    if let Some(spec) = head {
        match (head_value(spec, &answer.head), spec) {
            (Some(HeadValue::Class { name, probability }), _) => line.word(name).show(probability),
            (Some(HeadValue::Estimate { value, .. }), _) => line.show(value),
            (None, HeadSpec::Class { .. }) => line.word("").word(""),
            (None, HeadSpec::Estimate { .. }) => line.word(""),
        };
    }
    line.end(out)
}
