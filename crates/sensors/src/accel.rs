//! What the chips that measure acceleration have in common: the range, and the level of a FIFO.

/// Ends of the range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Range {
    /// ±2 g.
    #[default]
    G2,
    /// ±4 g.
    G4,
    /// ±8 g.
    G8,
    /// ±16 g.
    G16,
}

impl Range {
    /// The range of ±`g`: 2, 4, 8 or 16.
    pub fn of_g(g: u32) -> Option<Self> {
        Some(match g {
            2 => Self::G2,
            4 => Self::G4,
            8 => Self::G8,
            16 => Self::G16,
            _ => return None,
        })
    }

    /// As all these chips number them.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::G2 => 0,
            Self::G4 => 1,
            Self::G8 => 2,
            Self::G16 => 3,
        }
    }
}

/// A level of a FIFO of 32 frames, from 1 to 31.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watermark(u8);

impl Watermark {
    /// `None` outside of 1 to 31.
    pub const fn new(frames: u8) -> Option<Self> {
        if matches!(frames, 1..=31) { Some(Self(frames)) } else { None }
    }

    /// Frames.
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl Default for Watermark {
    /// Half of the FIFO: as much time to be late as to wait.
    fn default() -> Self {
        Self(16)
    }
}
