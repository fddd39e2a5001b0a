//! One field of a profile: a value goes in, or an error comes out that names the field.

use alloc::format;
use alloc::string::String;

use crate::profile::document::VERSION;

/// Bytes of a name.
pub(super) const MAX_NAME: usize = 256;
/// Seconds of a period or a span, at most.
pub(super) const MAX_SECONDS: f64 = 366.0 * 86_400.0;

/// Why a profile is refused.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// Not the JSON document that is expected, with line and column.
    #[error("the profile is not valid: {0}; renew it with `oddity calibrate`")]
    Json(#[source] serde_json::Error),
    /// Written by a program of another time.
    #[error(
        "the profile has version {found}, this program reads versions 1 to {VERSION}; renew it with `oddity calibrate`"
    )]
    Version {
        /// The version in the document.
        found: u64,
    },
    /// A field that cannot be used.
    #[error("{field} {problem}")]
    Field {
        /// Path of the field.
        field: String,
        /// What is wrong with it.
        problem: String,
    },
}

pub(super) fn bad(field: impl Into<String>, problem: impl Into<String>) -> ProfileError {
    ProfileError::Field { field: field.into(), problem: problem.into() }
}

pub(super) fn ensure(
    ok: bool,
    field: &str,
    problem: impl FnOnce() -> String,
) -> Result<(), ProfileError> {
    if ok { Ok(()) } else { Err(bad(field, problem())) }
}

pub(super) fn positive(value: f64, field: &str) -> Result<(), ProfileError> {
    ensure(value.is_finite() && value > 0.0, field, || {
        format!("is {value}, but must be a number above zero")
    })
}

pub(super) fn numbers(values: &[f64], len: usize, field: &str) -> Result<(), ProfileError> {
    ensure(values.len() == len, field, || {
        format!("has {} numbers, but {len} are needed", values.len())
    })?;
    ensure(values.iter().all(|v| v.is_finite()), field, || {
        "holds a number that is not finite".into()
    })
}

pub(super) fn positives(values: &[f64], len: usize, field: &str) -> Result<(), ProfileError> {
    numbers(values, len, field)?;
    ensure(values.iter().all(|&v| v > 0.0), field, || {
        "holds a number that is not above zero".into()
    })
}

pub(super) fn period_of_rows(period: f64, field: &str) -> Result<(), ProfileError> {
    positive(period, field)?;
    ensure(period <= MAX_SECONDS, field, || format!("is {period}, longer than a year"))
}
