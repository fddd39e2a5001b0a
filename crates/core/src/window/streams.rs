//! The state of each stream of one input, by its name.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

/// What is kept of each stream, of so many streams at most: names come from outside.
#[derive(Debug)]
pub struct Streams<T> {
    /// In the order in which they came.
    all: Vec<(String, T)>,
    /// Places in `all`, in the order of the names.
    by_name: Vec<usize>,
    /// The stream of the last row: mostly that of the next, too.
    last: usize,
    most: usize,
}

impl<T> Streams<T> {
    /// Of at most `most` streams.
    pub fn new(most: usize) -> Self {
        Self { all: Vec::new(), by_name: Vec::new(), last: 0, most }
    }

    /// Streams that there can be.
    pub fn most(&self) -> usize {
        self.most
    }

    /// The number of this stream, whose state is made when it comes for the first time; `None` when
    /// there are too many. A stream that is known costs no allocation.
    pub fn find_or_insert(&mut self, name: &str, make: impl FnOnce() -> T) -> Option<usize> {
        // Most inputs hold one stream, whose name is empty. To compare nothing is not free: `memcmp` may
        // touch memory that is not there, which takes some processors hundreds of cycles.
        let is_last = |last: &str| last.len() == name.len() && (name.is_empty() || last == name);
        if self.all.get(self.last).is_some_and(|(last, _)| is_last(last)) {
            return Some(self.last);
        }
        let all = &self.all;
        let named = |&at: &usize| all.get(at).map_or("", |(known, _)| known.as_str()).cmp(name);
        match self.by_name.binary_search_by(named) {
            Ok(place) => self.last = self.by_name.get(place).copied()?,
            Err(_) if self.all.len() >= self.most => return None,
            Err(place) => {
                self.last = self.all.len();
                self.by_name.insert(place, self.last);
                self.all.push((name.to_owned(), make()));
            }
        }
        Some(self.last)
    }

    /// As [`Streams::find_or_insert`], the state itself.
    pub fn get_or_insert(&mut self, name: &str, make: impl FnOnce() -> T) -> Option<&mut T> {
        let number = self.find_or_insert(name, make)?;
        self.get_mut(number).map(|(_, state)| state)
    }

    /// Name and state of the stream of this number.
    pub fn get_mut(&mut self, number: usize) -> Option<(&str, &mut T)> {
        self.all.get_mut(number).map(|(name, state)| (name.as_str(), state))
    }

    /// Forgets all streams: what follows does not continue what came before.
    pub fn clear(&mut self) {
        self.all.clear();
        self.by_name.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_streams_stay_and_further_ones_are_refused() {
        let mut streams = Streams::new(2);
        for name in ["b", "a", "b"] {
            *streams.get_or_insert(name, || 0).unwrap() += 1;
        }
        assert_eq!(streams.get_or_insert("c", || 0), None);
        assert_eq!(streams.get_or_insert("b", || 0), Some(&mut 2));
        assert_eq!(streams.get_or_insert("a", || 0), Some(&mut 1));
        streams.clear();
        assert_eq!(streams.get_or_insert("c", || 7), Some(&mut 7));
    }

    #[test]
    fn a_stream_without_a_name_is_one_like_any_other() {
        let mut streams = Streams::new(3);
        for name in ["", "", "a", "", "b", "b"] {
            *streams.get_or_insert(name, || 0).unwrap() += 1;
        }
        let counts = ["", "a", "b"].map(|name| *streams.get_or_insert(name, || 0).unwrap());
        assert_eq!(counts, [3, 1, 2]);
        assert_eq!(streams.get_or_insert("c", || 0), None);
    }
}
