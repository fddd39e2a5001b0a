//! What a board's file holds, as types: text goes in by serde. What one entry says about another is
//! checked in `rules`.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use super::words::words;

/// One board, as its file says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Its maker's name for it.
    pub title: String,
    /// The target that the program is built for.
    pub triple: Triple,
    /// How much of the program fits.
    pub features: Features,
    /// Why so much.
    pub because: String,
    /// The sizes that it is sold with, in MB; empty where they are not known.
    #[serde(default)]
    pub memory_mb: Vec<u32>,
    /// What to watch out for, a sentence or two each.
    #[serde(default)]
    pub notes: Vec<String>,
    /// What nobody has confirmed, and the file therefore leaves out.
    #[serde(default)]
    pub unconfirmed: Vec<String>,
    /// How it is recognised.
    #[serde(default)]
    pub detect: Detect,
    /// Its processor.
    pub cpu: Cpu,
    /// Those on its headers that are worth using.
    #[serde(default, rename = "bus")]
    pub buses: Vec<Bus>,
    /// GPIO chips, by the names that they have in this file.
    #[serde(default, rename = "chip")]
    pub chips: BTreeMap<String, Chip>,
    /// On-board LEDs.
    #[serde(default, rename = "led")]
    pub leds: Vec<Led>,
    /// Pins that are free for these uses.
    #[serde(default)]
    pub suggest: Suggest,
    /// By chip: pin of a header -> line of the chip.
    #[serde(default)]
    pub pins: BTreeMap<String, BTreeMap<PinName, u32>>,
}

/// How the device tree names a board.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detect {
    /// Entries of `/proc/device-tree/compatible`, any of which is enough.
    #[serde(default)]
    pub compatible: Vec<String>,
    /// Beginnings of `/proc/device-tree/model`.
    #[serde(default)]
    pub model: Vec<String>,
}

/// The processor of a board.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cpu {
    /// Chip and cores, in words.
    pub name: String,
    /// How many there are; `None` where that differs.
    pub cores: Option<u32>,
    /// Those that the kernels use, of each core.
    pub features: Vec<CpuFeature>,
}

/// A bus, or a serial port.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bus {
    /// What it is.
    pub kind: BusKind,
    /// As the board's manual names it.
    pub name: String,
    /// Files in `/dev`, any of which is it; a `*` at the end stands for any characters.
    #[serde(default)]
    pub devices: Vec<String>,
    /// Its controller in the device tree, where the system chooses the number of the device file.
    pub node: Option<String>,
    /// Signal -> pin of a header.
    #[serde(default)]
    pub pins: BTreeMap<String, PinName>,
    /// Kernel modules that make the device file.
    #[serde(default)]
    pub modules: Vec<String>,
    /// How it is switched on, unless it always is.
    pub enable: Option<Enable>,
    /// Nothing is missing where it is not there.
    #[serde(default)]
    pub optional: bool,
}

/// What switches a bus on, at the next start.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enable {
    /// The first of these that there is takes the line.
    pub files: Vec<String>,
    /// `KEY=VALUE`. Where the file has that key already, VALUE may stand beside what it says.
    pub line: String,
    /// A program that does the same.
    pub command: Option<String>,
}

/// A chip with GPIO lines.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chip {
    /// What the kernel calls it; `None` where that changes.
    pub label: Option<String>,
    /// How many lines it has.
    pub lines: u32,
    /// N of `/dev/gpiochipN` -> where it has that number.
    #[serde(default)]
    pub numbers: BTreeMap<ChipNumber, String>,
}

/// An LED on the board.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Led {
    /// What is printed beside it.
    pub name: String,
    /// Names in `/sys/class/leds`, that of the newest kernel first.
    pub sysfs: Vec<String>,
    /// Where it hangs on a chip of this file.
    pub line: Option<Line>,
}

/// Pins of a header that nothing else uses.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suggest {
    /// For a lamp.
    pub led: Option<PinName>,
    /// For a buzzer.
    pub buzzer: Option<PinName>,
    /// For a relay.
    pub relay: Option<PinName>,
}

words! {
    /// Targets that the program is built for.
    enum Triple {
        /// ARMv6 with hardware floating point, glibc.
        ArmGnu = "arm-unknown-linux-gnueabihf",
        /// ARMv6 with hardware floating point, static.
        ArmMusl = "arm-unknown-linux-musleabihf",
        /// ARMv7, glibc.
        Armv7Gnu = "armv7-unknown-linux-gnueabihf",
        /// ARMv7, static.
        Armv7Musl = "armv7-unknown-linux-musleabihf",
        /// 64-bit ARM, glibc.
        Aarch64Gnu = "aarch64-unknown-linux-gnu",
        /// 64-bit ARM, static.
        Aarch64Musl = "aarch64-unknown-linux-musl",
        /// x86_64, glibc.
        X86Gnu = "x86_64-unknown-linux-gnu",
        /// x86_64, static.
        X86Musl = "x86_64-unknown-linux-musl",
    }
}

impl Triple {
    /// As [`std::env::consts::ARCH`] names it.
    pub fn arch(self) -> &'static str {
        match self {
            Self::ArmGnu | Self::ArmMusl | Self::Armv7Gnu | Self::Armv7Musl => "arm",
            Self::Aarch64Gnu | Self::Aarch64Musl => "aarch64",
            Self::X86Gnu | Self::X86Musl => "x86_64",
        }
    }
}

words! {
    /// Which build a board takes, as `tools/cross.sh` wants it.
    enum Features {
        /// All cargo features.
        Whole = "whole",
        /// What reads the board's sensors, detects, and sets its pins; the native engine alone.
        Sensors = "cli,board,modbus,sensor,vibration",
        /// The smallest program that detects.
        Smallest = "smallest",
    }
}

words! {
    /// Instructions that kernels are written for.
    enum CpuFeature {
        /// NEON of 64-bit ARM, Advanced SIMD of 32-bit ARM.
        Neon = "neon",
        /// The dot product of ARMv8.2.
        Dotprod = "dotprod",
        /// The matrix product of ARMv8.6.
        I8mm = "i8mm",
        /// AVX2.
        Avx2 = "avx2",
        /// AVX-512 with VNNI.
        Avx512Vnni = "avx512vnni",
    }
}

impl CpuFeature {
    /// Words of `/proc/cpuinfo`, any of which says that it is there.
    pub fn in_cpuinfo(self) -> &'static [&'static str] {
        match self {
            Self::Neon => &["asimd", "neon"],
            Self::Dotprod => &["asimddp"],
            Self::I8mm => &["i8mm"],
            Self::Avx2 => &["avx2"],
            Self::Avx512Vnni => &["avx512_vnni"],
        }
    }
}

words! {
    /// Kinds of buses.
    enum BusKind {
        /// Two wires, many sensors.
        I2c = "i2c",
        /// Four wires, fast.
        Spi = "spi",
        /// A serial port.
        Uart = "uart",
    }
}

/// N of `/dev/gpiochipN`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct ChipNumber(pub u32);

impl TryFrom<String> for ChipNumber {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let number = text.parse().map_err(|_| format!("{text:?} is no number of a GPIO chip"));
        number.map(Self)
    }
}

/// A line of a chip: `CHIP:LINE`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Line {
    /// Its name in the board's file.
    pub chip: String,
    /// From 0.
    pub line: u32,
}

impl TryFrom<String> for Line {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parts = text.split_once(':').and_then(|(chip, line)| Some((chip, line.parse().ok()?)));
        let (chip, line) =
            parts.ok_or_else(|| format!("{text:?} is no CHIP:LINE, such as gpio1:28"))?;
        Ok(Self { chip: chip.to_owned(), line })
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.chip, self.line)
    }
}

/// A pin of a header, such as `3` or `P9_12`. Pins are in the order of their numbers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct PinName(pub String);

impl PinName {
    fn key(&self) -> (&str, u32) {
        let digits = self.0.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let (word, number) = self.0.split_at(digits);
        (word, number.parse().unwrap_or(0))
    }
}

impl Ord for PinName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for PinName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for PinName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
