//! The files that were named go in; rows of sensors, or pictures, come out, ready to be looked
//! through.

use std::path::PathBuf;

use oddity::args::LearnArgs;
use oddity::fit::{Data, FitError, FitOptions, Prepared};
use oddity::picture::{self, PictureShape, Pictures, is_picture};
use oddity::profile::Layout;

use super::error::WindowsError;
use crate::net::Axes;

/// What a model is to learn from.
#[derive(Debug)]
pub enum WindowSource {
    /// Rows of sensors.
    Rows(Box<Data>),
    /// PictureShape, Pictures, and what all are brought to.
    Pictures(Vec<PathBuf>, picture::PictureOptions),
}

impl WindowSource {
    /// Whether these files are pictures; not of several kinds.
    ///
    /// # Errors
    /// When some are pictures, and others are not.
    pub fn are_pictures(files: &[PathBuf]) -> Result<bool, WindowsError> {
        let pictures = files.iter().filter(|path| is_picture(path)).count();
        match pictures {
            0 => Ok(false),
            all if all == files.len() => Ok(true),
            _ => Err(WindowsError::Mixed),
        }
    }

    /// Without the rows that are not to be learned from.
    ///
    /// # Errors
    /// When that has to be found out, and the data cannot be read or is too little.
    pub fn without(self, learn: &LearnArgs, options: &FitOptions) -> Result<Self, FitError> {
        match self {
            Self::Rows(data) => Ok(Self::Rows(Box::new(learn.leave_out(*data, options)?))),
            Self::Pictures(..) => Ok(self),
        }
    }

    /// Looks through the data.
    ///
    /// # Errors
    /// When it cannot be read, is too little, or has nothing that can be watched.
    pub fn prepare(&self, options: &FitOptions) -> Result<(Prepared<'_>, Axes), FitError> {
        match self {
            Self::Rows(data) => {
                let prepared = Prepared::rows(data, options)?;
                let shape = prepared.shape();
                let axes = match prepared.layout() {
                    Layout::Features => Axes::Features(shape.channels),
                    _ => Axes::Rows { time: shape.window, channels: shape.channels },
                };
                Ok((prepared, axes))
            }
            Self::Pictures(paths, size) => {
                let PictureShape { planes, height, width } = Pictures::open(paths, *size)?.shape();
                let prepared = Prepared::pictures(paths, *size, options)?;
                Ok((prepared, Axes::Picture { planes, height, width }))
            }
        }
    }
}
