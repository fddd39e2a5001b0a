//! The labels of some windows go in; what a head learns from comes out.

use oddity::profile::HeadSpec;

use super::DataError;
use crate::net::Head;

/// Labels of more kinds than this are a quantity.
const MOST_CLASSES: usize = 64;

/// What a head is to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum HeadKind {
    /// Which of the kinds of labels.
    Class,
    /// A number.
    Estimate,
}

/// Labels as a network takes them.
#[derive(Clone, Debug)]
pub struct Labels {
    /// One a window: number of the class, or normalised quantity; NaN where there is none.
    values: Vec<f32>,
    spec: HeadSpec,
    labelled: usize,
}

impl Labels {
    pub(super) fn new(
        kind: HeadKind,
        column: &str,
        labels: &[Option<f64>],
    ) -> Result<Self, DataError> {
        let wrong = |why: String| DataError::Labels { column: column.to_owned(), why };
        let mut given: Vec<f64> = labels.iter().flatten().copied().collect();
        let labelled = given.len();
        if labelled == 0 {
            return Err(wrong(
                "no window has one; labels are numbers, anything else counts as none".into(),
            ));
        }
        let number: Box<dyn Fn(f64) -> f64>;
        let spec = match kind {
            HeadKind::Class => {
                given.sort_unstable_by(f64::total_cmp);
                given.dedup();
                if !(2..=MOST_CLASSES).contains(&given.len()) {
                    let why = format!(
                        "they have {} different values, but 2 to {MOST_CLASSES} are needed; a \
                         quantity wants --head estimate",
                        given.len()
                    );
                    return Err(wrong(why));
                }
                let classes = given.iter().map(f64::to_string).collect();
                number = Box::new(move |label| {
                    given.iter().position(|&known| known == label).map_or(f64::NAN, |at| at as f64)
                });
                HeadSpec::Class { classes }
            }
            HeadKind::Estimate => {
                let mean = given.iter().sum::<f64>() / labelled as f64;
                let variance =
                    given.iter().map(|label| (label - mean).powi(2)).sum::<f64>() / labelled as f64;
                let scale = variance.sqrt();
                if !(scale > 0.0 && scale.is_finite()) {
                    return Err(wrong(format!("they are all {mean}")));
                }
                number = Box::new(move |label| (label - mean) / scale);
                HeadSpec::Estimate { name: column.to_owned(), mean, scale }
            }
        };
        let values =
            labels.iter().map(|label| label.map_or(f32::NAN, |label| number(label) as f32));
        Ok(Self { values: values.collect(), spec, labelled })
    }

    pub(super) fn values(&self) -> &[f32] {
        &self.values
    }

    /// Of these windows, in words: the class, or for a quantity whether it is high or low.
    pub fn names(&self, windows: &[i64]) -> Vec<String> {
        let name = |&window: &i64| {
            let value = usize::try_from(window).ok().and_then(|at| self.values.get(at));
            let value = value.copied().unwrap_or(f32::NAN);
            match &self.spec {
                _ if value.is_nan() => "no label".to_owned(),
                HeadSpec::Class { classes } => {
                    classes.get(value as usize).cloned().unwrap_or_default()
                }
                HeadSpec::Estimate { name, .. } if value > 0.0 => format!("{name} above its mean"),
                HeadSpec::Estimate { name, .. } => format!("{name} up to its mean"),
            }
        };
        windows.iter().map(name).collect()
    }

    /// Windows that have one.
    pub fn labelled(&self) -> usize {
        self.labelled
    }

    /// What the profile says of the head.
    pub fn spec(&self) -> &HeadSpec {
        &self.spec
    }

    pub(super) fn head(&self) -> Head {
        match &self.spec {
            HeadSpec::Class { classes } => Head::Classes(classes.len()),
            HeadSpec::Estimate { .. } => Head::Estimate,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_numbered_and_windows_without_one_are_not() {
        let labels = [Some(2.0), None, Some(0.0), Some(2.0)];
        let labels = Labels::new(HeadKind::Class, "fault", &labels).unwrap();
        assert_eq!(labels.labelled(), 3);
        assert_eq!(labels.head(), Head::Classes(2));
        let values = labels.values();
        assert_eq!((values[0], values[2], values[3]), (1.0, 0.0, 1.0));
        assert!(values[1].is_nan());
        assert_eq!(labels.spec(), &HeadSpec::Class { classes: vec!["0".into(), "2".into()] });
    }

    #[test]
    fn quantities_are_normalised() {
        let labels = Labels::new(HeadKind::Estimate, "load", &[Some(1.0), Some(3.0)]).unwrap();
        assert_eq!(labels.values(), [-1.0, 1.0]);
    }

    #[test]
    fn labels_that_teach_nothing_are_refused() {
        for (kind, labels) in [
            (HeadKind::Class, vec![Some(1.0), Some(1.0)]),
            (HeadKind::Estimate, vec![Some(1.0), Some(1.0)]),
            (HeadKind::Class, vec![None]),
        ] {
            assert!(Labels::new(kind, "x", &labels).is_err());
        }
    }
}
