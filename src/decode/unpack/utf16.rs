//! UTF-16 in any pieces goes in, UTF-8 comes out. What is no character becomes U+FFFD.

use super::foreign::ByteOrder;

/// Converts one input.
#[derive(Debug)]
pub(super) struct Utf16 {
    order: ByteOrder,
    /// The first byte of a unit whose second is yet to come.
    half: Option<u8>,
    /// The first unit of a pair.
    high: Option<u16>,
    text: String,
}

impl Utf16 {
    pub fn new(order: ByteOrder) -> Self {
        Self { order, half: None, high: None, text: String::new() }
    }

    pub fn push<E>(
        &mut self,
        bytes: &[u8],
        each: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.text.clear();
        for &byte in bytes {
            let Some(first) = self.half.take() else {
                self.half = Some(byte);
                continue;
            };
            self.take(match self.order {
                ByteOrder::Little => u16::from_le_bytes([first, byte]),
                ByteOrder::Big => u16::from_be_bytes([first, byte]),
            });
        }
        if self.text.is_empty() { Ok(()) } else { each(self.text.as_bytes()) }
    }

    pub fn finish<E>(&mut self, each: &mut dyn FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        self.text.clear();
        if self.half.take().is_some() | self.high.take().is_some() {
            self.text.push(char::REPLACEMENT_CHARACTER);
        }
        if self.text.is_empty() { Ok(()) } else { each(self.text.as_bytes()) }
    }

    fn take(&mut self, unit: u16) {
        match (self.high.take(), unit) {
            (Some(high), 0xdc00..0xe000) => self.write(&[high, unit]),
            (high, _) => {
                if let Some(high) = high {
                    self.write(&[high]);
                }
                match unit {
                    0xd800..0xdc00 => self.high = Some(unit),
                    _ => self.write(&[unit]),
                }
            }
        }
    }

    fn write(&mut self, units: &[u16]) {
        let chars = char::decode_utf16(units.iter().copied());
        self.text.extend(chars.map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)));
    }
}
