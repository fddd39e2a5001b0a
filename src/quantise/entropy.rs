//! The range whose 256 steps keep most of a distribution: the calibration of TensorRT (Migacz 2017,
//! "8-bit Inference with TensorRT"), for ranges that need not be symmetric.

use super::histogram::{BINS, Histogram};

/// Groups of bins that become one step each.
const GROUPS: usize = 256;
/// Ranges that are tried, from the smallest that has a bin a step to all of it.
const TRIED: usize = 128;
/// Taken for the probability of what never happens: a divergence stays finite.
const NEVER: f64 = 1e-9;

/// The range with the least divergence; both ends are drawn in to the same distance from zero.
pub(super) fn range(histogram: &Histogram) -> (f64, f64) {
    let width = (histogram.high - histogram.low) / BINS as f64;
    let zero = ((-histogram.low / width) as usize).min(BINS);
    let least = GROUPS as f64 / BINS as f64;
    let ends = |tried: usize| {
        let share = least + (1.0 - least) * tried as f64 / TRIED as f64;
        let reach = (zero.max(BINS - zero) as f64 * share).round() as usize;
        let (first, last) = (zero.saturating_sub(reach), (zero + reach).min(BINS));
        (first.min(BINS - 1), last.max(first + 1))
    };
    // Zero is a step of its own in every range. The many of a Relu must not outweigh all else.
    let mut bins = histogram.bins.clone();
    let around = [zero.checked_sub(1), Some(zero + 1)].into_iter().flatten();
    let beside = around.filter_map(|bin| bins.get(bin).copied()).max().unwrap_or(0);
    if let Some(bin) = bins.get_mut(zero.min(BINS - 1)) {
        *bin = beside.min(*bin);
    }
    let of = |tried: usize| {
        let (first, last) = ends(tried);
        divergence(&bins, first, last)
    };
    let best = (0..=TRIED).rev().min_by(|&a, &b| of(a).total_cmp(&of(b)));
    let (first, last) = ends(best.unwrap_or(TRIED));
    let at = |bin: usize| histogram.low + bin as f64 * width;
    (at(first).min(0.0), at(last).max(0.0))
}

/// Kullback-Leibler divergence of the bins, what lies outside counted at the ends, from what is left of
/// those inside when they are put together in groups.
fn divergence(bins: &[u64], first: usize, last: usize) -> f64 {
    let Some(inside) = bins.get(first..last) else { return f64::INFINITY };
    let sum = |bins: Option<&[u64]>| bins.unwrap_or_default().iter().sum::<u64>() as f64;
    let (below, above) = (sum(bins.get(..first)), sum(bins.get(last..)));
    let mut real: Vec<f64> = inside.iter().map(|&count| count as f64).collect();
    if let Some(end) = real.first_mut() {
        *end += below;
    }
    if let Some(end) = real.last_mut() {
        *end += above;
    }
    let mut kept = Vec::with_capacity(inside.len());
    for group in 0..GROUPS.min(inside.len()) {
        let groups = GROUPS.min(inside.len());
        let (from, to) = (group * inside.len() / groups, (group + 1) * inside.len() / groups);
        let (counts, real) = (inside.get(from..to), real.get(from..to));
        let (counts, real) = (counts.unwrap_or_default(), real.unwrap_or_default());
        let used = real.iter().filter(|count| **count > 0.0).count().max(1) as f64;
        let each = counts.iter().sum::<u64>() as f64 / used;
        kept.extend(real.iter().map(|&count| if count > 0.0 { each } else { 0.0 }));
    }
    let (real, kept) = (shares(&real), shares(&kept));
    real.iter().zip(&kept).filter(|(p, _)| **p > 0.0).map(|(p, q)| p * (p / q).ln()).sum()
}

/// Shares of the whole; what never happens gets a little of what does.
fn shares(counts: &[f64]) -> Vec<f64> {
    let all: f64 = counts.iter().sum();
    let never = counts.iter().filter(|count| **count == 0.0).count();
    let often = counts.len() - never;
    if all <= 0.0 || often == 0 {
        return vec![1.0 / counts.len().max(1) as f64; counts.len()];
    }
    let taken = NEVER * never as f64 / often as f64;
    let share = |count: &f64| if *count > 0.0 { (count / all - taken).max(1e-12) } else { NEVER };
    counts.iter().map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_distribution_loses_nothing_in_groups_and_much_at_cut_ends() {
        let bins = vec![10; BINS];
        assert!(divergence(&bins, 0, BINS).abs() < 1e-9);
        assert!(divergence(&bins, 256, BINS - 256) > 0.1);
    }

    #[test]
    fn two_bins_of_a_group_are_told_apart_no_more() {
        // 512 bins in 256 groups: each group has one bin of 1 and one of 3; the group keeps 2 and 2.
        let bins: Vec<u64> = (0..512).map(|bin| if bin % 2 == 0 { 1 } else { 3 }).collect();
        let wanted = 0.25 * (0.5f64).ln() + 0.75 * (1.5f64).ln();
        assert!((divergence(&bins, 0, 512) - wanted).abs() < 1e-9);
    }
}
