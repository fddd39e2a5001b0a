//! Why nothing can be made of what somebody knows.

use crate::blame::Blame;
use crate::fit::NewNormalError;

/// Why nothing can be made of it.
#[derive(Debug, thiserror::Error)]
pub enum FeedbackError {
    /// A line is no event.
    #[error("{name}: line {line}: {reason}; give lines that `oddity detect` wrote")]
    Line {
        /// The file.
        name: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// Lines of another model.
    #[error(
        "{name}: line {line} is of the model {found}, but this one is {expected}: give the file that the model wrote, or the model as it was then"
    )]
    OtherModel {
        /// The file.
        name: String,
        /// The line, from 1.
        line: usize,
        /// Id in the line.
        found: String,
        /// Id of the model.
        expected: String,
    },
    /// No alert.
    #[error("{name}: no alert is raised in these lines, so none can be false")]
    NoAlert {
        /// The file.
        name: String,
    },
    /// Neither row nor time.
    #[error("{text:?} is neither the number of a row nor a time, such as 2026-05-01T12:00:00Z")]
    Place {
        /// As it was written.
        text: String,
    },
    /// No score lies there.
    #[error(
        "{name}: no score lies from {from} to {to}: give what `oddity detect --emit all` wrote of these rows{}",
        wider(*apart)
    )]
    NoScores {
        /// The file.
        name: String,
        /// As it was written.
        from: String,
        /// As it was written.
        to: String,
        /// Rows from one score to the next.
        apart: usize,
    },
    /// It was raised.
    #[error("row {row}, from {from} to {to}, was raised: it was not missed")]
    NotMissed {
        /// Where.
        row: u64,
        /// As it was written.
        from: String,
        /// As it was written.
        to: String,
    },
    /// However low the threshold.
    #[error(
        "from {from} to {to} no threshold raises an alert: it is too short for --k-of-n, --min-duration or the smoothing"
    )]
    NeverRaised {
        /// As it was written.
        from: String,
        /// As it was written.
        to: String,
    },
    /// Nothing to take back.
    #[error("the model has had no feedback: there is nothing to undo")]
    NoHistory,
    /// The model before the last step is not kept.
    #[error(
        "the last step is a new normal, rows {from} to {to}, and the profile before it is no longer kept: only the latest new normal can be taken back; use a copy of the model from before it"
    )]
    NotKept {
        /// First row.
        from: u64,
        /// Last row.
        to: u64,
    },
    /// What is normal cannot move over.
    #[error(transparent)]
    NewNormal(#[from] NewNormalError),
}

impl FeedbackError {
    /// What should be looked at before the error is, a sentence each.
    pub fn warnings(&self) -> &[String] {
        match self {
            Self::NewNormal(error) => error.warnings(),
            _ => &[],
        }
    }

    /// Who has to do something about it.
    pub fn blame(&self) -> Blame {
        match self {
            Self::Line { .. } => Blame::Data,
            Self::NewNormal(error) => error.blame(),
            _ => Blame::CommandLine,
        }
    }
}

/// Where not each row has a score.
fn wider(apart: usize) -> String {
    match apart {
        0 | 1 => String::new(),
        _ => format!(", and name {apart} at least, for one row in {apart} has a score"),
    }
}
