//! From volts at a converter to what they stand for: volts, volts of a transducer, a loop of 4 to 20 mA.

/// Bytes of a unit at most.
const MOST_BYTES: usize = 12;

/// The name of a unit: up to 12 bytes, without a heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    bytes: [u8; MOST_BYTES],
    length: usize,
}

impl Unit {
    /// Volts.
    pub const VOLTS: Self = Self { bytes: *b"V\0\0\0\0\0\0\0\0\0\0\0", length: 1 };

    /// `None` when the name is longer than 12 bytes.
    pub fn new(name: &str) -> Option<Self> {
        let mut bytes = [0; MOST_BYTES];
        bytes.get_mut(..name.len())?.copy_from_slice(name.as_bytes());
        Some(Self { bytes, length: name.len() })
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..self.length).unwrap_or_default();
        core::str::from_utf8(bytes).unwrap_or_default()
    }
}

impl Default for Unit {
    fn default() -> Self {
        Self::VOLTS
    }
}

/// What a voltage stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Scale {
    /// Itself.
    #[default]
    Volts,
    /// A straight line through two points.
    Line(Line),
    /// The current through a resistor, as a straight line through 4 and 20 mA.
    Loop {
        /// Volts at 4 mA become the lower value, volts at 20 mA the upper.
        line: Line,
        /// Volts at 3.6 mA.
        broken_below: f32,
        /// Volts at 21 mA.
        broken_above: f32,
    },
}

impl Scale {
    /// A transducer: `from` volts mean `to`. `None` when the line is none, or a number is not finite.
    pub fn line(from: (f32, f32), to: (f32, f32)) -> Option<Self> {
        Line::new(from, to).map(Self::Line)
    }

    /// A transmitter of 4 to 20 mA through a resistor of `ohm`; 4 mA mean `to.0`, 20 mA `to.1`. Below 3.6
    /// and above 21 mA the transmitter or its wires are broken (NAMUR NE 43): the reading is missing.
    /// `None` when the line is none, or a number is not finite.
    pub fn current_loop(ohm: f32, to: (f32, f32)) -> Option<Self> {
        let line = Line::new((0.004 * ohm, 0.020 * ohm), to)?;
        let (broken_below, broken_above) = (0.0036 * ohm, 0.021 * ohm);
        (ohm > 0.0).then_some(Self::Loop { line, broken_below, broken_above })
    }

    /// What so many volts stand for; NaN when a loop is broken.
    pub fn apply(&self, volts: f32) -> f32 {
        match *self {
            Self::Volts => volts,
            Self::Line(line) => line.at(volts),
            Self::Loop { line, broken_below, broken_above } => {
                if volts < broken_below || volts > broken_above { f32::NAN } else { line.at(volts) }
            }
        }
    }

    /// What the two ends of the converter stand for, in order.
    pub(crate) fn ends(&self, low: f32, high: f32) -> (f32, f32) {
        let (a, b) = match *self {
            Self::Volts => (low, high),
            Self::Line(line) => (line.at(low), line.at(high)),
            Self::Loop { line, broken_below, broken_above } => {
                (line.at(low.max(broken_below)), line.at(high.min(broken_above)))
            }
        };
        (a.min(b), a.max(b))
    }
}

/// A straight line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    slope: f32,
    offset: f32,
}

impl Line {
    fn new(from: (f32, f32), to: (f32, f32)) -> Option<Self> {
        let slope = (to.1 - to.0) / (from.1 - from.0);
        let offset = to.0 - slope * from.0;
        (slope.is_finite() && slope != 0.0 && offset.is_finite()).then_some(Self { slope, offset })
    }

    fn at(&self, x: f32) -> f32 {
        self.slope * x + self.offset
    }
}
