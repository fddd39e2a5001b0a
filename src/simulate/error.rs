//! What can be wrong with a simulation's configuration, or with the name of a defect, in words that
//! say what would be right.

use super::fault::{Fault, MAX_SEVERITY};

/// A fault spec or a configuration that cannot be simulated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SimulateError {
    /// No such fault.
    #[error("unknown fault `{given}`: use one of {possible}")]
    UnknownFault {
        /// The name as it was given.
        given: String,
        /// The names that exist.
        possible: String,
    },
    /// No such defect.
    #[error("unknown defect `{given}`: use one of {possible}")]
    UnknownDefect {
        /// The name as it was given.
        given: String,
        /// The names that exist.
        possible: String,
    },
    /// A part of the spec is missing.
    #[error(
        "fault `{given}` lacks {lacks}: write KIND@START+DURATION[xSEVERITY][:CHANNEL], for example bearing-wear@3600+1200x1.5"
    )]
    Malformed {
        /// The whole spec.
        given: String,
        /// The missing part.
        lacks: &'static str,
    },
    /// A part of the spec is not the number that it should be.
    #[error(
        "{what} of fault `{spec}` is `{given}`: START and DURATION are whole numbers of rows, SEVERITY is a number such as 1.5"
    )]
    Number {
        /// Which part.
        what: &'static str,
        /// That part as it was given.
        given: String,
        /// The whole spec.
        spec: String,
    },
    /// A fault of no rows.
    #[error("{fault} lasts 0 rows: give a DURATION of at least 1")]
    ZeroDuration {
        /// Which fault.
        fault: Fault,
    },
    /// Severity out of range.
    #[error(
        "severity {severity} of {fault} is out of range: it must be above 0 and at most {MAX_SEVERITY}"
    )]
    Severity {
        /// Which fault.
        fault: Fault,
        /// The severity as it was given.
        severity: f64,
    },
    /// The fault knows no degrees.
    #[error("{fault} takes no severity: leave out `xSEVERITY`")]
    SeverityNotTaken {
        /// Which fault.
        fault: Fault,
    },
    /// No such channel.
    #[error("unknown channel `{given}`: use one of {possible}")]
    UnknownChannel {
        /// The name as it was given.
        given: String,
        /// The names that exist.
        possible: String,
    },
    /// A sensor fault without its sensor.
    #[error("{fault} needs a channel: add `:CHANNEL`, one of {possible}")]
    ChannelNeeded {
        /// Which fault.
        fault: Fault,
        /// The channels that exist.
        possible: String,
    },
    /// A fault of the machine with a sensor.
    #[error("{fault} acts on the machine, not on one sensor: leave out `:CHANNEL`")]
    ChannelNotTaken {
        /// Which fault.
        fault: Fault,
    },
    /// The fault begins after the last row.
    #[error(
        "fault `{spec}` starts after the last of {rows} rows: simulate more rows or start it earlier (rows count from 0)"
    )]
    PastEnd {
        /// The whole spec.
        spec: String,
        /// Rows that were asked for.
        rows: u64,
    },
    /// Sample period out of range.
    #[error("a sample period of {seconds} s is out of range: it must be from 0.001 s to 3600 s")]
    Period {
        /// The period as it was given.
        seconds: f64,
    },
    /// Time stamps would not fit 64-bit nanoseconds.
    #[error(
        "{rows} rows would run past the year 2262: use fewer rows, a shorter period or an earlier start"
    )]
    TimeOverflow {
        /// Rows that were asked for.
        rows: u64,
    },
}
