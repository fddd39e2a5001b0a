//! One finding: plain data.

use crate::board::words::words;

words! {
    /// Whether something is there.
    enum State {
        /// It is, and may be used.
        There = "ok",
        /// It is not, or may not be used.
        Missing = "missing",
        /// Cannot be told, or need not be there.
        Unsure = "-",
    }
}

words! {
    /// What a finding is about.
    enum Part {
        /// Whether this is the board.
        Board = "board",
        /// Processor and program.
        Cpu = "cpu",
        /// I2C buses.
        I2c = "i2c",
        /// SPI buses.
        Spi = "spi",
        /// Serial ports.
        Uart = "uart",
        /// GPIO chips.
        Gpio = "gpio",
        /// On-board LEDs.
        Led = "led",
    }
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Board, Self::Cpu, Self::I2c, Self::Spi, Self::Uart, Self::Gpio, Self::Led];
}

/// What was found out about one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its kind.
    pub part: Part,
    /// Its name.
    pub what: String,
    /// Whether it is there.
    pub state: State,
    /// What was seen.
    pub says: String,
    /// What to do, in order.
    pub todo: Vec<String>,
}

impl Finding {
    pub(super) fn new(part: Part, what: &str, state: State, says: String) -> Self {
        Self { part, what: what.to_owned(), state, says, todo: Vec::new() }
    }

    pub(super) fn todo(mut self, step: String) -> Self {
        self.todo.push(step);
        self
    }
}
