//! Sorted values go in; one of their quantiles comes out.

use crate::math;

/// Quantile of sorted values, linear between the two nearest (Hyndman & Fan 1996, type 7).
pub fn quantile(sorted: &[f64], q: f64) -> f64 {
    let at = q.clamp(0.0, 1.0) * sorted.len().saturating_sub(1) as f64;
    let low = sorted.get(math::floor(at) as usize).copied().unwrap_or(f64::NAN);
    let high = sorted.get(math::ceil(at) as usize).copied().unwrap_or(low);
    low + (high - low) * (at - math::floor(at))
}
