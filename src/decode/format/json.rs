//! What a line of JSON is made of: leaves, and where they are.

/// Where a leaf is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::decode) enum JsonKey<'a> {
    /// Dotted, in an object.
    Path(&'a str),
    /// From 0, in an array.
    Index(usize),
}

/// What a leaf is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::decode) enum JsonLeaf<'a> {
    Null,
    Bool(bool),
    Integer(i64),
    /// Too large for `i64`.
    Large(u64),
    Float(f64),
    Text(&'a str),
    /// An array within something, or an object within an array: not looked into.
    Nested,
}

/// What the line is as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::decode) enum JsonShape {
    Object,
    /// With so many elements.
    Array(usize),
    /// Neither.
    Plain,
}

/// A line of JSON without what an array around it leaves there: a comma behind it, or a bracket alone.
pub(in crate::decode) fn row_text(line: &[u8]) -> &[u8] {
    let text = line.trim_ascii();
    let text = text.strip_suffix(b",").unwrap_or(text);
    if matches!(text, b"[" | b"]") { &[] } else { text }
}
