//! Why a pin cannot be had, with what to do about it.

use std::io;

use crate::blame::Blame;
#[cfg(feature = "board")]
use crate::board::BoardError;

/// A pin that cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("pin {pin}: {problem}")]
pub struct PinError {
    /// As it was named.
    pub pin: String,
    /// Why.
    pub problem: PinProblem,
}

impl PinError {
    /// The machine's, once the pin is one that could be there.
    pub fn blame(&self) -> Blame {
        match &self.problem {
            PinProblem::Open { .. }
            | PinProblem::Set { .. }
            | PinProblem::Used { .. }
            | PinProblem::Thread { .. } => Blame::Machine,
            _ => Blame::CommandLine,
        }
    }
}

/// Why.
#[derive(Debug, thiserror::Error)]
pub enum PinProblem {
    /// No name of a pin.
    #[error(
        "is no pin; write board:led, led:NAME (in /sys/class/leds) or CHIP:LINE as gpiochip0:17, and after it \
         :active-low, :blink or :steady where it is needed"
    )]
    Name,
    /// Words that contradict each other.
    #[error("says the same thing twice; give :active-low once, and one of :blink and :steady")]
    Words,
    /// An LED is said to be wired the other way round.
    #[error("the kernel knows how its LEDs are wired; leave out :active-low")]
    Polarity,
    /// Boards are not part of this build.
    #[cfg(not(feature = "board"))]
    #[error(
        "this build knows no boards; build with the cargo feature board, or name a line, as gpiochip0:17 \
         (`gpioinfo` shows them)"
    )]
    NoBoards,
    /// A file of a board.
    #[cfg(feature = "board")]
    #[error(transparent)]
    Board(Box<BoardError>),
    /// Nothing is known of the pins of this machine.
    #[cfg(feature = "board")]
    #[error(
        "this machine{} is no board that is known; name a line, as gpiochip0:17 (`gpioinfo` shows them), or an LED, \
         as led:NAME (`ls /sys/class/leds`)", called(.model)
    )]
    UnknownBoard {
        /// What it calls itself.
        model: Option<String>,
    },
    /// A board without such a pin.
    #[cfg(feature = "board")]
    #[error("the board {board} has none; it has {has}")]
    NotOnBoard {
        /// Its name.
        board: String,
        /// What it has, in words.
        has: String,
    },
    /// An LED that the kernel does not have.
    #[error("there is no such LED{}", listed(.there, "/sys/class/leds is empty"))]
    NoLed {
        /// Those that it has.
        there: Vec<String>,
    },
    /// A chip that is not there.
    #[error("there is no GPIO chip {chip}{}", listed(.there, "there is no /dev/gpiochip*"))]
    NoChip {
        /// Its device file or its label.
        chip: String,
        /// Those that are, with their labels.
        there: Vec<String>,
    },
    /// No line has the name that the board's file says.
    #[cfg(feature = "board")]
    #[error(
        "no line of a GPIO chip is called {name}; find its chip and line in the board's manual, and name it as \
         gpiochip0:17"
    )]
    NoNamedLine {
        /// Its name.
        name: String,
    },
    /// A line that the chip does not have.
    #[error("the chip has the lines 0 to {}", .lines.saturating_sub(1))]
    NoLine {
        /// How many it has.
        lines: u32,
    },
    /// Two names for one pin.
    #[error("is the same pin as {first}; name it once")]
    Twice {
        /// The first name.
        first: String,
    },
    /// Somebody has the line.
    #[error(
        "is in use{}; end that program, or take what uses the pin out of config.txt (a bus, an overlay); an LED of \
         the kernel is named led:NAME", by(.user)
    )]
    Used {
        /// What the kernel calls the user.
        user: String,
    },
    /// The chip or the LED cannot be opened.
    #[error("cannot open {path}: {problem}")]
    Open {
        /// What was to be opened.
        path: String,
        /// Why not, and what to do.
        problem: String,
    },
    /// It cannot be switched off to begin with.
    #[error("cannot be set: {problem}")]
    Set {
        /// From the system.
        problem: String,
    },
    /// The thread that sets the pins.
    #[error("cannot start the thread that sets the pins: {source}")]
    Thread {
        /// From the system.
        source: io::Error,
    },
}

#[cfg(feature = "board")]
impl From<BoardError> for PinProblem {
    fn from(error: BoardError) -> Self {
        Self::Board(Box::new(error))
    }
}

#[cfg(feature = "board")]
fn called(model: &Option<String>) -> String {
    model.as_ref().map(|model| format!(" ({model})")).unwrap_or_default()
}

fn listed(names: &[String], none: &str) -> String {
    match names {
        [] => format!(": {none}"),
        names => format!("; there are: {}", names.join(", ")),
    }
}

fn by(user: &str) -> String {
    match user {
        "" => String::new(),
        user => format!(" by {user:?}"),
    }
}
