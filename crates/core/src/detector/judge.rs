//! One window and a model's answer go in; the verdict on it comes out, for rows and pictures alike.
//!
//! Keeps nothing from one window to the next.

use alloc::vec::Vec;

use crate::event::HeadValue;
use crate::profile::{HeadSpec, Profile, ScoreSpec};
use crate::score::{ScoreError, Scorer};
use crate::types::Answer;
use crate::window::WindowShape;

/// Score of a window whose answer is not finite: odd, not unknown.
const OVERFLOW_SCORE: f64 = 1e300;

/// What is to be said of one window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict<'a> {
    /// Higher is odder.
    pub score: f64,
    /// Score over threshold: above 1 is anomalous. `None` without a profile.
    pub ratio: Option<f64>,
    /// Whether the ratio is above what raises an alert. `None` without a profile.
    pub odd: Option<bool>,
    /// The model's arithmetic, or the score's, ran over: the score stands for that, and the channel
    /// with the largest reading is to blame.
    pub overflow: bool,
    /// Share of each channel in the score, `[channels]`; they add up to 1, or are all zero.
    pub shares: &'a [f64],
    /// What the model's second output says.
    pub head: Option<HeadValue<'a>>,
}

/// Judges windows. One a thread; allocates nothing once warmed up.
///
/// ```
/// use oddity_core::detector::Judge;
/// use oddity_core::types::Answer;
/// use oddity_core::window::WindowShape;
///
/// let shape = WindowShape { window: 2, channels: 1, channels_first: false };
/// let mut judge = Judge::without_profile(shape);
/// let answer = Answer { values: &[1.0, 0.0], latent: &[], head: &[], finite: true };
/// assert_eq!(judge.judge(&[1.0, 2.0], &answer)?.score, 2.0);
/// # Ok::<_, oddity_core::score::ScoreError>(())
/// ```
#[derive(Debug)]
pub struct Judge {
    scorer: Scorer,
    /// And the ratio that raises an alert.
    threshold: Option<(f64, f64)>,
    head: Option<HeadSpec>,
    blame: Vec<(usize, f64)>,
}

impl Judge {
    /// With the score, threshold and head of a profile.
    pub fn new(profile: &Profile) -> Self {
        Self {
            scorer: Scorer::of(profile),
            threshold: Some((profile.threshold.value, profile.alert.raise)),
            head: profile.head.clone(),
            blame: Vec::with_capacity(profile.channels.len()),
        }
    }

    /// Without a profile: the score is the mean squared error, and there is nothing to hold it against.
    pub fn without_profile(shape: WindowShape) -> Self {
        Self {
            scorer: Scorer::new(&ScoreSpec::Mse, shape),
            threshold: None,
            head: None,
            blame: Vec::with_capacity(shape.channels),
        }
    }

    /// Judges one window, given in the model's layout and normalised.
    ///
    /// # Errors
    /// [`ScoreError::Latent`] when the score needs a latent that the answer has not.
    pub fn judge(
        &mut self,
        window: &[f32],
        answer: &Answer<'_>,
    ) -> Result<Verdict<'_>, ScoreError> {
        let mut score = self.scorer.score(window, answer.values, answer.latent)?;
        let overflow = !(answer.finite && score.is_finite());
        if overflow {
            self.scorer.blame_largest(window);
            score = OVERFLOW_SCORE;
        }
        Ok(Verdict {
            score,
            ratio: self.threshold.map(|(threshold, _)| score / threshold),
            odd: self.threshold.map(|(threshold, raise)| score / threshold > raise),
            overflow,
            shares: self.scorer.shares(),
            head: self.head(answer),
        })
    }

    /// What the model's second output says in this answer.
    pub fn head(&self, answer: &Answer<'_>) -> Option<HeadValue<'_>> {
        head_value(self.head.as_ref()?, answer.head)
    }

    /// Ranks the channels by their share in the last score, for [`Judge::blame`].
    pub(super) fn rank(&mut self) {
        self.blame.clear();
        let shares = self.scorer.shares().iter().copied().enumerate();
        self.blame.extend(shares.filter(|&(_, share)| share > 0.0));
        self.blame.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    }

    /// The channels with a share in the score that was ranked last, the largest first.
    pub(super) fn blame(&self) -> &[(usize, f64)] {
        &self.blame
    }
}

/// What the values of a second output say of one window; `None` where they are not finite.
pub fn head_value<'a>(spec: &'a HeadSpec, values: &[f32]) -> Option<HeadValue<'a>> {
    let values = values.iter().copied().map(f64::from);
    match spec {
        HeadSpec::Class { classes } => values
            .zip(classes)
            .filter(|(probability, _)| probability.is_finite())
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(probability, name)| HeadValue::Class { name, probability }),
        HeadSpec::Estimate { name, mean, scale } => {
            let value = values.map(|value| value * scale + mean).next();
            value.filter(|v| v.is_finite()).map(|value| HeadValue::Estimate { name, value })
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    const SHAPE: WindowShape = WindowShape { window: 2, channels: 2, channels_first: false };

    fn answer(values: &[f32]) -> Answer<'_> {
        Answer { values, latent: &[], head: &[], finite: values.iter().all(|v| v.is_finite()) }
    }

    #[test]
    fn without_a_profile_there_is_a_score_and_no_ratio() {
        let mut judge = Judge::without_profile(SHAPE);
        let verdict = judge.judge(&[1.0, 0.0, 3.0, 0.0], &answer(&[0.0; 4])).unwrap();
        assert_eq!((verdict.score, verdict.ratio, verdict.overflow), (2.5, None, false));
        assert_eq!(verdict.shares, [1.0, 0.0]);
    }

    #[test]
    fn what_runs_over_is_odd_and_blames_the_largest_reading() {
        let mut judge = Judge::without_profile(SHAPE);
        let window = [1.0, 0.0, 2.0, -1e30];
        for values in [[f32::NAN, 0.0, 0.0, 0.0], [f32::INFINITY; 4]] {
            let verdict = judge.judge(&window, &answer(&values)).unwrap();
            assert!(verdict.overflow && verdict.score == OVERFLOW_SCORE);
            assert_eq!(verdict.shares, [0.0, 1.0]);
            judge.rank();
            assert_eq!(judge.blame(), [(1, 1.0)]);
        }
    }

    #[test]
    fn a_head_says_the_likeliest_class_or_a_quantity_in_its_unit() {
        let classes = HeadSpec::Class { classes: vec!["ok".into(), "worn".into()] };
        let class = HeadValue::Class { name: "worn", probability: 0.75 };
        assert_eq!(head_value(&classes, &[0.25, 0.75]), Some(class));
        assert_eq!(head_value(&classes, &[f32::NAN; 2]), None);
        let hours = HeadSpec::Estimate { name: "hours".into(), mean: 10.0, scale: 4.0 };
        let estimate = HeadValue::Estimate { name: "hours", value: 12.0 };
        assert_eq!(head_value(&hours, &[0.5]), Some(estimate));
    }
}
