//! The beginning of a text goes in; what lies around its rows comes out.
//!
//! JSON is one object or array a line, or a document: an array of objects, objects over several lines, or an object
//! with an array of objects in it.

/// The most bytes that are looked at.
const MOST_BYTES: usize = 64 * 1024;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// What lies around a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Around {
    /// The ends of its line.
    Lines,
    /// So many arrays and objects.
    Containers(usize),
}

/// Looks at the beginning of a text. `None`: more is needed. `all`: there is no more.
pub(super) fn around(head: &[u8], all: bool) -> Option<Around> {
    let open = |found: Option<Around>| match found {
        None if all || head.len() >= MOST_BYTES => Some(Around::Lines),
        found => found,
    };
    if BOM.starts_with(head) {
        return open(None);
    }
    let text = head.strip_prefix(BOM).unwrap_or(head);
    let mut tokens = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace());
    let (first, second) = (tokens.next(), tokens.next());
    match (first, second, tokens.next()) {
        (None, ..) | (Some(b'[' | b'{'), None, _) => open(None),
        (Some(b'['), Some(b'{' | b'['), None) => open(None),
        (Some(b'['), Some(b'{'), Some(b'"' | b'}')) => Some(Around::Containers(1)),
        (Some(b'['), Some(b'['), Some(third)) if begins_scalar(third) => {
            Some(Around::Containers(1))
        }
        (Some(b'{'), Some(b'"' | b'}'), _) => {
            let cut = text.get(..MOST_BYTES).unwrap_or(text);
            let mut object = Object::default();
            let found = cut.iter().find_map(|&byte| object.take(byte));
            found.or_else(|| (all || cut.len() == MOST_BYTES).then(|| object.torn()))
        }
        _ => Some(Around::Lines),
    }
}

fn begins_scalar(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'-' | b'"' | b'n' | b'N' | b't' | b'f')
}

/// What was seen of a first object.
#[derive(Debug, Default)]
struct Object {
    /// The containers that are open; `true` is an array.
    open: Vec<bool>,
    in_text: bool,
    escaped: bool,
    /// The last byte that is no blank.
    last: u8,
    /// A number stands beside what may hold the rows: then it is a row itself.
    number: bool,
    /// A line has ended within it.
    lines: bool,
    /// Containers around the first object in an array.
    level: Option<usize>,
}

impl Object {
    fn take(&mut self, byte: u8) -> Option<Around> {
        if byte == b'\n' {
            self.in_text = false;
            self.lines = true;
            return self.level.or(self.number.then_some(0)).map(Around::Containers);
        }
        if self.in_text {
            self.in_text = self.escaped || byte != b'"';
            self.escaped = !self.escaped && byte == b'\\';
            return None;
        }
        if byte.is_ascii_whitespace() {
            return None;
        }
        let last = std::mem::replace(&mut self.last, byte);
        let in_objects = !self.open.contains(&true);
        match byte {
            b'"' => {
                self.in_text = true;
                // An object has a key: one without is no row.
                if last == b'{' && self.level.is_none() && !self.number {
                    let arrays = self.open.iter().filter(|array| **array).count();
                    let around = self.open.len().saturating_sub(1);
                    if arrays == 1
                        && around.checked_sub(1).and_then(|at| self.open.get(at)) == Some(&true)
                    {
                        self.level = Some(around);
                        return self.lines.then_some(Around::Containers(around));
                    }
                }
            }
            b'{' if !self.open.is_empty() && !matches!(last, b':' | b'[' | b',') => {
                return Some(Around::Lines);
            }
            b'{' | b'[' => self.open.push(byte == b'['),
            b'}' | b']' => {
                self.open.pop();
                if self.open.is_empty() {
                    return Some(self.whole());
                }
            }
            b'0'..=b'9' | b'-' if last == b':' && in_objects => {
                self.number = true;
                return (self.lines && self.level.is_none()).then_some(Around::Containers(0));
            }
            _ => {}
        }
        None
    }

    /// What it is, with its end.
    fn whole(&self) -> Around {
        match self.level {
            Some(level) if self.lines || !self.number => Around::Containers(level),
            _ if self.lines => Around::Containers(0),
            _ => Around::Lines,
        }
    }

    /// What it is, without its end.
    fn torn(&self) -> Around {
        match self.level {
            Some(level) => Around::Containers(level),
            None if self.lines => Around::Containers(0),
            None => Around::Lines,
        }
    }
}
