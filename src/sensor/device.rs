//! One sensor of a row: its state of health goes on with each reading, and its part of the row is filled or left
//! missing. What is worth telling is told once.

use std::fmt;
use std::path::PathBuf;

use oddity_sensors::health::{Health, Limits, Nanos, Next, Note};
use oddity_sensors::table::MOST_CHANNELS;
use oddity_sensors::{Channel, Chip, Drained, Error};

use super::bus::{self, Failed, Port};
use super::clock::Sleep;
use super::error::SensorError;
use super::file::{Entry, Place};
#[cfg(feature = "modbus")]
use super::modbus::Modbus;
use super::sysfs::{Iio, W1};

/// Something about a sensor that is worth a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice<'a> {
    /// Name of the sensor.
    pub sensor: &'a str,
    /// What it is.
    pub what: What<'a>,
}

/// What a notice says.
#[derive(Clone, Debug, PartialEq)]
pub enum What<'a> {
    /// A reading or a start failed, and the one before it had not.
    Failed(String),
    /// The state of the sensor has changed. With the name of the channel that is meant, if one is.
    Note(Note, Option<&'a str>),
}

impl Notice<'_> {
    /// Whether it says that a reading came late.
    pub fn is_late(&self) -> bool {
        matches!(self.what, What::Note(Note::Late { .. }, _))
    }
}

impl fmt::Display for Notice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |nanos: &Nanos| nanos / 1_000_000;
        write!(f, "sensor {:?}: ", self.sensor)?;
        let (note, channel) = match &self.what {
            What::Failed(problem) => return write!(f, "{problem}; its values are missing"),
            What::Note(note, channel) => (note, channel.unwrap_or_default()),
        };
        match note {
            Note::Lost { errors } => {
                write!(f, "{errors} failed readings in a row; it is started again, after a wait")
            }
            Note::Back { after } => write!(f, "back after {} ms", ms(after)),
            Note::Overrun => f.write_str("frames were lost; it was read too late"),
            Note::Late { by } => write!(f, "read {} ms late", ms(by)),
            Note::Saturated { high, .. } => {
                let end = if *high { "upper" } else { "lower" };
                write!(f, "{channel} is at the {end} end of its range; set a wider one")
            }
            Note::Unsaturated { .. } => write!(f, "{channel} is within its range again"),
        }
    }
}

/// Who is told.
pub(super) type Tell<'a> = dyn FnMut(Notice<'_>) + 'a;

/// What is read.
enum Source {
    Chip {
        chip: Chip,
        port: Option<Port>,
    },
    Iio(Option<Iio>),
    W1(Option<W1>),
    #[cfg(feature = "modbus")]
    Modbus(Option<Modbus>),
}

/// A sensor with its state.
pub(super) struct Device {
    entry: Entry,
    /// For messages: its name, or that of its kind.
    label: String,
    root: PathBuf,
    channels: Vec<(String, String)>,
    source: Source,
    health: Health<MOST_CHANNELS>,
    /// The readings of a chip; of a FIFO several frames.
    frames: Vec<f32>,
    failing: bool,
}

const NOT_OPEN: &str = "it is not open";

/// Frames that are taken out of a FIFO at once, at most.
const FIFO_FRAMES: usize = 96;

impl Device {
    /// A sensor that is yet to be started.
    pub fn new(entry: Entry, root: PathBuf, period: Nanos) -> Self {
        let limits = Limits::of_period(period);
        let (source, health, frames) = match &entry.place {
            Place::I2c { chip, .. } | Place::Spi { chip, .. } => {
                let health = Health::new(limits, chip.channels());
                let frames = if chip.has_fifo() { FIFO_FRAMES } else { 1 };
                let values = frames * chip.channels().count();
                (Source::Chip { chip: chip.clone(), port: None }, health, values)
            }
            Place::Iio { .. } => (Source::Iio(None), Health::new(limits, no_ranges()), 0),
            Place::W1 { .. } => (Source::W1(None), Health::new(limits, no_ranges()), 0),
            #[cfg(feature = "modbus")]
            Place::Modbus(_) => (Source::Modbus(None), Health::new(limits, no_ranges()), 0),
        };
        let channels = entry.channels();
        let (label, frames) = (entry.label(), vec![f32::NAN; frames]);
        Self { entry, label, root, channels, source, health, frames, failing: false }
    }

    pub fn channels(&self) -> &[(String, String)] {
        &self.channels
    }

    /// Starts it for the first time.
    ///
    /// # Errors
    /// When the bus cannot be opened, or the chip does not start.
    pub fn start(&mut self) -> Result<(), SensorError> {
        self.open().map_err(|(path, problem)| SensorError::Open {
            sensor: self.label.clone(),
            path,
            problem,
        })?;
        let started = self.start_chip();
        started.map_err(|problem| SensorError::Start { sensor: self.label.clone(), problem })?;
        self.health.started();
        Ok(())
    }

    fn open(&mut self) -> Result<(), (PathBuf, String)> {
        let root = &self.root;
        match (&mut self.source, &self.entry.place) {
            (Source::Chip { port, .. }, Place::I2c { device, address, .. }) => {
                let opened = bus::open_i2c(root, device, *address);
                *port = Some(opened.map_err(|problem| (device.clone(), problem))?);
            }
            (Source::Chip { port, .. }, Place::Spi { device, hz, .. }) => {
                let opened = bus::open_spi(device, *hz);
                *port = Some(opened.map_err(|problem| (device.clone(), problem))?);
            }
            (Source::Iio(iio), Place::Iio { device, channels }) => {
                let opened = Iio::open(root, device, channels);
                *iio = Some(opened.map_err(|problem| (device.into(), problem))?);
            }
            (Source::W1(w1), Place::W1 { device }) => {
                let opened = W1::open(root, device);
                *w1 = Some(opened.map_err(|problem| (device.into(), problem))?);
            }
            #[cfg(feature = "modbus")]
            (Source::Modbus(modbus), Place::Modbus(place)) => {
                // What is left of an earlier connection is closed first: devices allow few.
                *modbus = None;
                *modbus = Some(Modbus::open(place).map_err(|problem| (place.path(), problem))?);
            }
            // The source was made from the place.
            _ => {}
        }
        Ok(())
    }

    fn start_chip(&mut self) -> Result<(), String> {
        match &mut self.source {
            Source::Chip { chip, port: Some(port) } => {
                chip.start(port, &mut Sleep).map_err(|error| error.to_string())
            }
            _ => Ok(()),
        }
    }

    /// Fills its part of a row, or leaves it missing.
    pub fn read(&mut self, now: Nanos, values: &mut [f64], tell: &mut Tell<'_>) {
        values.fill(f64::NAN);
        if !self.is_up(now, tell) {
            return;
        }
        match self.read_source(values) {
            Ok(()) => {
                self.failing = false;
                let (health, frames) = (&mut self.health, &self.frames);
                health.read(now, frames, &mut noted(&self.label, &self.channels, tell));
            }
            Err(problem) => {
                values.fill(f64::NAN);
                self.failed(now, problem, tell);
            }
        }
    }

    fn read_source(&mut self, values: &mut [f64]) -> Result<(), String> {
        match &mut self.source {
            Source::Chip { chip, port: Some(port) } => {
                let read = chip.read(port, &mut Sleep, &mut self.frames);
                read.map_err(|error| error.to_string())?;
                for (value, frame) in values.iter_mut().zip(&self.frames) {
                    *value = f64::from(*frame);
                }
                Ok(())
            }
            Source::Iio(Some(iio)) => iio.read(values),
            Source::W1(Some(w1)) => {
                let read = w1.read()?;
                values.fill(read);
                Ok(())
            }
            #[cfg(feature = "modbus")]
            Source::Modbus(Some(modbus)) => modbus.read(values),
            #[cfg(feature = "modbus")]
            Source::Modbus(None) => Err(NOT_OPEN.to_owned()),
            Source::Chip { port: None, .. } | Source::Iio(None) | Source::W1(None) => {
                Err(NOT_OPEN.to_owned())
            }
        }
    }

    /// Takes what waits in a FIFO. What came of it is in [`Self::frame`].
    pub fn drain(&mut self, now: Nanos, tell: &mut Tell<'_>) -> Drained {
        if !self.is_up(now, tell) {
            return Drained::default();
        }
        let drained = match &mut self.source {
            Source::Chip { chip, port: Some(port) } => {
                chip.drain(port, &mut Sleep, &mut self.frames)
            }
            _ => Ok(Drained::default()),
        };
        match drained {
            Ok(drained) => {
                if drained.gap {
                    self.health.overrun(&mut noted(&self.label, &self.channels, tell));
                }
                self.drained(now, drained, tell);
                drained
            }
            Err(error) => {
                self.failed(now, error.to_string(), tell);
                Drained::default()
            }
        }
    }

    fn drained(&mut self, now: Nanos, drained: Drained, tell: &mut Tell<'_>) {
        if drained.frames == 0 && !drained.gap {
            let chip = "the chip";
            return self.failed(now, Error::<Failed>::NotReady { chip }.to_string(), tell);
        }
        self.failing = false;
        let count = self.channels.len().max(1);
        let frames = self.frames.chunks_exact(count).take(drained.frames).enumerate();
        let tell = &mut noted(&self.label, &self.channels, tell);
        for (index, frame) in frames {
            if index + 1 == drained.frames {
                self.health.read(now, frame, tell);
            } else {
                self.health.values(frame, tell);
            }
        }
    }

    /// Whether it is given up at this time, until it can be started again.
    pub fn is_lost(&self, now: Nanos) -> bool {
        matches!(self.health.next(now), Next::Wait(_))
    }

    /// A frame of the last drain, from 0.
    pub fn frame(&self, index: usize) -> &[f32] {
        let count = self.channels.len();
        self.frames.get(index * count..(index + 1) * count).unwrap_or_default()
    }

    /// Whether it can be read now; starts it when it is time to.
    fn is_up(&mut self, now: Nanos, tell: &mut Tell<'_>) -> bool {
        match self.health.next(now) {
            Next::Read => return true,
            Next::Wait(_) => return false,
            Next::Start => {}
        }
        let opened = self.open().map_err(|(_, problem)| problem);
        match opened.and_then(|()| self.start_chip()) {
            Ok(()) => {
                self.health.started();
                true
            }
            Err(problem) => {
                self.tell_failure(problem, tell);
                self.health.not_started(now, &mut noted(&self.label, &self.channels, tell));
                false
            }
        }
    }

    fn failed(&mut self, now: Nanos, problem: String, tell: &mut Tell<'_>) {
        self.tell_failure(problem, tell);
        self.health.failed(now, &mut noted(&self.label, &self.channels, tell));
    }

    fn tell_failure(&mut self, problem: String, tell: &mut Tell<'_>) {
        if !std::mem::replace(&mut self.failing, true) {
            tell(Notice { sensor: &self.label, what: What::Failed(problem) });
        }
    }
}

/// Passes notes on as notices.
fn noted(sensor: &str, channels: &[(String, String)], tell: &mut Tell<'_>) -> impl FnMut(Note) {
    move |note| {
        let channel = match note {
            Note::Saturated { channel, .. } | Note::Unsaturated { channel } => {
                channels.get(channel)
            }
            _ => None,
        };
        let channel = channel.map(|(name, _)| name.as_str());
        tell(Notice { sensor, what: What::Note(note, channel) });
    }
}

fn no_ranges() -> impl Iterator<Item = Channel<'static>> {
    std::iter::empty()
}
