//! A file of sensors: TOML goes in, what to read, where and how often comes out, or the line that is wrong.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use oddity_sensors::{Address, Channel, Chip};

use super::chips;
use super::error::{FileError, SensorError};
use super::keys::{Found, Keys};

/// Rows a second, at most: beyond that a row each tick is no way to read.
const MOST_HZ: f64 = 2000.0;
/// An hour between rows.
const LEAST_HZ: f64 = 1.0 / 3600.0;
/// Bytes that a file may have.
const MOST_BYTES: u64 = 1 << 20;
/// What a device on SPI is clocked with, unless the file says so: all chips here take it.
const SPI_HZ: u32 = 1_000_000;

/// What `bus` can be.
const BUSES: &str = "\"i2c\", \"spi\", \"iio\", \"w1\", \"modbus-tcp\" or \"modbus-rtu\"";

/// Where a sensor is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Place {
    /// A chip on I2C.
    I2c { device: PathBuf, address: Address, chip: Chip },
    /// A chip on SPI.
    Spi { device: PathBuf, hz: u32, chip: Chip },
    /// What a driver of the kernel reads: `iio:device0`, or the name that the driver gives.
    Iio { device: String, channels: Vec<String> },
    /// Registers of a device on Modbus.
    #[cfg(feature = "modbus")]
    Modbus(super::modbus::Place),
    /// A thermometer on 1-Wire, as `28-0316a2795bff`.
    W1 { device: String },
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Name of the sensor and of its channel.
    pub name: String,
    /// Its unit; empty where the file or the kernel tells none.
    pub unit: String,
}

/// One sensor of the file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    /// Before its channels in the names of the columns; empty for the only one.
    pub name: String,
    pub place: Place,
}

impl Entry {
    /// Name and unit of each of its channels.
    pub fn channels(&self) -> Vec<(String, String)> {
        match &self.place {
            Place::I2c { chip, .. } | Place::Spi { chip, .. } => {
                let channel =
                    |channel: Channel<'_>| (channel.name.to_owned(), channel.unit.to_owned());
                chip.channels().map(channel).collect()
            }
            Place::Iio { channels, .. } => {
                channels.iter().map(|name| (name.clone(), String::new())).collect()
            }
            #[cfg(feature = "modbus")]
            Place::Modbus(place) => {
                let registers = place.registers.iter();
                registers.map(|one| (one.name.clone(), one.unit.clone())).collect()
            }
            Place::W1 { .. } => vec![("temperature".to_owned(), "degC".to_owned())],
        }
    }

    fn columns(&self) -> impl Iterator<Item = Column> {
        self.channels().into_iter().map(|(channel, unit)| match self.name.as_str() {
            "" => Column { name: channel, unit },
            name => Column { name: format!("{name}_{channel}"), unit },
        })
    }

    /// The name, or what it is, for messages.
    pub fn label(&self) -> String {
        match &self.place {
            _ if !self.name.is_empty() => self.name.clone(),
            Place::I2c { chip, .. } | Place::Spi { chip, .. } => chip.kind().name().to_owned(),
            Place::Iio { device, .. } | Place::W1 { device } => device.clone(),
            #[cfg(feature = "modbus")]
            Place::Modbus(place) => place.path().display().to_string(),
        }
    }

    /// Whether it keeps its frames until they are read.
    pub fn has_fifo(&self) -> bool {
        match &self.place {
            Place::I2c { chip, .. } | Place::Spi { chip, .. } => chip.has_fifo(),
            Place::Iio { .. } | Place::W1 { .. } => false,
            #[cfg(feature = "modbus")]
            Place::Modbus(_) => false,
        }
    }
}

/// The sensors that make up a row, and how often.
#[derive(Clone, Debug, PartialEq)]
pub struct SensorFile {
    pub(super) period_ns: u64,
    pub(super) entries: Vec<Entry>,
}

impl SensorFile {
    /// Reads and checks a file. Opens no bus.
    ///
    /// # Errors
    /// When it cannot be read, or says what cannot be: with the line, the key and what would be right.
    pub fn read(path: &Path) -> Result<Self, SensorError> {
        let failed = |source| SensorError::Read { path: path.to_path_buf(), source };
        if std::fs::metadata(path).map_err(failed)?.len() > MOST_BYTES {
            return Err(failed(std::io::Error::other("a file of sensors has at most 1 MiB")));
        }
        let text = std::fs::read_to_string(path).map_err(failed)?;
        Self::parse(&text).map_err(|error| SensorError::File { path: path.to_path_buf(), error })
    }

    /// Checks a text.
    ///
    /// # Errors
    /// When it says what cannot be.
    pub fn parse(text: &str) -> Result<Self, FileError> {
        let mut keys = Keys::parse(text)?;
        let rate = keys.number("rate_hz")?;
        let rate = keys.need("rate_hz", rate, "how many rows a second are to be read")?;
        let rate = rate.parse("has to be from 1/3600 to 2000 rows a second", |hz| {
            (LEAST_HZ..=MOST_HZ).contains(&hz).then_some(hz)
        })?;
        let tables = keys.tables("sensor")?;
        if tables.is_empty() {
            let problem = "is missing: at least one sensor, begun by [[sensor]]";
            let key = Some("sensor".to_owned());
            return Err(FileError { line: 1, key, problem: problem.to_owned() });
        }
        let several = tables.len() > 1;
        keys.finish()?;
        let (mut entries, mut names) = (Vec::new(), BTreeSet::new());
        for mut table in tables {
            let entry = entry(&mut table, rate as f32, several)?;
            if several && entry.has_fifo() {
                let problem = "a sensor with fifo = true has to be the only one: its frames come when it has them";
                return Err(table.place.refuse(problem));
            }
            for Column { name, .. } in entry.columns() {
                if name == "time" || !names.insert(name.clone()) {
                    let problem =
                        format!("{name:?} would be a column twice; give the sensor another name");
                    return Err(table.place.refuse(problem));
                }
            }
            table.finish()?;
            entries.push(entry);
        }
        Ok(Self { period_ns: (1e9 / rate).round() as u64, entries })
    }

    /// The columns of its rows.
    pub fn columns(&self) -> Vec<Column> {
        self.entries.iter().flat_map(Entry::columns).collect()
    }
}

fn entry(keys: &mut Keys<'_>, rate_hz: f32, several: bool) -> Result<Entry, FileError> {
    let name = match keys.text("name")? {
        Some(name) => name.parse(
            "has to be letters, digits and _, and not empty: it goes before the names of the columns",
            |name| {
                let fits = |c: char| c.is_alphanumeric() || c == '_';
                (!name.is_empty() && name.chars().all(fits)).then_some(name)
            },
        )?,
        None if several => {
            keys.need("name", None, "with more than one sensor each needs one, for the names of its columns")?
        }
        None => String::new(),
    };
    let bus = keys.text("bus")?;
    let bus = keys.need("bus", bus, BUSES)?;
    let device = keys.text("device")?;
    let place = match bus.value.as_str() {
        "i2c" => {
            let device = device.map_or_else(|| "/dev/i2c-1".to_owned(), |device| device.value);
            i2c(keys, device.into(), rate_hz)?
        }
        "spi" => {
            let device = device.map_or_else(|| "/dev/spidev0.0".to_owned(), |device| device.value);
            spi(keys, device.into(), rate_hz)?
        }
        "iio" => {
            let why = "\"iio:device0\", or the name in its file `name`";
            let device = keys.need("device", device, why)?;
            let device = device.parse("is no name of a device", plain)?;
            let channels = keys.texts("channels")?;
            let why = "a list as [\"in_temp\", \"in_accel_x\"], after the files in its folder";
            let channels = keys.need("channels", channels, why)?;
            let problem = "has to name at least one channel, each once, without _raw or _input";
            let channels = channels.parse(problem, |channels| {
                let all: BTreeSet<&String> = channels.iter().collect();
                let fits = |name: &String| {
                    plain(name.clone()).is_some()
                        && !name.ends_with("_raw")
                        && !name.ends_with("_input")
                };
                let fit = channels.iter().all(fits) && !channels.is_empty();
                (fit && all.len() == channels.len()).then_some(channels)
            })?;
            Place::Iio { device, channels }
        }
        "w1" => {
            let device = keys.need("device", device, "as \"28-0316a2795bff\", after its folder")?;
            Place::W1 { device: device.parse("is no name of a device", plain)? }
        }
        "modbus-tcp" | "modbus-rtu" => modbus(keys, &bus, device)?,
        _ => return Err(bus.place.refuse(format!("has to be {BUSES}"))),
    };
    Ok(Entry { name, place })
}

#[cfg(feature = "modbus")]
fn modbus(
    keys: &mut Keys<'_>,
    bus: &Found<String>,
    device: Option<Found<String>>,
) -> Result<Place, FileError> {
    super::modbus::place(keys, device, bus.value == "modbus-rtu").map(Place::Modbus)
}

#[cfg(not(feature = "modbus"))]
fn modbus(
    _keys: &mut Keys<'_>,
    bus: &Found<String>,
    _device: Option<Found<String>>,
) -> Result<Place, FileError> {
    Err(bus.place.refuse("this program was built without Modbus (cargo feature `modbus`)"))
}

/// A name that stays in its folder.
fn plain(name: String) -> Option<String> {
    (!name.is_empty() && !name.starts_with('.') && !name.contains('/')).then_some(name)
}

fn i2c(keys: &mut Keys<'_>, device: PathBuf, rate_hz: f32) -> Result<Place, FileError> {
    let name = keys.text("chip")?;
    let kind = chips::kind(keys.need("chip", name, "which chip it is")?)?;
    let all = kind.addresses().iter().map(|address| format!("{address:#04x}"));
    let all = all.collect::<Vec<_>>().join(", ");
    let address = keys.byte("address")?;
    let why = format!("its address, without the read bit ({all})");
    let address = keys.need("address", address, &why)?;
    let place = address.place.clone();
    let address =
        address.parse("has to be from 0x08 to 0x77, without the read bit", Address::new)?;
    if !kind.can_be_at(address) {
        return Err(place.refuse(format!("this chip answers at {all}")));
    }
    Ok(Place::I2c { device, address, chip: chips::chip(kind, keys, rate_hz)? })
}

fn spi(keys: &mut Keys<'_>, device: PathBuf, rate_hz: f32) -> Result<Place, FileError> {
    let name = keys.text("chip")?;
    let name = keys.need("chip", name, "which chip it is")?;
    let place = name.place.clone();
    let kind = chips::kind(name)?;
    if !kind.has_spi() {
        return Err(place.refuse("this chip has I2C only"));
    }
    let hz = match keys.whole("speed_hz")? {
        None => SPI_HZ,
        Some(hz) => hz.parse("has to be from 10000 to 10000000", |hz| {
            (10_000..=10_000_000).contains(&hz).then_some(hz)
        })?,
    };
    Ok(Place::Spi { device, hz, chip: chips::chip(kind, keys, rate_hz)? })
}
