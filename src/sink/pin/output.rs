//! Any pin of this machine as embedded-hal sees it.

use std::fmt;

use embedded_hal::digital::{Error, ErrorKind, ErrorType, OutputPin, PinState};

use super::error::PinProblem;
use super::led::Led;
use super::line::Line;
use super::place::Place;

/// A pin that could not be set.
#[derive(Debug)]
pub(super) struct Failed(String);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Failed {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

/// An open pin.
#[derive(Debug)]
pub(super) enum Output {
    Led(Led),
    Line(Line),
}

impl Output {
    /// Opens what was found.
    ///
    /// # Errors
    /// Those of the LED or the line.
    pub fn open(place: &Place, active_low: bool) -> Result<Self, PinProblem> {
        match place {
            Place::Led(folder) => Led::open(folder).map(Self::Led),
            // From its first moment at the level that is off.
            Place::Line { chip, line } => {
                Line::open(chip, *line, PinState::from(active_low)).map(Self::Line)
            }
        }
    }
}

impl ErrorType for Output {
    type Error = Failed;
}

impl OutputPin for Output {
    fn set_low(&mut self) -> Result<(), Failed> {
        self.set_state(PinState::Low)
    }

    fn set_high(&mut self) -> Result<(), Failed> {
        self.set_state(PinState::High)
    }

    fn set_state(&mut self, level: PinState) -> Result<(), Failed> {
        match self {
            Self::Led(led) => led.set(level == PinState::High),
            Self::Line(line) => line.set(level),
        }
        .map_err(Failed)
    }
}
