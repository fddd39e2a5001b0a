//! Why a report could not be made, for programs (the variant) and for people (the text).

/// Why a report could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// Two parts of the report do not fit together.
    #[error(
        "the report on {what} holds {got} values where {want} belong; this is a bug in the caller"
    )]
    Length {
        /// Which part.
        what: String,
        /// Values it holds.
        got: usize,
        /// Values it should hold.
        want: usize,
    },
    /// The drawing library gave up.
    #[error("{0}; the model itself is not affected")]
    Draw(#[from] oddity::chart::ChartError),
    /// A picture could not be packed.
    #[error(
        "a picture of the report could not be written as PNG: {0}; the model itself is not \
         affected"
    )]
    Png(#[from] png::EncodingError),
}
