//! Mean and covariance of a vector, streamed; shrinkage; the inverse.

use faer::linalg::solvers::DenseSolveCore;
use faer::{Mat, Side};

use oddity_core::profile::Gaussian;

/// With fewer windows than this for each value, correlations are mostly chance: they count as
/// zero.
const WINDOWS_A_VALUE: u64 = 10;

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
        let (shrinkage, level) = match self.count < WINDOWS_A_VALUE * n as u64 {
            true => (1.0, 1.0),
            false => oas(&correlation, self.count),
        };
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
fn oas(covariance: &Mat<f64>, count: u64) -> (f64, f64) {
    let p = covariance.nrows() as f64;
    let n = count as f64;
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
