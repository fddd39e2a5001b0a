//! Pictures go in; PNG files of what a model makes of them come out in a folder, and a JSON line each.

use std::collections::HashSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use oddity::alert::HeadValue;
use oddity::files::{WriteError, refuse_to_overwrite, write_whole};
use oddity::model::Reconstruction;
use oddity::picture::{Canvas, Shape};
use oddity::score::Scorer;
use oddity::sink::{PictureJson, write_line};
use oddity::threshold;

use super::args::{Drawing, PictureArgs};
use crate::cli::exit::Completion;
use crate::cli::files::ModelFile;
use crate::cli::pictures::{self, PictureAnswer, as_picture};

/// From files and folders to `--output`.
pub(super) fn run(
    file: &ModelFile,
    paths: &[PathBuf],
    strict: bool,
    args: &PictureArgs,
) -> anyhow::Result<Completion> {
    let shape = pictures::shape(file)?;
    let profile = file.profile.as_ref();
    let folder = args.output.as_deref().context(
        "the model takes pictures: say with --output FOLDER where those that it makes of them go",
    )?;
    refuse_own_folder(paths, folder)?;
    std::fs::create_dir_all(folder).map_err(|source| failed(folder, source))?;
    let mut scorer = profile.map(Scorer::of);
    let mut names = HashSet::new();
    let mut out = io::stdout().lock();
    let mut any_odd = false;
    let mut text = Vec::new();
    pictures::run(file, paths, strict, |seen| {
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
        let verdict = verdict(&seen, file, scorer.as_mut())?;
        any_odd |= verdict.odd == Some(true);
        let written = write_line(&mut out, &mut text, &verdict);
        written.and_then(|()| out.flush()).map_err(WriteError::stdout)?;
        Ok(())
    })?;
    Ok(if args.fail_on_alert && any_odd { Completion::Alert } else { Completion::Done })
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

/// As in a stream: what overflows is odd, not unknown.
const OVERFLOW_SCORE: f64 = f64::MAX;

/// What is said of a picture. Without a profile the score is the mean squared error.
fn verdict<'a>(
    seen: &PictureAnswer<'a>,
    file: &'a ModelFile,
    scorer: Option<&mut Scorer>,
) -> anyhow::Result<PictureJson<'a>> {
    let Reconstruction { values, latent, head, .. } = seen.answer;
    let profile = file.profile.as_ref();
    let spec = profile.and_then(|profile| profile.head.as_ref());
    let score = match scorer {
        Some(scorer) => scorer.score(seen.input, values, latent)?,
        None => {
            let squares = seen.input.iter().zip(values).map(|(a, b)| f64::from(a - b).powi(2));
            squares.sum::<f64>() / values.len() as f64
        }
    };
    let score = if score.is_finite() { score } else { OVERFLOW_SCORE };
    let ratio = profile.map(|profile| threshold::ratio(score, &profile.threshold));
    Ok(PictureJson {
        name: seen.name,
        score,
        threshold: profile.map(|profile| profile.threshold.value),
        ratio,
        odd: profile.zip(ratio).map(|(profile, ratio)| ratio > profile.alert.raise),
        head: spec.and_then(|spec| HeadValue::of(spec, head)),
        model: &file.id,
    })
}
