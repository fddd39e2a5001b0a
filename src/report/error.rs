//! Why a line is no event.

/// Why a line is no event of `oddity detect`.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// No JSON, or another object.
    #[error("is not an event of `oddity detect`: {0}")]
    Line(#[from] serde_json::Error),
    /// A time that is none.
    #[error("is not an event of `oddity detect`: {0:?} is not a time")]
    Time(String),
}
