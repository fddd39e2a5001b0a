//! Windows of normal data go in; what can be learned from all folds, and from all but one, comes out.

use super::error::FitError;
use super::fold::{FOLDS, FoldPart, Holes};
use super::normal::NormalData;
use super::pca::{Components, Scatter};

/// The components of all folds but one, for each of them.
pub(super) fn without_each(folds: &[Scatter], inputs: usize) -> Result<Vec<Components>, FitError> {
    let without = (0..folds.len()).map(|fold| {
        let others = folds.iter().enumerate().filter(|(i, _)| *i != fold).map(|(_, f)| f);
        Scatter::union(others, inputs).components().ok_or(FitError::Eigen)
    });
    without.collect()
}

/// What [`super::fit`] learns from all folds but one, for each of them: what judges that fold.
pub(super) fn linear_judges(
    windows: &NormalData<'_>,
    (window, channels): (usize, usize),
    latent: usize,
) -> Result<Vec<Vec<u8>>, FitError> {
    let inputs = window.saturating_mul(channels);
    let (folds, ..) = gather(windows, inputs)?;
    let models = without_each(&folds, inputs)?.into_iter();
    Ok(models.map(|others| others.linear(latent).to_onnx(window, channels)).collect())
}

/// Adds up the windows of each fold, and of the borders between them.
pub(super) fn gather(
    windows: &NormalData<'_>,
    inputs: usize,
) -> Result<(Vec<Scatter>, Scatter, Holes), FitError> {
    let mut folds = vec![Scatter::new(inputs); FOLDS];
    let mut border = Scatter::new(inputs);
    let holes = windows.each(|example, _| {
        match example.part {
            FoldPart::Fold(fold) => folds.get_mut(fold).unwrap_or(&mut border).add(example.window),
            FoldPart::Border => border.add(example.window),
            FoldPart::Odd => {}
        }
        Ok(())
    })?;
    folds.iter_mut().for_each(Scatter::flush);
    border.flush();
    Ok((folds, border, holes))
}
