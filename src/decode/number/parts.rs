//! One field of text to the parts of a number: digits with their marks, and the unit behind them.
//!
//! Decides nothing that the field alone does not tell: `1,012` stays open.

/// Bytes of a number at most, without what parts its thousands.
const LONGEST: usize = 48;

/// Whether fields may be pieces of numbers with a decimal comma: behind the first, which may be a time, all are whole
/// numbers, and several are.
pub(in crate::decode) fn may_be_split<'a>(fields: impl Iterator<Item = &'a [u8]>) -> bool {
    let (mut whole, mut all) = (0, true);
    for field in fields.skip(1).map(<[u8]>::trim_ascii) {
        let digits = field.strip_prefix(b"-").unwrap_or(field);
        let is_whole = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
        whole += usize::from(is_whole);
        all &= is_whole || field.is_empty();
    }
    all && whole > 1
}

/// Bytes of a unit at most.
const LONGEST_UNIT: usize = 16;

/// A mark among digits that may be for decimals or for thousands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Point,
    Comma,
}

impl Mark {
    fn byte(self) -> u8 {
        match self {
            Self::Point => b'.',
            Self::Comma => b',',
        }
    }

    /// The mark at the beginning of a text.
    fn first(text: &str) -> Option<Self> {
        [Self::Point, Self::Comma]
            .into_iter()
            .find(|mark| text.as_bytes().first() == Some(&mark.byte()))
    }
}

/// What the marks of one number say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// There is none, or only such as are for thousands alone: a blank, an apostrophe.
    Bare,
    /// This one comes before the decimals, and nothing else can be meant.
    Decimal(Mark),
    /// This one parts thousands, and nothing else can be meant.
    Thousands(Mark),
    /// One of these with three digits behind it and one to three before: it may be either.
    Open(Mark),
}

/// A field that is a number, perhaps with a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    pub shape: Shape,
    /// Behind the number, trimmed.
    pub unit: &'a str,
    negative: bool,
    /// Digits, marks, and an exponent.
    digits: &'a str,
}

impl<'a> Parts<'a> {
    /// Takes a field apart; `None` where it is no number, with or without a unit.
    pub fn of(field: &'a str) -> Option<Self> {
        let field = field.trim();
        let (negative, unsigned) = sign(field);
        let (shape, length) = marks(unsigned)?;
        let length = length + exponent(unsigned.get(length..)?);
        let (digits, rest) = unsigned.split_at_checked(length)?;
        let unit = rest.trim_start();
        is_unit(unit).then_some(Self { shape, unit, negative, digits })
    }

    /// The number, with an open mark taken for decimals or not.
    pub fn number(&self, decimals: bool) -> Option<f64> {
        let point = match self.shape {
            Shape::Decimal(mark) => Some(mark.byte()),
            Shape::Open(mark) if decimals => Some(mark.byte()),
            Shape::Open(_) | Shape::Bare | Shape::Thousands(_) => None,
        };
        if matches!(point, None | Some(b'.'))
            && let Ok(number) = self.digits.parse::<f64>()
            && (point.is_some() || !self.digits.contains('.'))
        {
            return Some(if self.negative { -number } else { number });
        }
        let (mut plain, mut length) = ([0; LONGEST], 0);
        let minus = self.negative.then_some(b'-');
        for byte in minus.into_iter().chain(self.digits.bytes()) {
            let byte = match byte {
                _ if Some(byte) == point => b'.',
                b'0'..=b'9' | b'e' | b'E' | b'+' | b'-' => byte,
                _ => continue,
            };
            *plain.get_mut(length)? = byte;
            length += 1;
        }
        std::str::from_utf8(plain.get(..length)?).ok()?.parse().ok()
    }
}

/// A sign, which may be the minus of a typesetter, and what follows it.
fn sign(text: &str) -> (bool, &str) {
    let minus =
        ['-', '\u{2212}', '\u{2013}'].into_iter().find_map(|minus| text.strip_prefix(minus));
    match minus {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// What the marks among the digits at the beginning of a text say, and the length of it all.
fn marks(text: &str) -> Option<(Shape, usize)> {
    let first = digits(text, 0);
    let (mut end, mut groups) = (first, 0);
    // Groups of three, all behind the same mark; only a number of up to three digits can have some.
    let parting = text.get(first..).and_then(parting).filter(|_| (1..=3).contains(&first));
    let mark = parting.and_then(Mark::first);
    if let Some(parting) = parting {
        while text.get(end..).is_some_and(|rest| rest.starts_with(parting))
            && digits(text, end + parting.len()) == 3
        {
            groups += 1;
            end += parting.len() + 3;
        }
    }
    let grouped = mark.filter(|_| groups > 0);
    let decimal = text.get(end..).and_then(Mark::first);
    match (decimal, grouped) {
        (Some(decimal), Some(mark)) if decimal == mark => None,
        (Some(decimal), _) => {
            let count = digits(text, end + 1);
            (first + count > 0).then_some((Shape::Decimal(decimal), end + 1 + count))
        }
        (None, _) if first == 0 => None,
        (None, None) => Some((Shape::Bare, end)),
        // No thousands begin with a nought.
        (None, Some(mark)) if groups == 1 && text.starts_with('0') => {
            Some((Shape::Decimal(mark), end))
        }
        (None, Some(mark)) if groups == 1 => Some((Shape::Open(mark), end)),
        (None, Some(mark)) => Some((Shape::Thousands(mark), end)),
    }
}

/// What can part thousands, at the beginning of a text.
fn parting(text: &str) -> Option<&str> {
    const ALL: [&str; 8] = [".", ",", " ", "\u{a0}", "\u{202f}", "\u{2009}", "'", "\u{2019}"];
    ALL.into_iter().find(|parting| text.starts_with(parting))
}

/// Digits in a row from a place on.
fn digits(text: &str, from: usize) -> usize {
    let rest = text.as_bytes().get(from..).unwrap_or_default();
    rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Length of the exponent at the beginning of a text, such as `e-3`. An `e` alone begins a unit.
fn exponent(text: &str) -> usize {
    if !text.starts_with(['e', 'E']) {
        return 0;
    }
    let signed = 1 + usize::from(text.get(1..).is_some_and(|rest| rest.starts_with(['+', '-'])));
    match digits(text, signed) {
        0 => 0,
        count => signed + count,
    }
}

/// Whether a text can be a unit: `bar`, `°C`, `m/s²`, `%`; nothing, too.
fn is_unit(text: &str) -> bool {
    const SIGNS: &str = "%‰°/·*^_²³()-\"'′″ 23";
    let begins = |c: char| c.is_alphabetic() || "%‰°".contains(c);
    text.len() <= LONGEST_UNIT
        && text.chars().next().is_none_or(begins)
        && text.chars().all(|c| c.is_alphabetic() || SIGNS.contains(c))
}
