//! Stretches of rows: labels go in, ranges of row numbers come out.

use std::fmt;

/// Rows `first..=last`, from 0, both ends included; never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowRange {
    first: usize,
    last: usize,
}

impl RowRange {
    /// Rows `first` to `last`, both included.
    ///
    /// # Errors
    /// `last` before `first`.
    pub fn new(first: usize, last: usize) -> Result<Self, EmptyRange> {
        if last < first {
            return Err(EmptyRange { first, last });
        }
        Ok(Self { first, last })
    }

    /// First row.
    pub fn first(&self) -> usize {
        self.first
    }

    /// Last row, included.
    pub fn last(&self) -> usize {
        self.last
    }

    /// Number of rows, at least 1.
    pub fn rows(&self) -> usize {
        self.last - self.first + 1
    }
}

impl fmt::Display for RowRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..={}", self.first, self.last)
    }
}

/// A range that ends before it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("range {first}..={last} ends before it starts; give its first row, then its last")]
pub struct EmptyRange {
    /// First row, from 0.
    pub first: usize,
    /// Last row, inclusive.
    pub last: usize,
}

/// The runs of anomalous rows, in order. Two events that touch are one run.
pub fn label_ranges(labels: &[bool]) -> Vec<RowRange> {
    let mut ranges: Vec<RowRange> = Vec::new();
    for (row, _) in labels.iter().enumerate().filter(|(_, label)| **label) {
        match ranges.last_mut() {
            Some(range) if range.last + 1 == row => range.last = row,
            _ => ranges.push(RowRange { first: row, last: row }),
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<bool> {
        text.chars().map(|c| c == '#').collect()
    }

    fn range(first: usize, last: usize) -> RowRange {
        RowRange::new(first, last).unwrap()
    }

    #[test]
    fn ranges_from_labels() {
        assert_eq!(label_ranges(&rows("##..#.###")), [range(0, 1), range(4, 4), range(6, 8)]);
        assert_eq!(label_ranges(&rows("...")), []);
        assert_eq!(label_ranges(&[]), []);
        assert_eq!(range(6, 8).rows(), 3);
        assert!(RowRange::new(2, 1).is_err());
    }
}
