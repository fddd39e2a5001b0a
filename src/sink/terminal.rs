//! Text that is not trusted goes in; text that is safe to show on a terminal comes out.

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

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn control_characters_are_shown_not_sent() {
        assert_eq!(printable("a\x1b[2Jb\n°C"), "a\\u{1b}[2Jb\\n°C");
    }
}
