//! A topic before its payload, as `mosquitto_sub -v` writes it: a line goes in, its parts come out.
//!
//! `plant/pump1 {"temp":21.7}` or `plant/pump1/temp 21.7`, with or without a time before. Looks into no payload.

use super::json::{JsonKey, JsonLeaf, JsonShape};
use super::json_leaves::JsonWalker;
use crate::decode::time::looks::{Looks, looks};
use crate::decode::value::{self, Reading};

/// The name of the column of topics.
pub(in crate::decode) const TOPIC: &str = "topic";
/// The name of a payload that is one value.
pub(in crate::decode) const PAYLOAD: &str = "payload";

/// Gets the leaves of a line.
type Each<'a> = dyn FnMut(Option<(JsonKey<'_>, JsonLeaf<'_>)>) + 'a;

/// The parts of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::decode) struct Message<'a> {
    pub time: Option<&'a str>,
    pub topic: &'a str,
    pub payload: &'a str,
}

impl<'a> Message<'a> {
    /// `None` for a line that is no topic with a payload.
    pub fn of(line: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(line).ok()?.trim();
        let cut = |text: &'a str| text.split_once([' ', '\t']).map(|(a, b)| (a, b.trim_start()));
        let (first, rest) = cut(text)?;
        let (time, (topic, payload)) = match looks(first.as_bytes()) {
            Looks::DateTime | Looks::Open | Looks::Epoch => (Some(first), cut(rest)?),
            Looks::Small | Looks::Other => (None, (first, rest)),
        };
        let good =
            !topic.contains(['{', '}', '[', ']', '"', ',', ';', '=']) && !topic.ends_with(':');
        (good && !payload.is_empty()).then_some(Self { time, topic, payload })
    }

    /// Whether the payload is an object, or a torn piece of one.
    pub fn is_json(&self) -> bool {
        self.payload.starts_with('{')
    }

    /// Whether nothing else is written so: an object behind a word, or one number behind a path.
    pub fn is_plain(&self) -> bool {
        let number = || matches!(value::read(self.payload.as_bytes(), false), Reading::Number(_));
        let named = self.topic.starts_with(|c: char| c.is_alphabetic() || "/_$".contains(c));
        let closed = self.is_json() && self.payload.ends_with('}');
        named && (closed || (self.topic.contains('/') && number()))
    }

    /// Calls `each` with `None`, then with topic, time, and every leaf of the payload.
    pub fn walk(
        &self,
        json: &mut JsonWalker,
        each: &mut impl FnMut(Option<(JsonKey<'_>, JsonLeaf<'_>)>),
    ) -> Result<JsonShape, String> {
        let Self { time, topic, payload } = *self;
        let begin = |each: &mut Each<'_>| {
            each(None);
            each(Some((JsonKey::Path(TOPIC), JsonLeaf::Text(topic))));
            if let Some(time) = time {
                each(Some((JsonKey::Path("time"), JsonLeaf::Text(time))));
            }
        };
        if !self.is_json() {
            begin(each);
            each(Some((JsonKey::Path(PAYLOAD), JsonLeaf::Text(payload))));
            return Ok(JsonShape::Object);
        }
        json.walk(payload.as_bytes(), &mut |found| match found {
            None => begin(each),
            found => each(found),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_and_what_is_none() {
        let of = |line: &'static str| Message::of(line.as_bytes()).filter(Message::is_plain);
        let message = of("plant/pump1 {\"a\":1}").unwrap();
        assert_eq!(
            (message.time, message.topic, message.payload),
            (None, "plant/pump1", "{\"a\":1}")
        );
        assert_eq!(of("1583748873 plant/temp 21.5").unwrap().time, Some("1583748873"));
        assert_eq!(of("2020-03-09T10:14:33+0100 pump {\"a\":1}").unwrap().topic, "pump");
        for line in [
            "temp 21.5",
            "1/2 3",
            "a",
            "{\"a\":1}",
            "a/b",
            "1.5 2.5",
            "2020-03-09 10:14:33 1.5",
            "a/b c",
            "x, {\"a\":1}",
            "03/02/2026 11",
            "a/b 1 2",
        ] {
            assert!(of(line).is_none(), "{line}");
        }
    }
}
