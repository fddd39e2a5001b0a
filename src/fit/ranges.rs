//! Numbers of rows go in; whether another one is among them, and how many are before it, comes out.

/// Ranges of rows that are named.
const NAMED: usize = 6;

/// Ranges of rows, by number, from 1, counted on from one file to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowRanges {
    /// First and last rows, in order.
    ranges: Vec<(u64, u64)>,
    /// Rows in the ranges before each.
    before: Vec<u64>,
    count: u64,
}

impl RowRanges {
    /// Of first and last rows.
    pub fn new(ranges: impl IntoIterator<Item = (u64, u64)>) -> Self {
        let mut sorted: Vec<(u64, u64)> = ranges.into_iter().collect();
        sorted.sort_unstable();
        let mut ranges: Vec<(u64, u64)> = Vec::with_capacity(sorted.len());
        for (from, to) in sorted {
            match ranges.last_mut().filter(|last| from <= last.1.saturating_add(1)) {
                Some(last) => last.1 = last.1.max(to),
                None => ranges.push((from, to)),
            }
        }
        let mut count = 0;
        let before = ranges.iter().map(|(from, to)| {
            let before = count;
            count += to - from + 1;
            before
        });
        Self { before: before.collect(), count, ranges }
    }

    /// The range that begins at this row or before, and the rows in those before it.
    fn up_to(&self, row: u64) -> Option<((u64, u64), u64)> {
        let at = self.ranges.partition_point(|&(from, _)| from <= row).checked_sub(1)?;
        Some((*self.ranges.get(at)?, *self.before.get(at)?))
    }

    /// Whether a row is in one of them.
    pub fn contains(&self, row: u64) -> bool {
        self.up_to(row).is_some_and(|((_, to), _)| row <= to)
    }

    /// Rows in them with smaller numbers than this one.
    pub fn before(&self, row: u64) -> u64 {
        self.up_to(row).map_or(0, |((from, to), before)| before + row.min(to + 1) - from)
    }

    /// Rows in all of them.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// That they are left out, in words; `None` where there are none.
    pub(super) fn to_words(&self) -> Option<String> {
        let named: Vec<String> = self
            .ranges
            .iter()
            .take(NAMED)
            .map(|&(from, to)| match from == to {
                true => from.to_string(),
                false => format!("{from} to {to}"),
            })
            .collect();
        let more = match self.ranges.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more stretches"),
        };
        (!named.is_empty()).then(|| format!("rows {}{more}: unlike the rest", named.join(", ")))
    }

    /// First and last rows, in order.
    pub fn iter(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.ranges.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_rows_join_and_hold_their_ends() {
        let ranges = RowRanges::new([(9, 12), (1, 2), (3, 4), (11, 20)]);
        assert_eq!(ranges.iter().collect::<Vec<_>>(), [(1, 4), (9, 20)]);
        assert_eq!(ranges.count(), 16);
        assert_eq!([0, 1, 2, 5, 9, 10, 21].map(|row| ranges.before(row)), [0, 0, 1, 4, 4, 5, 16]);
        let held: Vec<u64> = (0..25).filter(|&row| ranges.contains(row)).collect();
        assert_eq!(held, (1..=4).chain(9..=20).collect::<Vec<_>>());
        assert!(!RowRanges::default().contains(0));
    }
}
