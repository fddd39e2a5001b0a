//! Where the windows of normal data come from: rows of sensors, or pictures.

use super::error::FitError;
use super::fold::{Example, FOLD_WINDOWS, FOLDS, FoldPart, Holes};
#[cfg(feature = "pictures")]
use super::pictures::Album;
use super::raw::RawWindows;
use super::windows::RowWindows;
use oddity_core::smooth::Smoother;

/// Where windows come from.
pub(super) enum NormalData<'a> {
    /// Rows of sensors.
    Rows(Box<RowWindows<'a>>),
    /// Pictures, each a window.
    #[cfg(feature = "pictures")]
    Pictures(Album),
    /// Windows that are cut already.
    Raw(RawWindows),
}

impl NormalData<'_> {
    /// See [`RowWindows::each`].
    pub(super) fn each(
        &self,
        each: impl FnMut(&Example<'_>, &mut Smoother) -> Result<(), FitError>,
    ) -> Result<Holes, FitError> {
        match self {
            Self::Rows(windows) => windows.each(each),
            #[cfg(feature = "pictures")]
            Self::Pictures(album) => album.each(each),
            Self::Raw(windows) => windows.each(each),
        }
    }

    /// Windows of readings as they come, one for each, where windows are of means; none where they are of readings.
    pub(super) fn readings(&self, mut each: impl FnMut(&Example<'_>)) -> Result<(), FitError> {
        let Self::Rows(windows) = self else { return Ok(()) };
        let Some(readings) = windows.readings() else { return Ok(()) };
        let each = |example: &Example<'_>, _: &mut Smoother| {
            each(example);
            Ok(())
        };
        readings.each(each).map(drop)
    }

    /// Windows in each fold, and what was missing on the way.
    pub(super) fn count(&self) -> Result<([u64; FOLDS], Holes), FitError> {
        let mut counts = [0; FOLDS];
        let holes = self.each(|example, _| {
            if let FoldPart::Fold(fold) = example.part
                && let Some(count) = counts.get_mut(fold)
            {
                *count += 1;
            }
            Ok(())
        })?;
        Ok((counts, holes))
    }
}

/// Every fold must have something to learn from, and to be judged by. Returns the windows in all.
pub(super) fn enough(
    folds: &[u64],
    (window, average): (usize, usize),
    rows: u64,
) -> Result<u64, FitError> {
    let windows = folds.iter().sum();
    let fewest = folds.iter().copied().min().unwrap_or(0);
    if fewest >= FOLD_WINDOWS {
        return Ok(windows);
    }
    let hint = match (window, average) {
        (1, 1) => "; with --time none rows are counted as they come",
        (1, _) => ", or lower --average; with --time none rows are counted as they come",
        (_, 2..) => {
            ", or lower --average, --window or --hop; with --time none rows are counted as they come"
        }
        _ => ", or lower --window or --hop; with --time none rows are counted as they come",
    };
    let window = window.saturating_mul(average);
    Err(FitError::TooFew { windows, fewest, window, rows, needed: FOLD_WINDOWS, hint })
}
