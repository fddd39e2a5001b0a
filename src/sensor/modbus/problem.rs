//! Why there is no answer to a request, in words that say what to do.

use std::io;
use std::time::{Duration, Instant};

/// Why there is no answer to a request.
#[derive(Debug)]
pub(super) enum Problem {
    /// Nothing, or not enough, came in time.
    Timeout,
    /// The line or the connection fails.
    Broken(io::Error),
    /// The connection was closed.
    Closed,
    /// The bytes were changed on the way.
    Checksum,
    /// What came is no answer to this.
    Foreign,
    /// The device refuses, with this code.
    Exception(u8),
}

impl Problem {
    /// Of an error in sending or receiving.
    pub fn of(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Self::Timeout,
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Broken(error),
        }
    }

    pub fn told(&self, timeout_ms: u32) -> String {
        match self {
            Self::Timeout => format!(
                "no answer within {timeout_ms} ms; see to unit, wiring and power, and on a serial line to baud, \
                 parity and the two wires, which may be swapped"
            ),
            Self::Broken(error) => error.to_string(),
            Self::Closed => {
                "the device has closed the connection; how many does it allow?".to_owned()
            }
            Self::Checksum => {
                "the answer's checksum is wrong; see to baud, parity, termination and shield"
                    .to_owned()
            }
            Self::Foreign => {
                "the answer is not one to this request; is another program asking on the same line?"
                    .to_owned()
            }
            Self::Exception(code) => {
                format!("the device refuses: {} (exception {code})", refusal(*code))
            }
        }
    }
}

/// The exceptions of the Modbus Application Protocol Specification V1.1b3, section 7.
fn refusal(code: u8) -> &'static str {
    match code {
        1 => "it has no registers of this kind; set another kind",
        2 => {
            "it has no such register; mind that addresses begin at 0, and manuals often at 1 or 40001"
        }
        3 => "it does not give so many registers at once",
        4 => "it has a fault of its own",
        5 | 6 => "it is busy",
        10 => "the gateway has no way to it",
        11 => "the gateway gets no answer from it; see to unit, wiring and power",
        _ => "for a reason that the standard does not name",
    }
}

/// Time that is left; none is an error.
pub(super) fn left(until: Instant) -> Result<Duration, Problem> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(Problem::Timeout) } else { Ok(left) }
}
