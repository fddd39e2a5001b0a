//! What is known of rows besides their readings: labels, and which of them mean normal.

/// A column that says more of some rows than their readings do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Its name, or its number from 1.
    pub column: String,
    /// What its values mean.
    pub meaning: Meaning,
}

/// What the values in a column of labels mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Classes, numbers or texts. A row of a class that is not normal teaches nothing of what is
    /// normal.
    Class {
        /// The classes that are normal; `None` takes those of [`USUALLY_NORMAL`].
        normal: Option<Vec<String>>,
    },
    /// A quantity that rows have besides their readings, a number; all rows are normal.
    Quantity,
}

/// Classes that are taken for normal where nobody says which are. `false` is read as 0.
pub const USUALLY_NORMAL: [&str; 3] = ["0", "normal", "ok"];

/// What columns of labels are called; lower case.
const NAMES: [&str; 8] =
    ["label", "labels", "anomaly", "is_anomaly", "changepoint", "class", "target", "fault"];

/// Why a column is no sensor, where its name says that it tells what is normal.
pub(super) fn flaw_of_name(name: &str) -> Option<String> {
    NAMES
        .contains(&name.to_lowercase().as_str())
        .then(|| "named like a label; --channels keeps it anyway".into())
}

/// The label of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LabelValue<'a> {
    /// A number; `true` and `false` are 1 and 0.
    Number(f64),
    /// A text, of which the first 48 bytes count.
    Text(&'a str),
}

impl LabelValue<'_> {
    /// Whether it is what `name` says: the same number, or the same text in upper or lower case.
    pub fn is(self, name: &str) -> bool {
        match self {
            Self::Number(number) => name.trim().parse() == Ok(number),
            Self::Text(text) => text.trim().eq_ignore_ascii_case(name.trim()),
        }
    }
}

impl Meaning {
    /// The classes that are normal; none where labels are no classes.
    pub fn normal(&self) -> Vec<&str> {
        match self {
            Self::Class { normal: Some(names) } => names.iter().map(String::as_str).collect(),
            Self::Class { normal: None } => USUALLY_NORMAL.to_vec(),
            Self::Quantity => Vec::new(),
        }
    }

    /// Whether a row with this label is normal.
    pub(super) fn is_normal(&self, label: LabelValue<'_>) -> bool {
        match self {
            Self::Class { normal: Some(names) } => names.iter().any(|name| label.is(name)),
            Self::Class { normal: None } => USUALLY_NORMAL.iter().any(|name| label.is(name)),
            Self::Quantity => true,
        }
    }
}
