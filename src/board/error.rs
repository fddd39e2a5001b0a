//! Why a board cannot be used: one enum, with the file and what is wrong in it.

use std::io;
use std::path::PathBuf;

use super::spec::{BusKind, Line, PinName};

/// A board that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BoardError {
    /// Its file, or the folder with it.
    #[error("cannot read {}: {source}", .path.display())]
    Read {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No TOML, or not what a board's file holds.
    #[error("board {name}: {words}")]
    Syntax {
        /// The board, or its file.
        name: String,
        /// With line and column.
        words: String,
    },
    /// An entry that does not agree with another.
    #[error("board {name}: {problem}")]
    Rule {
        /// The board, or its file.
        name: String,
        /// What is wrong.
        problem: Problem,
    },
    /// Two boards of this name.
    #[error("board {name}: {} is of a board that is part of the program: give it another name", .path.display())]
    Twice {
        /// Of both.
        name: String,
        /// The second one.
        path: PathBuf,
    },
    /// There is none of this name.
    #[error("no board {name:?}{}; `oddity board list` shows all, and a file of your own is named by its path", did_you_mean(.near))]
    Unknown {
        /// As it was asked for.
        name: String,
        /// Names that are like it.
        near: Vec<String>,
    },
    /// Nothing says what this machine is.
    #[error("this machine is no board that is known, and there is none for {arch}: name one")]
    NotRecognised {
        /// Its architecture.
        arch: &'static str,
    },
}

fn did_you_mean(names: &[String]) -> String {
    match names {
        [] => String::new(),
        names => format!(" (did you mean {}?)", names.join(" or ")),
    }
}

/// What is wrong in a board's file.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A text that says nothing.
    #[error("{0} is empty")]
    Empty(&'static str),
    /// Sizes of memory.
    #[error("memory_mb: sizes are above 0, the smallest first")]
    Memory,
    /// A chip that is named, but not described.
    #[error("{what}: there is no chip {chip:?}: add [chip.{chip}]")]
    NoChip {
        /// Who names it.
        what: String,
        /// Its name.
        chip: String,
    },
    /// A line that the chip does not have.
    #[error("{what}: line {line} is outside the chip, whose lines are 0 to {}", .lines.saturating_sub(1))]
    OutsideChip {
        /// Who names it.
        what: String,
        /// As it is named.
        line: Line,
        /// How many there are.
        lines: u32,
    },
    /// A pin on two chips.
    #[error("pin {0} stands twice in [pins]")]
    PinTwice(PinName),
    /// Two pins on one line.
    #[error("pins {first} and {second} are the same line {line}")]
    LineTwice {
        /// One of them.
        first: PinName,
        /// The other.
        second: PinName,
        /// Of both.
        line: Line,
    },
    /// A pin that the header does not have.
    #[error("{what}: there is no pin {pin} in [pins]")]
    NoPin {
        /// Who names it.
        what: String,
        /// The pin.
        pin: PinName,
    },
    /// A pin for two things.
    #[error("pin {pin} is of {first} and of {second}")]
    PinShared {
        /// The pin.
        pin: PinName,
        /// One of them.
        first: String,
        /// The other.
        second: String,
    },
    /// Two buses, chips or LEDs that cannot be told apart.
    #[error("{0} stands twice")]
    Twice(String),
    /// A bus that cannot be found.
    #[error("bus {0}: give devices, or the node of its controller in the device tree")]
    NoDevice(String),
    /// A device file elsewhere.
    #[error("bus {bus}: {device} is no file in /dev")]
    NotInDev {
        /// Whose.
        bus: String,
        /// As it is named.
        device: String,
    },
    /// A serial port has no controller with a number.
    #[error("bus {bus}: a {kind} is named by devices, not by a node")]
    NodeOfUart {
        /// Whose.
        bus: String,
        /// Its kind.
        kind: BusKind,
    },
    /// How a bus is switched on.
    #[error("bus {0}: enable needs files, and a line KEY=VALUE")]
    Enable(String),
}
