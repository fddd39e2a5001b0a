//! All warnings of the program in one place; what a fit has to say comes in words from its own room.

use std::fmt;

/// What a run goes on in spite of.
pub(super) enum Warning<'a> {
    /// Nobody pipes anything in.
    Terminal {
        /// What should be.
        wanted: &'static str,
    },
    /// A bad row, reading, or anything else that says itself what is wrong and what came of it.
    Problem(&'a dyn fmt::Display),
    /// There have been many.
    ProblemsSoFar { count: u64, latest: &'a dyn fmt::Display },
    /// There were many, and the input is over.
    Problems { count: u64 },
    /// Sensors have been read late many times.
    #[cfg(all(feature = "sensor", target_os = "linux"))]
    LateSoFar { count: u64, latest: &'a dyn fmt::Display },
    /// A model that has learned with times sees none.
    NoTime,
    /// Rows out of their order.
    Dropped {
        /// Good rows so far.
        rows: u64,
        duplicates: u64,
        late: u64,
    },
    /// Single readings were none.
    Disregarded { readings: u64 },
    /// The input was shorter than a window.
    NoWindow {
        /// What was not done, therefore.
        nothing: &'static str,
    },
    /// Windows that would take too long together are not measured.
    TooSlow { windows: usize, seconds: f64 },
    /// The model is not tried out in a process of its own.
    #[cfg(feature = "tract")]
    NoChild(&'a std::io::Error),
    /// The model overflows.
    NotFinite { answers: u64, windows: u64 },
    /// Of what a model without a profile draws little is known.
    #[cfg(feature = "generate")]
    NoProfile,
    /// A picture that cannot be read.
    #[cfg(feature = "pictures")]
    LeftOut(&'a dyn fmt::Display),
}

impl Warning<'_> {
    pub(super) fn say(&self) {
        log::warn!("{self}");
    }
}

impl fmt::Display for Warning<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Terminal { wanted } => {
                write!(f, "reading from the terminal: pipe {wanted} in, or name a file")
            }
            Self::Problem(problem) => write!(f, "{problem}"),
            Self::ProblemsSoFar { count, latest } => {
                write!(f, "{count} bad rows or readings so far; the latest: {latest}")
            }
            Self::Problems { count } => write!(f, "{count} bad rows or readings in all"),
            #[cfg(all(feature = "sensor", target_os = "linux"))]
            Self::LateSoFar { count, latest } => {
                write!(f, "{count} late readings so far; the latest: {latest}")
            }
            Self::NoTime => {
                f.write_str("rows have no recognised time: they are counted as they come")
            }
            Self::Dropped { rows, duplicates, late } => write!(
                f,
                "row {rows}: rows dropped so far: {duplicates} with the same time as the row \
                 before, {late} with an earlier one; if several machines share the input, name the \
                 column that tells them apart with --key"
            ),
            Self::Disregarded { readings: 1 } => {
                f.write_str("1 reading was far outside all of normal data and counted as missing")
            }
            Self::Disregarded { readings } => write!(
                f,
                "{readings} readings were far outside all of normal data and counted as missing"
            ),
            Self::NoWindow { nothing } => {
                write!(f, "no window was complete: nothing was {nothing}")
            }
            Self::TooSlow { windows, seconds } => {
                let seconds = seconds.ceil();
                write!(
                    f,
                    "{windows} windows at once take about {seconds} s: not measured; \
                     --seconds {seconds} does"
                )
            }
            #[cfg(feature = "tract")]
            Self::NoChild(why) => write!(
                f,
                "this program cannot start itself again ({why}), so the model is tried out without \
                 limits on memory and time: take models only from those you trust here"
            ),
            Self::NotFinite { answers, windows } => {
                write!(f, "reconstructions with values that are not finite: {answers} of {windows}")
            }
            #[cfg(feature = "generate")]
            Self::NoProfile => f.write_str(
                "the model has no profile: channels have no names, and values are as the model \
                 gives them",
            ),
            #[cfg(feature = "pictures")]
            Self::LeftOut(error) => write!(f, "{error}; left out"),
        }
    }
}
