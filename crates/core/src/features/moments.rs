//! Level and shape of a frame.

use crate::math::sqrt;

/// Of a frame whose mean was taken off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Moments {
    pub(super) rms: f64,
    pub(super) crest: f64,
    pub(super) kurtosis: f64,
}

impl Moments {
    pub(super) fn of(frame: &[f32]) -> Self {
        let n = frame.len().max(1) as f64;
        let (mut second, mut fourth, mut peak) = (0.0, 0.0, 0.0f64);
        for &value in frame {
            let square = f64::from(value) * f64::from(value);
            second += square;
            fourth += square * square;
            peak = peak.max(square);
        }
        let (second, fourth) = (second / n, fourth / n);
        let over = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        Self {
            rms: sqrt(second),
            crest: sqrt(over(peak, second)),
            kurtosis: over(fourth, second * second),
        }
    }
}
