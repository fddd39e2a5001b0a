//! The bytes of an input as they come go in; bytes of text come out.
//!
//! gzip is unpacked and UTF-16 becomes UTF-8, both as a stream. What is no text at all is refused by name. Anything
//! else passes through as it is, without a copy. Only as many bytes are held as it takes to tell these apart, and
//! never a whole line of text. Never looks for lines.

mod foreign;
mod gunzip;
mod utf16;

use super::error::DecodeError;
use foreign::{Kind, Sniffed, sniff};
use gunzip::Gunzip;
use utf16::Utf16;

/// Where bytes go.
type Each<'a, E> = dyn FnMut(&[u8]) -> Result<(), E> + 'a;

/// Turns the bytes of one input into text.
#[derive(Debug, Default)]
pub(super) struct Unpacker {
    stage: Stage,
    /// It is what another one has unpacked.
    inner: bool,
}

#[derive(Debug)]
enum Stage {
    /// These bytes may be the beginning of more than one thing.
    Open(Vec<u8>),
    Plain,
    Gzip(Box<Gunzip>, Box<Unpacker>),
    Utf16(Utf16),
}

impl Default for Stage {
    fn default() -> Self {
        Self::Open(Vec::new())
    }
}

impl Unpacker {
    /// Whether all that is to come passes through as it is.
    pub fn is_plain(&self) -> bool {
        matches!(self.stage, Stage::Plain)
    }

    /// Why the packed data could not be read on, where it was damaged.
    pub fn damage(&self) -> Option<&str> {
        match &self.stage {
            Stage::Gzip(gunzip, _) => gunzip.damage(),
            Stage::Open(_) | Stage::Plain | Stage::Utf16(_) => None,
        }
    }

    /// Hands on the text that the next bytes complete.
    ///
    /// # Errors
    /// Those of `each`, and that the input is no text.
    pub fn push<E: From<DecodeError>>(
        &mut self,
        bytes: &[u8],
        each: &mut Each<'_, E>,
    ) -> Result<(), E> {
        match &mut self.stage {
            Stage::Plain => each(bytes),
            Stage::Utf16(utf16) => utf16.push(bytes, each),
            Stage::Gzip(gunzip, inner) => gunzip.push(bytes, &mut |bytes| inner.push(bytes, each)),
            Stage::Open(head) if head.is_empty() => match sniff(bytes, false) {
                Sniffed::Open => {
                    head.extend_from_slice(bytes);
                    Ok(())
                }
                Sniffed::Kind(kind) => self.settle(kind, bytes, each),
            },
            Stage::Open(head) => {
                head.extend_from_slice(bytes);
                match sniff(head, false) {
                    Sniffed::Open => Ok(()),
                    Sniffed::Kind(kind) => {
                        let head = std::mem::take(head);
                        self.settle(kind, &head, each)
                    }
                }
            }
        }
    }

    /// Hands on what is left at the end of the input.
    ///
    /// # Errors
    /// As [`Unpacker::push`].
    pub fn finish<E: From<DecodeError>>(&mut self, each: &mut Each<'_, E>) -> Result<(), E> {
        if let Stage::Open(head) = &mut self.stage {
            let head = std::mem::take(head);
            let kind = match sniff(&head, true) {
                Sniffed::Kind(kind) => kind,
                Sniffed::Open => Kind::Plain,
            };
            self.settle(kind, &head, each)?;
        }
        match &mut self.stage {
            Stage::Open(_) | Stage::Plain => Ok(()),
            Stage::Utf16(utf16) => utf16.finish(each),
            Stage::Gzip(gunzip, inner) => {
                gunzip.finish(&mut |bytes| inner.push(bytes, each))?;
                inner.finish(each)
            }
        }
    }

    /// Knows from now on what the input is, and begins with the bytes that were looked at.
    fn settle<E: From<DecodeError>>(
        &mut self,
        kind: Kind,
        head: &[u8],
        each: &mut Each<'_, E>,
    ) -> Result<(), E> {
        self.stage = match kind {
            Kind::Plain => Stage::Plain,
            Kind::Utf16(order) => Stage::Utf16(Utf16::new(order)),
            Kind::Gzip if self.inner => {
                let (what, advice) = foreign::GZIP_TWICE;
                return Err(DecodeError::Foreign { what, advice }.into());
            }
            Kind::Gzip => {
                let inner = Self { stage: Stage::default(), inner: true };
                Stage::Gzip(Box::default(), Box::new(inner))
            }
            Kind::Foreign(what, advice) => {
                return Err(DecodeError::Foreign { what, advice }.into());
            }
        };
        if head.is_empty() { Ok(()) } else { self.push(head, each) }
    }
}

#[cfg(test)]
mod tests;
