//! What is known of a value: which of its elements an earlier window has too, and how much further.

use alloc::vec;
use alloc::vec::Vec;

use super::stream::Stream;

/// Why a layer has nothing in common with windows before, or computes it all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// Each of its outputs depends on the whole window.
    Mixes,
    /// The hop of a few windows is no multiple of its stride.
    Stride,
    /// Padding, or rows that are new, reach each of its places.
    Borders,
    /// Too little would be saved.
    Little,
    /// No two windows run in one go: their buffers are too large.
    Alone,
}

/// What a value has in common with the same value of an earlier window.
#[derive(Clone, Debug)]
pub(super) struct Same {
    /// How much further the elements lay then; 0 where nothing is known to be the same.
    pub by: usize,
    /// Of each element.
    pub same: Vec<bool>,
    /// A layer has written it that this room does not understand.
    lost: bool,
}

impl Same {
    pub fn none(len: usize) -> Self {
        Same { by: 0, same: vec![false; len], lost: false }
    }

    /// What a window of `len` values has in common with the one `back` before.
    pub fn of_windows(stream: &Stream, len: usize, back: usize) -> Self {
        let far = stream.hop * back;
        let row = |at: usize| at / stream.width.max(1) % stream.rows.max(1);
        let same = (0..len).map(|at| row(at) + far < stream.rows).collect();
        Same { by: far * stream.width, same, lost: false }
    }

    pub fn lose(&mut self) {
        *self = Same { lost: true, ..Same::none(self.same.len()) };
    }

    /// For each element, how many from it on are the same.
    pub fn runs(&self) -> Vec<usize> {
        let mut runs = vec![0; self.same.len()];
        let mut run = 0;
        for (slot, &same) in runs.iter_mut().zip(&self.same).rev() {
            run = if same { run + 1 } else { 0 };
            *slot = run;
        }
        runs
    }

    /// A layer has written these elements, and those that are `true` are the same `by` further.
    pub fn write(&mut self, by: usize, written: &[(usize, bool)]) {
        if self.by != 0 {
            for &(at, _) in written {
                // What stood there is gone, also for the element that was the same as it.
                for at in [Some(at), at.checked_sub(self.by)].into_iter().flatten() {
                    self.set(at, false);
                }
            }
        }
        if self.lost || by == 0 || (self.by != 0 && self.by != by) {
            return;
        }
        for &(at, same) in written {
            if same {
                self.by = by;
                self.set(at, true);
            }
        }
    }

    fn set(&mut self, at: usize, same: bool) {
        if let Some(slot) = self.same.get_mut(at) {
            *slot = same;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_over_is_the_same_no_more_nor_what_was_the_same_as_it() {
        let mut same = Same::none(6);
        same.write(2, &[(0, true), (1, true), (2, true), (3, true), (4, false), (5, false)]);
        assert_eq!((same.by, same.runs()), (2, vec![4, 3, 2, 1, 0, 0]));
        same.write(0, &[(3, false)]);
        assert_eq!(same.runs(), [1, 0, 1, 0, 0, 0]);
        // A part that moves by another distance is not the same, nor is what comes after a layer that is not
        // understood.
        same.write(1, &[(4, true)]);
        assert_eq!(same.runs(), [1, 0, 0, 0, 0, 0]);
        same.lose();
        same.write(2, &[(0, true)]);
        assert_eq!((same.by, same.runs()), (0, vec![0; 6]));
    }
}
