//! Why a program cannot be built or run.

use alloc::string::String;
use core::fmt;

use crate::error::KernelError;

/// Why a program cannot be built or run.
#[derive(Clone, Debug, PartialEq)]
pub enum ProgramError {
    /// A layer refuses its sizes.
    Kernel(String, KernelError),
    /// What is given to run has not the right length.
    Length,
    /// Its buffers take more than is allowed.
    TooLarge {
        /// Bytes for one window.
        bytes: usize,
    },
    /// The program contradicts itself: a mistake of whoever built it.
    Inside(&'static str),
}

impl fmt::Display for ProgramError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProgramError::Kernel(name, error) => write!(f, "layer `{name}`: {error}"),
            ProgramError::Length => f.write_str("the windows or the answers have the wrong length"),
            ProgramError::TooLarge { bytes } => write!(f, "a window takes {bytes} bytes"),
            ProgramError::Inside(what) => f.write_str(what),
        }
    }
}

impl core::error::Error for ProgramError {}
