//! What the first values of one column look like: fields go in, a verdict comes out.

use super::time::{Looks, looks};
use super::value::{self, Reading};

/// Rows that a counter must count without a miss before it is taken for one by its values alone.
const COUNTED_ROWS: u32 = 64;

/// Whether a column is a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Channel,
    /// No, and why.
    LeftOut(&'static str),
}

/// Counts over the first values of one column.
#[derive(Clone, Debug, Default)]
pub(super) struct Stats {
    numbers: u32,
    /// Neither numbers nor missing.
    texts: u32,
    dates: u32,
    /// Numbers that can be an epoch.
    epochs: u32,
    last: Option<f64>,
    /// The difference between neighbours, as long as it is the same everywhere.
    step: Option<f64>,
    uneven: bool,
}

impl Stats {
    pub fn add(&mut self, field: &[u8], comma: bool) {
        match value::read(field, comma) {
            Reading::Missing => self.uneven = true,
            Reading::Bad => {
                self.texts += 1;
                self.dates += u32::from(looks(field) == Looks::DateTime);
            }
            Reading::Number(number) => {
                self.numbers += 1;
                self.epochs += u32::from(looks(field) == Looks::Epoch);
                if let Some(last) = self.last {
                    let step = number - last;
                    let first = *self.step.get_or_insert(step);
                    // Tenths of a second do not add up to the last bit.
                    self.uneven |= step <= 0.0 || (step - first).abs() > 1e-6 * first.abs();
                }
                self.last = Some(number);
            }
        }
    }

    /// Most values are dates.
    pub fn is_date(&self) -> bool {
        self.dates * 2 > self.numbers + self.texts
    }

    /// Most values are dates, or numbers that can be an epoch.
    pub fn is_time(&self) -> bool {
        (self.dates + self.epochs) * 2 > self.numbers + self.texts
    }

    /// `timely`: its name says that it is a time, although it was not chosen.
    pub fn verdict(&self, timely: bool) -> Verdict {
        if self.numbers + self.texts == 0 {
            return Verdict::LeftOut("no readings");
        }
        if self.is_date() || (timely && self.is_time()) {
            return Verdict::LeftOut("a time");
        }
        if self.texts >= self.numbers {
            return Verdict::LeftOut("not numeric");
        }
        let even = !self.uneven && self.texts == 0 && self.numbers > 1;
        let by_one = self.step == Some(1.0) && self.numbers >= COUNTED_ROWS;
        if even && (timely || by_one) {
            return Verdict::LeftOut("counts the rows");
        }
        Verdict::Channel
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stats(fields: impl IntoIterator<Item = impl ToString>) -> Stats {
        let mut stats = Stats::default();
        for field in fields {
            stats.add(field.to_string().as_bytes(), false);
        }
        stats
    }

    #[test]
    fn verdicts() {
        let verdict = |fields: &str, timely| stats(fields.split(',')).verdict(timely);
        assert_eq!(verdict("1,2,nan,ERR", false), Verdict::Channel);
        assert_eq!(verdict("1,on,off", false), Verdict::LeftOut("not numeric"));
        assert_eq!(verdict("nan,,-", false), Verdict::LeftOut("no readings"));
        assert_eq!(verdict("0,0.1,0.2,0.3", true), Verdict::LeftOut("counts the rows"));
        assert_eq!(verdict("0,0.1,0.2,0.3", false), Verdict::Channel);
        assert_eq!(verdict("20.1,20.3,20.2", true), Verdict::Channel, "t for temperature");
        assert_eq!(verdict("1583748873,1583748874", true), Verdict::LeftOut("a time"));
        assert_eq!(verdict("1583748873,1583748875", false), Verdict::Channel, "a counter");
        assert_eq!(verdict("2020-03-09 10:14:33,x,2020-03-09", false), Verdict::LeftOut("a time"));
    }

    #[test]
    fn an_index_is_no_channel() {
        assert_eq!(stats(0..64).verdict(false), Verdict::LeftOut("counts the rows"));
        assert_eq!(stats(0..63).verdict(false), Verdict::Channel);
        assert_eq!(stats((0..99).filter(|i| *i != 50)).verdict(false), Verdict::Channel);
    }
}
