//! Spearman's rank correlation. In: two values a row. Out: one number from -1 to 1, `None` where undefined.

/// Pearson's correlation of the ranks; equal values share the mean of their ranks.
///
/// `None` when the lengths differ, or either list is empty or of one value throughout.
pub fn spearman(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.len() != b.len() {
        return None;
    }
    let (a, b) = (ranks(a), ranks(b));
    let mean = (a.len() as f64 + 1.0) / 2.0;
    let product = |a: &[f64], b: &[f64]| -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - mean) * (b - mean)).sum()
    };
    let spread = (product(&a, &a) * product(&b, &b)).sqrt();
    (spread > 0.0).then(|| product(&a, &b) / spread)
}

/// From 1.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<(usize, f64)> = values.iter().copied().enumerate().collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    // `==`, not total_cmp: -0.0 and 0.0 are one value.
    for equal in order.chunk_by(|a, b| a.1 == b.1) {
        let rank = first as f64 + (equal.len() as f64 + 1.0) / 2.0;
        for &(at, _) in equal {
            if let Some(place) = ranks.get_mut(at) {
                *place = rank;
            }
        }
        first += equal.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_examples() {
        // scipy.stats.spearmanr gives the same.
        let a = [1.0, 2.0, 3.0, 4.0, 5.0];
        let tied = spearman(&a, &[5.0, 6.0, 7.0, 8.0, 7.0]).unwrap();
        assert!((tied - 0.820_782_681_668_123_4).abs() < 1e-12, "{tied}");
        assert_eq!(spearman(&a, &[0.1, 1.0, 10.0, 100.0, 1e3]), Some(1.0));
        assert_eq!(spearman(&a, &[9.0, 7.0, 5.0, 3.0, 1.0]), Some(-1.0));
    }

    #[test]
    fn undefined_without_differences() {
        assert_eq!(spearman(&[], &[]), None);
        assert_eq!(spearman(&[1.0, 2.0], &[3.0, 3.0]), None);
        assert_eq!(spearman(&[1.0, 2.0], &[3.0]), None);
    }
}
