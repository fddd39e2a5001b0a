//! Windows as the library cuts them go in; tensors for training come out.
//!
//! All windows are held in memory. Which windows may teach a model that a fold must judge is said
//! here and nowhere else: none that shares a row with the fold. Those that reach into it are left
//! out, a gap of a window.

use oddity::fit::{FOLDS, FoldPart, Prepared};
use tch::{Device, Kind, TchError, Tensor};

use super::error::{MOST_BYTES, WindowsError};
use super::labels::{HeadRequest, LabelColumn, WindowLabels};
use crate::net::{Axes, Head};
use crate::train::Examples;

/// Windows to learn from.
pub struct WindowSet {
    axes: Axes,
    /// `[n, axes...]`.
    values: Tensor,
    /// Of each window.
    parts: Vec<FoldPart>,
    /// The folds that the first and the last row of each window lie in.
    folds: Vec<(usize, usize)>,
    /// Files, or pictures.
    sources: Vec<String>,
    /// Where each window was cut from: the number of its source, its first and its last row.
    places: Vec<(usize, (u64, u64))>,
    labels: Option<WindowLabels>,
}

/// How many windows there are of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowCounts {
    /// Within one fold and normal: these are judged.
    pub judged: usize,
    /// From one fold into the next.
    pub border: usize,
    /// With a row that a label calls not normal.
    pub odd: usize,
}

/// Which windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowChoice {
    /// All of them.
    All,
    /// Those that share no row with this fold.
    Without(usize),
    /// The normal ones that lie in this fold.
    Fold(usize),
    /// All that lie in this fold, normal or not.
    Inside(usize),
}

impl WindowSet {
    /// Reads all windows; `head` says what their labels are for.
    ///
    /// # Errors
    /// When the data cannot be read, is too much, or has labels that teach nothing.
    pub fn load(
        prepared: &Prepared<'_>,
        axes: Axes,
        head: Option<&HeadRequest>,
        device: Device,
    ) -> Result<Self, WindowsError> {
        let (mut values, mut parts, mut folds) = (vec![], vec![], vec![]);
        let (mut sources, mut places) = (Vec::<String>::new(), vec![]);
        let mut labels = LabelColumn::default();
        let most = MOST_BYTES / size_of::<f32>();
        let mut too_large = false;
        prepared.each(|example| {
            too_large |= values.len() + example.window.len() > most;
            if !too_large {
                values.extend_from_slice(example.window);
                parts.push(example.part);
                folds.push(example.folds);
                labels.push(example.label);
                if sources.last().is_none_or(|last| last != example.source) {
                    sources.push(example.source.to_owned());
                }
                places.push((sources.len() - 1, example.rows));
            }
            Ok(())
        })?;
        if too_large {
            return Err(WindowsError::TooLarge);
        }
        let mut shape = vec![i64::try_from(parts.len()).unwrap_or(i64::MAX)];
        shape.extend(axes.sizes().iter().map(|&size| size as i64));
        let values = Tensor::f_from_slice(&values)?.f_view(shape.as_slice())?.f_to(device)?;
        let labels = match head {
            Some(head) => Some(WindowLabels::new(head, &labels)?),
            None => None,
        };
        Ok(Self { axes, values, parts, folds, sources, places, labels })
    }

    /// Windows in all.
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// How many there are of each kind.
    pub fn counts(&self) -> WindowCounts {
        let of =
            |wanted: fn(&FoldPart) -> bool| self.parts.iter().filter(|part| wanted(part)).count();
        WindowCounts {
            judged: of(|part| matches!(part, FoldPart::Fold(_))),
            border: of(|part| matches!(part, FoldPart::Border)),
            odd: of(|part| matches!(part, FoldPart::Odd)),
        }
    }

    /// The fold of a window that is judged.
    pub fn fold_of(&self, window: usize) -> Option<usize> {
        match self.parts.get(window) {
            Some(&FoldPart::Fold(fold)) => Some(fold),
            _ => None,
        }
    }

    /// Where a window comes from: `rows 512 to 575 of pump.csv`, or the name of a picture.
    pub fn place(&self, window: usize) -> String {
        let Some(&(source, (first, last))) = self.places.get(window) else {
            return format!("window {}", window + 1);
        };
        let source = self.sources.get(source).map_or("", String::as_str);
        match self.axes {
            Axes::Picture { .. } => source.to_owned(),
            _ if first == last => format!("row {first} of {source}"),
            _ => format!("rows {first} to {last} of {source}"),
        }
    }

    /// The axes of a window.
    pub fn axes(&self) -> Axes {
        self.axes
    }

    /// What the labels are, where there are any.
    pub fn labels(&self) -> Option<&WindowLabels> {
        self.labels.as_ref()
    }

    /// The head that the labels want.
    pub fn head(&self) -> Option<Head> {
        self.labels.as_ref().map(WindowLabels::head)
    }

    /// Numbers of the windows that are chosen.
    pub fn indices(&self, choice: WindowChoice) -> Vec<i64> {
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
    pub fn examples(&self, choice: WindowChoice) -> Result<Examples, WindowsError> {
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
        let odd = self.parts.contains(&FoldPart::Odd);
        let normal: Vec<f32> =
            self.parts.iter().map(|part| f32::from(u8::from(*part != FoldPart::Odd))).collect();
        let normal = if odd { Some(pick(&normal)?.f_to_kind(Kind::Bool)?) } else { None };
        Ok(Examples { windows: self.pick(&indices)?, labels, normal })
    }
}

impl WindowChoice {
    fn takes(self, part: FoldPart, (first, last): (usize, usize)) -> bool {
        match (self, part) {
            (Self::All, _) => true,
            (Self::Fold(wanted), FoldPart::Fold(fold)) => fold == wanted,
            (Self::Fold(_), FoldPart::Border | FoldPart::Odd) => false,
            (Self::Inside(wanted), _) => first == wanted && last == wanted,
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
        let teaches = |part, folds| WindowChoice::Without(1).takes(part, folds);
        assert!(teaches(FoldPart::Fold(0), (0, 0)) && teaches(FoldPart::Fold(2), (2, 2)));
        assert!(!teaches(FoldPart::Fold(1), (1, 1)));
        for (folds, wanted) in [((0, 1), false), ((1, 2), false), ((0, 2), false), ((2, 3), true)] {
            assert_eq!(teaches(FoldPart::Border, folds), wanted, "{folds:?}");
            assert_eq!(teaches(FoldPart::Odd, folds), wanted, "{folds:?}");
        }
        assert!(WindowChoice::Inside(1).takes(FoldPart::Odd, (1, 1)));
        assert!(!WindowChoice::Inside(1).takes(FoldPart::Border, (1, 2)));
        assert!(
            WindowChoice::All.takes(FoldPart::Odd, (1, 1))
                && !WindowChoice::Fold(1).takes(FoldPart::Odd, (1, 1))
        );
    }
}
