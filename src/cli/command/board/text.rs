//! Words go in; lines that fit a terminal come out, safe to show.

use std::fmt::Write;

use oddity::terminal::printable;

/// Where the text of a line begins, behind its name.
pub(super) const INDENT: usize = 16;
/// Columns of a line, at most, unless a word is longer.
const WIDTH: usize = 100;

/// A name and what is to be said of it, in as many lines as it needs.
pub(super) fn line(name: &str, says: &str) -> String {
    let (name, says) = (printable(name), printable(says));
    let mut text = format!("{name:<INDENT$}");
    let mut column = text.chars().count();
    if name.chars().count() >= INDENT {
        text.push(' ');
        column += 1;
    }
    let mut is_first = true;
    for word in says.split(' ') {
        let length = word.chars().count();
        if !is_first && column + 1 + length > WIDTH {
            let _ = write!(text, "\n{:INDENT$}", "");
            column = INDENT;
        } else if !is_first {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += length;
        is_first = false;
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// Rows in columns as wide as they need to be.
pub(super) fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let rows: Vec<[String; N]> =
        rows.iter().map(|row| row.clone().map(|cell| printable(&cell))).collect();
    let mut widths = [0; N];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for row in &rows {
        let start = text.len();
        for (width, cell) in widths.iter().zip(row) {
            let _ = write!(text, "{cell:<width$}  ");
        }
        let end = text.trim_end().len().max(start);
        text.truncate(end);
        text.push('\n');
    }
    text
}
