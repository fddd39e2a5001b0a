//! The keys of a Modbus device in a file of sensors.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;

use super::channel::{Kind, Number, Register};
use crate::sensor::error::FileError;
use crate::sensor::keys::{Found, Keys};

/// The port of Modbus TCP.
const PORT: u16 = 502;
/// How long an answer may take, unless the file says so.
const TIMEOUT_MS: u32 = 500;
/// Channels of one device.
const MOST_CHANNELS: usize = 1024;

/// Parity of a serial line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parity {
    None,
    Even,
    Odd,
}

/// How the device is reached.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Way {
    /// Host and port.
    Tcp { host: String, port: u16 },
    /// A serial line with 8 data bits.
    Rtu { device: PathBuf, baud: u32, parity: Parity, two_stop_bits: bool },
}

impl Way {
    /// The addresses of a host.
    pub fn addresses(host: &str, port: u16) -> std::io::Result<impl Iterator<Item = SocketAddr>> {
        (host, port).to_socket_addrs()
    }
}

/// A device, and what is read of it.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::sensor) struct Place {
    pub(super) way: Way,
    pub(super) unit: u8,
    pub(super) timeout_ms: u32,
    pub(in crate::sensor) registers: Vec<Register>,
}

impl Place {
    pub(super) fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms.into())
    }

    /// What is opened, for messages.
    pub(in crate::sensor) fn path(&self) -> PathBuf {
        match &self.way {
            Way::Tcp { host, port } => format!("{host}:{port}").into(),
            Way::Rtu { device, .. } => device.clone(),
        }
    }
}

/// The place of a device on a serial line (`rtu`), or on a network.
pub(in crate::sensor) fn place(
    keys: &mut Keys<'_>,
    device: Option<Found<String>>,
    rtu: bool,
) -> Result<Place, FileError> {
    let way = match rtu {
        true => serial(keys, device)?,
        false => {
            let device = keys.need("device", device, "as \"192.168.1.20\" or \"plc.local:502\"")?;
            device.parse("has to be a host, or host and port as \"192.168.1.20:502\"", tcp)?
        }
    };
    let unit = match keys.byte("unit_id")? {
        None => 1,
        // 0 is for all devices at once, which do not answer; TCP devices without units take it, or 255.
        Some(unit) => unit.parse("has to be from 1 to 247, on TCP from 0 to 255", |unit| {
            (!rtu || (1..=247).contains(&unit)).then_some(unit)
        })?,
    };
    let timeout_ms = match keys.whole("timeout_ms")? {
        None => TIMEOUT_MS,
        Some(ms) => {
            ms.parse("has to be from 10 to 10000", |ms| (10..=10_000).contains(&ms).then_some(ms))?
        }
    };
    let mut registers = Vec::new();
    for mut channel in keys.tables("channel")? {
        registers.push(register(&mut channel)?);
        channel.finish()?;
    }
    if registers.is_empty() || registers.len() > MOST_CHANNELS {
        let problem = "a Modbus device has 1 to 1024 channels, each begun by [[sensor.channel]]";
        return Err(keys.place.refuse(problem));
    }
    Ok(Place { way, unit, timeout_ms, registers })
}

fn tcp(device: String) -> Option<Way> {
    // An IPv6 address stands in brackets before a port; without any it is all host.
    let bare = device.matches(':').count() > 1 && !device.starts_with('[');
    let (host, port) = match device.rsplit_once(':').filter(|_| !bare) {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
        _ => (device.as_str(), PORT),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    (!host.is_empty() && !host.contains('/')).then_some(Way::Tcp { host, port })
}

fn serial(keys: &mut Keys<'_>, device: Option<Found<String>>) -> Result<Way, FileError> {
    let device = keys.need("device", device, "as \"/dev/ttyUSB0\"")?;
    let device = device.parse("has to be a file, as \"/dev/ttyUSB0\"", |device| {
        (!device.is_empty()).then_some(device)
    })?;
    let baud = keys.whole("baud")?;
    let baud = keys.need("baud", baud, "how many bits a second, such as 9600 or 19200")?;
    let baud = baud.parse("has to be from 1200 to 4000000", |baud| {
        (1200..=4_000_000).contains(&baud).then_some(baud)
    })?;
    let parity = match keys.text("parity")? {
        None => Parity::None,
        Some(parity) => parity.parse("has to be \"none\", \"even\" or \"odd\"", |parity| {
            match parity.as_str() {
                "none" => Some(Parity::None),
                "even" => Some(Parity::Even),
                "odd" => Some(Parity::Odd),
                _ => None,
            }
        })?,
    };
    let two_stop_bits = match keys.whole("stop_bits")? {
        None => false,
        Some(bits) => bits.parse("has to be 1 or 2", |bits| match bits {
            1 => Some(false),
            2 => Some(true),
            _ => None,
        })?,
    };
    Ok(Way::Rtu { device: device.into(), baud, parity, two_stop_bits })
}

/// What a name in the file stands for.
fn named<T: Copy>(
    found: Option<Found<String>>,
    names: &[(&str, T)],
    or: T,
) -> Result<T, FileError> {
    let Some(found) = found else { return Ok(or) };
    let all: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
    let problem = format!("has to be one of {}", all.join(", "));
    found
        .parse(&problem, |text| names.iter().find(|(name, _)| *name == text).map(|(_, what)| *what))
}

fn register(keys: &mut Keys<'_>) -> Result<Register, FileError> {
    let name = keys.text("name")?;
    let name = keys.need("name", name, "the channel's name")?;
    let name = name.parse("is empty", |name| (!name.is_empty()).then_some(name))?;
    let address = keys.whole("register")?;
    let address = keys.need("register", address, "its address, which begins at 0")?;
    let place = address.place.clone();
    let address =
        address.parse("has to be from 0 to 65535", |address| u16::try_from(address).ok())?;
    let kind = named(keys.text("kind")?, &Kind::NAMES, Kind::Holding)?;
    let number = keys.text("type")?;
    if let (true, Some(number)) = (kind.is_bit(), &number) {
        return Err(number.place.refuse("a coil or a discrete input is one bit: it has no type"));
    }
    let number = named(number, &Number::NAMES, Number::U16)?;
    if !kind.is_bit() && address.checked_add(number.registers() - 1).is_none() {
        return Err(place.refuse("is the last one, and this type takes two"));
    }
    let low_first = match keys.text("first")? {
        None => false,
        Some(first) => {
            first.parse("has to be \"high\" or \"low\"", |first| match first.as_str() {
                "high" => Some(false),
                "low" => Some(true),
                _ => None,
            })?
        }
    };
    let scale = match keys.number("scale")? {
        None => 1.0,
        Some(scale) => scale.parse("has to be other than zero", |s| (s != 0.0).then_some(s))?,
    };
    let offset = keys.number("offset")?.map_or(0.0, |offset| offset.value);
    let unit = keys.text("unit")?.map_or_else(String::new, |unit| unit.value);
    Ok(Register { name, unit, kind, address, number, low_first, scale, offset })
}
