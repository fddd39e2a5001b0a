//! Normal data goes in, as the library reads and cuts it; windows to train with come out.

mod error;
mod labels;
mod source;
mod windows;

pub use error::WindowsError;
pub use labels::{HeadKind, HeadRequest, WindowLabels};
pub use source::WindowSource;
pub use windows::{VALIDATION, WindowChoice, WindowCounts, WindowSet};
