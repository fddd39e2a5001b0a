//! Picture files go in; what a model makes of each of them comes out: what `encode` and `reconstruct`
//! share. Judges nothing and draws nothing.

use std::path::PathBuf;

use anyhow::Context;
use oddity::picture::{PictureOptions, PictureShape, PictureWindow, Pictures};
use oddity::profile::Layout;
use oddity::types::Reconstruction;

use super::error::RunError;
use super::files::PictureModel;
use super::warning::Warning;

/// A picture that went through the model.
pub(super) struct PictureAnswer<'a> {
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
    file: &PictureModel,
    paths: &[PathBuf],
    strict: bool,
    mut each: impl FnMut(PictureAnswer<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    anyhow::ensure!(
        !paths.is_empty(),
        "the model takes pictures: name PNG, JPEG or MNIST idx files, or a folder of pictures"
    );
    let shape = shape(file)?;
    let (held, PictureShape { planes, height, width }) = (held(file, shape), shape);
    let options = PictureOptions { size: Some((height, width)), planes: Some(planes) };
    let mut pictures = Pictures::open(paths, options)?;
    let mut session = file.model().session()?;
    let mut input = Vec::new();
    let mut answer = Reconstruction::default();
    let mut seen = 0u64;
    loop {
        let (name, picture) = match pictures.next() {
            Ok(Some(found)) => found,
            Ok(None) => break,
            Err(error) if strict => return Err(RunError::Strict(error.to_string()).into()),
            Err(error) => {
                Warning::LeftOut(&error).say();
                continue;
            }
        };
        seen += 1;
        held.fill(picture, &mut input);
        session.run(&input, 1, &mut answer).map_err(RunError::Model)?;
        each(PictureAnswer { name, picture, input: &input, answer: &answer })?;
    }
    if seen == 0 {
        return Err(RunError::NoPictures.into());
    }
    log::info!("{seen} pictures");
    Ok(())
}

/// How the model's windows hold pictures. Without a profile it sees them as they are.
pub(super) fn held(
    file: &PictureModel,
    PictureShape { planes, .. }: PictureShape,
) -> PictureWindow<'_> {
    let channels = file.profile().map_or(&[][..], |profile| &profile.channels);
    PictureWindow { planes, planes_last: file.layout() == Layout::PicturePlanesLast, channels }
}

pub(super) fn shape(file: &PictureModel) -> anyhow::Result<PictureShape> {
    let axes = file.model().window_shape();
    let shape =
        file.model().picture_shape_as(file.layout()).filter(|(planes, ..)| matches!(planes, 1 | 3));
    let shape = shape.map(|(planes, height, width)| PictureShape { planes, height, width });
    shape.with_context(|| {
        format!(
            "the model's windows {axes:?} are not pictures: those have 1 plane (grey) or 3 (colour)"
        )
    })
}
