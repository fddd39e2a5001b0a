//! Rows that were read and rows that were lost go in, in their order; it comes out when the input has become
//! unreadable and when it can be read again.
//!
//! One bad row is a warning. Several in a row are blindness, of which an event has to tell, and so is packed data that
//! cannot be read on.

use std::fmt::Write;

use oddity::decode::{Problem, ProblemKind};

/// Rows lost in a row from which an input counts as unreadable.
const LOST: u64 = 5;

/// What has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Legibility<'a> {
    /// Rows have been lost, so many one after the other.
    Unreadable(&'a LostRows),
    /// Rows are read again, after so many that were not.
    Readable {
        /// All that were lost.
        lost: u64,
    },
}

/// Rows lost one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LostRows {
    pub(super) count: u64,
    /// Line and reason of the first.
    pub(super) line: u64,
    pub(super) reason: String,
}

/// What is known while rows come.
#[derive(Debug, Default)]
pub(super) struct Reader {
    lost: LostRows,
    /// The first bad reading of the row that comes next: its line, 0 where it has none, and what is wrong.
    bad: (u64, String),
    /// Nothing can be read any more.
    over: bool,
}

impl Reader {
    /// A row could not be read, or one reading of the row that comes next.
    pub(super) fn problem(&mut self, problem: &Problem<'_>) -> Option<Legibility<'_>> {
        if let ProblemKind::Damaged { .. } = problem.kind {
            return self.end(problem);
        }
        let Self { lost, bad: (line, reason), .. } = self;
        if problem.row_is_lost() {
            *line = 0;
            if lost.count == 0 {
                say(&mut lost.reason, problem);
                lost.line = problem.line;
            }
            return self.lose();
        }
        if *line == 0 {
            say(reason, problem);
            *line = problem.line;
        }
        None
    }

    /// Nothing can be read any more.
    fn end(&mut self, problem: &Problem<'_>) -> Option<Legibility<'_>> {
        self.over = true;
        self.lost.count += 1;
        if self.lost.count > LOST {
            return None;
        }
        say(&mut self.lost.reason, problem);
        self.lost.line = problem.line;
        Some(Legibility::Unreadable(&self.lost))
    }

    /// A row came; `any` of its readings is a number. One without, in which something is bad, is as good as
    /// lost: a wrong baud rate may well leave the delimiters.
    pub(super) fn row(&mut self, any: bool) -> Option<Legibility<'_>> {
        let Self { lost, bad: (line, reason), .. } = self;
        let line = std::mem::take(line);
        if line > 0 && !any {
            if lost.count == 0 {
                std::mem::swap(&mut lost.reason, reason);
                lost.line = line;
            }
            return self.lose();
        }
        let lost = std::mem::take(&mut lost.count);
        (lost >= LOST).then_some(Legibility::Readable { lost })
    }

    fn lose(&mut self) -> Option<Legibility<'_>> {
        self.lost.count += 1;
        (self.lost.count == LOST).then_some(Legibility::Unreadable(&self.lost))
    }

    /// The rows that were lost last, where the input is unreadable.
    pub(super) fn blind(&self) -> Option<&LostRows> {
        Some(&self.lost).filter(|lost| self.over || lost.count >= LOST)
    }
}

/// What is wrong, in a buffer that is there.
fn say(reason: &mut String, problem: &Problem<'_>) {
    reason.clear();
    // A string takes all that is written to it.
    let _ = write!(reason, "{}", problem.kind);
}

#[cfg(test)]
mod tests {
    use oddity::decode::ProblemKind;
    use proptest::prelude::*;

    use super::*;

    fn problem(line: u64) -> Problem<'static> {
        Problem { line, row: line, kind: ProblemKind::Fields { expected: 3, found: 1 } }
    }

    #[test]
    fn it_is_said_once_and_once_again() {
        let mut reader = Reader::default();
        for line in 1..5 {
            assert_eq!(reader.problem(&problem(line)), None);
        }
        assert_eq!(reader.row(true), None, "a few bad rows");
        for line in 10..14 {
            assert_eq!(reader.problem(&problem(line)), None);
        }
        let lost = LostRows { count: 5, line: 10, reason: "1 fields where 3 are expected".into() };
        assert_eq!(reader.problem(&problem(14)), Some(Legibility::Unreadable(&lost)));
        assert_eq!(reader.problem(&problem(15)), None);
        assert_eq!(reader.blind().map(|lost| lost.count), Some(6));
        assert_eq!(reader.row(true), Some(Legibility::Readable { lost: 6 }));
        assert_eq!(reader.row(true), None);
        assert_eq!(reader.blind(), None);
    }

    #[test]
    fn damage_is_said_at_once_unless_blindness_was() {
        let damage =
            |line| Problem { line, row: line, kind: ProblemKind::Damaged { reason: "cut off" } };
        let mut reader = Reader::default();
        assert_eq!(reader.problem(&problem(1)), None);
        let change = reader.problem(&damage(2));
        assert!(matches!(change, Some(Legibility::Unreadable(LostRows { count: 2, line: 2, .. }))));
        assert!(reader.blind().is_some());
        let mut reader = Reader::default();
        let said = (1..=5).filter(|&line| reader.problem(&problem(line)).is_some()).count();
        assert_eq!((said, reader.problem(&damage(6))), (1, None));
        assert!(reader.blind().is_some());
    }

    #[test]
    fn rows_of_bad_readings_alone_are_lost() {
        let bad = |line| Problem {
            line,
            row: line,
            kind: ProblemKind::Reading { column: "a", text: b"?7", label: false },
        };
        let mut reader = Reader::default();
        for line in 1..20 {
            assert_eq!(reader.problem(&bad(line)), None);
            assert_eq!(reader.row(true), None, "another reading is good");
        }
        for _ in 0..20 {
            assert_eq!(reader.row(false), None, "missing is not bad");
        }
        for line in 20..25 {
            assert_eq!(reader.problem(&bad(line)), None);
            assert_eq!(reader.problem(&bad(line)), None);
            let lost = LostRows {
                count: 5,
                line: 20,
                reason: "column \"a\": \"?7\" is not a number".into(),
            };
            let expected = Legibility::Unreadable(&lost);
            assert_eq!(reader.row(false), (line == 24).then_some(expected));
        }
    }

    proptest! {
        #[test]
        fn each_blindness_has_a_beginning_and_at_most_one_end(
            rows in prop::collection::vec((any::<bool>(), 1_u64..9), 0..40),
        ) {
            let (mut reader, mut unreadable) = (Reader::default(), false);
            for (line, (good, times)) in (1..).zip(rows) {
                for _ in 0..times {
                    let change = if good { reader.row(true) } else { reader.problem(&problem(line)) };
                    match change {
                        Some(Legibility::Unreadable(lost)) => {
                            prop_assert!(!good && !unreadable && lost.count == LOST);
                            unreadable = true;
                        }
                        Some(Legibility::Readable { lost }) => {
                            prop_assert!(good && unreadable && lost >= LOST);
                            unreadable = false;
                        }
                        None => {}
                    }
                    prop_assert_eq!(reader.blind().is_some(), unreadable);
                }
            }
        }
    }
}
