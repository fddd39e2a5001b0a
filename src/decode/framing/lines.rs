//! Framing: bytes in any chunks go in, numbered lines come out.
//!
//! A line ends at LF; one CR before it and a byte order mark at its start are taken off. Where the first line ends at a
//! CR alone, as those of old Macs and of some loggers do, all may. The last line needs no end. A line over [`MAX_LINE_BYTES`] is told and thrown away, so memory is bounded.
//! Never looks at what a line says.

use crate::decode::limits::MAX_LINE_BYTES;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// One line of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::decode) struct FramedLine<'a> {
    /// From 1.
    pub number: u64,
    /// `None` for a line that was too long.
    pub text: Option<&'a [u8]>,
}

/// Where lines end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Ends {
    /// Not known before the first one.
    #[default]
    Open,
    /// The first one was a CR. An LF behind it belongs to it.
    FirstCr,
    /// At an LF.
    Lf,
    /// At an LF or at a CR, and an LF right behind a CR belongs to it.
    Either { after_cr: bool },
}

/// Cuts bytes into lines.
#[derive(Debug, Default)]
pub(super) struct Framer {
    /// The beginning of a line that has not ended yet.
    carry: Vec<u8>,
    /// The line in `carry` was too long and is being skipped.
    skipping: bool,
    number: u64,
    ends: Ends,
}

impl Framer {
    /// A framer behind so many lines.
    pub fn behind(lines: u64) -> Self {
        Self { number: lines, ..Self::default() }
    }

    /// The number of the last line that has ended.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Forgets the beginning of a line that will not end.
    pub fn abandon(&mut self) {
        self.carry.clear();
        self.skipping = false;
    }

    /// Hands every line that is complete to `each`; stops at its first error.
    pub fn push<E>(
        &mut self,
        bytes: &[u8],
        each: &mut impl FnMut(FramedLine<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut rest = bytes;
        if self.ends != Ends::Lf {
            rest = self.push_open(rest, each)?;
        }
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (head, tail) = (&rest[..end], &rest[end + 1..]);
            rest = tail;
            self.end(head, each)?;
        }
        self.keep(rest);
        Ok(())
    }

    /// As long as a CR may end a line. Gives what is left once it is known that it does not.
    fn push_open<'a, E>(
        &mut self,
        bytes: &'a [u8],
        each: &mut impl FnMut(FramedLine<'_>) -> Result<(), E>,
    ) -> Result<&'a [u8], E> {
        let mut rest = bytes;
        while let Some(&first) = rest.first() {
            match (self.ends, first) {
                (Ends::Lf, _) => return Ok(rest),
                (Ends::FirstCr, b'\n') => {
                    self.ends = Ends::Lf;
                    rest = rest.get(1..).unwrap_or_default();
                    continue;
                }
                (Ends::FirstCr, b'\r') | (Ends::Either { after_cr: true }, b'\n') => {
                    rest = rest.get(1..).unwrap_or_default();
                    if first == b'\n' {
                        self.ends = Ends::Either { after_cr: false };
                    }
                    continue;
                }
                (Ends::FirstCr, _) => self.ends = Ends::Either { after_cr: false },
                (Ends::Open | Ends::Either { .. }, _) => {}
            }
            let Some(end) = memchr::memchr2(b'\n', b'\r', rest) else {
                self.keep(rest);
                if let Ends::Either { after_cr } = &mut self.ends {
                    *after_cr = false;
                }
                return Ok(&[]);
            };
            let (head, tail) = (&rest[..end], &rest[end + 1..]);
            self.ends = match (self.ends, rest[end]) {
                (Ends::Open, b'\n') => Ends::Lf,
                (Ends::Open, _) => Ends::FirstCr,
                (_, byte) => Ends::Either { after_cr: byte == b'\r' },
            };
            rest = tail;
            self.end(head, each)?;
        }
        Ok(rest)
    }

    /// A line ends behind `head`.
    fn end<E>(
        &mut self,
        head: &[u8],
        each: &mut impl FnMut(FramedLine<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.carry.is_empty() && !self.skipping {
            self.number += 1;
            return each(line(self.number, head));
        }
        self.keep(head);
        self.emit(each)
    }

    /// Hands over the last line if it had no end.
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
    fn lines_that_end_at_cr_alone() {
        let got = lines(&[b"a,b\r1,2\r", b"\n3,4\r\r5,6\n7\r8"]);
        let expected =
            [(1, "a,b"), (2, "1,2"), (3, "3,4"), (4, ""), (5, "5,6"), (6, "7"), (7, "8")];
        let expected: Vec<_> =
            expected.iter().map(|(n, text)| (*n, Some(text.as_bytes().to_vec()))).collect();
        assert_eq!(got, expected);
        // Once a line has ended at LF, a CR is part of a line.
        assert_eq!(lines(&[b"a\r\r\nb\rc\n"]).len(), 2);
        assert_eq!(lines(&[b"a\nb\rc\n"]).len(), 2);
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
