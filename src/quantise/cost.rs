//! What quantising cost: scores before and after go in; numbers come out, for people and for the file.

use serde::Serialize;

use crate::fit::WindowScore;
use crate::metrics::{Labelled, roc_auc, spearman};

/// The key in a file's `metadata_props` under which its cost is kept, as JSON.
pub const KEY: &str = "oddity.quantisation";

/// A layer that stayed in f32.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KeptLayer {
    /// Its name.
    pub name: String,
    /// Share of the mean score by which it alone changes the score; null where it could not be quantised.
    pub cost: Option<f64>,
    /// Why.
    pub reason: String,
}

/// What quantising cost.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Cost {
    /// How ranges were found.
    pub range: String,
    /// Whether the channels between layers were equalised.
    pub equalised: bool,
    /// Layers with weights and activations of 8 bits.
    pub layers: usize,
    /// Those that stayed in f32.
    pub kept: Vec<KeptLayer>,
    /// Normal windows that were compared.
    pub windows: usize,
    /// Mean score of the f32 model.
    pub score_mean: f64,
    /// Mean and largest change of the score, either way.
    pub score_change_mean: f64,
    /// See `score_change_mean`.
    pub score_change_max: f64,
    /// Rank correlation of the scores; null where they are all the same.
    pub spearman: Option<f64>,
    /// Windows that are above the limit for alerts by one model and not by the other; null without a profile.
    pub alerts_changed: Option<usize>,
    /// ROC-AUC of the f32 model; null without labels.
    pub auc_before: Option<f64>,
    /// The same of the quantised one.
    pub auc_after: Option<f64>,
    /// Of the whole file.
    pub bytes_before: usize,
    /// The same of the quantised file.
    pub bytes_after: usize,
    /// Of the weights.
    pub weight_bytes_before: usize,
    /// The same of the quantised file.
    pub weight_bytes_after: usize,
    /// Microseconds a window where this was made, one at a time.
    pub micros_before: f64,
    /// The same of the quantised model.
    pub micros_after: f64,
}

impl Cost {
    /// Compares what two models say of the same windows; `raise` is the ratio above which each raises an
    /// alert, `None` without profiles.
    pub(super) fn compare(
        &mut self,
        before: &[WindowScore],
        after: &[WindowScore],
        raise: Option<f64>,
    ) {
        let pairs = || before.iter().zip(after);
        let normal: Vec<(f64, f64)> =
            pairs().filter(|(a, _)| !a.odd).map(|(a, b)| (a.score, b.score)).collect();
        let count = normal.len().max(1) as f64;
        let changes = normal.iter().map(|(a, b)| (a - b).abs());
        self.windows = normal.len();
        self.score_mean = normal.iter().map(|(score, _)| score).sum::<f64>() / count;
        self.score_change_mean = changes.clone().sum::<f64>() / count;
        self.score_change_max = changes.fold(0.0, f64::max);
        let (scores, others): (Vec<f64>, Vec<f64>) = normal.into_iter().unzip();
        self.spearman = spearman(&scores, &others);
        self.alerts_changed = raise
            .map(|raise| pairs().filter(|(a, b)| (a.ratio > raise) != (b.ratio > raise)).count());
        self.auc_before = auc(before);
        self.auc_after = auc(after);
    }

    /// In words, a line each.
    pub fn lines(&self) -> Vec<String> {
        let equalised = if self.equalised { ", channels equalised between layers" } else { "" };
        let mut lines = vec![format!(
            "{} in 8 bits, {} in f32; ranges by {}{equalised}",
            match self.layers {
                1 => "1 layer".to_owned(),
                layers => format!("{layers} layers"),
            },
            self.kept.len(),
            self.range
        )];
        lines.extend(self.kept.iter().map(|kept| format!("f32: `{}`: {}", kept.name, kept.reason)));
        let rank = self.spearman.map_or("undefined".into(), |rank| format!("{rank:.5}"));
        lines.push(format!(
            "score of {} normal windows: {:.6} in the mean, changed by {:.6} in the mean and {:.6} at most; \
             rank correlation {rank}",
            self.windows, self.score_mean, self.score_change_mean, self.score_change_max
        ));
        lines.extend(
            self.alerts_changed
                .map(|changed| format!("alerts changed at {changed} of the windows")),
        );
        if let (Some(before), Some(after)) = (self.auc_before, self.auc_after) {
            lines.push(format!("ROC-AUC of windows: {before:.4} before, {after:.4} after"));
        }
        lines.push(format!(
            "weights: {} bytes before, {} after; file: {} before, {} after",
            self.weight_bytes_before, self.weight_bytes_after, self.bytes_before, self.bytes_after
        ));
        lines.push(format!(
            "a window takes {:.1} us before, {:.1} after, on this machine",
            self.micros_before, self.micros_after
        ));
        lines
    }
}

/// ROC-AUC of the raw scores; `None` without windows of both kinds.
fn auc(scores: &[WindowScore]) -> Option<f64> {
    let labels: Vec<bool> = scores.iter().map(|score| score.odd).collect();
    let scores: Vec<f64> = scores.iter().map(|score| score.score).collect();
    Labelled::new(&scores, &labels).ok().and_then(|rows| roc_auc(&rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_models_say_is_compared_window_by_window() {
        let of = |score: f64, ratio: f64, odd: bool| WindowScore { score, ratio, odd };
        let before = [of(1.0, 0.5, false), of(3.0, 0.9, false), of(9.0, 2.0, true)];
        let after = [of(1.5, 0.6, false), of(2.0, 1.1, false), of(1.9, 2.0, true)];
        let mut cost = Cost::default();
        cost.compare(&before, &after, Some(1.0));
        assert_eq!((cost.windows, cost.score_mean), (2, 2.0));
        assert_eq!((cost.score_change_mean, cost.score_change_max), (0.75, 1.0));
        assert_eq!((cost.spearman, cost.alerts_changed), (Some(1.0), Some(1)));
        assert_eq!((cost.auc_before, cost.auc_after), (Some(1.0), Some(0.5)));
        cost.compare(&before[..2], &after[..2], None);
        assert_eq!((cost.alerts_changed, cost.auc_before), (None, None));
    }
}
