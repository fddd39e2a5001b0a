//! Lines of any length go in, row by row; few points of each come out, among them the smallest and the largest value
//! of every run of rows, so that no spike is lost. Memory does not grow with the number of rows.

/// Some lines over one axis, each in so many runs of rows at most. When there are more rows, runs are joined by twos.
#[derive(Clone, Debug)]
pub struct Thinner {
    lines: usize,
    most: usize,
    /// Rows in a full run.
    width: u64,
    runs: Vec<Run>,
    /// `[runs, lines]`.
    extremes: Vec<Option<Extremes>>,
    /// What comes next does not continue the line.
    broken: bool,
}

/// Rows that lie side by side.
#[derive(Clone, Copy, Debug)]
struct Run {
    from: f64,
    to: f64,
    rows: u64,
    /// The line does not come from the run before.
    broken: bool,
}

/// Smallest and largest value of a line in a run.
#[derive(Clone, Copy, Debug)]
struct Extremes {
    low: f64,
    high: f64,
    low_first: bool,
}

impl Extremes {
    fn of(value: f64) -> Self {
        Self { low: value, high: value, low_first: true }
    }

    /// With what comes after.
    fn join(self, later: Self) -> Self {
        let (low, high) = (self.low.min(later.low), self.high.max(later.high));
        let low_first = match (later.low < self.low, later.high > self.high) {
            (true, true) => later.low_first,
            (true, false) => false,
            (false, true) => true,
            (false, false) => self.low_first,
        };
        Self { low, high, low_first }
    }
}

impl Thinner {
    /// For so many lines of at most `points` points each; fewer than four points are four.
    pub fn new(lines: usize, points: usize) -> Self {
        Self {
            lines,
            most: (points / 2).max(2),
            width: 1,
            runs: Vec::new(),
            extremes: Vec::new(),
            broken: true,
        }
    }

    /// One value of each line at `x`; what is not finite is none. A row that lies before the last one is left out.
    pub fn push(&mut self, x: f64, values: &[f64]) {
        if !x.is_finite() || self.runs.last().is_some_and(|run| x < run.to) {
            return;
        }
        let broken = std::mem::take(&mut self.broken);
        match self.runs.last_mut() {
            Some(run) if run.rows < self.width && !broken => {
                run.to = x;
                run.rows += 1;
            }
            _ => {
                if self.runs.len() >= self.most {
                    self.join();
                }
                self.runs.push(Run { from: x, to: x, rows: 1, broken });
                self.extremes.resize(self.runs.len() * self.lines, None);
            }
        }
        let start = self.extremes.len().saturating_sub(self.lines);
        let newest = self.extremes.iter_mut().skip(start);
        for (known, value) in newest.zip(values).filter(|(_, value)| value.is_finite()) {
            let value = Extremes::of(*value);
            *known = Some(known.map_or(value, |known| known.join(value)));
        }
    }

    /// The lines end here; what comes next does not continue them.
    pub fn pause(&mut self) {
        self.broken = true;
    }

    /// First and last place on the axis.
    pub fn ends(&self) -> Option<(f64, f64)> {
        Some((self.runs.first()?.from, self.runs.last()?.to))
    }

    /// Smallest and largest value of a line.
    pub fn range(&self, line: usize) -> Option<(f64, f64)> {
        let all = self.of(line).filter_map(|(_, extremes)| extremes);
        all.fold(None, |range, e| {
            let (low, high) = range.unwrap_or((e.low, e.high));
            Some((e.low.min(low), e.high.max(high)))
        })
    }

    /// The points of a line, in pieces that hang together.
    pub fn pieces(&self, line: usize) -> Vec<Vec<(f64, f64)>> {
        let mut pieces: Vec<Vec<(f64, f64)>> = Vec::new();
        let mut whole = false;
        for (run, extremes) in self.of(line) {
            let Some(Extremes { low, high, low_first }) = extremes else {
                whole = false;
                continue;
            };
            if !whole || run.broken {
                pieces.push(Vec::new());
            }
            whole = true;
            let Some(piece) = pieces.last_mut() else { continue };
            let (first, second) = if low_first { (low, high) } else { (high, low) };
            piece.push((run.from, first));
            if run.to > run.from {
                piece.push((run.to, second));
            }
        }
        pieces
    }

    /// Whether runs have more than one row each.
    pub fn is_thinned(&self) -> bool {
        self.width > 1
    }

    /// The lower and the upper edge of a line, in pieces that hang together: it runs between them.
    pub fn edges(&self, line: usize) -> [Vec<Vec<(f64, f64)>>; 2] {
        let mut edges = [Vec::new(), Vec::new()];
        let mut whole = false;
        for (run, extremes) in self.of(line) {
            let starts = !whole || run.broken;
            whole = extremes.is_some();
            let Some(Extremes { low, high, .. }) = extremes else { continue };
            for (edge, value) in edges.iter_mut().zip([low, high]) {
                if starts {
                    edge.push(Vec::new());
                }
                let middle = run.from + (run.to - run.from) / 2.0;
                edge.last_mut().into_iter().for_each(|piece| piece.push((middle, value)));
            }
        }
        edges
    }

    fn of(&self, line: usize) -> impl Iterator<Item = (&Run, Option<Extremes>)> {
        let own = self.extremes.iter().skip(line).step_by(self.lines.max(1)).copied();
        // Without lines there is nothing to go by.
        self.runs.iter().zip(own).filter(move |_| line < self.lines)
    }

    /// Joins runs by twos: not over a break, unless there are many breaks.
    fn join(&mut self) {
        self.join_pairs(false);
        if 4 * self.runs.len() > 3 * self.most {
            self.join_pairs(true);
        }
        self.width = self.width.saturating_mul(2);
    }

    fn join_pairs(&mut self, over_breaks: bool) {
        let (mut runs, mut extremes) = (Vec::new(), Vec::new());
        let mut old = self.runs.iter().zip(self.extremes.chunks(self.lines.max(1))).peekable();
        while let Some((run, own)) = old.next() {
            let next = old.next_if(|(next, _)| over_breaks || !next.broken);
            let Some((next, later)) = next else {
                runs.push(*run);
                extremes.extend_from_slice(own);
                continue;
            };
            runs.push(Run { to: next.to, rows: run.rows + next.rows, ..*run });
            extremes.extend(own.iter().zip(later).map(|pair| match pair {
                (Some(own), Some(later)) => Some(own.join(*later)),
                (own, later) => own.or(*later),
            }));
        }
        (self.runs, self.extremes) = (runs, extremes);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn thinned(values: &[f64], points: usize) -> Vec<(f64, f64)> {
        let mut thinner = Thinner::new(1, points);
        values.iter().enumerate().for_each(|(x, value)| thinner.push(x as f64, &[*value]));
        thinner.pieces(0).concat()
    }

    proptest! {
        #[test]
        fn never_more_points_than_asked_for(
            values in prop::collection::vec(-1e9..1e9, 0..3000),
            points in 4_usize..200,
            breaks in prop::collection::vec(any::<bool>(), 3000),
        ) {
            prop_assert!(thinned(&values, points).len() <= points);
            let mut broken = Thinner::new(1, points);
            for ((x, value), pause) in values.iter().enumerate().zip(breaks) {
                broken.push(x as f64, &[*value]);
                if pause {
                    broken.pause();
                }
            }
            prop_assert!(broken.pieces(0).concat().len() <= points);
        }

        #[test]
        fn smallest_and_largest_of_each_run_are_kept(
            values in prop::collection::vec(-1e9..1e9, 1..3000),
            points in 4_usize..200,
        ) {
            let mut thinner = Thinner::new(1, points);
            values.iter().enumerate().for_each(|(x, value)| thinner.push(x as f64, &[*value]));
            let mut rows = 0;
            for (run, extremes) in thinner.of(0) {
                let own = &values[run.from as usize..=run.to as usize];
                prop_assert_eq!(own.len() as u64, run.rows);
                let extremes = extremes.unwrap();
                let low = own.iter().copied().fold(f64::INFINITY, f64::min);
                let high = own.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                prop_assert_eq!((extremes.low, extremes.high), (low, high));
                let first = |wanted| own.iter().position(|v| *v == wanted);
                prop_assert_eq!(extremes.low_first, first(low) <= first(high));
                rows += own.len();
            }
            prop_assert_eq!(rows, values.len());
        }

        #[test]
        fn few_rows_stay_as_they_are(values in prop::collection::vec(-1e9..1e9, 0..50)) {
            let whole: Vec<(f64, f64)> =
                values.iter().enumerate().map(|(x, v)| (x as f64, *v)).collect();
            prop_assert_eq!(thinned(&values, 100), whole);
        }
    }

    #[test]
    fn what_is_missing_and_a_pause_break_a_line() {
        let mut thinner = Thinner::new(2, 100);
        thinner.push(0.0, &[1.0, f64::NAN]);
        thinner.push(1.0, &[f64::NAN, 5.0]);
        thinner.push(2.0, &[2.0, 6.0]);
        thinner.push(1.5, &[9.0, 9.0]);
        thinner.pause();
        thinner.push(9.0, &[3.0, 7.0]);
        assert_eq!(thinner.pieces(0), [vec![(0.0, 1.0)], vec![(2.0, 2.0)], vec![(9.0, 3.0)]]);
        assert_eq!(thinner.pieces(1), [vec![(1.0, 5.0), (2.0, 6.0)], vec![(9.0, 7.0)]]);
        assert_eq!((thinner.range(0), thinner.ends()), (Some((1.0, 3.0)), Some((0.0, 9.0))));
        assert_eq!(thinner.pieces(7), Vec::<Vec<(f64, f64)>>::new());
    }

    #[test]
    fn a_line_runs_between_its_edges() {
        let mut thinner = Thinner::new(1, 20);
        (0..1000).for_each(|x| thinner.push(f64::from(x), &[f64::from(x % 2)]));
        let [low, high] = thinner.edges(0).map(|edge| edge.concat());
        assert!(thinner.is_thinned() && low.len() <= 10);
        assert!(low.iter().all(|(_, y)| *y == 0.0) && high.iter().all(|(_, y)| *y == 1.0));
    }

    #[test]
    fn breaks_everywhere_do_not_make_more_points() {
        let mut thinner = Thinner::new(1, 4);
        (0..50).for_each(|x| {
            thinner.push(f64::from(x), &[0.0]);
            thinner.pause();
        });
        assert!(thinner.pieces(0).concat().len() <= 4);
    }

    #[test]
    fn no_line_bridges_a_long_hole() {
        let mut thinner = Thinner::new(1, 20);
        (0..1000).for_each(|x| thinner.push(f64::from(x), &[0.0]));
        thinner.pause();
        (90_000..91_000).for_each(|x| thinner.push(f64::from(x), &[0.0]));
        assert_eq!(thinner.pieces(0).len(), 2);
    }
}
