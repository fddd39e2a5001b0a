//! The folds that normal data is cut into, and an example of what lies in them.
//!
//! A fold is a block of consecutive rows: neighbouring windows are alike, so a random split would
//! judge a model by what it has seen.

use super::label::LabelValue;

/// Blocks of consecutive rows that normal data is cut into.
pub const FOLDS: usize = 4;

/// Which part of the data a window belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoldPart {
    /// All its rows lie in this fold.
    Fold(usize),
    /// It reaches from one fold into the next: it may teach the final model, but none that is
    /// judged out of fold.
    Border,
    /// A label says that one of its rows is not normal.
    Odd,
}

/// One window of the data that a model learns from.
#[derive(Clone, Copy, Debug)]
pub struct Example<'a> {
    /// Where it lies.
    pub part: FoldPart,
    /// In the model's layout, normalised.
    pub window: &'a [f32],
    /// The label of its last row.
    pub label: Option<LabelValue<'a>>,
    /// The folds that its first and its last row lie in; with rows of many streams there may be
    /// others between.
    pub folds: (usize, usize),
    /// The file that it was cut from, or the picture that it is.
    pub source: &'a str,
    /// The stream that it is of; empty where there is one.
    pub stream: &'a str,
    /// Its first and its last row, from 1, counted on from one file to the next; of a picture its
    /// number, twice.
    pub rows: (u64, u64),
}

/// Rows that were dropped, and holes, on the way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Holes {
    pub(super) dropped: u64,
    pub(super) gaps: u64,
}

/// Windows in a fold, at least.
pub(super) const FOLD_WINDOWS: u64 = 5;

/// The fold of a row or picture, whose numbers begin with 0.
pub(super) fn fold(number: u64, count: u64) -> usize {
    let fold = u128::from(number) * FOLDS as u128 / u128::from(count.max(1));
    usize::try_from(fold).unwrap_or(FOLDS).min(FOLDS - 1)
}
