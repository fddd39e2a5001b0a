//! Pins and LEDs of this machine that show alerts: names of pins and findings go in, levels come out.
//!
//! On while any stream is raised or a constant of it has changed; blinking where that is asked for, slowly for a warning and fast for what is
//! critical. Switched off whenever this is given up, a panic included. What a killed process leaves behind is up to
//! the kernel: docs/sensors.md.

mod alarm;
#[cfg(feature = "board")]
mod board;
mod driver;
mod error;
mod led;
mod line;
mod name;
mod output;
mod place;

use std::path::Path;

use oddity_core::event::{Event, EventKind};
use oddity_sensors::pin::{Pin, Wiring};

use self::alarm::Alarm;
use self::driver::{Driver, Unit};
pub use self::driver::{OffSwitch, PinNotice};
pub use self::error::{PinError, PinProblem};
pub use self::name::PinName;
use self::output::Output;
use crate::detector::Finding;

/// Open pins, and the thread that lets them blink.
#[derive(Debug)]
pub struct Pins {
    alarm: Alarm,
    driver: Driver,
}

impl Pins {
    /// Opens the pins and switches them off. `root` is `/`, or the folder of a test that has a `sys` of its own.
    /// `tell` hears of pins that cannot be set later on, once each.
    ///
    /// # Errors
    /// The first pin that is not there, is taken, or cannot be set.
    pub fn open(
        names: &[PinName],
        root: &Path,
        tell: impl FnMut(PinNotice<'_>) + Send + 'static,
    ) -> Result<Self, PinError> {
        let mut taken: Vec<(&PinName, place::Place)> = Vec::new();
        let mut units = Vec::new();
        for name in names {
            let failed = |problem| PinError { pin: name.to_string(), problem };
            let place = place::find(name, root).map_err(failed)?;
            if let Some((first, _)) = taken.iter().find(|(_, other)| *other == place) {
                return Err(failed(PinProblem::Twice { first: first.to_string() }));
            }
            let wiring = Wiring { active_low: name.active_low, safe_on: false };
            let output = Output::open(&place, name.active_low).map_err(failed)?;
            let pin = Pin::new(output, wiring)
                .map_err(|error| failed(PinProblem::Set { problem: error.to_string() }))?;
            units.push(Unit::new(name.to_string(), pin, name.style()));
            taken.push((name, place));
        }
        let driver = Driver::start(units, tell).map_err(|source| PinError {
            pin: names.first().map(ToString::to_string).unwrap_or_default(),
            problem: PinProblem::Thread { source },
        })?;
        Ok(Self { alarm: Alarm::default(), driver })
    }

    /// Shows what follows from a score, or from a constant that changes. Everything else that was found changes
    /// nothing.
    pub fn take(&mut self, finding: &Finding<'_>) {
        let shown = match finding {
            Finding::Score(score) => self.alarm.take(score),
            Finding::Event(Event { stream, kind, .. }) => match kind {
                EventKind::Changed { .. } => self.alarm.changed(stream),
                EventKind::Returned { .. } => self.alarm.returned(stream),
                _ => None,
            },
        };
        if let Some(shown) = shown {
            self.driver.show(shown);
        }
    }

    /// Something that switches the pins off from elsewhere, for good: for a hook that runs when the program panics
    /// and does not unwind.
    pub fn off_switch(&self) -> OffSwitch {
        self.driver.off_switch()
    }
}
