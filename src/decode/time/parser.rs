//! From a text to what it says of a time, as people and programs write it. Bytes go in, a [`Written`]
//! comes out. Allocates nothing.

use oddity_core::profile::DateOrder;
use oddity_core::types::Time;

use super::civil::{DAY, billionths};
use super::words::{Half, Month, abbreviated_zone, is_filler};
use super::written::{Written, WrittenDate, WrittenZone, century, valid_days};

/// Reads a whole text.
pub(super) fn parse(field: &[u8]) -> Option<Written<'_>> {
    let field = match field {
        [b'[', inner @ .., b']'] => inner,
        field => field,
    };
    let mut parser = Parser { rest: field, ..Parser::default() };
    parser.run()?;
    parser.end()
}

/// Reads a time of day that stands alone, also as `14.05.00`, `140500` or `1405`.
pub(super) fn of_day(field: &[u8]) -> Option<Written<'_>> {
    if let Some(written) = parse(field)
        && written.of_day.is_some()
    {
        return written.date.is_none().then_some(written);
    }
    // Behind a date these are times of day; alone they could be anything.
    let mut parser = Parser { rest: field, ..Parser::default() };
    parser.found.date = Some(WrittenDate::NoYear);
    parser.run()?;
    let mut written = parser.end()?;
    written.date = None;
    written.of_day.is_some().then_some(written)
}

/// The value of up to 18 digits.
fn value(digits: &[u8]) -> i64 {
    digits.iter().fold(0, |sum: i64, digit| {
        sum.wrapping_mul(10).wrapping_add(i64::from(digit.wrapping_sub(b'0')))
    })
}

#[derive(Default)]
struct Parser<'a> {
    rest: &'a [u8],
    found: Written<'a>,
    /// A month that was named, and the day beside it, until the year comes.
    month: Option<i64>,
    day: Option<i64>,
    /// A word said UTC: an offset may follow.
    utc: bool,
    /// `_` stands between date and time of day, so that `-` may stand in both.
    joined: bool,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    fn skip(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }

    fn eat(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.skip(usize::from(is_next));
        is_next
    }

    fn take_while(&mut self, is: impl Fn(u8) -> bool) -> &'a [u8] {
        let count = self.rest.iter().take_while(|byte| is(**byte)).count();
        let (taken, rest) = self.rest.split_at_checked(count).unwrap_or_default();
        self.rest = rest;
        taken
    }

    fn digits(&mut self) -> &'a [u8] {
        self.take_while(|byte| byte.is_ascii_digit())
    }

    /// One or two digits.
    fn two(&mut self) -> Option<i64> {
        let digits = self.digits();
        (1..=2).contains(&digits.len()).then(|| value(digits))
    }

    /// Blanks of all kinds and commas: browsers put a narrow one before AM.
    fn blanks(&mut self) -> bool {
        let before = self.rest.len();
        loop {
            match self.rest {
                [b' ' | b'\t' | b',', rest @ ..]
                | [0xc2, 0xa0, rest @ ..]
                | [0xe2, 0x80, 0xaf, rest @ ..] => self.rest = rest,
                _ => return self.rest.len() < before,
            }
        }
    }

    fn run(&mut self) -> Option<()> {
        loop {
            let blank = self.blanks();
            let dated = self.found.date.is_some() && self.found.of_day.is_none();
            match self.peek() {
                None => return Some(()),
                Some(b'0'..=b'9') => self.number()?,
                Some(b'+' | b'-') if self.found.of_day.is_some() => self.offset()?,
                // 29/Nov/2026:14:05:00, 2026-11-29_14:05:00, 2026-11-29-14.05.00
                Some(b':' | b'_' | b'-') if dated && !blank => {
                    self.joined = self.peek() == Some(b'_');
                    self.skip(1);
                }
                // 29.11.2026 - 14:05:00
                Some(b'-') if dated && matches!(self.rest, [_, b' ', ..]) => self.skip(1),
                Some(b'[' | b'(') => self.bracket()?,
                Some(byte) if byte.is_ascii_alphabetic() || byte >= 0x80 => self.word()?,
                Some(_) => return None,
            }
        }
    }

    fn end(mut self) -> Option<Written<'a>> {
        if self.month.is_some() && self.found.date.is_none() {
            self.day?;
            self.found.date = Some(WrittenDate::NoYear);
        }
        if let (Some(half), Some(of_day)) = (self.found.half, self.found.of_day) {
            self.found.of_day = Some(half.apply(of_day)?);
        }
        let known = self.found.date.is_some() || self.found.of_day.is_some();
        known.then_some(self.found)
    }

    fn number(&mut self) -> Option<()> {
        let digits = self.digits();
        let next = self.peek();
        match (digits.len(), self.found.date, self.found.of_day) {
            (1..=2, _, None) if next == Some(b':') => self.clock(value(digits), b':'),
            (1..=2, Some(_), None) if next == Some(b'.') => self.clock(value(digits), b'.'),
            (1..=2, Some(_), None) if next == Some(b'-') && self.joined => {
                self.clock(value(digits), b'-')
            }
            // 2 PM
            (1..=2, Some(_), None) if self.is_half_next() => {
                self.found.of_day = (value(digits) <= 12).then(|| value(digits) * DAY / 24);
                self.found.of_day.map(|_| ())
            }
            (4 | 6 | 9, Some(_), None) => self.compact_clock(digits),
            (_, Some(_), _) => None,
            (14 | 17, None, None) => {
                let (date, clock) = digits.split_at_checked(8)?;
                self.compact_date(date)?;
                self.compact_clock(clock)
            }
            (8, None, _) => self.compact_date(digits),
            (1..=2 | 4, None, _) if self.month.is_some() => self.beside_month(digits),
            (4, None, _) => self.year_first(value(digits)),
            (1..=2, None, _) => self.three_numbers(value(digits)),
            _ => None,
        }
    }

    fn is_half_next(&self) -> bool {
        let mut ahead = Parser { rest: self.rest, ..Parser::default() };
        ahead.blanks();
        Half::read(ahead.rest).is_some()
    }

    fn compact_date(&mut self, digits: &[u8]) -> Option<()> {
        let (year, rest) = digits.split_at_checked(4)?;
        let (month, day) = rest.split_at_checked(2)?;
        let days = valid_days(value(year), value(month), value(day))?;
        // Any eight digits might be a date; those of our time are.
        (1900..2300).contains(&value(year)).then_some(())?;
        self.found.date = Some(WrittenDate::Certain(days));
        Some(())
    }

    /// hhmm, hhmmss, hhmmssfff.
    fn compact_clock(&mut self, digits: &[u8]) -> Option<()> {
        let (hour, rest) = digits.split_at_checked(2)?;
        let (minute, rest) = rest.split_at_checked(2)?;
        let (second, fraction) = rest.split_at_checked(2).unwrap_or_default();
        let fraction = match (fraction, self.rest) {
            ([], [b'.' | b',', digit, ..]) if digit.is_ascii_digit() => {
                self.skip(1);
                self.digits()
            }
            (fraction, _) => fraction,
        };
        self.set_clock(value(hour), value(minute), value(second), fraction)
    }

    /// After the hour: `:05`, `:05:00`, `:05:00.123`; also with `.` for both marks.
    fn clock(&mut self, hour: i64, mark: u8) -> Option<()> {
        self.eat(mark).then_some(())?;
        let minute = self.two()?;
        if !self.eat(mark) {
            // 14.05 alone is a number, not a time of day.
            return (mark == b':')
                .then_some(())
                .and_then(|()| self.set_clock(hour, minute, 0, b""));
        }
        let second = self.two()?;
        let fraction = match self.rest {
            [b'.' | b',' | b':', digit, ..] if digit.is_ascii_digit() => {
                self.skip(1);
                self.digits()
            }
            _ => &[],
        };
        self.set_clock(hour, minute, second, fraction)
    }

    fn set_clock(&mut self, hour: i64, minute: i64, second: i64, fraction: &[u8]) -> Option<()> {
        let fraction = i64::from(billionths(fraction)?);
        // A leap second counts as the one before it.
        let seconds = (hour * 60 + minute) * 60 + second.min(59);
        let of_day = seconds * Time::SECOND + fraction;
        let valid = hour <= 24 && minute <= 59 && second <= 60 && of_day <= DAY;
        self.found.of_day = valid.then_some(of_day);
        self.found.of_day.map(|_| ())
    }

    /// The mark between two parts of a date, if one is there.
    fn mark(&mut self) -> Option<u8> {
        let mark = self.peek().filter(|byte| matches!(byte, b'-' | b'/' | b'.' | b' '))?;
        self.skip(1);
        // 29. November 2026
        self.blanks();
        Some(mark)
    }

    fn year_first(&mut self, year: i64) -> Option<()> {
        let mark = self.mark()?;
        let month = match self.peek()? {
            byte if byte.is_ascii_digit() => self.two()?,
            _ => self.month_word()?,
        };
        (self.mark()? == mark).then_some(())?;
        let days = valid_days(year, month, self.two()?)?;
        self.found.date = Some(WrittenDate::Certain(days));
        Some(())
    }

    /// The date begins with a short number: two more, or a month and a year.
    fn three_numbers(&mut self, first: i64) -> Option<()> {
        let mark = self.mark()?;
        if !self.peek()?.is_ascii_digit() {
            self.month = Some(self.month_word()?);
            self.day = Some(first);
            // The year, or a time of day and then the year.
            self.mark();
            return Some(());
        }
        if mark == b' ' {
            return None;
        }
        let second = self.two()?;
        (self.mark()? == mark).then_some(())?;
        let digits = self.digits();
        let short = digits.len() == 2;
        (short || digits.len() == 4).then_some(())?;
        let parts = [first, second, value(digits)];
        let date = WrittenDate::Numbers { parts, short, mark };
        let orders = [DateOrder::DayMonthYear, DateOrder::MonthDayYear, DateOrder::YearMonthDay];
        // Points are put between day, month and year alone, in this order.
        let possible = if mark == b'.' { orders.get(..1)? } else { &orders };
        possible.iter().any(|order| date.days(*order).is_some()).then_some(())?;
        self.found.date = Some(date);
        Some(())
    }

    /// A number where the month is known: the day, then the year.
    fn beside_month(&mut self, digits: &[u8]) -> Option<()> {
        match (self.day, digits.len()) {
            (None, 1..=2) => {
                self.day = Some(value(digits));
                if !self.eat(b'-') && !self.eat(b'/') {
                    self.eat(b'.');
                }
            }
            (Some(day), 2 | 4) => {
                let year = value(digits);
                let year = if digits.len() == 2 { century(year) } else { year };
                let days = valid_days(year, self.month?, day)?;
                self.found.date = Some(WrittenDate::Certain(days));
            }
            _ => return None,
        }
        Some(())
    }

    fn month_word(&mut self) -> Option<i64> {
        let word = self.take_while(|byte| byte.is_ascii_alphabetic() || byte >= 0x80);
        let Month(month) = Month::read(word)?;
        // `Nov.`, unless the point is the mark.
        if matches!(self.rest, [b'.', b' ', ..]) {
            self.skip(1);
        }
        Some(month)
    }

    fn word(&mut self) -> Option<()> {
        let timed = self.found.of_day.is_some();
        if timed
            && self.found.half.is_none()
            && let Some((half, len)) = Half::read(self.rest)
        {
            self.found.half = Some(half);
            self.skip(len);
            return Some(());
        }
        let start = self.rest;
        let word = self.take_while(|byte| byte.is_ascii_alphabetic() || byte >= 0x80);
        let undecided = self.found.date.is_none();
        if undecided
            && self.month.is_none()
            && let Some(Month(month)) = Month::read(word)
        {
            self.month = Some(month);
            let marked = matches!(self.peek(), Some(b'-' | b'/' | b'.'));
            self.skip(usize::from(marked));
            return Some(());
        }
        if matches!(word, b"T" | b"t") && !undecided && self.found.of_day.is_none() {
            return self.peek()?.is_ascii_digit().then_some(());
        }
        if is_filler(word) {
            self.eat(b'.');
            return Some(());
        }
        self.found.of_day?;
        if let (WrittenZone::Offset(known), Some(offset)) =
            (self.found.zone, abbreviated_zone(word))
            && known == offset
        {
            // +0000 UTC
            return Some(());
        }
        (self.found.zone == WrittenZone::None).then_some(())?;
        if let Some(offset) = abbreviated_zone(word)
            && self.peek() != Some(b'/')
        {
            self.found.zone = WrittenZone::Offset(offset);
            self.utc = offset == 0;
            return Some(());
        }
        self.rest = start;
        self.zone_name()
    }

    /// An area and a place.
    fn zone_name(&mut self) -> Option<()> {
        let name = self.take_while(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'+' | b'-')
        });
        (name.contains(&b'/') && self.found.of_day.is_some()).then_some(())?;
        self.found.zone = WrittenZone::Named(std::str::from_utf8(name).ok()?);
        Some(())
    }

    /// `[Europe/Berlin]` says no more than an offset before it; `(CET)` says nothing.
    fn bracket(&mut self) -> Option<()> {
        self.found.of_day?;
        let square = self.eat(b'[');
        if !square {
            self.skip(1);
        }
        let close = if square { b']' } else { b')' };
        let offset = self.found.zone;
        if square && offset == WrittenZone::None {
            self.zone_name()?;
        } else {
            self.take_while(|byte| byte != close);
        }
        self.eat(close).then_some(())
    }

    /// `+1`, `+01`, `+0100`, `+01:00`.
    fn offset(&mut self) -> Option<()> {
        (self.found.zone == WrittenZone::None || self.utc).then_some(())?;
        self.utc = false;
        let behind = self.peek() == Some(b'-');
        self.skip(1);
        let digits = self.digits();
        let (hours, minutes) = match digits.len() {
            1..=2 if self.eat(b':') => {
                let minutes = self.digits();
                (minutes.len() == 2).then_some((value(digits), value(minutes)))?
            }
            1..=2 => (value(digits), 0),
            4 => (value(digits) / 100, value(digits) % 100),
            _ => return None,
        };
        (hours <= 23 && minutes <= 59).then_some(())?;
        let ahead = (hours * 60 + minutes) * 60;
        self.found.zone = WrittenZone::Offset(if behind { -ahead } else { ahead });
        Some(())
    }
}
