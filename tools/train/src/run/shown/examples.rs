//! The windows that a report shows, and the error of each channel: of all blocks of the data, each as a
//! network sees it that has not learned from it.

use oddity::fit::{FOLDS, Fitted};
use tch::{TchError, Tensor};

use super::super::made::Made;
use super::about::About;
use crate::data::{WindowChoice, WindowSet};
use crate::report::ShownWindow;

/// The windows with the smallest, the median and the largest of the scores that the threshold was
/// found from.
pub(super) fn windows(
    about: &About,
    windows: &WindowSet,
    made: &Made,
    fitted: &Fitted,
) -> anyhow::Result<Vec<ShownWindow>> {
    let last = fitted.scores.len().saturating_sub(1);
    let mut shown = Vec::new();
    for (name, rank) in [("Best", 0), ("Median", last / 2), ("Worst", last)] {
        let found = fitted.scores.get(rank).zip(fitted.scored.get(rank));
        let Some((&score, &number)) = found else { continue };
        let at = usize::try_from(number)?;
        let Some(network) = windows.fold_of(at).and_then(|fold| made.judge(fold)) else { continue };
        let window = windows.pick(&[number.cast_signed()])?;
        let reconstruction = tch::no_grad(|| network.forward(&window, false))?.reconstruction;
        let (original, reconstruction) = (flat(&window)?, flat(&reconstruction)?);
        shown.push(ShownWindow {
            title: format!("{name}: {}", windows.place(at)),
            score,
            errors: about.by_channel(&original, &reconstruction),
            original: about.in_units(&original),
            reconstruction: about.in_units(&reconstruction),
        });
    }
    Ok(shown)
}

/// Mean squared error of each channel, normalised; empty where there is one, and nothing to compare
/// it with.
pub(super) fn channel_errors(
    about: &About,
    windows: &WindowSet,
    made: &Made,
) -> anyhow::Result<Vec<(String, f64)>> {
    let mut sums = vec![0.0; about.channels.len()];
    if sums.len() < 2 {
        return Ok(Vec::new());
    }
    let (len, mut count) = (about.axes.len().max(1), 0_usize);
    for fold in 0..FOLDS {
        let Some(network) = made.judge(fold) else { continue };
        for numbers in windows.indices(WindowChoice::Fold(fold)).chunks(about.at_once()) {
            let part = windows.pick(numbers)?;
            let answer = tch::no_grad(|| network.forward(&part, false))?.reconstruction;
            let (originals, answers) = (flat(&part)?, flat(&answer)?);
            for (original, answer) in originals.chunks(len).zip(answers.chunks(len)) {
                let errors = about.by_channel(original, answer);
                sums.iter_mut().zip(errors).for_each(|(sum, error)| *sum += error);
                count += 1;
            }
        }
    }
    let mean = |sum: f64| sum / count.max(1) as f64;
    Ok(about.channels.iter().zip(sums).map(|(c, sum)| (c.name.clone(), mean(sum))).collect())
}

fn flat(tensor: &Tensor) -> Result<Vec<f32>, TchError> {
    Vec::try_from(&tensor.f_contiguous()?.f_view([-1])?)
}
