//! The leaves of one line of JSON, without building a tree: text goes in, one call a leaf comes out.
//!
//! Objects within objects give dotted paths (`a.b`); the elements of an outer array are numbered.
//! `nan`, `inf` and their kin, which firmware, Python and others write, are read as null. Nesting is
//! limited by serde_json (128).

use std::fmt;

use super::json::{JsonKey, JsonLeaf, JsonShape};
use super::json_plain;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Walks lines; holds the buffers for it.
#[derive(Debug, Default)]
pub(in crate::decode) struct JsonWalker {
    path: String,
    keys: json_plain::Keys,
    cleaned: Vec<u8>,
    /// Lines that are to go the thorough way without a try, since one before them had to.
    untried: u32,
}

/// So many: most inputs are plain throughout or not at all, and a try that fails costs a third more.
const UNTRIED: u32 = 16;

impl JsonWalker {
    /// Calls `each` with `None`, then with every leaf, in order. Another `None` says that the line
    /// is read once more: what came before it is void. So it is if the line turns out broken.
    pub fn walk(
        &mut self,
        line: &[u8],
        each: &mut impl FnMut(Option<(JsonKey<'_>, JsonLeaf<'_>)>),
    ) -> Result<JsonShape, String> {
        if self.untried > 0 {
            self.untried -= 1;
        } else if let Some(shape) = json_plain::walk(line, &mut self.path, &mut self.keys, each) {
            return Ok(shape);
        } else {
            self.untried = UNTRIED;
        }
        let first = thorough(&mut self.path, line, each);
        if first.is_err() && clean(line, &mut self.cleaned) {
            return thorough(&mut self.path, &self.cleaned, each).map_err(|error| reason(&error));
        }
        first.map_err(|error| reason(&error))
    }
}

/// Any line, by way of serde_json.
pub(super) fn thorough(
    path: &mut String,
    line: &[u8],
    each: &mut impl FnMut(Option<(JsonKey<'_>, JsonLeaf<'_>)>),
) -> serde_json::Result<JsonShape> {
    path.clear();
    each(None);
    let mut json = serde_json::Deserializer::from_slice(line);
    let shape = Node { path, each, index: None, outer: true }.deserialize(&mut json)?;
    json.end()?;
    Ok(shape)
}

/// serde_json says "line 1", which is not the line of the input but the first one of the record.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.split(" at line ").next().unwrap_or_default();
    match error.line() {
        0 | 1 => format!("not JSON at column {}: {what}", error.column()),
        line => format!("not JSON in line {line} from here, at column {}: {what}", error.column()),
    }
}

/// Copies the line with what JSON has no word for replaced; `false` when there was nothing.
fn clean(line: &[u8], out: &mut Vec<u8>) -> bool {
    out.clear();
    let (mut rest, mut in_text, mut found) = (line, false, false);
    while let Some(&byte) = rest.first() {
        let word = if in_text { None } else { foreign(rest) };
        let (read, written) = match (word, byte) {
            (Some((length, instead)), _) => {
                found = true;
                (length, instead)
            }
            (None, b'\\') if in_text => (rest.len().min(2), &rest[..rest.len().min(2)]),
            (None, _) => {
                in_text ^= byte == b'"';
                (1, &rest[..1])
            }
        };
        out.extend_from_slice(written);
        rest = &rest[read..];
    }
    found
}

/// A word of other languages at the beginning of a text: its length, and JSON for it. What is infinite is no
/// reading.
fn foreign(text: &[u8]) -> Option<(usize, &'static [u8])> {
    const WORDS: [(&[u8], &[u8]); 7] = [
        (b"nan(ind)", b"null"),
        (b"nan", b"null"),
        (b"infinity", b"null"),
        (b"inf", b"null"),
        (b"None", b"null"),
        (b"True", b"true"),
        (b"False", b"false"),
    ];
    let signed = usize::from(matches!(text.first(), Some(b'+' | b'-')));
    let rest = text.get(signed..)?;
    let is = |word: &[u8]| {
        let here = rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        here && !rest.get(word.len()).is_some_and(u8::is_ascii_alphanumeric)
    };
    // JSON's own words are not to be replaced by themselves.
    let own = rest.starts_with(b"true") || rest.starts_with(b"false");
    let (word, instead) = WORDS.iter().find(|(word, _)| !own && is(word))?;
    Some((signed + word.len(), *instead))
}

/// One value at `path`, or element `index` of the outer array.
struct Node<'a, F> {
    path: &'a mut String,
    each: &'a mut F,
    index: Option<usize>,
    outer: bool,
}

impl<F: FnMut(Option<(JsonKey<'_>, JsonLeaf<'_>)>)> Node<'_, F> {
    fn leaf(self, leaf: JsonLeaf<'_>) -> JsonShape {
        match self.index {
            _ if self.outer => {}
            Some(index) => (self.each)(Some((JsonKey::Index(index), leaf))),
            None => (self.each)(Some((JsonKey::Path(self.path), leaf))),
        }
        JsonShape::Plain
    }
}

impl<'de, F: FnMut(Option<(JsonKey<'_>, JsonLeaf<'_>)>)> DeserializeSeed<'de> for Node<'_, F> {
    type Value = JsonShape;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<JsonShape, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de, F: FnMut(Option<(JsonKey<'_>, JsonLeaf<'_>)>)> Visitor<'de> for Node<'_, F> {
    type Value = JsonShape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<JsonShape, E> {
        Ok(self.leaf(JsonLeaf::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<JsonShape, E> {
        Ok(self.leaf(JsonLeaf::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<JsonShape, E> {
        Ok(self.leaf(JsonLeaf::Integer(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<JsonShape, E> {
        let leaf = i64::try_from(value).map_or(JsonLeaf::Large(value), JsonLeaf::Integer);
        Ok(self.leaf(leaf))
    }

    fn visit_f64<E>(self, value: f64) -> Result<JsonShape, E> {
        Ok(self.leaf(JsonLeaf::Float(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<JsonShape, E> {
        Ok(self.leaf(JsonLeaf::Text(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<JsonShape, A::Error> {
        if !self.outer {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(self.leaf(JsonLeaf::Nested));
        }
        let mut count = 0;
        loop {
            let (path, each) = (&mut *self.path, &mut *self.each);
            let node = Node { path, each, index: Some(count), outer: false };
            match seq.next_element_seed(node)? {
                Some(_) => count += 1,
                None => return Ok(JsonShape::Array(count)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsonShape, A::Error> {
        if self.index.is_some() {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(self.leaf(JsonLeaf::Nested));
        }
        let above = self.path.len();
        while map.next_key_seed(Step { path: self.path, outer: self.outer })?.is_some() {
            let (path, each) = (&mut *self.path, &mut *self.each);
            map.next_value_seed(Node { path, each, index: None, outer: false })?;
            self.path.truncate(above);
        }
        Ok(JsonShape::Object)
    }
}

/// Adds a key to the path.
struct Step<'a> {
    path: &'a mut String,
    outer: bool,
}

impl<'de> DeserializeSeed<'de> for Step<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Step<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<(), E> {
        if !self.outer {
            self.path.push('.');
        }
        self.path.push_str(key);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(line: &str) -> Result<(JsonShape, Vec<String>), String> {
        let mut out = Vec::new();
        let shape = JsonWalker::default().walk(line.as_bytes(), &mut |found| match found {
            None => out.clear(),
            Some((JsonKey::Path(path), leaf)) => out.push(format!("{path}={leaf:?}")),
            Some((JsonKey::Index(index), leaf)) => out.push(format!("{index}={leaf:?}")),
        })?;
        Ok((shape, out))
    }

    #[test]
    fn paths_and_leaves() {
        let line = r#"{"a":1,"b":{"c":-2.5,"d":{"":null}},"e":[1,{}],"f":"x\n","g":{}}"#;
        let (shape, got) = leaves(line).unwrap();
        assert_eq!(shape, JsonShape::Object);
        let expected =
            ["a=Integer(1)", "b.c=Float(-2.5)", "b.d.=Null", "e=Nested", "f=Text(\"x\\n\")"];
        assert_eq!(got, expected);
        let (shape, got) = leaves(r#"[1,{"a":2},[3],true]"#).unwrap();
        assert_eq!(shape, JsonShape::Array(4));
        assert_eq!(got, ["0=Integer(1)", "1=Nested", "2=Nested", "3=Bool(true)"]);
        assert_eq!(leaves("7").unwrap(), (JsonShape::Plain, vec![]));
    }

    #[test]
    fn words_that_json_does_not_have() {
        let (_, got) = leaves(r#"{"NaN\"":1,"a":NaN,"b":-Infinity,"true":true}"#).unwrap();
        assert_eq!(got, ["NaN\"=Integer(1)", "a=Null", "b=Null", "true=Bool(true)"]);
        for word in ["nan", "-nan", "NAN", "inf", "-Inf", "+inf", "INFINITY", "-nan(ind)", "None"] {
            let line = format!("{{\"nan\":1,\"a\":{word}, \"b\":2}}");
            assert_eq!(leaves(&line).unwrap().1, ["nan=Integer(1)", "a=Null", "b=Integer(2)"]);
        }
        assert_eq!(leaves("{\"a\":True}").unwrap().1, ["a=Bool(true)"]);
        assert!(leaves("{\"a\":nano}").is_err() && leaves("{\"a\":-None1}").is_err());
    }

    #[test]
    fn broken_lines_say_where() {
        assert_eq!(leaves("{\"a\":x}").unwrap_err(), "not JSON at column 6: expected value");
        assert!(leaves("{} {}").is_err());
        assert!(leaves(&"[".repeat(100_000)).is_err(), "the depth is limited");
    }
}
