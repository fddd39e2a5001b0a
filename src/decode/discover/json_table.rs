//! The first lines of JSON, or of pairs and topics, go in; their leaves as a table come out. Chooses nothing of it.

use std::collections::HashMap;

use super::sniff::most_common;
use crate::decode::columns::numbered;
use crate::decode::format::json::{JsonKey, JsonShape};
use crate::decode::format::jsonl::write_text;
use crate::decode::format::leaves::LeafWalker;
use crate::decode::limits::{MAX_KEY_BYTES, MAX_KEYS};
use crate::decode::options::Format;
use crate::decode::time::looks::looks;

/// The leaves of the first lines as a table.
#[derive(Default)]
pub(super) struct JsonTable {
    /// Lines are arrays, not objects.
    pub(super) array: bool,
    /// An array begins with a date.
    pub(super) dated: bool,
    pub(super) names: Vec<String>,
    /// The texts in each column, line by line; a line that lacks one gives none.
    pub(super) columns: Vec<Vec<Vec<u8>>>,
}

impl JsonTable {
    /// Of the first lines, which are held.
    pub(super) fn read(lines: &[(u64, &[u8])], format: Format) -> Self {
        let mut walker = LeafWalker::new(format);
        let shapes: Vec<JsonShape> = lines
            .iter()
            .map(|(_, line)| {
                walker.walk(walker.row_text(line), &mut |_| {}).unwrap_or(JsonShape::Plain)
            })
            .collect();
        let widths = shapes.iter().filter_map(|shape| match shape {
            JsonShape::Array(width) => Some(*width),
            JsonShape::Object | JsonShape::Plain => None,
        });
        // The first good line decides, as it does when rows are read.
        let first = shapes.iter().find(|shape| **shape != JsonShape::Plain);
        let wanted = match first {
            Some(JsonShape::Array(_)) => {
                JsonShape::Array(most_common(widths).map_or(0, |(width, _)| width))
            }
            _ => JsonShape::Object,
        };
        let mut table = Self { array: wanted != JsonShape::Object, ..Self::default() };
        let mut index = HashMap::new();
        let good = lines.iter().zip(&shapes).filter(|(_, shape)| **shape == wanted);
        for ((_, line), _) in good {
            table.add(&mut walker, line, &mut index);
        }
        table
    }

    fn add(&mut self, walker: &mut LeafWalker, line: &[u8], index: &mut HashMap<String, usize>) {
        let mut cells: Vec<(usize, Vec<u8>)> = Vec::new();
        // Lines that cannot be walked were sorted out before.
        let _ = walker.walk(walker.row_text(line), &mut |found| {
            let Some((key, leaf)) = found else { return cells.clear() };
            let name = match key {
                JsonKey::Path(path) => path.to_owned(),
                JsonKey::Index(index) => numbered(index),
            };
            let known = index.get(&name).copied();
            if known.is_none() && (index.len() >= MAX_KEYS || name.len() > MAX_KEY_BYTES) {
                return;
            }
            let column = known.unwrap_or(index.len());
            index.entry(name).or_insert_with_key(|name| {
                self.names.push(name.clone());
                column
            });
            let mut text = Vec::new();
            write_text(leaf, &mut text);
            cells.push((column, text));
        });
        let first = cells.iter().find(|(column, _)| *column == 0);
        self.dated |= self.array && first.is_some_and(|(_, text)| looks(text).is_written());
        self.columns.resize_with(self.names.len(), Vec::new);
        for (column, text) in cells {
            if let Some(column) = self.columns.get_mut(column) {
                column.push(text);
            }
        }
    }
}

/// The first line that is no JSON, and why.
pub(super) fn first_broken<'a>(lines: &[(u64, &'a [u8])]) -> Option<(u64, &'a [u8], String)> {
    let mut walker = LeafWalker::new(Format::Jsonl);
    lines.iter().find_map(|(number, line)| {
        let reason = walker.walk(walker.row_text(line), &mut |_| {}).err()?;
        Some((*number, *line, reason))
    })
}
