//! The words in times: months, halves of a day, zones by their letters. Bytes go in; what they
//! mean comes out. No order of a date and no rules of zones.

use super::civil::DAY;

/// Months in English, German, French, Spanish, Italian, Dutch and Portuguese; the first three
/// letters or more are read.
const MONTHS: [&[&str]; 12] = [
    &["january", "januar", "j\u{e4}nner", "janvier", "enero", "gennaio", "januari", "janeiro"],
    &["february", "februar", "f\u{e9}vrier", "fevrier", "febrero", "febbraio", "fevereiro"],
    &["march", "m\u{e4}rz", "mrz", "mars", "marzo", "maart", "mrt", "mar\u{e7}o"],
    &["april", "avril", "abril", "aprile"],
    &["may", "mai", "mayo", "maggio", "mei", "maio"],
    &["june", "juni", "juin", "junio", "giugno", "junho"],
    &["july", "juli", "juillet", "julio", "luglio", "julho"],
    &["august", "ao\u{fb}t", "aout", "agosto", "augustus"],
    &["september", "septembre", "septiembre", "settembre", "setembro"],
    &["october", "oktober", "octobre", "octubre", "ottobre", "outubro"],
    &["november", "novembre", "noviembre", "novembro"],
    &["december", "dezember", "d\u{e9}cembre", "decembre", "diciembre", "dicembre", "dezembro"],
];

/// A month, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Month(pub i64);

impl Month {
    pub fn read(word: &[u8]) -> Option<Self> {
        let begins = |name: &&str| {
            let head = name.as_bytes().get(..word.len());
            head.is_some_and(|head| head.eq_ignore_ascii_case(word))
        };
        let by_name = |names: &&[&str]| names.iter().any(begins);
        let found = (word.len() >= 3).then(|| MONTHS.iter().position(by_name));
        found.flatten().and_then(|at| i64::try_from(at).ok()).map(|at| Self(at + 1))
    }
}

/// The half of a day on a clock of twelve hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    Am,
    Pm,
}

impl Half {
    /// `AM`, `pm`, `a.m.`, `p. m.` at the beginning of a text, and how long it is.
    pub fn read(text: &[u8]) -> Option<(Self, usize)> {
        let half = match text.first()? {
            b'a' | b'A' => Self::Am,
            b'p' | b'P' => Self::Pm,
            _ => return None,
        };
        let is = |at: usize, byte: u8| text.get(at).is_some_and(|b| b.eq_ignore_ascii_case(&byte));
        let mut at = 1 + usize::from(is(1, b'.'));
        at += usize::from(at == 2 && is(2, b' '));
        // A blank of two bytes that no line breaks at.
        if at == 2 && is(2, 0xc2) && is(3, 0xa0) {
            at += 2;
        }
        if !is(at, b'm') {
            return None;
        }
        at += 1 + usize::from(is(at + 1, b'.'));
        let more = text.get(at).is_some_and(u8::is_ascii_alphanumeric);
        (!more).then_some((half, at))
    }

    /// From the hours of this half to those of the day.
    pub fn apply(self, of_day: i64) -> Option<i64> {
        let noon = DAY / 2;
        match self {
            Self::Am if of_day < noon => Some(of_day),
            // 12 AM is midnight.
            Self::Am => (of_day < noon + DAY / 24).then_some(of_day - noon),
            Self::Pm if of_day < noon => Some(of_day + noon),
            Self::Pm => (of_day < DAY).then_some(of_day),
        }
    }
}

/// Zones by letters that mean one thing: those of RFC 2822 and of Europe. Seconds ahead of UTC.
pub(super) fn abbreviated_zone(word: &[u8]) -> Option<i64> {
    const ZONES: [(&str, i64); 24] = [
        ("z", 0),
        ("utc", 0),
        ("gmt", 0),
        ("ut", 0),
        ("wet", 0),
        ("west", 1),
        ("cet", 1),
        ("mez", 1),
        ("cest", 2),
        ("mesz", 2),
        ("eet", 2),
        ("eest", 3),
        ("msk", 3),
        ("jst", 9),
        ("kst", 9),
        ("aest", 10),
        ("est", -5),
        ("edt", -4),
        ("cst", -6),
        ("cdt", -5),
        ("mst", -7),
        ("mdt", -6),
        ("pst", -8),
        ("pdt", -7),
    ];
    let found = ZONES.iter().find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(word));
    found.map(|(_, hours)| hours * 3600)
}

/// Words that say nothing new: days of the week, `at`, `Uhr`.
pub(super) fn is_filler(word: &[u8]) -> bool {
    const WORDS: [&str; 34] = [
        "mon",
        "monday",
        "tue",
        "tues",
        "tuesday",
        "wed",
        "wednesday",
        "thu",
        "thur",
        "thurs",
        "thursday",
        "fri",
        "friday",
        "sat",
        "saturday",
        "sun",
        "sunday",
        "mo",
        "montag",
        "di",
        "dienstag",
        "mi",
        "mittwoch",
        "do",
        "donnerstag",
        "fr",
        "freitag",
        "sa",
        "samstag",
        "so",
        "sonntag",
        "uhr",
        "um",
        "at",
    ];
    WORDS.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months() {
        for (word, month) in [
            ("Nov", 11),
            ("november", 11),
            ("OKT", 10),
            ("Mrz", 3),
            ("m\u{e4}r", 3),
            ("dic", 12),
            ("janv", 1),
            ("juil", 7),
            ("juin", 6),
            ("ago", 8),
            ("out", 10),
            ("mei", 5),
        ] {
            assert_eq!(Month::read(word.as_bytes()), Some(Month(month)), "{word}");
        }
        for word in ["no", "", "pump", "novembers", "\u{e9}"] {
            assert_eq!(Month::read(word.as_bytes()), None, "{word}");
        }
    }

    #[test]
    fn halves() {
        for text in ["AM", "am", "a.m.", "A.M", "a. m.", "a.\u{a0}m.", "AM 03"] {
            assert!(matches!(Half::read(text.as_bytes()), Some((Half::Am, _))), "{text}");
        }
        for text in ["", "a", "amp", "a.", "mm", "America/New_York"] {
            assert_eq!(Half::read(text.as_bytes()), None, "{text}");
        }
        let hour = DAY / 24;
        for (half, from, to) in [
            (Half::Am, 12, Some(0)),
            (Half::Am, 1, Some(1)),
            (Half::Am, 11, Some(11)),
            (Half::Pm, 12, Some(12)),
            (Half::Pm, 1, Some(13)),
            (Half::Pm, 13, Some(13)),
            (Half::Am, 13, None),
        ] {
            assert_eq!(half.apply(from * hour), to.map(|to: i64| to * hour), "{half:?} {from}");
        }
    }
}
