//! Windows go in, block by block; the principal components of some folds of them come out.
//!
//! Memory is one `[n, n]` matrix a fold, whatever the number of windows.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par, Side};

use super::linear::LinearAutoencoder;

/// Windows that are gathered before they are multiplied: matrix products are far faster than
/// one window at a time.
const BLOCK: usize = 128;
/// Components with less than so many times the middle variance are noise.
const NOISE: f64 = 1.5;

/// Sums and products of the windows of one fold.
#[derive(Clone, Debug)]
pub(super) struct Scatter {
    count: u64,
    sum: Vec<f64>,
    products: Mat<f64>,
    block: Mat<f64>,
    filled: usize,
}

impl Scatter {
    pub(super) fn new(inputs: usize) -> Self {
        Self {
            count: 0,
            sum: vec![0.0; inputs],
            products: Mat::zeros(inputs, inputs),
            block: Mat::zeros(inputs, BLOCK),
            filled: 0,
        }
    }

    /// Windows taken.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Takes one window, normalised.
    pub(super) fn add(&mut self, window: &[f32]) {
        for (i, (&x, sum)) in window.iter().zip(self.sum.iter_mut()).enumerate() {
            self.block[(i, self.filled)] = f64::from(x);
            *sum += f64::from(x);
        }
        self.count += 1;
        self.filled += 1;
        if self.filled == BLOCK {
            self.flush();
        }
    }

    /// Multiplies what is gathered.
    pub(super) fn flush(&mut self) {
        let block = self.block.as_ref().subcols(0, self.filled);
        matmul(&mut self.products, Accum::Add, block, block.transpose(), 1.0, Par::Seq);
        self.filled = 0;
    }

    /// What `folds` saw together. All must be flushed.
    pub(super) fn union<'a>(folds: impl Iterator<Item = &'a Scatter>, inputs: usize) -> Self {
        folds.fold(Self::new(inputs), |mut all, fold| {
            all.count += fold.count;
            all.sum.iter_mut().zip(&fold.sum).for_each(|(a, b)| *a += b);
            all.products += &fold.products;
            all
        })
    }

    /// Eigenvalues of the covariance, the largest first, and the eigenvectors as columns in the
    /// opposite order. `None` when the solver does not converge.
    pub(super) fn components(&self) -> Option<Components> {
        let n = self.sum.len();
        let count = self.count.max(1) as f64;
        let mean: Vec<f64> = self.sum.iter().map(|s| s / count).collect();
        let covariance =
            Mat::from_fn(n, n, |i, j| self.products[(i, j)] / count - mean[i] * mean[j]);
        let eigen = covariance.self_adjoint_eigen(Side::Lower).ok()?;
        let values = eigen.S().column_vector();
        let variances = (0..n).rev().map(|i| values[i].max(0.0)).collect();
        Some(Components { mean, variances, vectors: eigen.U().to_owned() })
    }
}

/// Principal components.
pub(super) struct Components {
    mean: Vec<f64>,
    /// The largest first.
    pub(super) variances: Vec<f64>,
    vectors: Mat<f64>,
}

impl Components {
    /// The fewest components that explain `share` of the variance, at least one, and one fewer
    /// than there are inputs: an autoencoder that keeps everything sees nothing odd.
    pub(super) fn latent_for(&self, share: f64) -> usize {
        let total: f64 = self.variances.iter().sum();
        let mut explained = 0.0;
        let enough = self.variances.iter().position(|v| {
            explained += v;
            explained >= share * total
        });
        let most = self.variances.len().saturating_sub(1).max(1);
        enough.map_or(most, |at| at + 1).clamp(1, most)
    }

    /// Components that stand out of the noise, whose level is the middle variance: at least one. What copies noise copies
    /// a fault, too. Where noise is in all directions alike, variances differ by less than that.
    pub(super) fn above_noise(&self) -> usize {
        let level = self.variances.get(self.variances.len() / 2).copied().unwrap_or(0.0);
        self.variances.iter().filter(|&&variance| variance > NOISE * level).count().max(1)
    }

    /// Share of the variance that the first `latent` explain.
    pub(super) fn explained(&self, latent: usize) -> f64 {
        let total: f64 = self.variances.iter().sum();
        let kept: f64 = self.variances.iter().take(latent).sum();
        if total > 0.0 { kept / total } else { 1.0 }
    }

    /// For each component, what brings its latent to the spread that it has in `whole`: latents of
    /// models of different folds are then alike enough for one statistic.
    pub(super) fn scale_to(&self, whole: &Components) -> Vec<f64> {
        let ratio =
            |(own, whole): (&f64, &f64)| if *own > 0.0 { (whole / own).sqrt() } else { 1.0 };
        self.variances.iter().zip(&whole.variances).map(ratio).collect()
    }

    /// The autoencoder that keeps the first `latent` components. Signs are fixed (the largest
    /// weight of each is positive), so that the same data gives the same file.
    pub(super) fn linear(&self, latent: usize) -> LinearAutoencoder {
        let n = self.mean.len();
        let mut basis = Vec::with_capacity(latent * n);
        for k in 0..latent.min(n) {
            let column = self.vectors.col(n - 1 - k);
            let largest = (0..n)
                .map(|i| column[i])
                .fold(0.0, |a: f64, b| if b.abs() > a.abs() * (1.0 + 1e-9) { b } else { a });
            let sign = if largest < 0.0 { -1.0 } else { 1.0 };
            basis.extend((0..n).map(|i| sign * column[i]));
        }
        LinearAutoencoder { mean: self.mean.clone(), basis, latent: latent.min(n) }
    }
}

/// Runs a linear autoencoder without ONNX: out-of-fold errors need one model a fold.
pub(super) struct LinearRun {
    linear: LinearAutoencoder,
    /// `[latent]` or longer: multiplies the latents that are given out.
    scale: Vec<f64>,
    latent: Vec<f32>,
    reconstruction: Vec<f32>,
    centred: Vec<f64>,
    restored: Vec<f64>,
}

impl LinearRun {
    pub(super) fn new(linear: LinearAutoencoder, scale: Vec<f64>) -> Self {
        let n = linear.mean.len();
        Self {
            latent: vec![0.0; linear.latent],
            reconstruction: vec![0.0; n],
            centred: vec![0.0; n],
            restored: vec![0.0; n],
            scale,
            linear,
        }
    }

    /// Reconstruction and latent of one window.
    pub(super) fn run(&mut self, window: &[f32]) -> (&[f32], &[f32]) {
        let LinearAutoencoder { mean, basis, .. } = &self.linear;
        for ((c, &x), m) in self.centred.iter_mut().zip(window).zip(mean) {
            *c = f64::from(x) - m;
        }
        self.restored.copy_from_slice(mean);
        let rows = basis.chunks_exact(mean.len().max(1));
        for ((row, z), scale) in rows.zip(self.latent.iter_mut()).zip(&self.scale) {
            let latent: f64 = row.iter().zip(&self.centred).map(|(v, c)| v * c).sum();
            self.restored.iter_mut().zip(row).for_each(|(r, v)| *r += latent * v);
            *z = (latent * scale) as f32;
        }
        for (out, &r) in self.reconstruction.iter_mut().zip(&self.restored) {
            *out = r as f32;
        }
        (&self.reconstruction, &self.latent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Windows in a plane of a space of 5.
    fn plane(count: usize) -> Vec<[f32; 5]> {
        (0..count)
            .map(|i| {
                let (a, b) = ((i as f32 * 0.37).sin() * 3.0, (i as f32 * 1.71).cos());
                [1.0 + a, 2.0 - a, a + b, b, 0.5]
            })
            .collect()
    }

    fn components(windows: &[[f32; 5]]) -> Components {
        let mut scatter = Scatter::new(5);
        windows.iter().for_each(|w| scatter.add(w));
        scatter.flush();
        scatter.components().unwrap()
    }

    #[test]
    fn a_plane_is_reconstructed_from_two_latents() {
        let windows = plane(500);
        let components = components(&windows);
        assert_eq!(components.latent_for(0.9999), 2);
        assert!(components.explained(2) > 0.999_999);
        let mut run = LinearRun::new(components.linear(2), vec![1.0; 2]);
        for window in &windows {
            let (reconstruction, latent) = run.run(window);
            assert_eq!(latent.len(), 2);
            for (x, y) in window.iter().zip(reconstruction) {
                assert!((x - y).abs() < 1e-5, "{x} {y}");
            }
        }
    }

    #[test]
    fn folds_add_up_to_the_whole() {
        let windows = plane(300);
        let mut folds = [Scatter::new(5), Scatter::new(5)];
        windows.iter().enumerate().for_each(|(i, w)| folds[i % 2].add(w));
        folds.iter_mut().for_each(Scatter::flush);
        let merged = Scatter::union(folds.iter(), 5).components().unwrap();
        let whole = components(&windows);
        assert_eq!(merged.linear(2).latent, whole.linear(2).latent);
        for (a, b) in merged.linear(2).basis.iter().zip(&whole.linear(2).basis) {
            assert!((a - b).abs() < 1e-9);
        }
    }

    #[test]
    fn noise_has_no_latent() {
        let noise = |i: usize| {
            let x = (i as f64 * 12.9898).sin() * 43_758.547;
            (x - x.floor() - 0.5) as f32
        };
        let mut windows = [[0.0; 5]; 4000];
        for (i, window) in windows.iter_mut().enumerate() {
            let common = 3.0 * noise(7 * i + 100_000);
            *window = [0, 1, 2, 3, 4].map(|at| noise(5 * i + at) + common);
        }
        let components = components(&windows);
        assert_eq!((components.latent_for(0.99), components.above_noise()), (4, 1));
    }

    #[test]
    fn something_is_always_left_out_of_the_latent() {
        assert_eq!(components(&plane(100)).latent_for(1.0), 3);
    }
}
