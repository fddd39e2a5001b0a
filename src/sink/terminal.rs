//! Text that is not trusted goes in; text that is safe to show on a terminal comes out.

use std::error::Error;

/// Names come from data and models that are not trusted, and the reader has a terminal: control
/// characters are shown, not sent.
pub fn printable(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c.is_control() {
            true => out.extend(c.escape_debug()),
            false => out.push(c),
        }
        out
    })
}

/// Characters of an error that are shown.
const MOST_WORDS: usize = 4000;

/// An error with its causes, but for those that it has quoted.
pub fn in_words(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    for cause in causes.map(ToString::to_string) {
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    if let Some((end, _)) = text.char_indices().nth(MOST_WORDS) {
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::WriteError;

    #[test]
    fn control_characters_are_shown_not_sent() {
        assert_eq!(printable("a\x1b[2Jb\n°C"), "a\\u{1b}[2Jb\\n°C");
    }

    #[test]
    fn a_cause_that_is_quoted_is_not_said_again() {
        let source = std::io::Error::other("the disk is full");
        let error = WriteError { what: "a.onnx".into(), source };
        assert_eq!(in_words(&error), "cannot write a.onnx: the disk is full");
    }
}
