//! Shares of what is usual and of what came go in; how far the two are from each other comes out.

/// What is compared at once has so many parts, after each of which it is.
pub(super) const PARTS: usize = 4;

/// Which way counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Readings: any.
    Any,
    /// Scores: only up.
    Up,
}

/// The largest difference of two shares: that of what is usual, and that of what came.
pub(super) fn distance(shares: impl Iterator<Item = (f64, f64)>, way: Way) -> f64 {
    let further = |(usual, found): (f64, f64)| match way {
        Way::Any => (usual - found).abs(),
        // What is larger lies below a mark more seldom.
        Way::Up => usual - found,
    };
    shares.map(further).fold(0.0, f64::max)
}
