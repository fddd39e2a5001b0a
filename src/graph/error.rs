//! What can be wrong with a model, for programs (the variant) and for people (the place).
//!
//! Names come out of an untrusted file, so they are escaped and cut before they are shown.

use std::fmt;

/// Longest name that is shown, in characters.
const SHOWN: usize = 80;

/// Characters of an engine's own words that are kept.
const WORDS: usize = 600;

/// Where in a model something is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GraphPlace {
    /// The file as a whole.
    File,
    /// A node of the graph.
    Node {
        /// Its name, or that of its first output where it has none.
        name: String,
        /// Its operator.
        operator: String,
    },
    /// A tensor stored in the file.
    Tensor(String),
    /// An input of the graph.
    Input(String),
    /// An output of the graph.
    Output(String),
}

impl GraphPlace {
    /// The name at this place, if it has one.
    pub fn name(&self) -> Option<&str> {
        match self {
            GraphPlace::File => None,
            GraphPlace::Node { name, .. } => Some(name),
            GraphPlace::Tensor(name) | GraphPlace::Input(name) | GraphPlace::Output(name) => {
                Some(name)
            }
        }
    }
}

impl fmt::Display for GraphPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GraphPlace::File => write!(f, "the model"),
            GraphPlace::Node { name, operator } => {
                write!(f, "node `{}` ({})", shown(name), shown(operator))
            }
            GraphPlace::Tensor(name) => write!(f, "tensor `{}`", shown(name)),
            GraphPlace::Input(name) => write!(f, "input `{}`", shown(name)),
            GraphPlace::Output(name) => write!(f, "output `{}`", shown(name)),
        }
    }
}

/// A name or a message out of the file: escaped, and cut to a length that fits a line.
pub(crate) fn shown(text: &str) -> String {
    shortened(text, SHOWN)
}

/// As [`shown`], to `limit` characters.
fn shortened(text: &str, limit: usize) -> String {
    let mut out: String = text.chars().take(limit).flat_map(char::escape_debug).collect();
    if text.chars().nth(limit).is_some() {
        out.push('…');
    }
    out
}

/// Why a model was not loaded, or a window not run.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ModelError {
    /// The bytes are not an ONNX file.
    #[error("not an ONNX model: {0}")]
    NotOnnx(String),
    /// The file breaks the rules of ONNX.
    #[error("{place}: {what}")]
    Invalid {
        /// Where.
        place: GraphPlace,
        /// What, and what to do.
        what: String,
    },
    /// The file may be right, but asks for what this program does not do, or does not do rightly.
    #[error("{place}: {what}")]
    Unsupported {
        /// Where.
        place: GraphPlace,
        /// What, and what to do.
        what: String,
    },
    /// Something in the file is over a limit that protects the machine.
    #[error("{place}: {what}")]
    TooLarge {
        /// Where.
        place: GraphPlace,
        /// What, and the limit.
        what: String,
    },
    /// The inference engine refused the model, or failed on it.
    #[error("the inference engine cannot {stage} this model: {what}")]
    Engine {
        /// What it was asked to do.
        stage: &'static str,
        /// Its own words.
        what: String,
    },
    /// The model loaded, but does not behave as an autoencoder must.
    #[error("the model was loaded but fails its check: {0}")]
    Misbehaves(String),
    /// The caller gave a number of values that is not a whole number of windows.
    #[error("{got} values were given for {windows} windows of {window} values")]
    Input {
        /// Values given.
        got: usize,
        /// Windows announced.
        windows: usize,
        /// Values in a window.
        window: usize,
    },
}

impl ModelError {
    pub(crate) fn invalid(place: GraphPlace, what: impl Into<String>) -> Self {
        ModelError::Invalid { place, what: what.into() }
    }

    pub(crate) fn unsupported(place: GraphPlace, what: impl Into<String>) -> Self {
        ModelError::Unsupported { place, what: what.into() }
    }

    pub(crate) fn too_large(place: GraphPlace, what: impl Into<String>) -> Self {
        ModelError::TooLarge { place, what: what.into() }
    }

    /// An error of the engine, in its own words, cut to length.
    pub(crate) fn engine(stage: &'static str, words: &str) -> Self {
        ModelError::Engine { stage, what: shortened(words, WORDS) }
    }

    /// Where it is, when it is at one place.
    pub fn place(&self) -> Option<&GraphPlace> {
        match self {
            ModelError::Invalid { place, .. }
            | ModelError::Unsupported { place, .. }
            | ModelError::TooLarge { place, .. } => Some(place),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_the_file_are_escaped_and_cut() {
        let place = GraphPlace::Node { name: "a\n\u{1b}[31m".into(), operator: "x".repeat(500) };
        let text = ModelError::invalid(place, "is wrong").to_string();
        assert!(!text.contains('\n') && !text.contains('\u{1b}'));
        assert!(text.chars().count() < 250, "{text}");
    }
}
