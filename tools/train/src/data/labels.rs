//! The labels of some windows go in; what a head learns from comes out.

use oddity::fit::LabelValue;
use oddity::profile::HeadSpec;

use super::error::WindowsError;
use crate::net::Head;

/// Labels of more kinds than this are a quantity.
const MOST_CLASSES: usize = 64;

/// What a head is to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum HeadKind {
    /// Which of the classes
    Class,
    /// A number
    Estimate,
}

/// The head that is asked for.
#[derive(Clone, Debug)]
pub struct HeadRequest {
    /// What it is to say.
    pub kind: HeadKind,
    /// The column of the labels.
    pub column: String,
    /// The classes that are normal; `None` takes the usual ones.
    pub normal: Option<Vec<String>>,
}

/// A label, with texts by their number.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Label {
    Number(f64),
    Text(usize),
}

/// The labels as they come, one a window.
#[derive(Debug, Default)]
pub(super) struct LabelColumn {
    texts: Vec<String>,
    labels: Vec<Option<Label>>,
}

impl LabelColumn {
    pub(super) fn push(&mut self, label: Option<LabelValue<'_>>) {
        let label = label.map(|label| match label {
            LabelValue::Number(number) => Label::Number(number),
            LabelValue::Text(text) => {
                let known = self.texts.iter().position(|known| known == text);
                Label::Text(known.unwrap_or_else(|| {
                    self.texts.push(text.to_owned());
                    self.texts.len() - 1
                }))
            }
        });
        self.labels.push(label);
    }

    /// The different labels: numbers from the smallest, then texts from A to Z.
    fn kinds(&self) -> Vec<Label> {
        let mut numbers: Vec<f64> = Vec::new();
        let mut texts: Vec<usize> = Vec::new();
        for label in self.labels.iter().flatten() {
            match *label {
                Label::Number(number) => numbers.push(number),
                Label::Text(text) if !texts.contains(&text) => texts.push(text),
                Label::Text(_) => {}
            }
        }
        numbers.sort_unstable_by(f64::total_cmp);
        numbers.dedup();
        texts.sort_by_key(|&text| self.texts.get(text));
        let numbers = numbers.into_iter().map(Label::Number);
        numbers.chain(texts.into_iter().map(Label::Text)).collect()
    }

    fn value(&self, label: Label) -> LabelValue<'_> {
        match label {
            Label::Number(number) => LabelValue::Number(number),
            Label::Text(text) => LabelValue::Text(self.texts.get(text).map_or("", String::as_str)),
        }
    }

    fn name(&self, label: Label) -> String {
        match self.value(label) {
            LabelValue::Number(number) => number.to_string(),
            LabelValue::Text(text) => text.to_owned(),
        }
    }
}

/// Labels as a network takes them.
#[derive(Clone, Debug)]
pub struct WindowLabels {
    /// One a window: number of the class, or normalised quantity; NaN where there is none.
    values: Vec<f32>,
    spec: HeadSpec,
    labelled: usize,
}

impl WindowLabels {
    pub(super) fn new(head: &HeadRequest, labels: &LabelColumn) -> Result<Self, WindowsError> {
        let wrong = |why: String| WindowsError::Labels { column: head.column.clone(), why };
        let labelled = labels.labels.iter().flatten().count();
        if labelled == 0 {
            return Err(wrong(match head.kind {
                HeadKind::Class => "no window has one".into(),
                HeadKind::Estimate => "no window has one; a quantity is a number".into(),
            }));
        }
        let (values, spec) = match head.kind {
            HeadKind::Class => classes(head, labels),
            HeadKind::Estimate => quantity(head, labels),
        }
        .map_err(wrong)?;
        Ok(Self { values, spec, labelled })
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

/// The number of each window's class, and the names of the classes.
fn classes(head: &HeadRequest, labels: &LabelColumn) -> Result<(Vec<f32>, HeadSpec), String> {
    let kinds = labels.kinds();
    let names: Vec<String> = kinds.iter().map(|&label| labels.name(label)).collect();
    if !(2..=MOST_CLASSES).contains(&kinds.len()) {
        let hint = match kinds.iter().all(|label| matches!(label, Label::Number(_))) {
            true => "; for a quantity give --head estimate",
            false => "",
        };
        return Err(format!(
            "they have {} different values, but 2 to {MOST_CLASSES} are needed{hint}",
            kinds.len()
        ));
    }
    for name in head.normal.iter().flatten() {
        if !kinds.iter().any(|&label| labels.value(label).is(name)) {
            return Err(format!(
                "no window has the label {name}, which --normal names; there are {}",
                names.join(", ")
            ));
        }
    }
    let number = |label: &Option<Label>| {
        let at = label.and_then(|label| kinds.iter().position(|&known| known == label));
        at.map_or(f32::NAN, |at| at as f32)
    };
    let values = labels.labels.iter().map(number).collect();
    Ok((values, HeadSpec::Class { classes: names }))
}

/// Each window's quantity, normalised by the mean and the deviation of all.
fn quantity(head: &HeadRequest, labels: &LabelColumn) -> Result<(Vec<f32>, HeadSpec), String> {
    let number = |label: &Option<Label>| match label {
        Some(Label::Number(number)) => Some(*number),
        _ => None,
    };
    let given: Vec<f64> = labels.labels.iter().filter_map(number).collect();
    let mean = given.iter().sum::<f64>() / given.len() as f64;
    let variance =
        given.iter().map(|label| (label - mean).powi(2)).sum::<f64>() / given.len() as f64;
    let scale = variance.sqrt();
    if !(scale > 0.0 && scale.is_finite()) {
        return Err(format!("they are all {mean}"));
    }
    let normalised =
        |label| number(label).map_or(f32::NAN, |number| ((number - mean) / scale) as f32);
    let values = labels.labels.iter().map(normalised).collect();
    Ok((values, HeadSpec::Estimate { name: head.column.clone(), mean, scale }))
}

#[cfg(test)]
mod tests {
    use super::*;

    use LabelValue::{Number, Text};

    fn labels(kind: HeadKind, given: &[Option<LabelValue<'_>>]) -> Result<WindowLabels, String> {
        let mut column = LabelColumn::default();
        given.iter().for_each(|label| column.push(*label));
        let head = HeadRequest { kind, column: "fault".into(), normal: None };
        WindowLabels::new(&head, &column).map_err(|error| error.to_string())
    }

    #[test]
    fn classes_are_numbered_and_windows_without_one_are_not() {
        let given = [Some(Number(2.0)), None, Some(Number(0.0)), Some(Number(2.0))];
        let labels = labels(HeadKind::Class, &given).unwrap();
        assert_eq!(labels.labelled(), 3);
        assert_eq!(labels.head(), Head::Classes(2));
        let values = labels.values();
        assert_eq!((values[0], values[2], values[3]), (1.0, 0.0, 1.0));
        assert!(values[1].is_nan());
        assert_eq!(labels.spec(), &HeadSpec::Class { classes: vec!["0".into(), "2".into()] });
    }

    #[test]
    fn texts_are_classes_too() {
        let given = ["ok", "leak", "ok", "idle"].map(|text| Some(Text(text)));
        let labels = labels(HeadKind::Class, &given).unwrap();
        assert_eq!(labels.values(), [2.0, 1.0, 2.0, 0.0]);
        let classes = ["idle", "leak", "ok"].map(str::to_owned).to_vec();
        assert_eq!(labels.spec(), &HeadSpec::Class { classes });
    }

    #[test]
    fn a_normal_class_that_is_not_there_is_told() {
        let mut column = LabelColumn::default();
        ["idle", "leak"].iter().for_each(|text| column.push(Some(Text(text))));
        let normal = Some(vec!["Idle".to_owned(), "running".to_owned()]);
        let head = HeadRequest { kind: HeadKind::Class, column: "state".into(), normal };
        let error = WindowLabels::new(&head, &column).unwrap_err().to_string();
        assert!(error.contains("label running") && error.contains("idle, leak"), "{error}");
    }

    #[test]
    fn quantities_are_normalised() {
        let given = [Some(Number(1.0)), Some(Number(3.0))];
        assert_eq!(labels(HeadKind::Estimate, &given).unwrap().values(), [-1.0, 1.0]);
    }

    #[test]
    fn labels_that_teach_nothing_are_refused() {
        let one = || Some(Number(1.0));
        for (kind, given) in [
            (HeadKind::Class, vec![one(), one()]),
            (HeadKind::Estimate, vec![one(), one()]),
            (HeadKind::Class, vec![None]),
        ] {
            assert!(labels(kind, &given).is_err());
        }
        let many: Vec<_> = (0..70).map(|at| Some(Number(f64::from(at)))).collect();
        assert!(labels(HeadKind::Class, &many).unwrap_err().contains("--head estimate"));
    }
}
