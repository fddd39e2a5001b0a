//! Rows of normal data that are unlike the rest, and what the threshold would be without them, in words.

use std::fmt;

/// Stretches that are named.
const NAMED: usize = 3;
/// The stretches decide the threshold when without them it would be below this part of it.
const DECIDES: f64 = 0.85;
/// And make a difference when it would be below this part.
const MATTERS: f64 = 0.97;

/// Rows that are unlike the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OddRows {
    /// The first and the last one, by number, from 1.
    pub rows: (u64, u64),
    /// Names of the channels by which they are, the one that deviates most first.
    pub channels: Vec<String>,
}

/// All of them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Odd {
    pub(super) stretches: Vec<OddRows>,
    pub(super) threshold: f64,
    /// What it would be without them.
    pub(super) without: f64,
    /// Their largest ratio by what is learned without them.
    pub(super) worst: f64,
}

impl Odd {
    /// Whether the model would be another without them.
    pub(super) fn decide(&self) -> bool {
        self.lift() || self.worst > 1.0
    }

    /// Whether they make a difference.
    pub(super) fn matter(&self) -> bool {
        self.without < MATTERS * self.threshold || self.decide()
    }

    pub(super) fn rows(self) -> Vec<OddRows> {
        self.stretches
    }

    fn lift(&self) -> bool {
        self.without < DECIDES * self.threshold
    }
}

impl fmt::Display for Odd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let alone = self.stretches.first().is_some_and(|one| one.rows.0 == one.rows.1);
        f.write_str(if alone && self.stretches.len() == 1 { "row " } else { "rows " })?;
        for (at, OddRows { rows: (from, to), channels }) in
            self.stretches.iter().take(NAMED).enumerate()
        {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{from}")?;
            if from < to {
                write!(f, " to {to}")?;
            }
            write!(f, " ({})", channels.join(", "))?;
        }
        match self.stretches.len().saturating_sub(NAMED) {
            0 => {}
            more => write!(f, " and {more} more")?,
        }
        f.write_str(match alone && self.stretches.len() == 1 {
            true => " is unlike the rest: without it ",
            false => " are unlike the rest: without them ",
        })?;
        match self.worst > 1.0 && !self.lift() {
            true => write!(f, "they would reach about {:.1} times the threshold", self.worst)?,
            false => write!(
                f,
                "the threshold would be about {:.1}, not {:.1}",
                self.without, self.threshold
            )?,
        }
        if !self.decide() {
            return Ok(());
        }
        f.write_str(
            "; are they a fault? then leave them out of the normal data, for with them such a fault may \
             never be raised (--leave-out-odd does)",
        )
    }
}
