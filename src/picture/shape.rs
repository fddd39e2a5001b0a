//! How large pictures are: what one can be, is, or is wanted to be.

use std::fmt;

/// Largest width or height of a picture, in pixels.
pub const MOST_SIDE: usize = 16_384;

/// Most pixels of a picture.
pub const MOST_PIXELS: usize = 1 << 26;

/// The shape of a picture. Displays as `28 x 20 grey`, height first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureShape {
    /// 1 is grey, 3 are red, green and blue.
    pub planes: usize,
    /// In pixels.
    pub height: usize,
    /// In pixels.
    pub width: usize,
}

impl PictureShape {
    /// Values in a picture.
    pub fn values(self) -> usize {
        self.planes * self.height * self.width
    }
}

impl fmt::Display for PictureShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { planes, height, width } = self;
        match planes {
            1 => write!(f, "{height} x {width} grey"),
            3 => write!(f, "{height} x {width} colour"),
            _ => write!(f, "{height} x {width} x {planes} planes"),
        }
    }
}

/// What all pictures are brought to. Nothing asked for leaves them as they are; then they must be
/// all alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PictureOptions {
    /// Height and width in pixels.
    pub size: Option<(usize, usize)>,
    /// 1 for grey, 3 for colour.
    pub planes: Option<usize>,
}
