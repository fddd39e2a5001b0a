//! One line in long format.

use oddity_core::types::Time;

/// One line in long format.
#[derive(Clone, Copy, Debug)]
pub(in crate::decode) struct Reading<'a> {
    pub stream: &'a str,
    /// The sensor's name.
    pub name: &'a str,
    pub time: Option<Time>,
    /// One of each column of readings.
    pub values: &'a [f64],
    pub label: Option<f64>,
    pub line: u64,
}
