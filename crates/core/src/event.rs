//! What the program has to say about a stream, before it is written anywhere.

use crate::types::Time;

/// How far above its threshold a stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Ratio up to 2.
    Warning,
    /// Ratio above 2.
    Critical,
}

impl Severity {
    /// From the ratio of score to threshold.
    pub fn of(ratio: f64) -> Self {
        if ratio > 2.0 { Self::Critical } else { Self::Warning }
    }
}

/// What a model's second output says of a window, where it has one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum HeadValue<'a> {
    /// The most likely of the kinds that the model has learned.
    Class {
        /// Its label, as in the data that it was learned from.
        name: &'a str,
        /// Between 0 and 1.
        probability: f64,
    },
    /// A quantity, in its own unit.
    Estimate {
        /// The column that it was learned from.
        name: &'a str,
        /// The estimate.
        value: f64,
    },
}

/// What one window covers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WindowSpan {
    /// Time of the first row, where rows have one.
    pub start: Option<Time>,
    /// Time of the last row.
    pub end: Option<Time>,
    /// Number of the first row in the input.
    pub first_row: u64,
    /// Number of the last row.
    pub last_row: u64,
}

/// How a channel is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Its readings.
    Level,
    /// Their difference to the same time of earlier days.
    Day,
    /// How far the mean of the last 30 rows has moved from that of the 150 before.
    Shift,
}

/// What was never seen before of a channel, in its unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Record {
    /// How it was looked at.
    pub view: View,
    /// The reading.
    pub reading: f64,
    /// What this view makes of it.
    pub is: f64,
    /// The bound of what was seen before; of [`View::Shift`] a distance, up or down.
    pub before: f64,
    /// Above what was seen, not below; of [`View::Shift`] up, not down.
    pub above: bool,
    /// Seconds that the stream was watched, in which there was nothing like it; with those of normal data where that
    /// had nothing, either.
    pub for_s: f64,
}

/// What was found of a channel or of the scores, in their unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DriftChange {
    /// It sets in, and does not end.
    pub sets_in: bool,
    /// Mean of normal data.
    pub was: f64,
    /// Mean of what was compared.
    pub is: f64,
    /// How far the two are from each other as a whole, 0 to 1.
    pub distance: f64,
    /// What that is held against.
    pub limit: f64,
    /// Rows that were compared.
    pub rows: u64,
}

/// How a clock can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockFault {
    /// It went back, and goes on from there.
    SetBack,
    /// It is stuck, runs backwards, or is too coarse to tell rows apart: until it moves, rows
    /// count as they come.
    Stuck,
}

/// Why it is said that an alert goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// It has lasted.
    Lasts,
    /// A channel that was not named makes up most of the score.
    AnotherChannel,
}

/// Where an alert was raised.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Since {
    /// Number of the row.
    pub row: u64,
    /// Its time, where rows have one.
    pub time: Option<Time>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EventKind<'a> {
    /// The ratio went above its limit, or back below.
    Alert {
        /// Raised, or cleared.
        raised: bool,
        /// What the window covers.
        span: WindowSpan,
        /// Smoothed score.
        score: f64,
        /// What it was held against.
        threshold: f64,
        /// Score over threshold.
        ratio: f64,
        /// Index and share of the channels to blame, largest share first.
        channels: &'a [(usize, f64)],
        /// What the model's second output says.
        head: Option<HeadValue<'a>>,
    },
    /// An alert that was raised goes on.
    Ongoing {
        /// Why that is said.
        because: Because,
        /// Where it was raised.
        since: Since,
        /// Smoothed score.
        score: f64,
        /// What it was held against.
        threshold: f64,
        /// Score over threshold.
        ratio: f64,
        /// Index and share of the channels to blame, largest share first.
        channels: &'a [(usize, f64)],
        /// Index of the channels that drift, in their order.
        drifts: &'a [usize],
    },
    /// What comes is not as it used to be any more, or is again.
    Drift {
        /// Index of the channel; of the scores `None`.
        channel: Option<usize>,
        /// How.
        change: DriftChange,
    },
    /// Rows are missing; the window starts anew.
    Gap {
        /// How many.
        missing: u64,
        /// The last row before the hole.
        from: Time,
    },
    /// The clock is wrong; the window starts anew.
    Clock {
        /// How.
        fault: ClockFault,
        /// Time of the last row before.
        from: Time,
    },
    /// Rows come at another rate than the model has learned: what it says is not to be trusted.
    Rate {
        /// Seconds between rows, of late.
        period_s: f64,
        /// Seconds between rows that the model has learned.
        expected_s: f64,
    },
    /// A channel has given no reading for longer than may be held: the stream is not watched.
    Missing {
        /// Index of the channel.
        channel: usize,
    },
    /// A channel gives readings far outside all of normal data: they say something of the sensor, not of the
    /// machine, and are not judged.
    Implausible {
        /// Index of the channel.
        channel: usize,
        /// The reading, in the channel's unit.
        value: f64,
    },
    /// A channel that was missing or implausible gives readings again.
    Restored {
        /// Index of the channel.
        channel: usize,
    },
    /// A channel's reading has not moved for longer than it ever did in normal data.
    Flatline {
        /// Index of the channel.
        channel: usize,
        /// Equal readings in a row.
        rows: u64,
    },
    /// It moves again.
    Moving {
        /// Index of the channel.
        channel: usize,
    },
    /// Rows cannot be read, one after the other: whatever happens meanwhile is not seen.
    Unreadable {
        /// So many so far.
        rows: u64,
        /// Number of the first one's line in the input, from 1.
        line: u64,
        /// What is wrong with it.
        reason: &'a str,
    },
    /// Rows can be read again.
    Readable {
        /// Rows that could not.
        rows: u64,
    },
    /// A stream is not judged from here on, or is again: the conditions under which it is do not hold, or do.
    Running {
        /// Whether it is judged.
        runs: bool,
        /// Index of the column whose reading decides, among channels and what is read besides.
        channel: usize,
        /// The reading; not a number where it is missing.
        reading: f64,
    },
    /// A channel is where it never was.
    Unprecedented {
        /// Index of the channel.
        channel: usize,
        /// In which way.
        record: Record,
    },
    /// What never moved in normal data has another value.
    Changed {
        /// Index of the constant, counted on from the channels: that of its reading in a sample.
        channel: usize,
        /// The value that it had in normal data.
        was: f64,
        /// The value that it has.
        is: f64,
    },
    /// It has the value of normal data again.
    Returned {
        /// As above.
        channel: usize,
        /// The value that it has.
        is: f64,
    },
}

/// Something to say about one stream.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event<'a> {
    /// Which stream; empty when the input holds one.
    pub stream: &'a str,
    /// Number of the data row at which it was found.
    pub row: u64,
    /// Time of that row.
    pub time: Option<Time>,
    /// What happened.
    pub kind: EventKind<'a>,
}

/// The score of one window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored<'a> {
    /// Which stream; empty when the input holds one.
    pub stream: &'a str,
    /// Number of the window's last data row in the input, from 1.
    pub row: u64,
    /// Time of that row.
    pub time: Option<Time>,
    /// Before smoothing.
    pub score: f64,
    /// Smoothed score over threshold.
    pub ratio: f64,
    /// Whether the stream counts as odd.
    pub raised: bool,
    /// What the model's second output says.
    pub head: Option<HeadValue<'a>>,
}
