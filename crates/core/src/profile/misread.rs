//! A specification that was not understood, as an error that says what would have been.

use alloc::string::String;

/// Why a specification was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {what}; possible values: {possible}")]
pub struct SpecError {
    pub(super) text: String,
    pub(super) what: &'static str,
    pub(super) possible: &'static str,
}
