//! How a value of the graph lies in a value of the program: from where on, and how far apart along each
//! axis.
//!
//! Most operators that move numbers (Transpose, Slice, Reshape, Expand, Split) only make another view;
//! nothing is copied for them. Shapes are those of the graph, for one window.

use oddity_kernels::program::ValueId;
use oddity_kernels::quantise::Grid;

/// What quantised numbers stand for: `(q - zero) * scale`, `q` stored as u8.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Quant {
    pub scale: f32,
    /// Of the stored numbers: 128 more than the file's where those are signed.
    pub zero: u8,
    pub signed: bool,
}

impl Quant {
    /// The same for the kernels.
    pub(super) fn grid(&self) -> Result<Grid, String> {
        Grid::u8(self.scale, self.zero).map_err(|error| error.to_string())
    }

    /// What is stored for a number, as QuantizeLinear rounds it.
    pub(super) fn stored(&self, value: f32) -> u8 {
        let steps = (value / self.scale).round_ties_even() + f32::from(self.zero);
        steps.clamp(0.0, 255.0) as u8
    }
}

/// What a view's elements are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    /// f32; also integers and truth values that f32 holds exactly.
    F32,
    /// Quantised numbers, and what they stand for.
    Quantised(Quant),
    /// Quantised numbers whose scale is only known when they are there.
    Dynamic,
}

/// A value of the graph.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct View {
    pub value: ValueId,
    /// Where its first element is.
    pub at: usize,
    pub dims: Vec<usize>,
    /// From one element to the next, for each axis.
    pub steps: Vec<isize>,
    pub kind: Kind,
}

/// Steps of a value whose last axis runs fastest.
pub(super) fn row_major(dims: &[usize]) -> Vec<isize> {
    let mut steps = vec![1isize; dims.len()];
    let mut each = 1usize;
    for (step, &dim) in steps.iter_mut().zip(dims).rev() {
        *step = each as isize;
        each = each.saturating_mul(dim.max(1));
    }
    steps
}

impl View {
    /// A whole value, the last axis running fastest.
    pub(super) fn whole(value: ValueId, dims: &[usize], kind: Kind) -> Self {
        View { value, at: 0, dims: dims.to_vec(), steps: row_major(dims), kind }
    }

    pub(super) fn len(&self) -> usize {
        self.dims.iter().product()
    }

    /// A value of its own whose elements lie in the same order.
    pub(super) fn alike(&self, value: ValueId) -> Self {
        let mut axes: Vec<usize> = (0..self.dims.len()).collect();
        axes.sort_by_key(|&axis| self.steps.get(axis).map_or(0, |step| step.unsigned_abs()));
        let mut steps = vec![1isize; self.dims.len()];
        let mut each = 1usize;
        for axis in axes {
            if let (Some(step), Some(dim)) = (steps.get_mut(axis), self.dims.get(axis)) {
                *step = each as isize;
                each = each.saturating_mul((*dim).max(1));
            }
        }
        View { value, at: 0, dims: self.dims.clone(), steps, kind: self.kind }
    }

    /// Where each of its elements is, in the order of its axes.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> + '_ {
        let mut place = vec![0usize; self.dims.len()];
        let mut at = self.at as isize;
        (0..self.len()).map(move |_| {
            let now = at;
            for ((place, &dim), &step) in place.iter_mut().zip(&self.dims).zip(&self.steps).rev() {
                *place += 1;
                at += step;
                if *place < dim {
                    break;
                }
                at -= step * dim as isize;
                *place = 0;
            }
            now as usize
        })
    }

    /// Whether its elements follow each other in the order of its axes.
    pub(super) fn is_contiguous(&self) -> bool {
        let wanted = row_major(&self.dims);
        let axes = self.dims.iter().zip(self.steps.iter().zip(&wanted));
        axes.into_iter().all(|(&dim, (step, wanted))| dim == 1 || step == wanted)
    }

    /// The axes in another order.
    pub(super) fn transposed(&self, order: &[usize]) -> Option<Self> {
        let dims = order.iter().map(|&axis| self.dims.get(axis).copied()).collect::<Option<_>>()?;
        let steps = order.iter().map(|&axis| self.steps.get(axis).copied());
        Some(View { dims, steps: steps.collect::<Option<_>>()?, ..self.clone() })
    }

    /// Each axis from a start in steps, with another length.
    pub(super) fn sliced(&self, starts: &[usize], by: &[isize], dims: &[usize]) -> Option<Self> {
        let mut at = isize::try_from(self.at).ok()?;
        let mut steps = self.steps.clone();
        for ((step, start), by) in steps.iter_mut().zip(starts).zip(by) {
            at = at.checked_add(step.checked_mul(isize::try_from(*start).ok()?)?)?;
            *step = step.checked_mul(*by)?;
        }
        let at = usize::try_from(at).ok()?;
        Some(View { at, dims: dims.to_vec(), steps, ..self.clone() })
    }

    /// Repeated along axes of length 1, and along new ones before, by NumPy's rule.
    pub(super) fn expanded(&self, dims: &[usize]) -> Option<Self> {
        let new = dims.len().checked_sub(self.dims.len())?;
        let mut steps = vec![0isize; new];
        for ((&to, &from), &step) in dims.iter().skip(new).zip(&self.dims).zip(&self.steps) {
            steps.push(match from {
                _ if from == to => step,
                1 => 0,
                _ => return None,
            });
        }
        Some(View { dims: dims.to_vec(), steps, ..self.clone() })
    }

    /// The same elements under other axes, where steps can say it.
    pub(super) fn reshaped(&self, dims: &[usize]) -> Option<Self> {
        let old: Vec<(usize, isize)> = self
            .dims
            .iter()
            .copied()
            .zip(self.steps.iter().copied())
            .filter(|a| a.0 != 1)
            .collect();
        let mut steps = vec![0isize; dims.len()];
        let (mut from, mut to) = (0, 0);
        while to < dims.len() || from < old.len() {
            // The next axes on both sides with the same number of elements.
            let (first, mut have) = (from, 1usize);
            let (start, mut want) = (to, 1usize);
            loop {
                if have == want && (have > 1 || from == old.len() && to == dims.len()) {
                    break;
                }
                if have > want || have == want && from == old.len() {
                    want = want.checked_mul(*dims.get(to)?)?;
                    to += 1;
                } else {
                    have = have.checked_mul(old.get(from)?.0)?;
                    from += 1;
                }
            }
            let group = old.get(first..from)?;
            let joined = group.windows(2).all(
                |pair| matches!(pair, [a, b] if a.1 == b.1.checked_mul(b.0 as isize).unwrap_or(0)),
            );
            if !joined {
                return None;
            }
            let mut step = group.last().map_or(1, |axis| axis.1);
            for (slot, &dim) in steps.get_mut(start..to)?.iter_mut().zip(dims.get(start..to)?).rev()
            {
                *slot = step;
                step = step.checked_mul(dim as isize)?;
            }
        }
        Some(View { dims: dims.to_vec(), steps, ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oddity_kernels::program::Builder;

    fn view(dims: &[usize]) -> View {
        View::whole(Builder::new(1, oddity_kernels::Tier::PORTABLE).input(), dims, Kind::F32)
    }

    #[test]
    fn a_reshape_is_a_view_where_steps_can_say_it() {
        let whole = view(&[2, 3, 4]);
        assert_eq!(whole.reshaped(&[6, 4]).unwrap().steps, [4, 1]);
        assert!(whole.reshaped(&[1, 24, 1]).unwrap().is_contiguous());
        assert_eq!(whole.reshaped(&[2, 1, 2, 6]).unwrap().steps, [12, 12, 6, 1]);
        let turned = whole.transposed(&[0, 2, 1]).unwrap();
        assert_eq!(turned.steps, [12, 1, 4]);
        assert_eq!(turned.reshaped(&[24]), None);
        assert_eq!(turned.reshaped(&[2, 2, 2, 3]).unwrap().steps, [12, 2, 1, 4]);
        assert!(view(&[1, 1]).reshaped(&[]).unwrap().steps.is_empty());
        assert_eq!(view(&[]).reshaped(&[1, 1]).unwrap().dims, [1, 1]);
    }

    #[test]
    fn slices_and_repeats_are_views() {
        let whole = view(&[2, 5]);
        let back = whole.sliced(&[0, 4], &[1, -2], &[2, 3]).unwrap();
        assert_eq!((back.at, back.steps.as_slice()), (4, [5, -2].as_slice()));
        assert!(!back.is_contiguous() && whole.is_contiguous());
        assert_eq!(view(&[5]).expanded(&[3, 5]).unwrap().steps, [0, 1]);
        assert_eq!(view(&[4]).expanded(&[3, 5]), None);
    }
}
