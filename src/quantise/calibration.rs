//! The windows that ranges and costs are found from: a sample of normal data, spread evenly over it.

use super::error::QuantiseError;
use crate::fit::{FoldPart, Prepared, RawWindows};

/// Windows that are kept at most: ranges hardly change with more.
const MOST_WINDOWS: u64 = 2048;
/// Values that are kept at most, 64 MiB of them.
const MOST_VALUES: usize = 16 << 20;

/// Windows of normal data, each with the folds that it touches.
#[derive(Clone, Debug, Default)]
pub(super) struct Calibration {
    pub(super) length: usize,
    values: Vec<f32>,
    folds: Vec<(usize, usize)>,
}

impl Calibration {
    /// A sample of the normal windows.
    pub(super) fn of(prepared: &Prepared<'_>) -> Result<Self, QuantiseError> {
        let shape = prepared.shape();
        let length = shape.window * shape.channels;
        let stride = stride(prepared.judged(), length);
        let mut kept = Self { length, ..Self::default() };
        let mut number = 0u64;
        prepared.each(|example| {
            if example.part != FoldPart::Odd {
                if number.is_multiple_of(stride) {
                    kept.values.extend_from_slice(example.window);
                    kept.folds.push(example.folds);
                }
                number += 1;
            }
            Ok(())
        })?;
        Ok(kept)
    }

    /// A sample of windows that come whole.
    pub(super) fn of_raw(windows: &RawWindows) -> Self {
        let all = windows.windows();
        let stride = stride(all.len() as u64, windows.length());
        let mut kept = Self { length: windows.length(), ..Self::default() };
        for window in all.step_by(usize::try_from(stride).unwrap_or(1)) {
            kept.values.extend_from_slice(window);
            kept.folds.push((0, 0));
        }
        kept
    }

    /// Those that do not touch a fold.
    pub(super) fn without(&self, fold: usize) -> Self {
        let mut kept = Self { length: self.length, ..Self::default() };
        for (window, &folds) in self.windows().zip(&self.folds) {
            if folds.0 != fold && folds.1 != fold {
                kept.values.extend_from_slice(window);
                kept.folds.push(folds);
            }
        }
        kept
    }

    /// The first half and the second: neighbours are too much alike to judge each other.
    pub(super) fn halves(&self) -> (Self, Self) {
        let middle = self.folds.len() / 2;
        let part = |folds: &[(usize, usize)], values: &[f32]| Self {
            length: self.length,
            values: values.to_vec(),
            folds: folds.to_vec(),
        };
        let (first, second) = self.folds.split_at(middle);
        let (values, others) = self.values.split_at(middle * self.length);
        (part(first, values), part(second, others))
    }

    /// At most so many of them, spread evenly.
    pub(super) fn some(&self, most: usize) -> Self {
        let mut kept = Self { length: self.length, ..Self::default() };
        let stride = self.folds.len().div_ceil(most.max(1)).max(1);
        for (window, &folds) in self.windows().zip(&self.folds).step_by(stride) {
            kept.values.extend_from_slice(window);
            kept.folds.push(folds);
        }
        kept
    }

    pub(super) fn windows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.length.max(1))
    }

    /// Some windows at a time, with how many these are.
    pub(super) fn chunks(&self, windows: usize) -> impl Iterator<Item = (&[f32], usize)> {
        let length = self.length.max(1);
        self.values.chunks(length * windows.max(1)).map(move |chunk| (chunk, chunk.len() / length))
    }
}

/// Every so-manieth window is kept.
fn stride(windows: u64, length: usize) -> u64 {
    let most = MOST_WINDOWS.min((MOST_VALUES / length.max(1)) as u64).max(1);
    windows.div_ceil(most).max(1)
}
