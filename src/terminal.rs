//! What people read goes in: text that is not trusted, errors, numbers. Text that is safe to show on a
//! terminal comes out, no longer than it need be. Prints nothing.

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

/// A number with the four digits that are worth reading.
pub fn four_digits(value: f64) -> String {
    let size = value.abs();
    let digits = if size > 0.0 { (3 - size.log10().floor() as i64).clamp(0, 12) } else { 0 };
    let text = format!("{value:.*}", usize::try_from(digits).unwrap_or(0));
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot write {what}: {source}")]
    struct Quoting {
        what: &'static str,
        source: std::io::Error,
    }

    #[test]
    fn control_characters_are_shown_not_sent() {
        assert_eq!(printable("a\x1b[2Jb\n°C"), "a\\u{1b}[2Jb\\n°C");
    }

    #[test]
    fn numbers_of_any_size_stay_short() {
        let shown = [1.0, 1.050125, 0.00005, 600.0, 3601.7, 86_400.0].map(four_digits);
        assert_eq!(shown, ["1", "1.05", "0.00005", "600", "3602", "86400"]);
    }

    #[test]
    fn a_cause_that_is_quoted_is_not_said_again() {
        let source = std::io::Error::other("the disk is full");
        let error = Quoting { what: "a.onnx", source };
        assert_eq!(in_words(&error), "cannot write a.onnx: the disk is full");
    }
}
