//! Why what is normal cannot move over to other rows.

use crate::blame::Blame;
use crate::fit::error::FitError;

/// Why what is normal cannot move over to other rows.
#[derive(Debug, thiserror::Error)]
pub enum NewNormalError {
    /// Pictures have no level.
    #[error(
        "the model takes pictures, which have no level that could move: give `oddity calibrate` pictures of what is normal now"
    )]
    Pictures,
    /// The model sees readings as they are.
    #[error(
        "the model takes readings as they are, without a mean that could move: give `oddity calibrate` rows of what is normal now"
    )]
    AsTheyAre,
    /// Nothing that the model could read.
    #[error(
        "no row of the data has readings of {channels}: --new-normal takes what the sensors gave, not what `oddity detect` wrote of it"
    )]
    NoRows {
        /// The channels of the model.
        channels: String,
    },
    /// No row lies there.
    #[error(
        "{from} is after all rows of the data, {rows}: say where in them the new normal begins"
    )]
    Nowhere {
        /// As it was written.
        from: String,
        /// Those that there are.
        rows: String,
    },
    /// A time was given, and the rows have none.
    #[error(
        "the rows of the data have no times: say with the number of a row where the new normal begins, not with {from}"
    )]
    NoTimes {
        /// As it was written.
        from: String,
    },
    /// Rows come at another pace.
    #[error(
        "rows come every {found} s, but the model has learned from rows every {learned} s: give the data as it was then, or fit again"
    )]
    Period {
        /// Seconds between the rows.
        found: String,
        /// Seconds between those that the model knows.
        learned: String,
    },
    /// A channel without a reading.
    #[error(
        "{channel} has no reading in rows {first} to {last}: a channel that is gone for good takes another model, so fit again without it"
    )]
    NoReading {
        /// The channel.
        channel: String,
        /// The first row of the new normal.
        first: u64,
        /// The last.
        last: u64,
    },
    /// A stream that the model has means for has no rows.
    #[error(
        "stream {stream} has no row in rows {first} to {last}: score and threshold are of all streams together, so give rows of all of them, or fit again"
    )]
    NoStream {
        /// The stream.
        stream: String,
        /// The first row of the new normal.
        first: u64,
        /// The last.
        last: u64,
    },
    /// A channel has gone further than what the model knows of it can be trusted.
    #[error(
        "{what}: that is {scales} of its deviations, and a mean may move over by {most} at most, for further out channels need not go together as the model knows them; look at the sensor, and if all is well fit again"
    )]
    TooFar {
        /// The channel, and from where to where.
        what: String,
        /// How far that is.
        scales: String,
        /// How far it may be.
        most: f64,
    },
    /// Too few rows.
    #[error(
        "rows {first} to {last} are too few: a quarter of them holds {fewest} whole windows of {window} rows, all of them {windows}, and each has to hold {needed}: wait for more rows without gaps, or let the new normal begin earlier"
    )]
    TooFew {
        /// The first row of the new normal.
        first: u64,
        /// The last.
        last: u64,
        /// Windows there are.
        windows: u64,
        /// Rows in a window.
        window: usize,
        /// Windows in the quarter with the fewest.
        fewest: u64,
        /// Windows needed in each.
        needed: u64,
    },
    /// More has changed than the level.
    #[error(
        "rows {first} to {last} differ from what was normal before in more than their level: with the means moved over the model is still {times} times as far off, and {most} times is the most at which it still shows faults: fit again with these rows"
    )]
    Unlike {
        /// The first row of the new normal.
        first: u64,
        /// The last.
        last: u64,
        /// How many times as far off the model is.
        times: String,
        /// How many times it may be.
        most: f64,
    },
    /// The rows give no score or no threshold.
    #[error(transparent)]
    Fit(#[from] FitError),
}

impl NewNormalError {
    /// What should be looked at before the error is, a sentence each.
    pub fn warnings(&self) -> &[String] {
        match self {
            Self::Fit(error) => error.warnings(),
            _ => &[],
        }
    }

    /// Who has to do something about it.
    pub fn blame(&self) -> Blame {
        match self {
            Self::Pictures | Self::AsTheyAre | Self::Nowhere { .. } | Self::NoTimes { .. } => {
                Blame::CommandLine
            }
            Self::Fit(error) => error.blame(),
            _ => Blame::Data,
        }
    }
}
