//! The leaves of one line of plain JSON, faster than the thorough way by serde_json finds
//! them: the same line gives the same calls, or none that count and `None`.
//!
//! Plain are objects within objects, and arrays without anything nested, of texts without escapes, numbers
//! and words, without an error. Whatever is not plain is left to the thorough way, which also finds the
//! words for what is wrong.

use super::json::{JsonKey, JsonLeaf, JsonShape};
use crate::decode::decimal::Decimal;
use crate::decode::limits::{MAX_KEY_BYTES, MAX_KEYS};
use crate::decode::words::Places;

/// Objects within objects, at most.
const DEPTH: usize = 8;

/// The keys of the last line, in the order in which they came: mostly, those of the next are the same.
#[derive(Debug, Default)]
pub(super) struct Keys {
    known: Vec<String>,
    /// Of the line that is read, those that were taken.
    taken: usize,
}

impl Keys {
    /// Takes a key whose quote was taken.
    fn take<'a>(&mut self, cursor: &mut Cursor<'a>) -> Option<&'a str> {
        let at = self.taken;
        self.taken += 1;
        let known = self.known.get_mut(at);
        if let Some(key) = known.as_deref().and_then(|known| cursor.known_text(known)) {
            return Some(key);
        }
        let key = cursor.text()?;
        match known {
            _ if key.len() > MAX_KEY_BYTES => {}
            Some(known) => key.clone_into(known),
            None if at < MAX_KEYS => self.known.push(key.to_owned()),
            None => {}
        }
        Some(key)
    }
}

/// Calls `each` with `None`, then with every leaf, in order. `None` where the line is not plain: then all
/// calls are void.
pub(super) fn walk(
    line: &[u8],
    path: &mut String,
    keys: &mut Keys,
    each: &mut impl FnMut(Option<(JsonKey<'_>, JsonLeaf<'_>)>),
) -> Option<JsonShape> {
    let mut cursor = Cursor { text: std::str::from_utf8(line).ok()?, at: 0 };
    path.clear();
    keys.taken = 0;
    each(None);
    let shape = match cursor.token()? {
        b'{' => {
            object(&mut cursor, path, keys, each, 0)?;
            JsonShape::Object
        }
        b'[' => JsonShape::Array(array(&mut cursor, each)?),
        _ => return None,
    };
    cursor.token().is_none().then_some(shape)
}

/// The members of an object whose brace was taken; `depth` objects lie around it.
fn object(
    cursor: &mut Cursor<'_>,
    path: &mut String,
    keys: &mut Keys,
    each: &mut impl FnMut(Option<(JsonKey<'_>, JsonLeaf<'_>)>),
    depth: usize,
) -> Option<()> {
    let mut token = cursor.token()?;
    if token == b'}' {
        return Some(());
    }
    let above = path.len();
    loop {
        let key = if token == b'"' { keys.take(cursor)? } else { return None };
        if cursor.token()? != b':' {
            return None;
        }
        token = cursor.token()?;
        if depth == 0 && token != b'{' {
            each(Some((JsonKey::Path(key), cursor.leaf(token)?)));
        } else {
            if depth > 0 {
                path.push('.');
            }
            path.push_str(key);
            match token {
                b'{' if depth < DEPTH => object(cursor, path, keys, each, depth + 1)?,
                _ => each(Some((JsonKey::Path(path), cursor.leaf(token)?))),
            }
            path.truncate(above);
        }
        match cursor.token()? {
            b',' => token = cursor.token()?,
            b'}' => return Some(()),
            _ => return None,
        }
    }
}

/// The elements of an array whose bracket was taken; gives their number.
fn array(
    cursor: &mut Cursor<'_>,
    each: &mut impl FnMut(Option<(JsonKey<'_>, JsonLeaf<'_>)>),
) -> Option<usize> {
    let mut token = cursor.token()?;
    if token == b']' {
        return Some(0);
    }
    for index in 0.. {
        each(Some((JsonKey::Index(index), cursor.leaf(token)?)));
        match cursor.token()? {
            b',' => token = cursor.token()?,
            b']' => return Some(index + 1),
            _ => return None,
        }
    }
    None
}

struct Cursor<'a> {
    text: &'a str,
    /// What was taken.
    at: usize,
}

impl<'a> Cursor<'a> {
    /// Takes the next byte that is no blank.
    fn token(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.as_bytes().get(self.at)?;
            self.at += 1;
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(byte);
            }
        }
    }

    /// Takes a leaf that begins with `token`, which was taken.
    fn leaf(&mut self, token: u8) -> Option<JsonLeaf<'a>> {
        match token {
            b'"' => self.text().map(JsonLeaf::Text),
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.word("rue", JsonLeaf::Bool(true)),
            b'f' => self.word("alse", JsonLeaf::Bool(false)),
            b'n' => self.word("ull", JsonLeaf::Null),
            _ => None,
        }
    }

    /// Takes a text whose quote was taken, if it is this one, in which nothing is escaped.
    fn known_text(&mut self, known: &str) -> Option<&'a str> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let same = rest.starts_with(known.as_bytes()) && rest.get(known.len()) == Some(&b'"');
        let text = if same { self.text.get(self.at..self.at + known.len())? } else { return None };
        self.at += known.len() + 1;
        Some(text)
    }

    /// Takes a text whose quote was taken.
    fn text(&mut self) -> Option<&'a str> {
        let start = self.at;
        let bytes = self.text.as_bytes().get(start..)?;
        let length = end_of_text(bytes)?;
        self.at += length + 1;
        // An escape or a control character is not plain.
        if bytes.get(length) == Some(&b'"') { self.text.get(start..start + length) } else { None }
    }

    fn word(&mut self, rest: &str, leaf: JsonLeaf<'a>) -> Option<JsonLeaf<'a>> {
        self.text.get(self.at..)?.starts_with(rest).then(|| {
            self.at += rest.len();
            leaf
        })
    }

    /// Takes a number whose first byte was taken.
    fn number(&mut self) -> Option<JsonLeaf<'a>> {
        let start = self.at - 1;
        let bytes = self.text.as_bytes().get(start..)?;
        let decimal = Decimal::read(bytes, false);
        let led = decimal.whole > 1 && bytes.get(usize::from(decimal.negative)) == Some(&b'0');
        if decimal.whole == 0 || decimal.fraction == Some(0) || led {
            return None;
        }
        let rest = bytes.get(decimal.len()..).unwrap_or_default();
        let exponent = exponent(rest)?;
        self.at = start + decimal.len() + exponent;
        if exponent == 0 {
            if decimal.fraction.is_none() {
                // Minus zero is none, and what is longer may be a float.
                let integer =
                    decimal.integer().filter(|&integer| integer != 0 || !decimal.negative);
                return integer.map(JsonLeaf::Integer);
            }
            if let Some(number) = decimal.number() {
                return Some(JsonLeaf::Float(number));
            }
        }
        let number: f64 = self.text.get(start..self.at)?.parse().ok()?;
        number.is_finite().then_some(JsonLeaf::Float(number))
    }
}

/// Where the first quote, backslash or control character is.
fn end_of_text(bytes: &[u8]) -> Option<usize> {
    let (words, rest) = bytes.as_chunks::<8>();
    for (start, &word) in (0..).step_by(8).zip(words) {
        let ends = Places::of(word, b'"').or(Places::of(word, b'\\')).or(Places::of_control(word));
        if let Some(at) = ends.first() {
            return Some(start + at);
        }
    }
    let at = rest.iter().position(|&byte| byte < b' ' || matches!(byte, b'"' | b'\\'))?;
    Some(bytes.len() - rest.len() + at)
}

/// Bytes of the exponent at the beginning of `text`, 0 where there is none; `None` for one that is torn.
fn exponent(text: &[u8]) -> Option<usize> {
    let [b'e' | b'E', digits @ ..] = text else { return Some(0) };
    let signed = usize::from(matches!(digits.first(), Some(b'+' | b'-')));
    let count = digits.iter().skip(signed).take_while(|byte| byte.is_ascii_digit()).count();
    (count > 0).then_some(1 + signed + count)
}
