//! Text in any pieces goes in, records come out: lines, or the objects of JSON that is written as a document.
//!
//! The first bytes decide. A line is never held for longer than until its end; what begins like JSON is held until it
//! is known whether each line is an object of its own, which most often is at the end of the first.

mod documents;
mod lines;
mod sniff;

use documents::Documents;
pub(in crate::decode) use lines::FramedLine;
use lines::Framer;
use sniff::{Around, around};

/// Cuts the text of one input into records.
#[derive(Debug)]
pub(super) struct Framing {
    stage: Stage,
    skip: SkipLines,
}

#[derive(Debug)]
enum Stage {
    /// The text so far, and how much of it was looked at.
    Open(Vec<u8>, usize),
    Lines(Framer),
    Documents(Box<Documents>),
}

impl Framing {
    /// Leaves out the first `skip` lines. `json`: the rest may be JSON.
    pub fn new(skip: u64, json: bool) -> Self {
        let stage = match json {
            true => Stage::Open(Vec::new(), 0),
            false => Stage::Lines(Framer::behind(skip)),
        };
        Self { stage, skip: SkipLines { left: skip, skipped: skip, after_cr: false } }
    }

    /// Hands every record that is complete to `each`; stops at its first error.
    pub fn push<E>(
        &mut self,
        bytes: &[u8],
        each: &mut impl FnMut(FramedLine<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let bytes = if self.skip.is_over() { bytes } else { self.skip.behind(bytes) };
        match &mut self.stage {
            Stage::Lines(framer) => framer.push(bytes, each),
            Stage::Documents(documents) => documents.push(bytes, each),
            Stage::Open(head, seen) => {
                head.extend_from_slice(bytes);
                // More bytes never change what fewer have said, so that not each of them needs a look.
                let due = memchr::memchr2(b'\n', b'\r', bytes).is_some() || head.len() >= 2 * *seen;
                if !due {
                    return Ok(());
                }
                *seen = head.len();
                match around(head, false) {
                    Some(found) => self.settle(found, each),
                    None => Ok(()),
                }
            }
        }
    }

    /// Hands over what is left at the end of the input.
    pub fn finish<E>(
        &mut self,
        each: &mut impl FnMut(FramedLine<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if let Stage::Open(head, _) = &self.stage {
            let found = around(head, true).unwrap_or(Around::Lines);
            self.settle(found, each)?;
        }
        match &mut self.stage {
            Stage::Lines(framer) => framer.finish(each),
            Stage::Documents(documents) => documents.finish(each),
            Stage::Open(..) => Ok(()),
        }
    }

    /// Forgets the beginning of a record that will not end, and gives the number of its line.
    pub fn abandon(&mut self) -> u64 {
        match &mut self.stage {
            Stage::Lines(framer) => {
                framer.abandon();
                framer.number() + 1
            }
            Stage::Documents(documents) => documents.abandon(),
            Stage::Open(head, _) => {
                // Only what has ended counts.
                let end = memchr::memrchr(b'\n', head).map_or(0, |at| at + 1);
                head.truncate(end);
                self.skip.skipped + 1 + memchr::memchr_iter(b'\n', head).count() as u64
            }
        }
    }

    fn settle<E>(
        &mut self,
        found: Around,
        each: &mut impl FnMut(FramedLine<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let before = self.skip.skipped;
        let stage = match found {
            Around::Lines => Stage::Lines(Framer::behind(before)),
            Around::Containers(level) => Stage::Documents(Box::new(Documents::new(level, before))),
        };
        let Stage::Open(head, _) = std::mem::replace(&mut self.stage, stage) else { return Ok(()) };
        match &mut self.stage {
            Stage::Lines(framer) => framer.push(&head, each),
            Stage::Documents(documents) => documents.push(&head, each),
            Stage::Open(..) => Ok(()),
        }
    }
}

/// Leaves out lines that nobody wants.
#[derive(Debug)]
struct SkipLines {
    left: u64,
    /// In all.
    skipped: u64,
    /// An LF would belong to the end that was seen.
    after_cr: bool,
}

impl SkipLines {
    fn is_over(&self) -> bool {
        self.left == 0 && !self.after_cr
    }

    /// What lies behind the lines that are to go.
    fn behind<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let mut rest = bytes;
        loop {
            if self.after_cr && !rest.is_empty() {
                self.after_cr = false;
                rest = rest.strip_prefix(b"\n").unwrap_or(rest);
            }
            if self.left == 0 {
                return rest;
            }
            let Some(end) = memchr::memchr2(b'\n', b'\r', rest) else { return &[] };
            self.after_cr = rest.get(end) == Some(&b'\r');
            self.left -= 1;
            rest = rest.get(end + 1..).unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests;
