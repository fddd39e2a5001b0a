//! A number in a register: bytes as they stand on the wire go in, a value in its unit comes out. Pure.

/// How many bytes a register has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// 8 bits.
    W8,
    /// 16 bits.
    W16,
    /// 24 bits.
    W24,
    /// 32 bits.
    W32,
}

impl Width {
    /// 8, 16, 24 or 32.
    pub fn of_bits(bits: u32) -> Option<Self> {
        Some(match bits {
            8 => Self::W8,
            16 => Self::W16,
            24 => Self::W24,
            32 => Self::W32,
            _ => return None,
        })
    }

    /// Bytes.
    pub fn bytes(self) -> usize {
        match self {
            Self::W8 => 1,
            Self::W16 => 2,
            Self::W24 => 3,
            Self::W32 => 4,
        }
    }

    /// All bits of the register.
    pub fn ones(self) -> u32 {
        u32::MAX >> (32 - 8 * self.bytes())
    }
}

/// Which byte comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Endian {
    /// The high one.
    #[default]
    Big,
    /// The low one.
    Little,
}

/// Which bits of a register are a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bits {
    width: Width,
    endian: Endian,
    signed: bool,
    mask: u32,
    shift: u32,
}

/// Why bits cannot be a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BitsError {
    /// No bit, or bits that the register has not.
    #[error("mask {mask:#x} has no bit, or bits beyond the register's {bits}")]
    Mask {
        /// The mask.
        mask: u32,
        /// Bits of the register.
        bits: usize,
    },
    /// A hole.
    #[error("mask {mask:#x} has a hole; its bits have to stand side by side")]
    Hole {
        /// The mask.
        mask: u32,
    },
    /// More than there is to the right of the mask.
    #[error("shift {shift} loses bits of mask {mask:#x}; it can be at most {most}")]
    Shift {
        /// The shift.
        shift: u32,
        /// The mask.
        mask: u32,
        /// The most that is left to shift.
        most: u32,
    },
}

impl Bits {
    /// All bits of a register.
    pub fn whole(width: Width, endian: Endian, signed: bool) -> Self {
        Self { width, endian, signed, mask: width.ones(), shift: 0 }
    }

    /// The bits of `mask`, moved right by `shift`, or, without one, so far that the mask's lowest bit is 1.
    /// With a sign it is the highest bit of the mask.
    ///
    /// # Errors
    /// When the mask is none of the register, has a hole, or the shift would lose some of it.
    pub fn masked(self, mask: u32, shift: Option<u32>) -> Result<Self, BitsError> {
        if mask == 0 || mask & !self.width.ones() != 0 {
            return Err(BitsError::Mask { mask, bits: 8 * self.width.bytes() });
        }
        let most = mask.trailing_zeros();
        if (mask >> most).count_ones() != (mask >> most).trailing_ones() {
            return Err(BitsError::Hole { mask });
        }
        let shift = shift.unwrap_or(most);
        if shift > most {
            return Err(BitsError::Shift { shift, mask, most });
        }
        Ok(Self { mask, shift, ..self })
    }

    /// Bytes of the register.
    pub fn bytes(&self) -> usize {
        self.width.bytes()
    }

    /// The lowest and the highest number that it can be.
    pub fn ends(&self) -> (i64, i64) {
        let unit = 1_i64 << (self.mask.trailing_zeros() - self.shift);
        let count = 1_i64 << self.mask.count_ones();
        let low = if self.signed { -count / 2 } else { 0 };
        (low * unit, (low + count - 1) * unit)
    }

    /// The number in the register's first bytes; bytes that are not there count as zero.
    pub fn decode(&self, bytes: &[u8]) -> i64 {
        let bytes = bytes.get(..self.width.bytes()).unwrap_or(bytes);
        let join = |all: u32, byte: &u8| all << 8 | u32::from(*byte);
        let raw = match self.endian {
            Endian::Big => bytes.iter().fold(0, join),
            Endian::Little => bytes.iter().rev().fold(0, join),
        };
        let number = i64::from((raw & self.mask) >> self.shift);
        // One beyond the highest of the bits is where a negative number goes round.
        let round = 1_i64 << (self.mask.trailing_zeros() - self.shift + self.mask.count_ones());
        if self.signed && number >= round / 2 { number - round } else { number }
    }
}
