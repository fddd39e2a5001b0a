//! The registers that make up a row, and the requests that fetch them.

use std::fmt;

/// Registers in one request, at most: section 6.3 of the specification.
const MOST_REGISTERS: u16 = 125;
/// Bits in one request, at most, that fit into as many bytes.
const MOST_BITS: u16 = 2000;

/// One of the four tables of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Holding,
    Input,
    Coil,
    Discrete,
}

impl Kind {
    /// As the file has it.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("holding", Self::Holding),
        ("input", Self::Input),
        ("coil", Self::Coil),
        ("discrete", Self::Discrete),
    ];

    /// Whether a place holds one bit.
    pub fn is_bit(self) -> bool {
        matches!(self, Self::Coil | Self::Discrete)
    }
}

/// What the bits of one or two registers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    U16,
    I16,
    U32,
    I32,
    F32,
}

impl Number {
    /// As the file has it.
    pub const NAMES: [(&'static str, Self); 5] = [
        ("u16", Self::U16),
        ("i16", Self::I16),
        ("u32", Self::U32),
        ("i32", Self::I32),
        ("f32", Self::F32),
    ];

    pub fn registers(self) -> u16 {
        match self {
            Self::U16 | Self::I16 => 1,
            Self::U32 | Self::I32 | Self::F32 => 2,
        }
    }

    fn of(self, high: u16, low: u16) -> f64 {
        let both = u32::from(high) << 16 | u32::from(low);
        match self {
            Self::U16 => low.into(),
            Self::I16 => low.cast_signed().into(),
            Self::U32 => both.into(),
            Self::I32 => both.cast_signed().into(),
            Self::F32 => f32::from_bits(both).into(),
        }
    }
}

/// One channel.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::sensor) struct Register {
    pub(in crate::sensor) name: String,
    pub(in crate::sensor) unit: String,
    pub(super) kind: Kind,
    /// From 0.
    pub(super) address: u16,
    pub(super) number: Number,
    /// The register with the low half stands first.
    pub(super) low_first: bool,
    pub(super) scale: f64,
    pub(super) offset: f64,
}

impl Register {
    /// One after the last place that it takes.
    fn end(&self) -> u32 {
        let places = if self.kind.is_bit() { 1 } else { self.number.registers() };
        u32::from(self.address) + u32::from(places)
    }

    /// Of the data of a request from `first` on; a number that is not finite is missing.
    fn value(&self, data: &[u8], first: u16) -> f64 {
        let at = usize::from(self.address.saturating_sub(first));
        let value = if self.kind.is_bit() {
            let byte = data.get(at / 8).copied().unwrap_or_default();
            f64::from(byte >> (at % 8) & 1)
        } else {
            let word = |at: usize| match data.get(2 * at..2 * at + 2) {
                Some(&[high, low]) => u16::from_be_bytes([high, low]),
                _ => 0,
            };
            let (high, low) = match (self.number.registers(), self.low_first) {
                (1, _) => (0, word(at)),
                (_, false) => (word(at), word(at + 1)),
                (_, true) => (word(at + 1), word(at)),
            };
            self.number.of(high, low)
        };
        let value = value * self.scale + self.offset;
        if value.is_finite() { value } else { f64::NAN }
    }
}

/// Places of one kind that are read at once, with the channels in them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Request {
    pub(super) kind: Kind,
    pub(super) first: u16,
    pub(super) count: u16,
    /// Each with its place in the row.
    channels: Vec<(usize, Register)>,
}

impl Request {
    /// Bytes of its answer between the number of them and the checksum.
    pub fn data_bytes(&self) -> usize {
        match self.kind.is_bit() {
            true => usize::from(self.count.div_ceil(8)),
            false => 2 * usize::from(self.count),
        }
    }

    /// Bytes of its answer on a serial line: unit, function, number of bytes, data, checksum.
    pub fn answer_bytes(&self) -> usize {
        5 + self.data_bytes()
    }

    /// Puts the values of its channels where they belong.
    pub fn fill(&self, data: &[u8], values: &mut [f64]) {
        for (place, register) in &self.channels {
            if let Some(value) = values.get_mut(*place) {
                *value = register.value(data, self.first);
            }
        }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Kind::NAMES.iter().find(|(_, kind)| *kind == self.kind);
        let name = name.map_or("", |(name, _)| name);
        let what = if self.kind.is_bit() { "" } else { " register" };
        let last = u32::from(self.first) + u32::from(self.count) - 1;
        match self.count {
            1 => write!(f, "{name}{what} {}", self.first),
            _ => write!(f, "{name}{what}s {} to {last}", self.first),
        }
    }
}

/// What is asked for a row, in an order that does not change.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::sensor) struct Requests(Vec<Request>);

impl Requests {
    /// Joins registers that stand side by side. Those between others are not read: a device may refuse them.
    pub fn of(registers: &[Register]) -> Self {
        let mut in_order: Vec<(usize, &Register)> = registers.iter().enumerate().collect();
        in_order.sort_by_key(|(_, register)| (register.kind, register.address));
        let mut requests: Vec<Request> = Vec::new();
        for (place, register) in in_order {
            let most = if register.kind.is_bit() { MOST_BITS } else { MOST_REGISTERS };
            let joined = requests.last_mut().filter(|last| {
                let end = u32::from(last.first) + u32::from(last.count);
                last.kind == register.kind
                    && u32::from(register.address) <= end
                    && register.end() - u32::from(last.first) <= u32::from(most)
            });
            let channel = (place, register.clone());
            match joined {
                Some(last) => {
                    let count = register.end() - u32::from(last.first);
                    last.count = last.count.max(u16::try_from(count).unwrap_or(most));
                    last.channels.push(channel);
                }
                None => requests.push(Request {
                    kind: register.kind,
                    first: register.address,
                    count: u16::try_from(register.end() - u32::from(register.address)).unwrap_or(1),
                    channels: vec![channel],
                }),
            }
        }
        Self(requests)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn get(&self, number: usize) -> Option<&Request> {
        self.0.get(number)
    }
}
