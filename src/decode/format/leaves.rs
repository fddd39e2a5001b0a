//! The leaves of a line, however it is written: a line goes in, one call a leaf comes out.
//!
//! JSON, topics before payloads, and pairs all come out as the leaves of one object, which [`super::jsonl`] binds to
//! columns by name.

use super::json::{JsonKey, JsonLeaf, JsonShape, row_text};
use super::json_leaves::JsonWalker;
use super::pairs;
use super::topic::Message;
use crate::decode::options::Format;

/// Walks the lines of one input; holds the buffers for it.
#[derive(Debug)]
pub(in crate::decode) struct LeafWalker {
    format: Format,
    json: JsonWalker,
    /// A number whose comma became a point.
    point: String,
}

impl LeafWalker {
    /// Of lines in this format, which is not CSV.
    pub fn new(format: Format) -> Self {
        Self { format, json: JsonWalker::default(), point: String::new() }
    }

    /// The line without what is around rows; empty where that is all.
    pub fn row_text<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        if self.format == Format::Pairs { line } else { row_text(line) }
    }

    /// Whether this line is an array.
    pub fn is_array(&self, line: &[u8]) -> bool {
        !matches!(self.format, Format::Pairs | Format::Topics)
            && line.trim_ascii_start().first() == Some(&b'[')
    }

    /// Calls `each` with `None`, then with every leaf, in order. Another `None` says that the line is read once
    /// more: what came before it is void. So it is if the line turns out broken.
    pub fn walk(
        &mut self,
        line: &[u8],
        each: &mut impl FnMut(Option<(JsonKey<'_>, JsonLeaf<'_>)>),
    ) -> Result<JsonShape, String> {
        if self.format == Format::Pairs {
            return pairs::walk(line, &mut self.point, each);
        }
        // A stream of topics that is entered in the middle of an object begins as JSON.
        if !matches!(line.trim_ascii_start().first(), Some(b'{' | b'[')) {
            let message = Message::of(line)
                .filter(|message| self.format == Format::Topics || message.is_json());
            if let Some(message) = message {
                return message.walk(&mut self.json, each);
            }
        }
        self.json.walk(line, each)
    }
}
