//! Pictures go in; PNG files of what a model makes of them come out in a folder, and a JSON line each.

use std::collections::HashSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use oddity::detector::Judge;
use oddity::files::{WriteError, refuse_to_overwrite, write_whole};
use oddity::model::ModelKind;
use oddity::picture::{Canvas, PictureShape};
use oddity::sink::{PictureJson, write_line};
use oddity::window::WindowShape;

use super::args::{Drawing, PictureArgs};
use crate::cli::exit::Completion;
use crate::cli::files::PictureModel;
use crate::cli::pictures;
use crate::cli::stdio::stdout;

/// From files and folders to `--output`.
pub(super) fn run(
    model: &PictureModel,
    paths: &[PathBuf],
    strict: bool,
    args: &PictureArgs,
) -> anyhow::Result<Completion> {
    let shape = pictures::shape(model)?;
    let held = pictures::held(model, shape);
    let profile = model.profile();
    let folder = folder(model, paths, args)?;
    let mut judge = judge(model, shape);
    let mut names = HashSet::new();
    let mut out = stdout();
    let mut any_odd = false;
    let mut text = Vec::new();
    pictures::run(model, paths, strict, |seen| {
        if let Some(folder) = folder {
            let picture = held.picture(&seen.answer.values);
            let drawn = Drawn { shape, original: seen.picture, picture: &picture, heat: args.heat };
            let stem = stem(seen.name);
            anyhow::ensure!(
                names.insert(stem.to_owned()),
                "two pictures are named {stem}: their files in {} would be the same; run them one by \
                 one",
                folder.display()
            );
            for &drawing in &args.write {
                let (ending, canvas) = drawn.draw(drawing)?;
                let path = folder.join(format!("{stem}.{ending}.png"));
                refuse_to_overwrite(paths, &path)?;
                write_whole(&path, &canvas.png()?)?;
            }
        }
        let verdict = judge.judge(seen.input, &seen.answer.answer(0, 1))?;
        any_odd |= verdict.odd == Some(true);
        let line = PictureJson {
            name: seen.name,
            score: verdict.score,
            threshold: profile.map(|profile| profile.threshold.value),
            ratio: verdict.ratio,
            odd: verdict.odd,
            head: verdict.head,
            model: model.id(),
        };
        let written = write_line(&mut out, &mut text, &line);
        written.and_then(|()| out.flush()).map_err(WriteError::stdout)?;
        Ok(())
    })?;
    Ok(if args.fail_on_alert && any_odd { Completion::Alert } else { Completion::Done })
}

/// Where the drawings go, which is made; `None` of a model that gives a score, of which nothing can be
/// drawn.
fn folder<'a>(
    model: &PictureModel,
    paths: &[PathBuf],
    args: &'a PictureArgs,
) -> anyhow::Result<Option<&'a Path>> {
    if model.model().kind() == ModelKind::Score {
        anyhow::ensure!(
            model.profile().is_some(),
            "the model gives a score and has no profile, so there is nothing to hold it against: run \
             `oddity calibrate` first"
        );
        anyhow::ensure!(
            args.output.is_none(),
            "the model gives a score, not a reconstruction: there are no pictures to write; leave out \
             --output"
        );
        return Ok(None);
    }
    let folder = args.output.as_deref().context(
        "the model takes pictures: name a folder for its reconstructions with --output FOLDER",
    )?;
    refuse_own_folder(paths, folder)?;
    std::fs::create_dir_all(folder).map_err(|source| failed(folder, source))?;
    Ok(Some(folder))
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
    shape: PictureShape,
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

/// The judge of the model's profile; without one there is a score, and nothing to hold it against.
fn judge(model: &PictureModel, shape: PictureShape) -> Judge {
    let PictureShape { planes, height, width } = shape;
    match model.profile() {
        Some(profile) => Judge::new(profile),
        None => Judge::without_profile(WindowShape {
            window: height * width,
            channels: planes,
            channels_first: model.layout().is_channels_first(),
        }),
    }
}
