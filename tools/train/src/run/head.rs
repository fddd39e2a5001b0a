//! How good a second output is: the networks of a run and windows with labels go in, a sentence comes
//! out. Each window is judged by a network that has not learned from its block.

use oddity::fit::FOLDS;
use oddity::profile::HeadSpec;
use tch::{Kind, Tensor};

use super::made::Made;
use crate::data::{WindowChoice, WindowSet};
use crate::net::Network;
use crate::progress::short;

/// What a head of this kind is not for.
pub(super) const NO_ALERT: &str =
    "The second output raises no alert by itself: alerts come from the reconstruction alone.";

/// How good the head is; `None` without one.
pub(super) fn quality(made: &Made, windows: &WindowSet) -> anyhow::Result<Option<String>> {
    let Some(labels) = windows.labels() else { return Ok(None) };
    let (mut said, mut wanted) = (Vec::new(), Vec::new());
    for fold in 0..FOLDS {
        if let Some(network) = made.judge(fold) {
            answers(network, windows, fold, (&mut said, &mut wanted))?;
        }
    }
    Ok(Some(match labels.spec() {
        _ if wanted.is_empty() => {
            "second output: no window that it has not learned from has a label".into()
        }
        HeadSpec::Class { classes } => of_classes(classes, &said, &wanted),
        HeadSpec::Estimate { name, scale, .. } => of_estimate(name, *scale, &said, &wanted),
    }))
}

/// Adds what the head of a block's judge says of the labelled windows in it, and their labels.
fn answers(
    network: &Network,
    windows: &WindowSet,
    fold: usize,
    (said, wanted): (&mut Vec<f32>, &mut Vec<f32>),
) -> anyhow::Result<()> {
    let examples = windows.examples(WindowChoice::Inside(fold))?;
    let Some(labels) = &examples.labels else { return Ok(()) };
    let labels = Vec::<f32>::try_from(labels)?;
    let mut answers: Vec<f32> = Vec::new();
    for part in examples.windows.f_split(network.spec().axes.at_once(), 0)? {
        let Some(head) = tch::no_grad(|| network.forward(&part, false))?.head else {
            return Ok(());
        };
        let answer: Tensor = match head.size().last() {
            Some(1) => head.f_view([-1])?,
            _ => head.f_argmax(1, false)?.f_to_kind(Kind::Float)?,
        };
        answers.extend(Vec::<f32>::try_from(&answer)?);
    }
    for (answer, label) in answers.into_iter().zip(labels).filter(|(_, label)| !label.is_nan()) {
        said.push(answer);
        wanted.push(label);
    }
    Ok(())
}

fn of_classes(classes: &[String], said: &[f32], wanted: &[f32]) -> String {
    let share = |count: usize| 100.0 * count as f64 / wanted.len().max(1) as f64;
    let right = said.iter().zip(wanted).filter(|(said, wanted)| said == wanted).count();
    let of = |class: usize| wanted.iter().filter(|&&label| label == class as f32).count();
    let commonest = (0..classes.len()).max_by_key(|&class| of(class)).unwrap_or(0);
    format!(
        "class: right for {:.1} % of {} labelled windows that it has not learned from; always saying \
         {} would be right for {:.1} %",
        share(right),
        wanted.len(),
        classes.get(commonest).map_or("", String::as_str),
        share(of(commonest))
    )
}

/// Both are normalised, so the mean of all labels is about 0.
fn of_estimate(name: &str, scale: f64, said: &[f32], wanted: &[f32]) -> String {
    let mean = |sum: f64| scale * sum / wanted.len().max(1) as f64;
    let off = said.iter().zip(wanted).map(|(said, label)| f64::from((said - label).abs())).sum();
    let far = wanted.iter().map(|label| f64::from(label.abs())).sum();
    format!(
        "estimate of {name}: off by {} on average over {} labelled windows that it has not learned \
         from; always saying the mean would be off by {}",
        short(mean(off)),
        wanted.len(),
        short(mean(far))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_held_against_the_commonest_one() {
        let classes = ["a".to_owned(), "b".to_owned()];
        let said = of_classes(&classes, &[0.0, 1.0, 1.0, 1.0], &[0.0, 1.0, 1.0, 0.0]);
        assert!(said.contains("right for 75.0 % of 4 ") && said.contains("50.0 %"), "{said}");
    }

    #[test]
    fn an_estimate_is_told_in_its_own_unit() {
        let said = of_estimate("load", 10.0, &[0.5, -1.0], &[1.0, -1.0]);
        assert!(said.contains("off by 2.500 on average") && said.contains("by 10.00"), "{said}");
    }
}
