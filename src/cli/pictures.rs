//! Pictures through a model: what `encode` and `reconstruct` share, and what is drawn.

use std::collections::HashSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use oddity::alert::HeadValue;
use oddity::detector::Detector;
use oddity::files::{refuse_to_overwrite, write_whole};
use oddity::model::Reconstruction;
use oddity::picture::{Canvas, Options, Pictures, Shape, normalise, restore};
use oddity::profile::{Channel, Profile};
use oddity::score::Scorer;
use oddity::sink::HeadJson;
use oddity::threshold;
use serde::Serialize;

use super::exit::{NoPictures, Outcome, StrictError, WriteError};
use super::files::ModelFile;
use super::reconstruct::{Drawing, PictureArgs};

/// A picture that went through the model.
pub(super) struct Seen<'a> {
    /// Of its file.
    pub(super) name: &'a str,
    /// `[planes, height, width]`, from 0 to 1.
    pub(super) picture: &'a [f32],
    /// As the model saw it.
    pub(super) input: &'a [f32],
    pub(super) answer: &'a Reconstruction,
}

/// Runs each picture through the model. One that cannot be read is told and left out.
pub(super) fn run(
    file: &ModelFile,
    profile: Option<&Profile>,
    paths: &[PathBuf],
    strict: bool,
    mut each: impl FnMut(Seen<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    anyhow::ensure!(
        !paths.is_empty(),
        "the model takes pictures: name PNG, JPEG or MNIST idx files, or a folder of pictures"
    );
    let (planes, height, width) = shape(file)?;
    if let Some(profile) = profile {
        // Checks that the profile fits, and the golden sample on this machine.
        Detector::new(&file.model, profile)?;
    }
    let options = Options { size: Some((height, width)), planes: Some(planes) };
    let mut pictures = Pictures::open(paths, options)?;
    let mut session = file.model.session()?;
    let mut input = Vec::new();
    let mut answer = Reconstruction::default();
    let mut seen = 0u64;
    loop {
        let (name, picture) = match pictures.next() {
            Ok(Some(found)) => found,
            Ok(None) => break,
            Err(error) if strict => return Err(StrictError(error.to_string()).into()),
            Err(error) => {
                log::warn!("{error}; left out");
                continue;
            }
        };
        seen += 1;
        input.clear();
        input.extend_from_slice(picture);
        normalise(&mut input, channels(profile));
        session.run(&input, 1, &mut answer).context("cannot run the model")?;
        each(Seen { name, picture, input: &input, answer: &answer })?;
    }
    if seen == 0 {
        return Err(NoPictures.into());
    }
    log::info!("{seen} pictures");
    Ok(())
}

/// None where there is no profile: then the model sees pictures as they are.
fn channels(profile: Option<&Profile>) -> &[Channel] {
    profile.map_or(&[], |profile| &profile.channels)
}

/// What a model's values are as a picture: its normalisation undone.
pub(super) fn as_picture(values: &[f32], profile: Option<&Profile>) -> Vec<f32> {
    let mut picture = values.to_vec();
    restore(&mut picture, channels(profile));
    picture
}

fn shape(file: &ModelFile) -> anyhow::Result<Shape> {
    let axes = file.model.window_shape();
    let shape = file.model.picture_shape().filter(|(planes, ..)| matches!(planes, 1 | 3));
    shape.with_context(|| {
        format!(
            "the model's windows {axes:?} are no pictures: those have 1 plane (grey) or 3 (colour)"
        )
    })
}

/// `oddity reconstruct` of pictures: PNG files in a folder, a JSON line each.
pub(super) fn reconstruct(
    file: &ModelFile,
    profile: Option<&Profile>,
    paths: &[PathBuf],
    strict: bool,
    args: &PictureArgs,
) -> anyhow::Result<Outcome> {
    let shape = shape(file)?;
    let folder = args.output.as_deref().context(
        "the model takes pictures: say with --output FOLDER where those that it makes of them go",
    )?;
    refuse_own_folder(paths, folder)?;
    std::fs::create_dir_all(folder).map_err(|source| failed(folder, source))?;
    let mut scorer = profile.map(Scorer::of);
    let mut names = HashSet::new();
    let mut out = io::stdout().lock();
    let mut any_odd = false;
    run(file, profile, paths, strict, |seen| {
        let picture = as_picture(&seen.answer.values, profile);
        let drawn = Drawn { shape, original: seen.picture, picture: &picture, heat: args.heat };
        let stem = stem(seen.name);
        anyhow::ensure!(
            names.insert(stem.to_owned()),
            "two pictures are named {stem}: their files in {} would be the same; run them one by one",
            folder.display()
        );
        for &drawing in &args.write {
            let (ending, canvas) = drawn.draw(drawing)?;
            let path = folder.join(format!("{stem}.{ending}.png"));
            refuse_to_overwrite(paths, &path)?;
            write_whole(&path, &canvas.png()?)?;
        }
        let verdict = verdict(&seen, profile, scorer.as_mut(), &file.id)?;
        any_odd |= verdict.odd == Some(true);
        let mut line = serde_json::to_vec(&verdict)?;
        line.push(b'\n');
        out.write_all(&line).and_then(|()| out.flush()).map_err(WriteError::stdout)?;
        Ok(())
    })?;
    Ok(if args.fail_on_alert && any_odd { Outcome::Alert } else { Outcome::Done })
}

fn failed(path: &Path, source: io::Error) -> WriteError {
    WriteError { what: path.display().to_string(), source }
}

/// What is written into the folder of the pictures would be among them the next time.
fn refuse_own_folder(paths: &[PathBuf], folder: &Path) -> anyhow::Result<()> {
    let Ok(place) = std::fs::canonicalize(folder) else { return Ok(()) };
    let same = |path: &PathBuf| std::fs::canonicalize(path).is_ok_and(|path| path == place);
    anyhow::ensure!(
        !paths.iter().any(same),
        "{} is the folder of the pictures themselves; give another --output",
        folder.display()
    );
    Ok(())
}

/// A name without the ending of its format.
fn stem(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, "png" | "jpg" | "jpeg" | "PNG" | "JPG" | "JPEG")) if !stem.is_empty() => stem,
        _ => name,
    }
}

struct Drawn<'a> {
    shape: Shape,
    original: &'a [f32],
    picture: &'a [f32],
    heat: f32,
}

impl Drawn<'_> {
    fn draw(&self, drawing: Drawing) -> anyhow::Result<(&'static str, Canvas)> {
        let Self { shape, original, picture, heat } = *self;
        Ok(match drawing {
            Drawing::Reconstruction => ("reconstruction", Canvas::picture(shape, picture)?),
            Drawing::Heatmap => ("heatmap", Canvas::heat_map(shape, original, picture, heat)?),
            Drawing::SideBySide => {
                ("side-by-side", Canvas::side_by_side(shape, original, picture, heat)?)
            }
        })
    }
}

/// What is said of a picture. Without a profile the score is the mean squared error, and there is
/// nothing to hold it against.
#[derive(Serialize)]
struct Verdict<'a> {
    kind: &'static str,
    name: &'a str,
    score: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    odd: Option<bool>,
    #[serde(flatten)]
    head: HeadJson<'a>,
    model: &'a str,
}

fn verdict<'a>(
    seen: &Seen<'a>,
    profile: Option<&'a Profile>,
    scorer: Option<&mut Scorer>,
    model: &'a str,
) -> anyhow::Result<Verdict<'a>> {
    let Reconstruction { values, latent, head, .. } = seen.answer;
    let spec = profile.and_then(|profile| profile.head.as_ref());
    let head = spec.and_then(|spec| HeadValue::of(spec, head));
    let score = match scorer {
        Some(scorer) => scorer.score(seen.input, values, latent)?,
        None => {
            let squares = seen.input.iter().zip(values).map(|(a, b)| f64::from(a - b).powi(2));
            squares.sum::<f64>() / values.len() as f64
        }
    };
    // As in a stream: what overflows is odd, not unknown.
    let score = if score.is_finite() { score } else { f64::MAX };
    let ratio = profile.map(|profile| threshold::ratio(score, &profile.threshold));
    Ok(Verdict {
        kind: "picture",
        name: seen.name,
        score,
        threshold: profile.map(|profile| profile.threshold.value),
        ratio,
        odd: profile.zip(ratio).map(|(profile, ratio)| ratio > profile.alert.raise),
        head: HeadJson(head),
        model,
    })
}
