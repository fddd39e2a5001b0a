//! What a chip measures: a name, a unit and the two ends of the range. Plain data.

/// One reading of a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Channel<'a> {
    /// Unique among the channels of the chip.
    pub name: &'a str,
    /// `g`, `V`, `degC`, ...; empty for a number without a unit.
    pub unit: &'a str,
    /// The lowest value that the chip can say; at it the reading is saturated. Infinite where it is not.
    pub low: f32,
    /// The highest value that the chip can say; infinite where that is no saturation.
    pub high: f32,
}

/// What [`drain`](crate::Chip::drain) brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drained {
    /// Whole frames, oldest first, at the front of the buffer.
    pub frames: usize,
    /// Frames were lost before the first of these: between them and the last drain the period is broken.
    pub gap: bool,
    /// Frames that still wait, because the buffer was full.
    pub left: usize,
}

/// A signed number of 16 bits, the low byte first.
pub(crate) fn little(pair: &[u8]) -> f32 {
    match *pair {
        [low, high] => f32::from(i16::from_le_bytes([low, high])),
        _ => f32::NAN,
    }
}

/// A signed number of 16 bits, the high byte first.
pub(crate) fn big(pair: &[u8]) -> f32 {
    match *pair {
        [high, low] => f32::from(i16::from_be_bytes([high, low])),
        _ => f32::NAN,
    }
}
