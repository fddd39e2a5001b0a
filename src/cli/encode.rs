//! `oddity encode MODEL [INPUT...]`: the latents, as features for other programs, and what a second
//! output says beside them.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::ValueEnum;
use oddity::alert::HeadValue;
use oddity::args::ReadArgs;
use oddity::model::Reconstruction;
use oddity::profile::{HeadSpec, Profile};
use oddity::sink::{HeadJson, rfc3339};
use serde::Serialize;

use super::exit::{Outcome, WriteError};
use super::files::ModelFile;
use super::table::Line;
use super::windows::{Answered, Run, Takes};

/// Write the latent of each window or picture: features for other programs
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A model with an output `latent`; for streams with its profile
    model: PathBuf,
    /// CSV or JSON Lines [default: standard input]; pictures, or folders of them
    input: Vec<PathBuf>,
    #[command(flatten)]
    read: ReadArgs,
    /// How the latents are written
    #[arg(long, value_enum, default_value = "csv")]
    output_format: OutputFormat,
    /// Stop with exit code 65 at the first bad row, reading or picture
    #[arg(long)]
    strict: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OutputFormat {
    /// With a header; a column for each value of the latent, then what a second output says
    Csv,
    /// One JSON object a line
    Jsonl,
}

pub(super) fn run(args: Args) -> anyhow::Result<Outcome> {
    let file = ModelFile::open(&args.model)?;
    let Some(latent) = file.model.latent_len() else {
        anyhow::bail!(
            "model {} has no output `latent`: export the output of its encoder under that name",
            args.model.display()
        );
    };
    match Takes::of(&file, &args.model)? {
        Takes::Rows(profile) => rows(&args, &file, &profile, latent)?,
        Takes::Pictures(profile) => pictures(&args, &file, profile.as_deref(), latent)?,
    }
    Ok(Outcome::Done)
}

fn rows(args: &Args, file: &ModelFile, profile: &Profile, latent: usize) -> anyhow::Result<()> {
    let input = super::reconstruct::one(&args.input)?;
    let (path, read) = (args.model.as_path(), &args.read);
    let run = Run { file, path, profile, read, input, strict: args.strict, hop: profile.hop };
    let has_key = run.has_key();
    let head = profile.head.as_ref();
    let mut out = io::stdout().lock();
    let mut line = Line::default();
    if args.output_format == OutputFormat::Csv {
        if has_key {
            line.word("stream");
        }
        line.word("row").word("time");
        end_of_header(&mut line, latent, head, &mut out)?;
    }
    run.windows(|Answered { sample, answer, .. }| {
        if args.output_format == OutputFormat::Jsonl {
            let time = sample.time.map(|time| rfc3339(time).to_string());
            let (stream, row, features) = (sample.stream, sample.row, Features::of(answer, head));
            json(&mut out, &RowJson { stream, row, time, features })?;
        } else {
            if has_key {
                line.word(sample.stream);
            }
            line.show(sample.row).time(sample.time);
            end_of_row(&mut line, answer, head, &mut out)?;
        }
        out.flush()
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
        let head = head.and_then(|head| HeadValue::of(head, &answer.head));
        Self { latent: &answer.latent, head: HeadJson(head) }
    }
}

#[derive(Serialize)]
struct RowJson<'a> {
    stream: &'a str,
    row: u64,
    time: Option<String>,
    #[serde(flatten)]
    features: Features<'a>,
}

#[cfg(feature = "pictures")]
fn pictures(
    args: &Args,
    file: &ModelFile,
    profile: Option<&Profile>,
    latent: usize,
) -> anyhow::Result<()> {
    #[derive(Serialize)]
    struct PictureJson<'a> {
        name: &'a str,
        #[serde(flatten)]
        features: Features<'a>,
    }
    let head = profile.and_then(|profile| profile.head.as_ref());
    let mut out = io::stdout().lock();
    let mut line = Line::default();
    if args.output_format == OutputFormat::Csv {
        line.word("name");
        end_of_header(&mut line, latent, head, &mut out)?;
    }
    super::pictures::run(file, profile, &args.input, args.strict, |seen| {
        match args.output_format {
            OutputFormat::Jsonl => {
                let features = Features::of(seen.answer, head);
                json(&mut out, &PictureJson { name: seen.name, features })
            }
            OutputFormat::Csv => end_of_row(line.word(seen.name), seen.answer, head, &mut out),
        }
        .and_then(|()| out.flush())
        .map_err(|error| WriteError::stdout(error).into())
    })
}

#[cfg(not(feature = "pictures"))]
fn pictures(
    args: &Args,
    _file: &ModelFile,
    _profile: Option<&Profile>,
    _latent: usize,
) -> anyhow::Result<()> {
    Err(super::reconstruct::no_pictures(&args.model))
}

fn end_of_header(
    line: &mut Line,
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
    line: &mut Line,
    answer: &Reconstruction,
    head: Option<&HeadSpec>,
    out: &mut impl Write,
) -> io::Result<()> {
    for value in &answer.latent {
        line.show(value);
    }
    if let Some(spec) = head {
        match (HeadValue::of(spec, &answer.head), spec) {
            (Some(HeadValue::Class { name, probability }), _) => line.word(name).show(probability),
            (Some(HeadValue::Estimate { value, .. }), _) => line.show(value),
            (None, HeadSpec::Class { .. }) => line.word("").word(""),
            (None, HeadSpec::Estimate { .. }) => line.word(""),
        };
    }
    line.end(out)
}

fn json(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    let mut text = serde_json::to_vec(value)?;
    text.push(b'\n');
    out.write_all(&text)
}
