//! A number of bins goes in; the bins at which bands begin and end come out, each wider than the one before by
//! the same factor, as one hears.

use alloc::vec::Vec;

use crate::math::powf;

/// Ends of `bands` bands over the bins from 1 to `bins - 1`: band `b` has the bins from `edges[b]` to below
/// `edges[b + 1]`, one at least. As many edges as bands, and one; none where there are no bands.
///
/// There must be as many bins as bands, besides that of the mean.
pub(super) fn edges(bands: usize, bins: usize) -> Vec<usize> {
    let mut edges: Vec<usize> = Vec::with_capacity(bands + 1);
    if bands == 0 {
        return edges;
    }
    edges.push(1);
    for band in 1..=bands {
        let wanted = powf(bins as f64, band as f64 / bands as f64);
        // Low bands would be narrower than a bin; the last ones must find room.
        let least = edges.last().map_or(1, |last| last + 1);
        let most = bins.saturating_sub(bands - band);
        edges.push((crate::math::floor(wanted + 0.5) as usize).clamp(least, most.max(least)));
    }
    edges
}
