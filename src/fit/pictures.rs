//! Pictures of what is normal go in; each comes out as a window with the number of its fold, as often
//! as they are asked for.
//!
//! One is held at a time. Unlike a row, one that cannot be read ends it all: somebody put that file
//! there for a reason.

use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::error::FitError;
use super::fold::{Example, FOLD_WINDOWS, FOLDS, FoldPart, Holes, fold};
use super::options::FitOptions;
use super::survey::Survey;
use crate::picture::{PictureOptions, PictureWindow, Pictures};
use oddity_core::profile::{AlertSpec, Channel, Layout, MAX_WINDOW_LEN, SmoothSpec};
use oddity_core::smooth::Smoother;

/// Gives pictures as windows, as often as asked.
pub(super) struct Album {
    pictures: Pictures,
    count: u64,
    channels: Vec<Channel>,
    layout: Layout,
}

impl Album {
    /// `channels` say how the planes are normalised, `layout` where in a window they are.
    pub(super) fn new(pictures: Pictures, channels: &[Channel], layout: Layout) -> Self {
        Self { count: pictures.count() as u64, pictures, channels: channels.to_vec(), layout }
    }

    /// As [`super::windows::RowWindows::each`]. Pictures share no rows, so none lies on a border; and no
    /// score has to do with the one before it.
    pub(super) fn each(
        &self,
        mut each: impl FnMut(&Example<'_>, &mut Smoother) -> Result<(), FitError>,
    ) -> Result<Holes, FitError> {
        let mut pictures = self.pictures.again();
        let mut window = Vec::new();
        let planes = PictureWindow {
            planes: pictures.shape().planes,
            planes_last: self.layout == Layout::PicturePlanesLast,
            channels: &self.channels,
        };
        let mut number = 0;
        while let Some((name, values)) = pictures.next()? {
            planes.fill(values, &mut window);
            let fold = fold(number, self.count);
            let (part, folds) = (FoldPart::Fold(fold), (fold, fold));
            let rows = (number + 1, number + 1);
            let (window, source, stream) = (&*window, name, "");
            let example = Example { part, window, label: None, folds, source, stream, rows };
            each(&example, &mut Smoother::new(SmoothSpec::None))?;
            number += 1;
        }
        Ok(Holes::default())
    }
}

/// Reads all pictures once. Returns how many there are, too.
pub(super) fn look_through(
    paths: &[PathBuf],
    size: PictureOptions,
) -> Result<(Pictures, Survey, u64), FitError> {
    let mut pictures = Pictures::open(paths, size)?;
    if pictures.shape().values() > MAX_WINDOW_LEN {
        return Err(FitError::Option(format!(
            "pictures of {} have more values than the {MAX_WINDOW_LEN} that a profile can hold: use \
             smaller ones",
            pictures.shape()
        )));
    }
    let mut hash = Sha256::new();
    while let Some((_, values)) = pictures.next()? {
        values.iter().for_each(|value| hash.update(value.to_le_bytes()));
    }
    // What is no picture is to be told first: rows were named by mistake.
    let count = enough(pictures.count() as u64)?;
    let sha256 = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let survey = Survey::of_windows(count, sha256);
    Ok((pictures, survey, count))
}

/// Every fold must have something to be judged by. Returns the pictures in all.
fn enough(pictures: u64) -> Result<u64, FitError> {
    let needed = FOLD_WINDOWS * FOLDS as u64;
    if pictures < needed {
        return Err(FitError::TooFewPictures { pictures, needed, each: FOLD_WINDOWS });
    }
    Ok(pictures)
}

/// Refuses what only rows have.
pub(super) fn check(options: &FitOptions) -> Result<(), FitError> {
    let smooth = options.smooth.is_some_and(|smooth| smooth != SmoothSpec::None);
    // Each picture is judged for itself, by `raise` alone.
    let alert = options.alert.is_some_and(|alert| {
        let AlertSpec { raise, clear, .. } = alert;
        alert != AlertSpec { raise, clear, ..AlertSpec::default() }
    });
    let given = [
        ("--average", options.average.is_some()),
        ("--window", options.window.is_some()),
        ("--hop", options.hop.is_some()),
        ("--hold", options.hold.is_some()),
        ("--channels", options.channels.is_some()),
        ("--exclude", !options.exclude.is_empty()),
        ("--smooth", smooth),
        ("--layout", options.layout.is_some_and(|layout| !layout.is_picture())),
        ("--normalise", options.normalise),
        ("an alert of several windows (--k-of-n, --min-duration, --cooldown)", alert),
    ];
    match given.iter().find(|(_, is_given)| *is_given) {
        Some((option, _)) => Err(FitError::for_rows(option)),
        None => Ok(()),
    }
}
