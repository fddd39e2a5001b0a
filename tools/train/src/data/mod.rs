//! Windows of normal data go in, as the library cuts them; tensors for training come out.
//!
//! All windows are held in memory. Which windows may teach a model that a fold must judge is said
//! here and nowhere else: none that shares a row with the fold. Those that reach into it are left
//! out, a gap of a window.

mod labels;
mod source;

use oddity::fit::{FOLDS, FitError, Part, Prepared};
use tch::{Device, Kind, TchError, Tensor};

use crate::net::{Axes, Head};
use crate::train::Examples;
pub use labels::{HeadKind, Labels};
pub use source::Source;

/// Bytes of windows that are held, at most.
const MOST_BYTES: usize = 8 << 30;

/// Why the windows cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The library's reading of the data.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// Two kinds of data.
    #[error(
        "some of the data are pictures or folders, and others are not; a model learns from one kind"
    )]
    Mixed,
    /// Too many windows to hold.
    #[error(
        "the windows of this data take more than {} GiB; raise --hop, or use fewer --rows",
        MOST_BYTES >> 30
    )]
    TooLarge,
    /// The labels teach nothing.
    #[error("the labels in column {column} cannot be learned from: {why}")]
    Labels {
        /// The column.
        column: String,
        /// What is wrong with them.
        why: String,
    },
    /// libtorch.
    #[error("libtorch cannot hold the windows: {0}")]
    Torch(#[from] TchError),
}

/// Windows to learn from.
pub struct Windows {
    axes: Axes,
    /// `[n, axes...]`.
    values: Tensor,
    /// Of each window.
    parts: Vec<Part>,
    /// The folds that the first and the last row of each window lie in.
    folds: Vec<(usize, usize)>,
    labels: Option<Labels>,
}

/// Which windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// All of them.
    All,
    /// Those that share no row with this fold.
    Without(usize),
    /// The normal ones that lie in this fold.
    Fold(usize),
}

impl Windows {
    /// Reads all windows; `head` says what their labels are for.
    ///
    /// # Errors
    /// When the data cannot be read, is too much, or has labels that teach nothing.
    pub fn load(
        prepared: &Prepared<'_>,
        axes: Axes,
        head: Option<(HeadKind, &str)>,
        device: Device,
    ) -> Result<Self, DataError> {
        let (mut values, mut parts, mut folds, mut labels) = (vec![], vec![], vec![], vec![]);
        let most = MOST_BYTES / size_of::<f32>();
        let mut too_large = false;
        prepared.each(|example| {
            too_large |= values.len() + example.window.len() > most;
            if !too_large {
                values.extend_from_slice(example.window);
                parts.push(example.part);
                folds.push(example.folds);
                labels.push(example.label);
            }
            Ok(())
        })?;
        if too_large {
            return Err(DataError::TooLarge);
        }
        let mut shape = vec![i64::try_from(parts.len()).unwrap_or(i64::MAX)];
        shape.extend(axes.sizes().iter().map(|&size| size as i64));
        let values = Tensor::f_from_slice(&values)?.f_view(shape.as_slice())?.f_to(device)?;
        let labels = match head {
            Some((kind, column)) => Some(Labels::new(kind, column, &labels)?),
            None => None,
        };
        Ok(Self { axes, values, parts, folds, labels })
    }

    /// Windows in all.
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The axes of a window.
    pub fn axes(&self) -> Axes {
        self.axes
    }

    /// What the labels are, where there are any.
    pub fn labels(&self) -> Option<&Labels> {
        self.labels.as_ref()
    }

    /// The head that the labels want.
    pub fn head(&self) -> Option<Head> {
        self.labels.as_ref().map(Labels::head)
    }

    /// Numbers of the windows that are chosen.
    pub fn indices(&self, choice: Choice) -> Vec<i64> {
        let places = self.parts.iter().zip(&self.folds).enumerate();
        let chosen = places.filter(|(_, (part, folds))| choice.takes(**part, **folds));
        chosen.map(|(index, _)| index as i64).collect()
    }

    /// The windows with these numbers.
    ///
    /// # Errors
    /// When there is none of a number, or no memory.
    pub fn pick(&self, numbers: &[i64]) -> Result<Tensor, TchError> {
        let at = Tensor::f_from_slice(numbers)?.f_to(self.values.device())?;
        self.values.f_index_select(0, &at)
    }

    /// The chosen windows, to learn from.
    ///
    /// # Errors
    /// When libtorch has no memory for them.
    pub fn examples(&self, choice: Choice) -> Result<Examples, DataError> {
        let indices = self.indices(choice);
        let at = Tensor::f_from_slice(&indices)?.f_to(self.values.device())?;
        let pick = |values: &[f32]| -> Result<Tensor, TchError> {
            let all = Tensor::f_from_slice(values)?.f_to(self.values.device())?;
            all.f_index_select(0, &at)
        };
        let labels = match &self.labels {
            Some(labels) => Some(pick(labels.values())?),
            None => None,
        };
        let odd = self.parts.contains(&Part::Odd);
        let normal: Vec<f32> =
            self.parts.iter().map(|part| f32::from(u8::from(*part != Part::Odd))).collect();
        let normal = if odd { Some(pick(&normal)?.f_to_kind(Kind::Bool)?) } else { None };
        Ok(Examples { windows: self.pick(&indices)?, labels, normal })
    }
}

impl Choice {
    fn takes(self, part: Part, (first, last): (usize, usize)) -> bool {
        match (self, part) {
            (Self::All, _) => true,
            (Self::Fold(wanted), Part::Fold(fold)) => fold == wanted,
            (Self::Fold(_), Part::Border | Part::Odd) => false,
            (Self::Without(judged), _) => !(first..=last).contains(&judged),
        }
    }
}

/// The fold whose windows end the training early. The last one: what comes next is most like it.
pub const VALIDATION: usize = FOLDS - 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_window_that_shares_a_row_with_the_judged_fold_teaches() {
        let teaches = |part, folds| Choice::Without(1).takes(part, folds);
        assert!(teaches(Part::Fold(0), (0, 0)) && teaches(Part::Fold(2), (2, 2)));
        assert!(!teaches(Part::Fold(1), (1, 1)));
        for (folds, wanted) in [((0, 1), false), ((1, 2), false), ((0, 2), false), ((2, 3), true)] {
            assert_eq!(teaches(Part::Border, folds), wanted, "{folds:?}");
            assert_eq!(teaches(Part::Odd, folds), wanted, "{folds:?}");
        }
        assert!(Choice::All.takes(Part::Odd, (1, 1)) && !Choice::Fold(1).takes(Part::Odd, (1, 1)));
    }
}
