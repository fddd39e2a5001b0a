//! Mahalanobis distance.

use crate::math::sqrt;
use crate::profile::Gaussian;

/// Mahalanobis distance of `x`; `contribution[i]` becomes its part of the square.
pub(super) fn distance(normal: &Gaussian, x: &[f64], contribution: &mut [f64]) -> f64 {
    let n = x.len();
    let mut square = 0.0;
    for ((i, row), out) in
        normal.precision.chunks_exact(n.max(1)).enumerate().zip(contribution.iter_mut())
    {
        let along: f64 = row
            .iter()
            .zip(x)
            .zip(&normal.mean)
            .map(|((precision, x), mean)| precision * (x - mean))
            .sum();
        let delta = x.get(i).zip(normal.mean.get(i)).map_or(0.0, |(x, mean)| x - mean);
        *out = delta * along;
        square += *out;
    }
    sqrt(square.max(0.0))
}
