//! The kinds of faults, with their names, and sets of them.
//! Never knows when a fault happens.

use std::fmt;

/// Largest severity that keeps the pump's equations plausible.
pub const MAX_SEVERITY: f64 = 10.0;

/// What can go wrong. The first three act on the machine, the others on one sensor's readings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Vibration and bearing temperature climb, current a little.
    BearingWear,
    /// The discharge line narrows: flow down, pressure and fluid temperature up.
    Blockage,
    /// Fluid is lost before the flow meter: flow and pressure down, current up.
    Leak,
    /// A sensor reads more and more too high.
    SensorDrift,
    /// Readings are missing (NaN; an empty CSV field): of one sensor, or of all when no channel
    /// is named.
    Dropout,
    /// A sensor repeats its last reading.
    StuckSensor,
    /// A sensor reads far too high; every row of the fault is one spike.
    Spike,
}

impl Fault {
    /// Every fault, in the order of the documentation.
    pub const ALL: [Self; 7] = [
        Self::BearingWear,
        Self::Blockage,
        Self::Leak,
        Self::SensorDrift,
        Self::Dropout,
        Self::StuckSensor,
        Self::Spike,
    ];

    /// The name in specs and in the CSV column `fault`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BearingWear => "bearing-wear",
            Self::Blockage => "blockage",
            Self::Leak => "leak",
            Self::SensorDrift => "sensor-drift",
            Self::Dropout => "dropout",
            Self::StuckSensor => "stuck-sensor",
            Self::Spike => "spike",
        }
    }

    pub(super) const fn takes_channel(self) -> bool {
        !matches!(self, Self::BearingWear | Self::Blockage | Self::Leak)
    }

    pub(super) const fn needs_channel(self) -> bool {
        matches!(self, Self::SensorDrift | Self::StuckSensor | Self::Spike)
    }

    pub(super) const fn takes_severity(self) -> bool {
        !matches!(self, Self::Dropout | Self::StuckSensor)
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The faults at work in one row. `Display` joins their names with `+`; empty when there is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FaultSet(u8);

impl FaultSet {
    pub(super) fn insert(&mut self, fault: Fault) {
        self.0 |= fault.bit();
    }

    /// Whether nothing is wrong in this row.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether `fault` is at work in this row.
    pub const fn contains(self, fault: Fault) -> bool {
        self.0 & fault.bit() != 0
    }

    /// The faults in this row, in the order of [`Fault::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Fault> {
        Fault::ALL.into_iter().filter(move |f| self.contains(*f))
    }
}

impl fmt::Display for FaultSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.iter().enumerate() {
            if i > 0 {
                f.write_str("+")?;
            }
            f.write_str(fault.name())?;
        }
        Ok(())
    }
}
