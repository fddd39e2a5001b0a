//! Volume under the surface: ROC and PR areas that forgive labels a few rows off.
//!
//! In: [`Labelled`] rows and the largest buffer L. Out: VUS-ROC and VUS-PR, `None` where undefined.
//! Formula: Paparrizos et al., "Volume Under the Surface", VLDB 15(11), 2022, in the 'opt' version of
//! TSB-AD (Liu & Paparrizos, NeurIPS 2024). For each buffer l = 0..=L, labels are widened l/2 rows to
//! both sides with weight sqrt(1 - d/l) at distance d; the areas of the L + 1 curves are averaged.
//!
//! Only rows near a label carry weight, and the alarmed set grows as the threshold falls. So each row is
//! put once into the bucket of the first threshold that alarms it, and running sums over the buckets give
//! every threshold of a curve: O(rows + ranges x l) a buffer, not O(rows x thresholds).

use super::labelled::Labelled;
use super::range::{RowRange, label_ranges};

/// Thresholds of each curve, at evenly spaced ranks of the scores.
pub const VUS_THRESHOLDS: usize = 250;

/// TSB-AD's buffer where a series has no period to take it from, in rows. Print L with every VUS.
pub const VUS_DEFAULT_BUFFER: usize = 100;

/// Mean range-AUC over buffers 0..=L.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Vus {
    /// VUS-ROC.
    pub roc: f64,
    /// VUS-PR.
    pub pr: f64,
}

/// VUS-ROC and VUS-PR of one file with buffers 0..=`buffer` rows. Rows of one file only: a buffer must
/// not reach from one file into the next.
///
/// `None` without positive or without negative rows.
pub fn vus(data: &Labelled, buffer: usize) -> Option<Vus> {
    let ranges = label_ranges(data.labels());
    let positives: usize = ranges.iter().map(RowRange::rows).sum();
    if positives == 0 || positives == data.labels().len() {
        return None;
    }
    let surface = Surface::new(data, ranges);
    let mut weights = vec![0.0; data.labels().len()];
    let (mut roc, mut pr) = (0.0, 0.0);
    for width in 0..=buffer {
        let area = surface.area(width, &mut weights);
        roc += area.roc;
        pr += area.pr;
    }
    let curves = (buffer + 1) as f64;
    Some(Vus { roc: roc / curves, pr: pr / curves })
}

/// What all curves of one file share.
struct Surface<'a> {
    labels: &'a [bool],
    ranges: Vec<RowRange>,
    /// For each row, the first (highest) threshold that alarms it.
    level: Vec<usize>,
    /// Rows alarmed at each threshold.
    alarmed: [f64; VUS_THRESHOLDS],
    /// Labelled rows alarmed at each threshold.
    hits: [f64; VUS_THRESHOLDS],
    positives: f64,
}

impl<'a> Surface<'a> {
    fn new(data: &Labelled<'a>, ranges: Vec<RowRange>) -> Self {
        let thresholds = thresholds(data.scores());
        let level: Vec<usize> =
            data.scores().iter().map(|s| thresholds.partition_point(|t| t > s)).collect();
        let mut alarmed = [0.0; VUS_THRESHOLDS];
        let mut hits = [0.0; VUS_THRESHOLDS];
        // The last threshold is the lowest score, so every level is below VUS_THRESHOLDS.
        for (row, k) in level.iter().enumerate() {
            alarmed[*k] += 1.0;
            hits[*k] += f64::from(u8::from(data.labels()[row]));
        }
        accumulate(&mut alarmed);
        accumulate(&mut hits);
        let positives = hits[VUS_THRESHOLDS - 1];
        Self { labels: data.labels(), ranges, level, alarmed, hits, positives }
    }

    /// Range-AUC at one buffer. `weights` is scratch: one zero a row, before and after.
    fn area(&self, width: usize, weights: &mut [f64]) -> Vus {
        let near = self.near_hits(width, weights);
        let touched = self.share_touched(width / 2);
        let rows = self.labels.len() as f64;
        let mut area = Vus { roc: 0.0, pr: 0.0 };
        let (mut tpr_before, mut fpr_before) = (0.0, 0.0);
        for k in 0..VUS_THRESHOLDS {
            let hits = self.hits[k] + near[k];
            // Mean of the true labels and of the widened ones, of which only alarmed rows count.
            let positives = self.positives + near[k] / 2.0;
            let tpr = (hits / positives).min(1.0) * touched[k];
            let fpr = (self.alarmed[k] - hits) / (rows - positives);
            area.roc += (fpr - fpr_before) * (tpr + tpr_before) / 2.0;
            area.pr += (tpr - tpr_before) * hits / self.alarmed[k];
            (tpr_before, fpr_before) = (tpr, fpr);
        }
        // Without this the curve ends before (1, 1).
        area.roc += (1.0 - fpr_before) * (1.0 + tpr_before) / 2.0;
        area
    }

    /// At each threshold, the weight of alarmed rows beside the labels.
    fn near_hits(&self, width: usize, weights: &mut [f64]) -> [f64; VUS_THRESHOLDS] {
        let fade: Vec<f64> =
            (1..=width / 2).map(|d| (1.0 - d as f64 / width as f64).sqrt()).collect();
        for range in &self.ranges {
            let after = weights.iter_mut().skip(range.last() + 1);
            after.zip(&fade).for_each(|(weight, fade)| *weight += fade);
            let before = weights[..range.first()].iter_mut().rev();
            before.zip(&fade).for_each(|(weight, fade)| *weight += fade);
        }
        let mut near = [0.0; VUS_THRESHOLDS];
        for (row, weight) in weights.iter_mut().enumerate().filter(|(_, w)| **w > 0.0) {
            if !self.labels[row] {
                near[self.level[row]] += weight.min(1.0);
            }
            *weight = 0.0;
        }
        accumulate(&mut near);
        near
    }

    /// At each threshold, the share of ranges, widened `half` rows to both sides and merged where they
    /// meet, that have an alarmed row.
    fn share_touched(&self, half: usize) -> [f64; VUS_THRESHOLDS] {
        let mut touched = [0.0; VUS_THRESHOLDS];
        let mut count = 0.0;
        let mut ranges = self.ranges.iter().peekable();
        while let Some(range) = ranges.next() {
            let first = range.first().saturating_sub(half);
            let mut last = range.last() + half;
            while let Some(next) = ranges.next_if(|next| last + half >= next.first()) {
                last = next.last() + half;
            }
            let last = last.min(self.level.len() - 1);
            if let Some(k) = self.level[first..=last].iter().min() {
                touched[*k] += 1.0;
            }
            count += 1.0;
        }
        accumulate(&mut touched);
        touched.map(|ranges| ranges / count)
    }
}

/// The scores at evenly spaced ranks, from the highest to the lowest. `scores` is not empty.
fn thresholds(scores: &[f64]) -> Vec<f64> {
    let mut sorted = scores.to_vec();
    sorted.sort_unstable_by(|a, b| b.total_cmp(a));
    let last = sorted.len() - 1;
    let step = last as f64 / (VUS_THRESHOLDS - 1) as f64;
    let mut ranks: Vec<usize> = (0..VUS_THRESHOLDS).map(|k| (k as f64 * step) as usize).collect();
    // Rounding could leave the last rank one short.
    ranks[VUS_THRESHOLDS - 1] = last;
    ranks.into_iter().map(|rank| sorted[rank.min(last)]).collect()
}

/// Running sums, in place.
fn accumulate(buckets: &mut [f64; VUS_THRESHOLDS]) {
    let mut sum = 0.0;
    for bucket in buckets {
        sum += *bucket;
        *bucket = sum;
    }
}

#[cfg(test)]
mod tests {
    use super::super::{average_precision, roc_auc};
    use super::*;

    /// 240 rows with distinct scores: each has a threshold of its own.
    fn example() -> (Vec<f64>, Vec<bool>) {
        let scores = (0..240).map(|i| f64::from(i * 7919 % 240)).collect();
        let labels = (0..240).map(|i| (100..120).contains(&i) || i == 129 || i > 235).collect();
        (scores, labels)
    }

    #[test]
    fn a_single_range_without_buffer_is_plain_auc() {
        let (scores, _) = example();
        let labels: Vec<bool> = (0..240).map(|i| i == 50).collect();
        let data = Labelled::new(&scores, &labels).unwrap();
        let vus = vus(&data, 0).unwrap();
        assert!((vus.roc - roc_auc(&data).unwrap()).abs() < 1e-12);
        assert!((vus.pr - average_precision(&data).unwrap()).abs() < 1e-12);
    }

    /// The definition, row by row and threshold by threshold, with none of the shortcuts above.
    fn slow(scores: &[f64], labels: &[bool], buffer: usize) -> Vus {
        let rows = labels.len();
        let ranges = label_ranges(labels);
        let positives = labels.iter().filter(|l| **l).count() as f64;
        let mut sum = Vus { roc: 0.0, pr: 0.0 };
        for width in 0..=buffer {
            let half = width / 2;
            let inside =
                |row: usize, r: &RowRange| row + half >= r.first() && row <= r.last() + half;
            let weight = |row: usize| -> f64 {
                if labels[row] {
                    return 1.0;
                }
                let near = ranges.iter().filter(|r| inside(row, r)).map(|r| {
                    let d = r.first().saturating_sub(row) + row.saturating_sub(r.last());
                    (1.0 - d as f64 / width as f64).sqrt()
                });
                near.sum::<f64>().min(1.0)
            };
            let mut points = vec![(0.0, 0.0, 1.0)];
            for threshold in thresholds(scores) {
                let alarm = |row: &usize| scores[*row] >= threshold;
                let alarms = (0..rows).filter(alarm).count() as f64;
                let hits: f64 = (0..rows).filter(alarm).map(weight).sum();
                let widened: f64 =
                    (0..rows).filter(|row| labels[*row] || alarm(row)).map(weight).sum();
                // Ranges that meet when widened are one.
                let mut merged: Vec<(usize, bool)> = Vec::new();
                for range in &ranges {
                    let hit = (0..rows).filter(alarm).any(|row| inside(row, range));
                    match merged.last_mut() {
                        Some((last, before)) if *last + 2 * half >= range.first() => {
                            (*last, *before) = (range.last(), *before || hit);
                        }
                        _ => merged.push((range.last(), hit)),
                    }
                }
                let found = merged.iter().filter(|(_, hit)| *hit).count() as f64;
                let mean_positives = (positives + widened) / 2.0;
                let tpr = (hits / mean_positives).min(1.0) * found / merged.len() as f64;
                points.push((tpr, (alarms - hits) / (rows as f64 - mean_positives), hits / alarms));
            }
            for pair in points.windows(2) {
                sum.pr += (pair[1].0 - pair[0].0) * pair[1].2;
            }
            points.push((1.0, 1.0, 0.0));
            for pair in points.windows(2) {
                sum.roc += (pair[1].1 - pair[0].1) * (pair[1].0 + pair[0].0) / 2.0;
            }
        }
        let curves = (buffer + 1) as f64;
        Vus { roc: sum.roc / curves, pr: sum.pr / curves }
    }

    #[test]
    fn running_sums_agree_with_the_definition() {
        let (scores, labels) = example();
        let ties: Vec<f64> = scores.iter().map(|s| (s / 20.0).floor()).collect();
        for scores in [scores, ties] {
            let data = Labelled::new(&scores, &labels).unwrap();
            let (fast, slow) = (vus(&data, 13).unwrap(), slow(&scores, &labels, 13));
            assert!((fast.roc - slow.roc).abs() < 1e-12, "{fast:?} {slow:?}");
            assert!((fast.pr - slow.pr).abs() < 1e-12, "{fast:?} {slow:?}");
        }
    }

    #[test]
    fn a_buffer_forgives_a_near_miss() {
        let labels: Vec<bool> = (0..500).map(|i| (200..220).contains(&i)).collect();
        let scores: Vec<f64> =
            (0..500).map(|i| f64::from(u8::from((220..230).contains(&i)))).collect();
        let data = Labelled::new(&scores, &labels).unwrap();
        let (strict, forgiving) = (vus(&data, 0).unwrap(), vus(&data, 40).unwrap());
        assert!(forgiving.pr > 2.0 * strict.pr, "{strict:?} {forgiving:?}");
    }

    #[test]
    fn one_class_is_undefined() {
        for labels in [[true; 4], [false; 4]] {
            let data = Labelled::new(&[1.0, 2.0, 3.0, 4.0], &labels).unwrap();
            assert_eq!(vus(&data, 10), None);
        }
        assert_eq!(vus(&Labelled::new(&[], &[]).unwrap(), 10), None);
    }

    #[test]
    fn a_buffer_longer_than_the_file_is_fine() {
        let data = Labelled::new(&[1.0, 2.0, 3.0], &[false, true, false]).unwrap();
        let vus = vus(&data, 50).unwrap();
        assert!(vus.roc.is_finite() && vus.pr.is_finite());
    }
}
