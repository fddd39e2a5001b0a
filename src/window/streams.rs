//! The state of each stream of one input, by its name.

use std::collections::HashMap;

/// What is kept of each stream, of so many streams at most: names come from outside.
#[derive(Debug)]
pub struct Streams<T> {
    by_name: HashMap<String, T>,
    most: usize,
}

impl<T> Streams<T> {
    /// Of at most `most` streams.
    pub fn new(most: usize) -> Self {
        Self { by_name: HashMap::new(), most }
    }

    /// Streams that there can be.
    pub fn most(&self) -> usize {
        self.most
    }

    /// The state of this stream, made when it comes for the first time; `None` when there are too
    /// many. A stream that is known costs no allocation.
    pub fn get_or_insert(&mut self, name: &str, make: impl FnOnce() -> T) -> Option<&mut T> {
        if !self.by_name.contains_key(name) {
            if self.by_name.len() >= self.most {
                return None;
            }
            self.by_name.insert(name.to_owned(), make());
        }
        self.by_name.get_mut(name)
    }

    /// Forgets all streams: what follows does not continue what came before.
    pub fn clear(&mut self) {
        self.by_name.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_streams_stay_and_further_ones_are_refused() {
        let mut streams = Streams::new(2);
        for name in ["a", "b", "a"] {
            *streams.get_or_insert(name, || 0).unwrap() += 1;
        }
        assert_eq!(streams.get_or_insert("c", || 0), None);
        assert_eq!(streams.get_or_insert("a", || 0), Some(&mut 2));
        streams.clear();
        assert_eq!(streams.get_or_insert("c", || 7), Some(&mut 7));
    }
}
