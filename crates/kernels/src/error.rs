//! What can be wrong with a call or with a layer. Never says so by a panic.

use core::fmt;

/// Why a kernel was not made, or did not run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KernelError {
    /// A slice is shorter or longer than its shape needs.
    Length {
        /// Which slice.
        what: &'static str,
        /// How many values its shape asks for.
        needed: usize,
        /// How many it has.
        got: usize,
    },
    /// A number lies outside what the kernel is exact for.
    Value {
        /// Which number, and what it has to be.
        what: &'static str,
    },
    /// The layer ends in the other kind of number: u8 instead of f32, or the other way round.
    Finish,
    /// This processor does not have the instructions of the tier.
    Tier {
        /// The tier's name.
        name: &'static str,
    },
}

impl fmt::Display for KernelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { what, needed, got } => {
                write!(f, "{what}: {got} values where {needed} are needed")
            }
            Self::Value { what } => f.write_str(what),
            Self::Finish => f.write_str("the layer ends in the other kind of number (u8 or f32)"),
            Self::Tier { name } => {
                write!(f, "this processor has no instructions for {name}")
            }
        }
    }
}

impl core::error::Error for KernelError {}

/// An error unless `got` is `needed`.
pub(crate) fn same_length(
    what: &'static str,
    needed: usize,
    got: usize,
) -> Result<(), KernelError> {
    if needed == got { Ok(()) } else { Err(KernelError::Length { what, needed, got }) }
}

/// An error unless `got` is at least `needed`; `None` is a length that no memory has.
pub(crate) fn at_least(
    what: &'static str,
    needed: Option<usize>,
    got: usize,
) -> Result<(), KernelError> {
    match needed {
        Some(needed) if needed <= got => Ok(()),
        _ => Err(KernelError::Length { what, needed: needed.unwrap_or(usize::MAX), got }),
    }
}
