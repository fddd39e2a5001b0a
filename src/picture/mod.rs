//! Pictures as models see them, and as people do.
//!
//! PNG, JPEG and MNIST idx files go in; planes `[planes, height, width]` of f32 from 0 to 1 come
//! out, one picture at a time. Back go pictures, heat maps and grids as PNG. This room knows nothing
//! of models, writes no file, and never holds more than one picture of its input.

mod canvas;
mod colour;
mod error;
mod file;
mod idx;
mod list;
mod planes;

pub use canvas::Canvas;
pub use error::PictureError;
pub use list::{Options, Pictures, files_in, is_picture};
pub use planes::{normalise, restore};

/// Planes (1 is grey, 3 are red, green and blue), height and width of a picture.
pub type Shape = (usize, usize, usize);

/// Largest width or height of a picture, in pixels.
pub const MOST_SIDE: usize = 16_384;

/// Most pixels of a picture.
pub const MOST_PIXELS: usize = 1 << 26;

/// Values in a picture.
pub fn len((planes, height, width): Shape) -> usize {
    planes * height * width
}

/// A shape in words: `28 x 20 grey`, height first.
pub fn describe((planes, height, width): Shape) -> String {
    let planes = match planes {
        1 => "grey".to_owned(),
        3 => "colour".to_owned(),
        planes => format!("x {planes} planes"),
    };
    format!("{height} x {width} {planes}")
}
