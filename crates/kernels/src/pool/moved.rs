//! Where a pool's outputs go when its input moves on: an input that is moved goes in; the outputs that are the
//! same as before, further on, come out. Runs nothing.

use super::{Pool, Taps};

impl Taps {
    /// Whether these are the same taps, so much further.
    fn is(&self, other: &Taps, further: usize) -> bool {
        (self.count, self.padded) == (other.count, other.padded)
            && self.first == other.first + further
    }
}

impl Pool {
    /// By how many rows and columns of outputs it moves on, and by how many elements, when its input does by
    /// `by` elements; `None` where its strides do not allow it.
    fn shift(&self, by: usize) -> Option<(usize, usize)> {
        let outputs = |taps: &[Taps], by: usize| {
            let mut all = taps.iter().enumerate();
            all.find_map(|(at, tap)| {
                let rest = taps.get(at + 1..)?;
                rest.iter().position(|other| other.is(tap, by)).map(|far| far + 1)
            })
        };
        let along = |step: usize, taps: &[Taps]| {
            by.is_multiple_of(step).then(|| outputs(taps, by / step)).flatten()
        };
        match along(self.width, &self.rows) {
            Some(rows) => Some((rows, 0)),
            None => along(self.channels, &self.columns).map(|columns| (0, columns)),
        }
    }

    /// How many elements further an output lies that takes what lies `by` elements further; `None` where
    /// there is none.
    pub(crate) fn moved(&self, by: usize) -> Option<usize> {
        let (rows, columns) = self.shift(by)?;
        Some((rows * self.columns.len() + columns) * self.channels)
    }

    /// Each element of a window that comes out, and whether it and the one that [`Self::moved`] tells are
    /// made of what is the same; `same` says so of elements from a place on.
    pub(crate) fn same(
        &self,
        by: usize,
        same: impl Fn(usize, usize) -> bool,
    ) -> impl Iterator<Item = (usize, bool)> {
        let shift = self.shift(by);
        let further = move |row: usize, column: usize| {
            let (rows, columns) = shift?;
            Some((self.rows.get(row + rows)?, self.columns.get(column + columns)?))
        };
        let alike = move |row: usize, column: usize| {
            let (Some((later_row, later)), Some(first), Some(place)) =
                (further(row, column), self.rows.get(row), self.columns.get(column))
            else {
                return false;
            };
            let counts = |a: &Taps, b: &Taps| (a.count, a.padded) == (b.count, b.padded);
            let far = later_row.first.wrapping_sub(first.first) * self.width
                + later.first.wrapping_sub(place.first) * self.channels;
            let corner = first.first * self.width + place.first * self.channels;
            let taken = (0..first.count).all(|i| {
                let line = corner + i * self.row_step;
                (0..place.count).all(|j| same(line + j * self.column_step, self.channels))
            });
            counts(later_row, first) && counts(later, place) && far == by && taken
        };
        let columns = self.columns.len();
        (0..self.to).map(move |at| {
            let place = at / self.channels;
            (at, alike(place / columns.max(1), place % columns.max(1)))
        })
    }
}
