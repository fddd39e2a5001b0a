//! Pictures as numbers for models, either way.
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
mod shape;

pub use canvas::Canvas;
pub use error::PictureError;
pub use list::{Pictures, files_in, is_picture};
pub use planes::PictureWindow;
pub use shape::{MOST_PIXELS, MOST_SIDE, PictureOptions, PictureShape};
