//! What normal data was like as a whole, to tell when what comes is not like it any more: plain data, whose consistency
//! `check` sees to.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

/// What was usual, of every channel and of the scores. Since version 5.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DriftSpec {
    /// Rows that are held against it at once; one or more.
    pub rows: u64,
    /// In the order of the channels; `None` where nothing can be told. Of streams with scales of their own, in the scale
    /// of the channel.
    pub channels: Vec<Option<Usual>>,
    /// Of the scores, before smoothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Usual>,
}

/// How numbers of one kind were distributed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Usual {
    /// Their mean.
    pub mean: f64,
    /// Up to nine numbers, rising, each with the share of all that were at or below it, rising too, between 0 and 1.
    pub marks: Vec<(f64, f64)>,
    /// The difference of shares from which they are not as they used to be, above 0 and up to 1.
    pub limit: f64,
}

impl Usual {
    /// Marks, at most: the tenths.
    pub const MOST_MARKS: usize = 9;
    /// Nothing that is measured is larger, and sums of so much are finite.
    pub const MOST: f64 = 1e30;
}
