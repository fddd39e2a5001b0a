//! What health has to say about rows, for whoever reads the alerts.

use crate::event::ClockFault;
use crate::types::Time;

/// Something about the rows of a stream.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Note {
    /// The row has the time of the row before it, and was dropped.
    Duplicate,
    /// The row is older than the one before it, and was dropped.
    Late,
    /// Rows are missing, more than may be held: the window starts anew.
    Gap {
        /// Rows that should have come.
        missing: u64,
        /// The last row before the hole.
        from: Time,
        /// Rows come so slowly that each seems to follow a hole: nothing that need be said.
        expected: bool,
    },
    /// The clock is wrong: the window starts anew.
    Clock {
        /// How.
        fault: ClockFault,
        /// Time of the last row before.
        from: Time,
    },
    /// Rows come at another rate than the model has learned.
    Rate {
        /// Seconds between rows, of late.
        period_s: f64,
    },
    /// One channel's readings.
    Channel {
        /// Index of the channel.
        channel: usize,
        /// What happened to it.
        note: ChannelNote,
    },
}

/// What happened to one channel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ChannelNote {
    /// Missing for longer than may be held.
    Missing,
    /// One reading was far outside all of training, and counts as missing.
    Disregarded,
    /// Several in a row were: this says something of the sensor, not of the machine.
    Implausible {
        /// The reading, in the channel's unit.
        value: f64,
    },
    /// Readings come again.
    Restored,
    /// The reading has not moved for longer than it ever did in normal data.
    Flatline {
        /// Equal readings in a row.
        rows: u64,
    },
    /// The reading moves again.
    Moving,
}
