//! Scores of all streams, and their constants that change, go in; what pins are to show comes out, when it changes.

use std::collections::HashMap;

use oddity_core::event::{Scored, Severity};

/// What pins show: nothing, or how bad it is.
pub(super) type Shown = Option<Severity>;

/// The streams that are raised, each with the worst that was seen of it since.
#[derive(Debug, Default)]
pub(super) struct Alarm {
    raised: HashMap<String, Severity>,
    /// Streams with so many constants that have changed: each is a warning.
    changed: HashMap<String, usize>,
    shown: Shown,
}

impl Alarm {
    /// Takes the score of a window; gives what is to be shown from now on, if that is something else.
    pub fn take(&mut self, score: &Scored<'_>) -> Option<Shown> {
        if score.raised {
            let severity = Severity::of(score.ratio);
            match self.raised.get_mut(score.stream) {
                Some(worst) => *worst = severity.max(*worst),
                None => {
                    self.raised.insert(score.stream.to_owned(), severity);
                }
            }
        } else if self.raised.remove(score.stream).is_none() {
            return None;
        }
        self.show()
    }

    /// A constant of a stream has changed; gives the same.
    pub fn changed(&mut self, stream: &str) -> Option<Shown> {
        match self.changed.get_mut(stream) {
            Some(count) => *count += 1,
            None => {
                self.changed.insert(stream.to_owned(), 1);
            }
        }
        self.show()
    }

    /// A constant that had changed is as it was; gives the same.
    pub fn returned(&mut self, stream: &str) -> Option<Shown> {
        match self.changed.get_mut(stream) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                self.changed.remove(stream);
            }
        }
        self.show()
    }

    fn show(&mut self) -> Option<Shown> {
        let changed = self.changed.keys().map(|_| Severity::Warning);
        let shown = self.raised.values().copied().chain(changed).max();
        (shown != std::mem::replace(&mut self.shown, shown)).then_some(shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_of_all_streams_is_shown_until_the_last_is_cleared() {
        let mut alarm = Alarm::default();
        let mut take = |stream, ratio, raised| {
            alarm.take(&Scored {
                stream,
                row: 1,
                time: None,
                score: 0.0,
                ratio,
                raised,
                head: None,
            })
        };
        let (warning, critical) = (Some(Severity::Warning), Some(Severity::Critical));
        // Above its limit, but not raised yet.
        assert_eq!(take("a", 1.5, false), None);
        assert_eq!(take("a", 1.5, true), Some(warning));
        assert_eq!(take("b", 1.1, true), None);
        assert_eq!(take("b", 2.5, true), Some(critical));
        // It was critical once, and is not over.
        assert_eq!(take("b", 1.1, true), None);
        assert_eq!(take("c", 0.5, false), None);
        assert_eq!(take("b", 0.5, false), Some(warning));
        assert_eq!(take("a", 0.5, false), Some(None));
        assert_eq!(take("a", 0.5, false), None);
    }

    #[test]
    fn it_shows_until_the_last_constant_is_as_it_was() {
        let mut alarm = Alarm::default();
        assert_eq!(alarm.changed("a"), Some(Some(Severity::Warning)));
        assert_eq!((alarm.changed("a"), alarm.changed("b")), (None, None));
        assert_eq!((alarm.returned("a"), alarm.returned("b")), (None, None));
        assert_eq!(alarm.returned("a"), Some(None));
        assert_eq!(alarm.returned("a"), None);
    }
}
