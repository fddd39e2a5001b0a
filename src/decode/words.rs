//! Eight bytes at a time: text goes in, the places of bytes that are looked for come out.
//!
//! For finds that lie a few bytes apart, where a call for each would cost more than the bytes between.

/// One byte in all eight places.
const fn all(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// The highest bit of each byte.
const HIGH: u64 = all(0x80);

/// Some of eight bytes, as the highest bit of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Places(u64);

impl Places {
    /// Where `byte` is.
    pub fn of(word: [u8; 8], byte: u8) -> Self {
        let other = u64::from_le_bytes(word) ^ all(byte);
        // No sum runs over into the next byte: only the lower seven bits are added to.
        Self(!(((other & !HIGH) + !HIGH) | other) & HIGH)
    }

    /// Where bytes below a blank are.
    pub fn of_control(word: [u8; 8]) -> Self {
        let word = u64::from_le_bytes(word);
        Self(!(((word & !HIGH) + all(0x80 - b' ')) | word) & HIGH)
    }

    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The first place, from 0.
    pub fn first(self) -> Option<usize> {
        (self.0 != 0).then_some(self.0.trailing_zeros() as usize / 8)
    }
}

/// In their order, from 0.
impl Iterator for Places {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let first = self.first()?;
        self.0 &= self.0 - 1;
        Some(first)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn places_are_found(
            word in prop::array::uniform8(prop_oneof![any::<u8>(), 0_u8..4, 0x1e_u8..0x24]),
            byte in prop_oneof![any::<u8>(), 0_u8..4, 0x1e_u8..0x24],
        ) {
            let places = |is: &dyn Fn(u8) -> bool| {
                (0..8).filter(|&at| is(word[at])).collect::<Vec<usize>>()
            };
            let (found, control) = (Places::of(word, byte), Places::of_control(word));
            prop_assert_eq!(found.collect::<Vec<_>>(), places(&|other| other == byte));
            prop_assert_eq!(control.collect::<Vec<_>>(), places(&|other| other < b' '));
            let both = places(&|other| other == byte || other < b' ');
            prop_assert_eq!(found.or(control).first(), both.first().copied());
            prop_assert_eq!(found.or(control).is_empty(), both.is_empty());
        }
    }
}
