//! Why a chart could not be drawn.

/// The drawing library gave up.
#[derive(Debug, thiserror::Error)]
#[error("a chart could not be drawn: {0}")]
pub struct ChartError(pub String);
