//! Lines that are no rows by how they begin.

use crate::decode::options::Delimiter;

/// What spreadsheets write in place of a number: no comments, although they begin with a `#`.
const ERRORS: [&[u8]; 7] = [b"#N/A", b"#NA", b"#VALUE!", b"#REF!", b"#DIV/0!", b"#NUM!", b"#NAME?"];

/// Whether a line is a comment (`#`, `//`, `%`; `--` or `;` before words), or a rule such as `---+---`.
pub(in crate::decode) fn is_comment(line: &[u8], delimiter: Option<Delimiter>) -> bool {
    match line.first() {
        Some(b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'"' | b',' | b'.' | b'{' | b'[') | None => {
            false
        }
        Some(b' ' | b'\t') => begins_comment(line.trim_ascii_start(), delimiter),
        Some(_) => begins_comment(line, delimiter),
    }
}

fn begins_comment(line: &[u8], delimiter: Option<Delimiter>) -> bool {
    match line {
        [b'#', ..] => !ERRORS.iter().any(|error| line.starts_with(error)),
        [b'/', b'/', ..] | [b'%', ..] => true,
        // A column that is empty begins with the delimiter, too.
        [b';', rest @ ..] => {
            delimiter != Some(Delimiter::Byte(b';')) && !rest.contains(&b';') && is_words(rest)
        }
        [b'-', b'-', rest @ ..] if is_words(rest) => true,
        [b'-' | b'=' | b'+' | b'|' | b':', ..] => is_rule(line),
        _ => false,
    }
}

/// Whether the first thing in a text is a letter.
fn is_words(text: &[u8]) -> bool {
    text.trim_ascii_start().first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte >= 0x80)
}

/// The line between the header and the rows of a table that is drawn.
fn is_rule(line: &[u8]) -> bool {
    line.iter().all(|byte| matches!(byte, b'-' | b'=' | b'+' | b'|' | b':' | b' ' | b'\t'))
        && (memchr::memmem::find(line, b"---").is_some()
            || memchr::memmem::find(line, b"===").is_some())
}

/// Words between rules, as some programs write them above each header: `procs -----memory----- ---swap--`.
pub(in crate::decode) fn is_banner(line: &[u8]) -> bool {
    let rules = memchr::memmem::find_iter(line, b"--").take(4).count();
    rules == 4
        && line.iter().all(|byte| {
            byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'=' | b' ' | b'_' | b'/' | b'|')
        })
}

/// A comment without what makes it one.
pub(in crate::decode) fn uncommented(line: &[u8]) -> &[u8] {
    let mut text = line.trim_ascii();
    while let [b'#' | b'/' | b'%' | b';' | b'-', rest @ ..] = text {
        text = rest;
    }
    let text = text.trim_ascii();
    // The header of logs after W3C's format.
    text.strip_prefix(b"Fields:").unwrap_or(text).trim_ascii_start()
}

/// The delimiter that a line names as spreadsheets do: `sep=;`.
pub(in crate::decode) fn separator(line: &[u8]) -> Option<Delimiter> {
    let line = line.trim_ascii_start();
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    let (name, value) = line.split_at_checked(4)?;
    if !name.eq_ignore_ascii_case(b"sep=") {
        return None;
    }
    match value {
        b"|" => Some(Delimiter::Bars),
        b" " => Some(Delimiter::Blanks),
        &[byte] => Some(Delimiter::Byte(byte)),
        b"\\t" | b"tab" => Some(Delimiter::Byte(b'\t')),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments() {
        for line in [
            "#",
            "# a,b",
            "  #a",
            "// a",
            "% a",
            "-- a",
            "--a",
            "; a",
            ";a,b",
            "---",
            "|---|:--:|",
            "+===+",
            "----+----",
            "\u{b5}#".trim_start_matches('\u{b5}'),
        ] {
            assert!(is_comment(line.as_bytes(), None), "{line}");
        }
        for line in [
            "",
            "a",
            "1,2",
            "-1,2",
            "--,2",
            "-- 21.7 3",
            "--;1",
            ";;a;b",
            ";1",
            ";",
            "-",
            "- - -",
            "#N/A,1",
            "/x",
            "|a|b|",
            "+1",
            "\u{e4},b",
        ] {
            assert!(!is_comment(line.as_bytes(), None), "{line}");
        }
        assert!(!is_comment(b";temp", Some(Delimiter::Byte(b';'))));
    }

    #[test]
    fn banners() {
        assert!(is_banner(b"procs -----------memory---------- ---swap-- -----io----"));
        for line in [&b"a,b,c"[..], b"--,--,--,--", b"-- -- 1 ----", b"", b"--------\xff"] {
            assert!(!is_banner(line), "{}", String::from_utf8_lossy(line));
        }
    }

    #[test]
    fn what_a_comment_says() {
        assert_eq!(uncommented(b"## time, a"), b"time, a");
        assert_eq!(uncommented(b"#Fields: date time"), b"date time");
        assert_eq!(uncommented(b" // a"), b"a");
    }

    #[test]
    fn delimiters_that_are_named() {
        assert_eq!(separator(b"sep=;"), Some(Delimiter::Byte(b';')));
        assert_eq!(separator(b"\"SEP=,\""), Some(Delimiter::Byte(b',')));
        assert_eq!(separator(b"sep=\t"), Some(Delimiter::Byte(b'\t')));
        assert_eq!(separator(b"sep=|"), Some(Delimiter::Bars));
        assert_eq!(separator(b"sep=;;"), None);
        assert_eq!(separator(b"separator"), None);
        assert_eq!(separator(b"sep="), None);
    }
}
