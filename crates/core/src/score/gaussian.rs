//! Mahalanobis distance.

use crate::math::sqrt;
use crate::profile::Gaussian;

/// Mahalanobis distance of `x`, which becomes its difference from the mean; `contribution[i]` becomes
/// its part of the square.
pub(super) fn distance(normal: &Gaussian, x: &mut [f64], contribution: &mut [f64]) -> f64 {
    for (x, mean) in x.iter_mut().zip(&normal.mean) {
        *x -= mean;
    }
    let rows = normal.precision.chunks_exact(x.len().max(1));
    let mut square = 0.0;
    for ((row, &delta), out) in rows.zip(x.iter()).zip(contribution) {
        *out = delta * dot(row, x);
        square += *out;
    }
    sqrt(square.max(0.0))
}

/// Inner product, in four chains.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<4>(), b.as_chunks::<4>());
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    for ((sum, a), b) in sums.iter_mut().zip(a_rest).zip(b_rest) {
        *sum += a * b;
    }
    let [a, b, c, d] = sums;
    (a + b) + (c + d)
}
