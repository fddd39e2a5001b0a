//! What normal data held of each channel, to tell what was never seen before: plain data, whose consistency `check`
//! sees to.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

/// What was seen, of every channel. Since version 5.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnprecedentedSpec {
    /// Seconds of normal data that it was learned from.
    pub learned_s: f64,
    /// In the order of the channels; `None` where there was too little.
    pub channels: Vec<Option<Precedent>>,
}

/// What was seen of one channel, in its unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Precedent {
    /// Its readings.
    pub level: Extent,
    /// Against the same time of earlier days; `None` where there were too few of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<Extent>,
    /// The largest move of its mean; `None` where there were too few rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shift: Option<f64>,
}

/// From where to where something went, and how much it moves from row to row.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Extent {
    /// The lowest.
    pub low: f64,
    /// The highest; not below `low`.
    pub high: f64,
    /// Mean distance from one row to the next, zero or more.
    pub noise: f64,
}

impl UnprecedentedSpec {
    /// Seconds between rows from which readings are watched for what is unprecedented: what comes faster has spikes. A
    /// little less than a minute, for clocks are not exact.
    pub const SLOW_S: f64 = 55.0;

    /// Whether rows with this period are slow enough.
    pub fn is_for(period_s: Option<f64>) -> bool {
        period_s.is_some_and(|period| period >= Self::SLOW_S)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_a_minute_is_slow() {
        assert!(UnprecedentedSpec::is_for(Some(59.9)) && UnprecedentedSpec::is_for(Some(3600.0)));
        assert!(!UnprecedentedSpec::is_for(Some(30.0)) && !UnprecedentedSpec::is_for(None));
    }
}
