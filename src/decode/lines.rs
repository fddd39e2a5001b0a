//! Framing: bytes in any chunks go in, numbered lines come out.
//!
//! A line ends at LF; one CR before it and a byte order mark at its start are taken off. The last
//! line needs no LF. A line over [`MAX_LINE_BYTES`] is told and thrown away, so memory is bounded.
//! Never looks at what a line says.

use super::limits::MAX_LINE_BYTES;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// One line of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FramedLine<'a> {
    /// From 1.
    pub number: u64,
    /// `None` for a line that was too long.
    pub text: Option<&'a [u8]>,
}

/// Cuts bytes into lines.
#[derive(Debug, Default)]
pub(super) struct Framer {
    /// The beginning of a line that has not ended yet.
    carry: Vec<u8>,
    /// The line in `carry` was too long and is being skipped.
    skipping: bool,
    number: u64,
}

impl Framer {
    /// Hands every line that is complete to `each`; stops at its first error.
    pub fn push<E>(
        &mut self,
        bytes: &[u8],
        each: &mut impl FnMut(FramedLine<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut rest = bytes;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (head, tail) = (&rest[..end], &rest[end + 1..]);
            rest = tail;
            if self.carry.is_empty() && !self.skipping {
                self.number += 1;
                each(line(self.number, head))?;
            } else {
                self.keep(head);
                self.emit(each)?;
            }
        }
        self.keep(rest);
        Ok(())
    }

    /// Hands over the last line if it had no LF.
    pub fn finish<E>(
        &mut self,
        each: &mut impl FnMut(FramedLine<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.carry.is_empty() && !self.skipping { Ok(()) } else { self.emit(each) }
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.skipping || self.carry.len() + bytes.len() > MAX_LINE_BYTES {
            self.skipping = true;
            // Gives a megabyte back after a line that was too long.
            self.carry = Vec::new();
        } else {
            self.carry.extend_from_slice(bytes);
        }
    }

    fn emit<E>(&mut self, each: &mut impl FnMut(FramedLine<'_>) -> Result<(), E>) -> Result<(), E> {
        self.number += 1;
        let result = if std::mem::take(&mut self.skipping) {
            each(FramedLine { number: self.number, text: None })
        } else {
            each(line(self.number, &self.carry))
        };
        self.carry.clear();
        result
    }
}

fn line(number: u64, text: &[u8]) -> FramedLine<'_> {
    if text.len() > MAX_LINE_BYTES {
        return FramedLine { number, text: None };
    }
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    let text = text.strip_prefix(BOM).unwrap_or(text);
    FramedLine { number, text: Some(text) }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    fn lines(chunks: &[&[u8]]) -> Vec<(u64, Option<Vec<u8>>)> {
        let mut framer = Framer::default();
        let mut out = Vec::new();
        let mut each = |line: FramedLine<'_>| {
            out.push((line.number, line.text.map(<[u8]>::to_vec)));
            Ok::<(), Infallible>(())
        };
        for chunk in chunks {
            framer.push(chunk, &mut each).unwrap();
        }
        framer.finish(&mut each).unwrap();
        out
    }

    #[test]
    fn ends_of_lines_and_a_byte_order_mark() {
        let got = lines(&[b"\xef\xbb\xbfa\r\n\nb\r\r\nc"]);
        let expected = [(1, "a"), (2, ""), (3, "b\r"), (4, "c")];
        let expected: Vec<_> =
            expected.iter().map(|(n, text)| (*n, Some(text.as_bytes().to_vec()))).collect();
        assert_eq!(got, expected);
    }

    #[test]
    fn a_line_may_be_as_long_as_the_limit_and_no_longer() {
        let longest = vec![b'x'; MAX_LINE_BYTES];
        let too_long = vec![b'x'; MAX_LINE_BYTES + 1];
        for size in [MAX_LINE_BYTES * 3, 65_536, 999_983] {
            let text = [&longest[..], b"\n", &too_long, b"\nlast"].concat();
            let chunks: Vec<&[u8]> = text.chunks(size).collect();
            let got = lines(&chunks);
            assert_eq!(got.len(), 3);
            assert_eq!(got[0].1.as_ref().map(Vec::len), Some(MAX_LINE_BYTES));
            assert_eq!(got[1], (2, None));
            assert_eq!(got[2], (3, Some(b"last".to_vec())));
        }
    }

    proptest! {
        #[test]
        fn chunks_do_not_matter(text in "[a\r\n\u{feff}]{0,60}", size in 1_usize..20) {
            let whole = lines(&[text.as_bytes()]);
            let chunks: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
            prop_assert_eq!(lines(&chunks), whole);
        }
    }
}
