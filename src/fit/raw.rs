//! Windows that are cut and normalised already go in; they come out with the number of their fold.

use sha2::{Digest, Sha256};

use super::error::FitError;
use super::fold::{Example, FoldPart, Holes, fold};
use oddity_core::profile::SmoothSpec;
use oddity_core::smooth::Smoother;

/// Windows as a model takes them, one after the other.
#[derive(Clone, Debug)]
pub struct RawWindows {
    values: Vec<f32>,
    length: usize,
    pub(super) smooth: SmoothSpec,
}

impl RawWindows {
    /// `values` are whole windows of `length` values each.
    ///
    /// # Errors
    /// When they are not, there are none, or one holds what is no finite number.
    pub fn new(values: Vec<f32>, length: usize) -> Result<Self, FitError> {
        if values.is_empty() {
            return Err(FitError::NoRows);
        }
        if length == 0 || !values.len().is_multiple_of(length) {
            return Err(FitError::CutOff { values: values.len() % length.max(1), length });
        }
        if let Some(at) = values.iter().position(|value| !value.is_finite()) {
            return Err(FitError::NotANumber { window: at / length + 1, place: at % length + 1 });
        }
        Ok(Self { values, length, smooth: SmoothSpec::None })
    }

    /// Values in a window.
    pub fn length(&self) -> usize {
        self.length
    }

    /// One after the other.
    pub fn windows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.length)
    }

    /// Of all values, in hexadecimal.
    pub(super) fn sha256(&self) -> String {
        let mut hash = Sha256::new();
        self.values.iter().for_each(|value| hash.update(value.to_le_bytes()));
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// As [`super::windows::RowWindows::each`].
    pub(super) fn each(
        &self,
        mut each: impl FnMut(&Example<'_>, &mut Smoother) -> Result<(), FitError>,
    ) -> Result<Holes, FitError> {
        let count = self.windows().len() as u64;
        let mut smoother = Smoother::new(self.smooth);
        let mut last = 0;
        for (number, window) in (0u64..).zip(self.windows()) {
            let fold = fold(number, count);
            if fold != last {
                smoother = Smoother::new(self.smooth);
                last = fold;
            }
            let rows = (number + 1, number + 1);
            let (part, folds) = (FoldPart::Fold(fold), (fold, fold));
            let (source, stream) = ("", "");
            let example = Example { part, window, label: None, folds, source, stream, rows };
            each(&example, &mut smoother)?;
        }
        Ok(Holes::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_whole_and_finite() {
        assert!(matches!(RawWindows::new(vec![], 3), Err(FitError::NoRows)));
        let cut = RawWindows::new(vec![0.0; 7], 3);
        assert!(matches!(cut, Err(FitError::CutOff { values: 1, length: 3 })));
        let mut values = vec![0.0; 6];
        values[4] = f32::NAN;
        let odd = RawWindows::new(values, 3);
        assert!(matches!(odd, Err(FitError::NotANumber { window: 2, place: 2 })));
    }

    #[test]
    fn each_fold_is_a_block() {
        let windows = RawWindows::new((0..16).map(|n| n as f32).collect(), 2).unwrap();
        let mut parts = Vec::new();
        let mut add = |example: &Example<'_>| parts.push((example.part, example.window[0]));
        windows
            .each(|example, _| {
                add(example);
                Ok(())
            })
            .unwrap();
        let of = |fold: usize| (FoldPart::Fold(fold), 4.0 * fold as f32);
        let wanted = [0, 1, 2, 3].map(of);
        assert_eq!(parts.iter().step_by(2).copied().collect::<Vec<_>>(), wanted);
    }
}
