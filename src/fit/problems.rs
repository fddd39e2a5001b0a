//! What is wrong with rows goes in, one problem after the other; sentences come out.
//!
//! The first ten are told one by one, the others are counted by kind.

use std::collections::BTreeMap;
use std::path::Path;

use crate::decode::{Problem, ProblemKind};

/// Problems that are told one by one.
const TOLD: usize = 10;

/// Rows and values that were lost.
#[derive(Clone, Debug, Default)]
pub(super) struct DataProblems {
    told: Vec<String>,
    /// How many more there are of each kind, which is named for one and for many.
    more: BTreeMap<(&'static str, &'static str), u64>,
}

impl DataProblems {
    pub(super) fn add(&mut self, path: &Path, problem: &Problem<'_>) {
        if self.told.len() < TOLD {
            return self.told.push(format!("{}: {problem}", path.display()));
        }
        *self.more.entry(kind(problem)).or_default() += 1;
    }

    /// One sentence for each that is told, and one for all others.
    pub(super) fn sentences(&self) -> Vec<String> {
        let mut sentences = self.told.clone();
        let all: u64 = self.more.values().sum();
        if all > 0 {
            let kinds = self.more.iter().map(|((one, many), count)| match count {
                1 => format!("1 {one}"),
                count => format!("{count} {many}"),
            });
            let kinds = kinds.collect::<Vec<_>>().join(", ");
            sentences.push(format!("after these {TOLD} there are {all} more: {kinds}"));
        }
        sentences
    }
}

fn kind(problem: &Problem<'_>) -> (&'static str, &'static str) {
    match problem.kind {
        ProblemKind::Reading { label: false, .. } => {
            ("reading that is not a number", "readings that are not numbers")
        }
        ProblemKind::Reading { label: true, .. } => {
            ("label that is not a number", "labels that are not numbers")
        }
        ProblemKind::Fields { .. } => {
            ("row with another number of fields", "rows with another number of fields")
        }
        ProblemKind::MoreFields { .. } => {
            ("change to more fields a row", "changes to more fields a row")
        }
        ProblemKind::Damaged { .. } => ("end of damaged data", "ends of damaged data"),
        ProblemKind::Time { .. } => {
            ("row whose time is not understood", "rows whose time is not understood")
        }
        ProblemKind::Stream { .. } => {
            ("row whose stream has no good name", "rows whose stream has no good name")
        }
        ProblemKind::Json { .. } => ("row of broken JSON", "rows of broken JSON"),
        ProblemKind::NoChannel => {
            ("row without any of the channels", "rows without any of the channels")
        }
        ProblemKind::OtherTable => ("header of another table", "headers of other tables"),
        ProblemKind::TooLong => ("row that is too long", "rows that are too long"),
        ProblemKind::Streams { .. } => {
            ("row of a stream beyond the limit", "rows of streams beyond the limit")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_are_told_and_the_others_counted_by_kind() {
        let mut problems = DataProblems::default();
        let fields = ProblemKind::Fields { expected: 3, found: 1 };
        let reading = ProblemKind::Reading { column: "a", text: b"x", label: false };
        let mut add = |line, kind| {
            problems.add(Path::new("a.csv"), &Problem { line, row: line, kind });
        };
        (1..=12).for_each(|line| add(line, fields));
        add(13, reading);
        let sentences = problems.sentences();
        assert_eq!(sentences.len(), 11);
        assert_eq!(sentences[9], "a.csv: line 10: 1 fields where 3 are expected; row dropped");
        assert_eq!(
            sentences[10],
            "after these 10 there are 3 more: 1 reading that is not a number, 2 rows with another \
             number of fields"
        );
        assert!(DataProblems::default().sentences().is_empty());
    }
}
