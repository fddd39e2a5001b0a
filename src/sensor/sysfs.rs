//! What drivers of the kernel read, as files below `/sys`: a device and its channels go in, numbers come out.
//!
//! The root is given, so that a test has a folder of its own. A file is opened once and read again at its
//! beginning, as sysfs wants it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// More than any number in such a file.
const NUMBER_BYTES: usize = 64;

/// A file that holds a number.
#[derive(Debug)]
struct NumberFile {
    file: File,
    path: PathBuf,
}

impl NumberFile {
    fn open(path: PathBuf) -> Result<Self, String> {
        match File::open(&path) {
            Ok(file) => Ok(Self { file, path }),
            Err(error) => Err(format!("cannot open {path:?}: {error}")),
        }
    }

    fn read(&self) -> Result<f64, String> {
        let mut buffer = [0; NUMBER_BYTES];
        let read = self.file.read_at(&mut buffer, 0);
        let length = read.map_err(|error| format!("cannot read {:?}: {error}", self.path))?;
        let bytes = buffer.get(..length).unwrap_or_default();
        let text = std::str::from_utf8(bytes).map(str::trim).unwrap_or_default();
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            _ => Err(format!("{:?} holds {text:?}, which is no number", self.path)),
        }
    }
}

/// `(number + offset) * scale`, in the unit of the kernel.
#[derive(Debug)]
struct IioChannel {
    number: NumberFile,
    offset: f64,
    scale: f64,
}

/// A device of the industrial I/O subsystem.
#[derive(Debug)]
pub(super) struct Iio {
    channels: Vec<IioChannel>,
}

impl Iio {
    /// Finds the device by its folder or its name, and opens its channels.
    pub fn open(root: &Path, device: &str, channels: &[String]) -> Result<Self, String> {
        let folder = folder(&root.join("sys/bus/iio/devices"), device)?;
        let channels = channels.iter().map(|channel| iio_channel(&folder, channel));
        Ok(Self { channels: channels.collect::<Result<_, _>>()? })
    }

    /// One number for each channel.
    pub fn read(&self, values: &mut [f64]) -> Result<(), String> {
        for (value, channel) in values.iter_mut().zip(&self.channels) {
            *value = (channel.number.read()? + channel.offset) * channel.scale;
        }
        Ok(())
    }
}

fn folder(devices: &Path, device: &str) -> Result<PathBuf, String> {
    let folder = devices.join(device);
    if folder.is_dir() {
        return Ok(folder);
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(devices).into_iter().flatten().flatten() {
        if let Ok(name) = std::fs::read_to_string(entry.path().join("name")) {
            let name = name.trim().to_owned();
            if name == device {
                return Ok(entry.path());
            }
            found.push(format!("{} ({name})", entry.file_name().to_string_lossy()));
        }
    }
    found.sort();
    Err(match found.is_empty() {
        true => "the kernel has no such device, and no other; its driver wants an overlay in config.txt, as \
                 `dtoverlay=i2c-sensor,bme280`"
            .to_owned(),
        false => format!("the kernel has no such device; it has {}", found.join(", ")),
    })
}

fn iio_channel(folder: &Path, channel: &str) -> Result<IioChannel, String> {
    // What the driver has computed itself.
    let input = folder.join(format!("{channel}_input"));
    if input.exists() {
        return Ok(IioChannel { number: NumberFile::open(input)?, offset: 0.0, scale: 1.0 });
    }
    let number = NumberFile::open(folder.join(format!("{channel}_raw")))?;
    let offset = shared(folder, channel, "offset")?.unwrap_or(0.0);
    let scale = shared(folder, channel, "scale")?.unwrap_or(1.0);
    Ok(IioChannel { number, offset, scale })
}

/// A number of the channel, or of all of its kind: `in_accel_scale` for `in_accel_x`, `in_voltage_scale` for
/// `in_voltage0`.
fn shared(folder: &Path, channel: &str, what: &str) -> Result<Option<f64>, String> {
    let kind = channel.rsplit_once('_').filter(|(kind, _)| *kind != "in" && *kind != "out");
    let bare = channel.trim_end_matches(|c: char| c.is_ascii_digit());
    let names = [Some(channel), kind.map(|(kind, _)| kind), Some(bare)];
    for name in names.into_iter().flatten() {
        let path = folder.join(format!("{name}_{what}"));
        match File::open(&path) {
            Ok(file) => return NumberFile { file, path }.read().map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(format!("cannot open {path:?}: {error}")),
        }
    }
    Ok(None)
}

/// A thermometer on 1-Wire.
#[derive(Debug)]
pub(super) struct W1 {
    temperature: NumberFile,
}

impl W1 {
    /// Finds it by its folder.
    pub fn open(root: &Path, device: &str) -> Result<Self, String> {
        let devices = root.join("sys/bus/w1/devices");
        let folder = devices.join(device);
        if folder.is_dir() {
            return Ok(Self { temperature: NumberFile::open(folder.join("temperature"))? });
        }
        let names = std::fs::read_dir(&devices).into_iter().flatten().flatten();
        let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let mut names: Vec<_> = names.filter(|name| !name.starts_with("w1_bus")).collect();
        names.sort();
        Err(match names.is_empty() {
            true => "nothing is on 1-Wire; write `dtoverlay=w1-gpio` into /boot/firmware/config.txt and \
                     start anew, and see to the pull-up resistor"
                .to_owned(),
            false => format!("it is not on 1-Wire; there are {}", names.join(", ")),
        })
    }

    /// The temperature in degrees Celsius. Takes up to 0.75 s: the thermometer measures when it is read.
    pub fn read(&self) -> Result<f64, String> {
        Ok(self.temperature.read()? / 1000.0)
    }
}
