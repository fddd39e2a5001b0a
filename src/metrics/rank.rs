//! Metrics of the order of scores: ROC-AUC, PR-AUC and the best F1.
//!
//! In: [`Labelled`] rows. Out: one number each, `None` where undefined. Rows of equal score are always
//! taken together, so the order of the input never matters. To pool files, concatenate their rows.

use super::labelled::Labelled;

/// The best F1 that any threshold reaches. An oracle: the labels chose the threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BestF1 {
    /// F1 at `threshold`, 0 to 1.
    pub f1: f64,
    /// The threshold: a row is alarmed when its score is at or above it. Of several, the highest.
    pub threshold: f64,
}

/// Rows at or above one threshold.
#[derive(Clone, Copy)]
struct ThresholdStep {
    threshold: f64,
    true_alarms: usize,
    false_alarms: usize,
}

/// One step for each distinct score, from the highest down; counts are cumulative.
fn steps(data: &Labelled) -> Vec<ThresholdStep> {
    let mut rows: Vec<(f64, bool)> =
        data.scores().iter().copied().zip(data.labels().iter().copied()).collect();
    rows.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let mut steps: Vec<ThresholdStep> = Vec::new();
    let (mut true_alarms, mut false_alarms) = (0, 0);
    for (threshold, positive) in rows {
        if positive {
            true_alarms += 1;
        } else {
            false_alarms += 1;
        }
        let step = ThresholdStep { threshold, true_alarms, false_alarms };
        match steps.last_mut() {
            // `==`, not total_cmp: -0.0 and 0.0 are one score.
            Some(last) if last.threshold == threshold => *last = step,
            _ => steps.push(step),
        }
    }
    steps
}

/// Area under the ROC curve: P(s+ > s-) + 0.5 P(s+ = s-), ties by midrank.
///
/// `None` without positive or without negative rows.
pub fn roc_auc(data: &Labelled) -> Option<f64> {
    let steps = steps(data);
    let all = steps.last()?;
    if all.true_alarms == 0 || all.false_alarms == 0 {
        return None;
    }
    let mut pairs = 0.0;
    let (mut above, mut false_above) = (0, 0);
    for step in &steps {
        let positives = (step.true_alarms - above) as f64;
        let tied = (step.false_alarms - false_above) as f64;
        let beaten = (all.false_alarms - step.false_alarms) as f64;
        pairs += positives * (beaten + 0.5 * tied);
        (above, false_above) = (step.true_alarms, step.false_alarms);
    }
    Some(pairs / (all.true_alarms as f64 * all.false_alarms as f64))
}

/// PR-AUC as average precision, sum of (R_k - R_{k-1}) P_k over distinct scores, no interpolation
/// (scikit-learn `average_precision_score`).
///
/// `None` without positive rows. Its floor is [`Labelled::anomaly_rate`], not 0.5.
pub fn average_precision(data: &Labelled) -> Option<f64> {
    let steps = steps(data);
    let positives = steps.last()?.true_alarms;
    if positives == 0 {
        return None;
    }
    let (mut sum, mut above) = (0.0, 0);
    for step in &steps {
        let precision = step.true_alarms as f64 / (step.true_alarms + step.false_alarms) as f64;
        sum += (step.true_alarms - above) as f64 * precision;
        above = step.true_alarms;
    }
    Some(sum / positives as f64)
}

/// Oracle: the highest F1 over all thresholds. Print it next to the F1 at the rule's threshold, never
/// as the result.
///
/// `None` without positive rows.
pub fn best_f1(data: &Labelled) -> Option<BestF1> {
    let steps = steps(data);
    let positives = steps.last()?.true_alarms;
    if positives == 0 {
        return None;
    }
    let mut best: Option<BestF1> = None;
    for step in &steps {
        let alarms = step.true_alarms + step.false_alarms;
        let f1 = 2.0 * step.true_alarms as f64 / (alarms + positives) as f64;
        if best.is_none_or(|b| f1 > b.f1) {
            best = Some(BestF1 { f1, threshold: step.threshold });
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: Option<f64>, want: f64) {
        assert!(got.is_some_and(|g| (g - want).abs() < 1e-12), "{got:?}, not {want}");
    }

    #[test]
    fn worked_example() {
        // scikit-learn's own example: ROC-AUC 0.75, average precision 0.8333.
        let labels = [false, false, true, true];
        let data = Labelled::new(&[0.1, 0.4, 0.35, 0.8], &labels).unwrap();
        close(roc_auc(&data), 0.75);
        close(average_precision(&data), 5.0 / 6.0);
        let best = best_f1(&data).unwrap();
        close(Some(best.f1), 0.8);
        assert_eq!(best.threshold, 0.35);
    }

    #[test]
    fn ties_count_half_and_order_does_not_matter() {
        for labels in [[true, false, true, false], [false, false, true, true]] {
            let data = Labelled::new(&[0.0, -0.0, 0.0, 0.0], &labels).unwrap();
            close(roc_auc(&data), 0.5);
            close(average_precision(&data), 0.5);
            close(best_f1(&data).map(|b| b.f1), 2.0 / 3.0);
        }
    }

    #[test]
    fn reversing_the_scores_mirrors_roc() {
        let labels = [true, false, true, false, false, true];
        let scores = [0.3, 0.1, 0.9, 0.3, 0.5, 0.2];
        let negated = scores.map(|s| -s);
        let auc = roc_auc(&Labelled::new(&scores, &labels).unwrap()).unwrap();
        let mirrored = roc_auc(&Labelled::new(&negated, &labels).unwrap());
        close(mirrored, 1.0 - auc);
    }

    #[test]
    fn one_class_is_undefined() {
        let normal = Labelled::new(&[1.0, 2.0], &[false, false]).unwrap();
        assert_eq!(roc_auc(&normal), None);
        assert_eq!(average_precision(&normal), None);
        assert_eq!(best_f1(&normal), None);
        let odd = Labelled::new(&[1.0, 2.0], &[true, true]).unwrap();
        assert_eq!(roc_auc(&odd), None);
        close(average_precision(&odd), 1.0);
        let none = Labelled::new(&[], &[]).unwrap();
        assert_eq!((roc_auc(&none), average_precision(&none), best_f1(&none)), (None, None, None));
    }

    #[test]
    fn equal_f1_takes_the_higher_threshold() {
        // At 3: 2*1/(1+2); at 1: 2*2/(4+2). Both are 2/3.
        let data = Labelled::new(&[3.0, 2.0, 2.0, 1.0], &[true, false, false, true]).unwrap();
        assert_eq!(best_f1(&data).unwrap().threshold, 3.0);
    }
}
