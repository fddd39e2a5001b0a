//! What can go wrong with a chip, with its name and the register.

use core::fmt;

/// Why a chip gives no sample. `E` is the error of the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error<E: fmt::Debug> {
    /// A transfer failed.
    #[error("{chip}: no transfer at register {register:#04x}: {error:?}")]
    Bus {
        /// Name of the chip.
        chip: &'static str,
        /// The register that was meant.
        register: u8,
        /// What the bus says.
        error: E,
    },
    /// A register does not hold what it holds on this chip.
    #[error(
        "{chip}: register {register:#04x} reads {found:#x} where {expected:#x} is expected: {}",
        meaning(.chip, .expected, .found)
    )]
    WrongChip {
        /// The chip that was expected.
        chip: &'static str,
        /// Where it says what it is.
        register: u8,
        /// What stands there on this chip.
        expected: u32,
        /// What was read.
        found: u32,
    },
    /// The chip has measured nothing since the last read, or nothing at all yet. When this stays, the chip
    /// has lost its settings: start it again.
    #[error("{chip}: nothing new has been measured")]
    NotReady {
        /// Name of the chip.
        chip: &'static str,
    },
    /// Frames were lost before the chip was read: it is to be read more often, or to measure less often.
    #[error("{chip}: frames were lost: it measured faster than it was read")]
    Overrun {
        /// Name of the chip.
        chip: &'static str,
    },
    /// The chip did not come to the end of what it was told to do.
    #[error("{chip}: {what} does not end")]
    Stuck {
        /// Name of the chip.
        chip: &'static str,
        /// What it was told to do.
        what: &'static str,
    },
    /// The caller's buffer has not the length of whole frames.
    #[error("{chip}: a buffer of {found} values, where a frame has {channels}")]
    Buffer {
        /// Name of the chip.
        chip: &'static str,
        /// Channels in a frame.
        channels: usize,
        /// The buffer's length.
        found: usize,
    },
    /// The chip has no FIFO, or it was not asked for.
    #[error("{chip}: it has no FIFO, or its settings leave it off")]
    NoFifo {
        /// Name of the chip.
        chip: &'static str,
    },
}

impl<E: fmt::Debug> Error<E> {
    /// Whether the chip has to be started again before it can be read.
    pub fn needs_start(&self) -> bool {
        matches!(self, Self::WrongChip { .. } | Self::Stuck { .. })
    }
}

/// Chips that are taken for each other, by what they say they are.
const RELATIVES: [(&str, u32, &str); 7] = [
    ("BME280", 0x58, "this is a BMP280, which has no humidity"),
    ("BME280", 0x61, "this is a BME680"),
    ("MPU6050", 0x70, "this is an MPU6500"),
    ("MPU6050", 0x71, "this is an MPU9250"),
    ("MPU6050", 0x98, "this is an ICM20689"),
    ("LIS3DH", 0x32, "this is an LIS331 or H3LIS331"),
    ("LIS3DH", 0x3f, "this is an LIS3DSH"),
];

/// What a wrong answer usually means.
fn meaning(chip: &str, expected: &u32, found: &u32) -> &'static str {
    let relative = RELATIVES.iter().find(|(of, id, _)| *of == chip && id == found);
    let ones = if *expected > 0xff { 0xffff } else { 0xff };
    match relative {
        Some((_, _, meaning)) => meaning,
        None if *found == 0 => "nothing drives the data line; see to wiring and power",
        None if *found == ones => "nothing answers; see to wiring, power and the select line",
        None => "wrong address, or another chip",
    }
}
