//! Mean and covariance of a vector, streamed; shrinkage; the inverse.

use faer::linalg::solvers::DenseSolveCore;
use faer::{Mat, Side};

use oddity_core::profile::Gaussian;

/// With fewer windows than this for each value, correlations are partly chance, for windows overlap.
const WINDOWS_A_VALUE: u64 = 10;

/// Windows from which the covariance of so many values is trusted.
pub(super) fn windows_for(values: usize) -> u64 {
    WINDOWS_A_VALUE * values as u64
}

/// Independent windows that count as good as `count` ones, which overlap, for so many values. Where they are
/// fewer than [`windows_for`], this falls faster than their number does: powers from 1 to 2 give models of the Tennessee
/// Eastman process, fitted on 500 rows of 52 channels, that find its faults alike.
fn independent(count: u64, values: usize) -> f64 {
    let count = count as f64;
    count * (count / windows_for(values).max(1) as f64).min(1.0).powf(1.5)
}

/// Sums of a vector and of its products, of `n` values each.
#[derive(Clone, Debug)]
pub(super) struct Moments {
    count: u64,
    /// Taken off every vector first: keeps the products small, so that they do not cancel.
    shift: Option<Vec<f64>>,
    sum: Vec<f64>,
    /// `[n, n]`, or `[n]` where only variances are wanted.
    products: Vec<f64>,
}

impl Moments {
    /// With all covariances.
    pub(super) fn full(n: usize) -> Self {
        Self { count: 0, shift: None, sum: vec![0.0; n], products: vec![0.0; n * n] }
    }

    /// With variances only: of many values, the covariances would cost far more than all else.
    pub(super) fn diagonal(n: usize) -> Self {
        Self { count: 0, shift: None, sum: vec![0.0; n], products: vec![0.0; n] }
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn add(&mut self, vector: &[f64]) {
        let shift = self.shift.get_or_insert_with(|| vector.to_vec());
        self.count += 1;
        let n = self.sum.len();
        let width = self.products.len() / n.max(1);
        let rows = self.products.chunks_mut(width.max(1));
        for (i, (sum, row)) in self.sum.iter_mut().zip(rows).enumerate() {
            let (Some(x), Some(s)) = (vector.get(i), shift.get(i)) else { continue };
            let x = x - s;
            *sum += x;
            let first = if width == n { 0 } else { i };
            let others = vector.iter().zip(shift.iter()).skip(first);
            for (product, (y, s)) in row.iter_mut().zip(others) {
                *product += x * (y - s);
            }
        }
    }

    pub(super) fn mean(&self) -> Vec<f64> {
        let count = self.count.max(1) as f64;
        match &self.shift {
            Some(shift) => self.sum.iter().zip(shift).map(|(sum, s)| s + sum / count).collect(),
            None => self.sum.clone(),
        }
    }

    /// Variance of each value.
    pub(super) fn variance(&self) -> Vec<f64> {
        let n = self.sum.len();
        let step = if self.products.len() == n { 1 } else { n + 1 };
        let squares = self.products.iter().step_by(step.max(1));
        let count = self.count.max(1) as f64;
        let variance =
            |(square, sum): (&f64, &f64)| (square / count - (sum / count).powi(2)).max(0.0);
        squares.zip(&self.sum).map(variance).collect()
    }

    fn covariance_at(&self, i: usize, j: usize) -> f64 {
        let count = self.count.max(1) as f64;
        let n = self.sum.len();
        self.products[i * n + j] / count - (self.sum[i] / count) * (self.sum[j] / count)
    }

    /// Mean and inverse of the shrunk covariance; for those made by [`Moments::full`].
    ///
    /// Values are brought to unit variance first, so that the shrinkage target, a multiple of the
    /// identity, treats them alike. The shrinkage is OAS: Chen, Wiesel, Eldar & Hero 2010, IEEE
    /// Trans. Signal Processing 58(10), eq. 23.
    pub(super) fn gaussian(&self) -> Gaussian {
        let n = self.sum.len();
        let deviation: Vec<f64> =
            self.variance().iter().map(|v| if *v > 0.0 { v.sqrt() } else { 1.0 }).collect();
        let correlation =
            Mat::from_fn(n, n, |i, j| self.covariance_at(i, j) / (deviation[i] * deviation[j]));
        let (shrinkage, level) = oas(&correlation, independent(self.count, n));
        let shrunk = Mat::from_fn(n, n, |i, j| {
            let target = if i == j { level } else { 0.0 };
            (1.0 - shrinkage) * correlation[(i, j)] + shrinkage * target
        });
        let inverse = invert(&shrunk);
        let precision = (0..n * n)
            .map(|at| inverse[(at / n, at % n)] / (deviation[at / n] * deviation[at % n]))
            .collect();
        Gaussian { mean: self.mean(), precision }
    }
}

/// Weight of the target, and the target's level.
fn oas(covariance: &Mat<f64>, n: f64) -> (f64, f64) {
    let p = covariance.nrows() as f64;
    let trace: f64 = (0..covariance.nrows()).map(|i| covariance[(i, i)]).sum();
    let squares = covariance.as_ref().squared_norm_l2();
    let numerator = (1.0 - 2.0 / p) * squares + trace * trace;
    let denominator = (n + 1.0 - 2.0 / p) * (squares - trace * trace / p);
    let weight = if denominator > 0.0 { (numerator / denominator).clamp(0.0, 1.0) } else { 1.0 };
    (weight, if trace > 0.0 { trace / p } else { 1.0 })
}

/// Inverse of a symmetric matrix; a ridge is added until it is positive definite.
fn invert(matrix: &Mat<f64>) -> Mat<f64> {
    let n = matrix.nrows();
    let mut ridge = 1e-9;
    loop {
        let lifted = Mat::from_fn(n, n, |i, j| matrix[(i, j)] + if i == j { ridge } else { 0.0 });
        if let Ok(cholesky) = lifted.llt(Side::Lower) {
            let inverse = cholesky.inverse();
            return Mat::from_fn(n, n, |i, j| 0.5 * (inverse[(i, j)] + inverse[(j, i)]));
        }
        if ridge > 1.0 {
            return Mat::identity(n, n);
        }
        ridge *= 100.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vectors of `values` that all follow one cause, each with a little of its own.
    fn gaussian(values: usize, count: usize) -> Gaussian {
        let noise = |i: usize| {
            let x = (i as f64 * 12.9898).sin() * 43_758.547;
            x - x.floor() - 0.5
        };
        let mut moments = Moments::full(values);
        for row in 0..count {
            let cause = noise(row);
            let vector = (0..values).map(|i| cause + 0.2 * noise(1000 * (i + 1) + row));
            moments.add(&vector.collect::<Vec<_>>());
        }
        moments.gaussian()
    }

    /// How much farther away a vector is in which one value does not follow, than one in which all do.
    fn contrast(values: usize, count: usize) -> f64 {
        let normal = gaussian(values, count);
        let distance = |vector: &[f64]| {
            let d: Vec<f64> = vector.iter().zip(&normal.mean).map(|(x, m)| x - m).collect();
            let rows = normal.precision.chunks_exact(values).zip(&d);
            let square: f64 =
                rows.map(|(row, x)| x * row.iter().zip(&d).map(|(p, y)| p * y).sum::<f64>()).sum();
            square.sqrt()
        };
        let mut odd = vec![0.5; values];
        odd[0] = -0.5;
        distance(&odd) / distance(&vec![0.5; values])
    }

    #[test]
    fn correlations_fade_with_the_windows_and_never_all_at_once() {
        let enough = windows_for(40) as usize;
        let found = [enough, enough - 1, enough / 2, enough / 4, 10].map(|n| contrast(40, n));
        assert!(found.is_sorted_by(|a, b| a >= b), "{found:?}");
        assert!(found[0] > 2.0 && found[0] / found[1] < 1.05, "{found:?}");
        assert!(found[2] > 1.5 && found[4] < 1.1, "{found:?}");
    }
}
