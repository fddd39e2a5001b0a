//! A box of elements, walked in one order over N arrays at once.
//!
//! Lengths, steps and starts go in; out come runs: places in each array from which an inner loop of
//! one length goes on with one step. A walk never leaves the arrays that it was found to fit.

use crate::error::{KernelError, at_least};

/// The most axes that a walk can have.
pub const AXES: usize = 8;

/// A box of elements in N arrays, each with steps of its own: 0 repeats an element, a negative step
/// goes backwards. Axes of length 1 are gone, and axes that are one in all arrays are merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk<const N: usize> {
    rank: usize,
    lens: [usize; AXES],
    steps: [[isize; N]; AXES],
    starts: [usize; N],
    count: usize,
    reach: [(usize, usize); N],
}

impl<const N: usize> Walk<N> {
    /// Of a box `lens`, outermost axis first; `steps[n][axis]` is how far array `n` moves on with
    /// each element of the axis, `starts[n]` where it begins.
    ///
    /// # Errors
    /// More than [`AXES`] axes, steps that are not one an axis, an index below zero, or more
    /// elements than can be counted.
    pub fn new(
        lens: &[usize],
        steps: [&[isize]; N],
        starts: [usize; N],
    ) -> Result<Self, KernelError> {
        holds(lens.len() <= AXES, "a walk has more than 8 axes")?;
        holds(steps.iter().all(|s| s.len() == lens.len()), "a walk needs one step an axis")?;
        let count = product(lens)?;
        let mut walk = Self {
            rank: 0,
            lens: [0; AXES],
            steps: [[0; N]; AXES],
            starts,
            count,
            reach: [(0, 0); N],
        };
        if count == 0 {
            return Ok(walk);
        }
        for (axis, &len) in lens.iter().enumerate().filter(|(_, len)| **len != 1) {
            walk.push(len, core::array::from_fn(|n| steps[n][axis]));
        }
        for n in 0..N {
            walk.reach[n] = walk.span(n).ok_or(KernelError::Value {
                what: "a walk goes below the first element, or further than can be counted",
            })?;
        }
        Ok(walk)
    }

    /// Adds an axis inside the others, or makes the innermost one longer.
    fn push(&mut self, len: usize, step: [isize; N]) {
        if let Some(last) = self.rank.checked_sub(1) {
            let goes_on = |(outer, inner): (&isize, &isize)| {
                isize::try_from(len).ok().and_then(|len| inner.checked_mul(len)) == Some(*outer)
            };
            if self.steps[last].iter().zip(&step).all(goes_on) {
                // The product of all lengths is known to be countable.
                self.lens[last] *= len;
                self.steps[last] = step;
                return;
            }
        }
        self.lens[self.rank] = len;
        self.steps[self.rank] = step;
        self.rank += 1;
    }

    /// The lowest and highest index in an array, if they can be counted.
    fn span(&self, n: usize) -> Option<(usize, usize)> {
        let start = isize::try_from(self.starts[n]).ok()?;
        let (mut low, mut high) = (start, start);
        for (&len, step) in self.lens.iter().zip(&self.steps).take(self.rank) {
            let way = step[n].checked_mul(isize::try_from(len).ok()?.checked_sub(1)?)?;
            low = low.checked_add(way.min(0))?;
            high = high.checked_add(way.max(0))?;
        }
        Some((usize::try_from(low).ok()?, usize::try_from(high).ok()?))
    }

    /// How many elements the box has.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The lowest and the highest index that each array is touched at; `None` without elements.
    pub fn reach(&self) -> Option<[(usize, usize); N]> {
        (self.count > 0).then_some(self.reach)
    }

    /// How long each array must be at least.
    pub fn needs(&self) -> [usize; N] {
        self.reach().map_or([0; N], |reach| reach.map(|(_, high)| high.saturating_add(1)))
    }

    /// Whether arrays of these lengths hold all that is touched.
    ///
    /// # Errors
    /// An array is too short.
    pub fn fits(&self, lens: [usize; N]) -> Result<(), KernelError> {
        for (expected, found) in self.needs().into_iter().zip(lens) {
            at_least("an array of a walk", Some(expected), found)?;
        }
        Ok(())
    }

    /// How many axes are left.
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// Length and steps of the axis that is `from_inside` axes away from the innermost one. Beyond
    /// the outermost one there are axes of length 1.
    pub fn axis(&self, from_inside: usize) -> (usize, [isize; N]) {
        match self.rank.checked_sub(from_inside + 1) {
            Some(axis) => (self.lens[axis], self.steps[axis]),
            None => (1, [1; N]),
        }
    }

    /// The same walk over `len` positions of one axis from `first` on; the axis is counted from inside.
    ///
    /// # Errors
    /// The axis is not so long.
    pub fn narrowed(&self, axis: usize, first: usize, len: usize) -> Result<Self, KernelError> {
        let (most, by) = self.axis(axis);
        let inside = first.checked_add(len).is_some_and(|end| end <= most);
        let own = self.rank.checked_sub(axis + 1).filter(|_| inside);
        let own = own.ok_or(KernelError::Value { what: "an axis of a walk is too short" })?;
        let mut lens = self.lens;
        lens[own] = len;
        let steps: [[isize; AXES]; N] =
            core::array::from_fn(|n| core::array::from_fn(|axis| self.steps[axis][n]));
        let starts = core::array::from_fn(|n| place(self.starts[n], by[n], first));
        Self::new(&lens[..self.rank], steps.each_ref().map(|steps| &steps[..self.rank]), starts)
    }

    /// Length and steps of the inner loop.
    pub fn inner(&self) -> (usize, [isize; N]) {
        self.axis(0)
    }

    /// Where each inner loop begins in each array, in order.
    pub fn runs(&self) -> Offsets<'_, N> {
        self.without(1)
    }

    /// Where each plane of the two innermost axes begins in each array, in order.
    pub fn planes(&self) -> Offsets<'_, N> {
        self.without(2)
    }

    /// The place of each element in each array, in order: the plain form, for arrays walked rarely.
    pub fn each(&self) -> Offsets<'_, N> {
        self.without(0)
    }

    // Not inlined, nor is `carry`: in each loop of each kernel they would be a tenth of the smallest program.
    #[inline(never)]
    fn without(&self, inside: usize) -> Offsets<'_, N> {
        let axes = self.rank.saturating_sub(inside);
        let left = if self.count == 0 { 0 } else { self.lens.iter().take(axes).product::<usize>() };
        let (len, steps) = match axes.checked_sub(1) {
            Some(axis) => (self.lens[axis], self.steps[axis]),
            None => (1, [0; N]),
        };
        Offsets { walk: self, axes, done: [0; AXES], at: self.starts, left, row: len, len, steps }
    }
}

/// The places that the outer axes of a walk come to.
#[derive(Debug, Clone)]
pub struct Offsets<'a, const N: usize> {
    walk: &'a Walk<N>,
    axes: usize,
    /// Steps made along each axis but the last of `axes`.
    done: [usize; AXES],
    at: [usize; N],
    left: usize,
    /// Places left along the last axis, and its length and steps.
    row: usize,
    len: usize,
    steps: [isize; N],
}

impl<const N: usize> Offsets<'_, N> {
    /// From the last place along the last axis to the first one of the next row.
    #[inline(never)]
    fn carry(&mut self) {
        self.row = self.len;
        // The axis that has ended: how far its first place is behind, in steps. All between are in reach.
        let (mut behind, mut ended) = (self.len.wrapping_sub(1) as isize, self.steps);
        for axis in (0..self.axes.saturating_sub(1).min(AXES)).rev() {
            let (len, steps) = (self.walk.lens[axis], self.walk.steps[axis]);
            for ((at, step), ended) in self.at.iter_mut().zip(steps).zip(ended) {
                let back = behind.wrapping_mul(ended);
                *at = at.wrapping_add_signed(step).wrapping_sub_signed(back);
            }
            self.done[axis] += 1;
            if self.done[axis] < len {
                return;
            }
            self.done[axis] = 0;
            (behind, ended) = (len as isize, steps);
        }
    }
}

impl<const N: usize> Iterator for Offsets<'_, N> {
    type Item = [usize; N];

    #[inline]
    fn next(&mut self) -> Option<[usize; N]> {
        self.left = self.left.checked_sub(1)?;
        let now = self.at;
        if self.row > 1 {
            self.row -= 1;
            for (at, step) in self.at.iter_mut().zip(self.steps) {
                *at = at.wrapping_add_signed(step);
            }
        } else {
            self.carry();
        }
        Some(now)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<const N: usize> ExactSizeIterator for Offsets<'_, N> {}

/// An error unless the rule holds.
pub(crate) fn holds(rule: bool, what: &'static str) -> Result<(), KernelError> {
    if rule { Ok(()) } else { Err(KernelError::Value { what }) }
}

/// The product of some lengths, which must be countable.
pub(crate) fn product(lens: &[usize]) -> Result<usize, KernelError> {
    lens.iter()
        .try_fold(1usize, |all, &len| all.checked_mul(len))
        .ok_or(KernelError::Value { what: "a shape has more elements than can be counted" })
}

/// The place of element `i` of a run.
#[inline(always)]
pub(crate) fn place(offset: usize, step: isize, i: usize) -> usize {
    offset.wrapping_add_signed(step.wrapping_mul(i as isize))
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn axes_that_are_one_are_merged() {
        let walk = Walk::new(&[2, 1, 3, 4], [&[12, 12, 4, 1], &[0, 7, 4, 1]], [0, 5]).unwrap();
        assert_eq!((walk.rank(), walk.count()), (2, 24));
        assert_eq!(walk.inner(), (12, [1, 1]));
        assert_eq!(walk.axis(1), (2, [12, 0]));
        assert_eq!(walk.reach(), Some([(0, 23), (5, 16)]));
        assert_eq!(walk.runs().collect::<Vec<_>>(), [[0, 5], [12, 5]]);
    }

    #[test]
    fn a_single_element_and_none_are_walks_too() {
        let one = Walk::new(&[], [&[]], [3]).unwrap();
        assert_eq!(one.runs().collect::<Vec<_>>(), [[3]]);
        assert_eq!((one.inner().0, one.needs()), (1, [4]));
        let none = Walk::new(&[2, 0], [&[1, -9]], [0]).unwrap();
        assert_eq!((none.runs().count(), none.reach(), none.needs()), (0, None, [0]));
        assert!(none.fits([0]).is_ok());
    }

    #[test]
    fn a_narrowed_walk_is_a_part_of_the_whole() {
        let walk = Walk::new(&[3, 5], [&[1, 3], &[5, 1]], [2, 0]).unwrap();
        let all: Vec<_> = walk.each().collect();
        let part: Vec<_> = walk.narrowed(0, 3, 2).unwrap().each().collect();
        let wanted: Vec<_> = (0..15).filter(|at| at % 5 >= 3).map(|at| all[at]).collect();
        assert_eq!(part, wanted);
        let last = walk.narrowed(1, 2, 1).unwrap();
        assert_eq!((last.rank(), last.each().collect::<Vec<_>>()), (1, all[10..].to_vec()));
        assert!(walk.narrowed(0, 3, 3).is_err() && walk.narrowed(2, 0, 1).is_err());
        assert!(walk.narrowed(0, usize::MAX, 2).is_err());
    }

    #[test]
    fn what_cannot_be_walked_is_refused() {
        assert!(Walk::new(&[3], [&[-1]], [1]).is_err());
        assert!(Walk::new(&[3], [&[-1]], [2]).is_ok());
        assert!(Walk::new(&[3, 2], [&[1]], [0]).is_err());
        assert!(Walk::new(&[1; 9], [&[1; 9]], [0]).is_err());
        assert!(Walk::new(&[usize::MAX, 2], [&[0, 0]], [0]).is_err());
        assert!(Walk::new(&[3], [&[isize::MAX]], [0]).is_err());
        assert!(Walk::new(&[1], [&[1]], [usize::MAX]).is_err());
        let walk = Walk::new(&[3], [&[2]], [0]).unwrap();
        assert!(walk.fits([5]).is_ok() && walk.fits([4]).is_err());
    }

    fn naive(lens: &[usize], steps: &[&[isize]; 2], at: [isize; 2], out: &mut Vec<[usize; 2]>) {
        match lens.split_first() {
            None => out.push(at.map(|at| usize::try_from(at).unwrap())),
            Some((&len, rest)) => {
                for i in 0..len as isize {
                    let at = [at[0] + i * steps[0][0], at[1] + i * steps[1][0]];
                    naive(rest, &[&steps[0][1..], &steps[1][1..]], at, out);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn every_walk_is_the_nested_loops(
            axes in proptest::collection::vec((0usize..5, -6isize..7, -6isize..7), 0..6),
        ) {
            let lens: Vec<_> = axes.iter().map(|a| a.0).collect();
            let steps = [
                axes.iter().map(|a| a.1).collect::<Vec<_>>(),
                axes.iter().map(|a| a.2).collect::<Vec<_>>(),
            ];
            let walk = Walk::new(&lens, [&steps[0], &steps[1]], [200, 150]).unwrap();
            let mut expected = Vec::new();
            naive(&lens, &[&steps[0], &steps[1]], [200, 150], &mut expected);
            let (len, inner) = walk.inner();
            let runs: Vec<_> = walk
                .runs()
                .flat_map(|at| (0..len).map(move |i| [0, 1].map(|n| place(at[n], inner[n], i))))
                .collect();
            prop_assert_eq!(&runs, &expected);
            prop_assert_eq!(walk.each().collect::<Vec<_>>(), expected.clone());
            prop_assert_eq!(walk.count(), expected.len());
            if let Some(reach) = walk.reach() {
                for n in 0..2 {
                    prop_assert_eq!(reach[n].0, expected.iter().map(|e| e[n]).min().unwrap());
                    prop_assert_eq!(reach[n].1, expected.iter().map(|e| e[n]).max().unwrap());
                }
            }
        }
    }
}
