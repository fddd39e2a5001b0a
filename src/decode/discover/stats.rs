//! What the first values of one column look like: fields go in, what the column is comes out.

use crate::decode::number::NumberStyle;
use crate::decode::time::looks::{Looks, looks};
use crate::decode::time::names::TimeName;
use crate::decode::value::Reading;

/// Rows that a counter must count without a miss before it is taken for one by its values alone.
const COUNTED_ROWS: u32 = 64;

/// Whether a column is a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ColumnKind {
    Channel,
    /// No, and why.
    LeftOut(&'static str),
}

/// Counts over the first values of one column.
#[derive(Clone, Debug, Default)]
pub(super) struct ColumnStats {
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
    /// A number was smaller than the one before.
    falls: bool,
    several_units: bool,
}

impl ColumnStats {
    pub fn new(several_units: bool) -> Self {
        Self { several_units, ..Self::default() }
    }

    pub fn add(&mut self, field: &[u8], style: &NumberStyle) {
        match style.read(field) {
            Reading::Missing => self.uneven = true,
            Reading::Bad => {
                self.texts += 1;
                self.dates += u32::from(looks(field).is_written());
            }
            Reading::Number(number) => {
                self.numbers += 1;
                self.epochs += u32::from(looks(field) == Looks::Epoch);
                if let Some(last) = self.last {
                    let step = number - last;
                    self.falls |= step < 0.0;
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

    /// `name`: what the name of the column says of time, although it was not chosen.
    pub fn kind(&self, name: Option<&TimeName>) -> ColumnKind {
        let timely = name.is_some();
        if self.numbers + self.texts == 0 {
            return ColumnKind::LeftOut("no readings");
        }
        if self.is_date() || (timely && self.is_time()) {
            return ColumnKind::LeftOut("a time");
        }
        // Another clock beside the time.
        let rises = !self.falls && self.numbers >= COUNTED_ROWS && self.step.is_some();
        if rises && name.is_some_and(|name| name.plain && !name.vague) && self.texts == 0 {
            return ColumnKind::LeftOut("a time");
        }
        if self.several_units {
            return ColumnKind::LeftOut("in several units");
        }
        if self.texts >= self.numbers {
            return ColumnKind::LeftOut("not numeric");
        }
        let even = !self.uneven && self.texts == 0 && self.numbers > 1;
        let by_one = self.step == Some(1.0) && self.numbers >= COUNTED_ROWS;
        if even && (timely || by_one) {
            return ColumnKind::LeftOut("counts the rows");
        }
        ColumnKind::Channel
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stats(fields: impl IntoIterator<Item = impl ToString>) -> ColumnStats {
        let mut stats = ColumnStats::default();
        for field in fields {
            stats.add(field.to_string().as_bytes(), &NumberStyle::default());
        }
        stats
    }

    #[test]
    fn kinds() {
        let time = TimeName::of("t");
        let kind = |fields: &str, timely: bool| {
            stats(fields.split(',')).kind(time.as_ref().filter(|_| timely))
        };
        assert_eq!(kind("1,2,nan,ERR", false), ColumnKind::Channel);
        assert_eq!(kind("1,on,off", false), ColumnKind::LeftOut("not numeric"));
        assert_eq!(kind("nan,,-", false), ColumnKind::LeftOut("no readings"));
        assert_eq!(kind("0,0.1,0.2,0.3", true), ColumnKind::LeftOut("counts the rows"));
        assert_eq!(kind("0,0.1,0.2,0.3", false), ColumnKind::Channel);
        assert_eq!(kind("20.1,20.3,20.2", true), ColumnKind::Channel, "t for temperature");
        assert_eq!(kind("1583748873,1583748874", true), ColumnKind::LeftOut("a time"));
        assert_eq!(kind("1583748873,1583748875", false), ColumnKind::Channel, "a counter");
        assert_eq!(kind("2020-03-09 10:14:33,x,2020-03-09", false), ColumnKind::LeftOut("a time"));
    }

    #[test]
    fn another_clock_is_no_channel() {
        let rising = (0..90).map(|at| 46_083e6 + f64::from(at / 3) * 11.574);
        let name = TimeName::of("Time_ms");
        assert_eq!(stats(rising.clone()).kind(name.as_ref()), ColumnKind::LeftOut("a time"));
        assert_eq!(stats(rising).kind(TimeName::of("t").as_ref()), ColumnKind::Channel);
    }

    #[test]
    fn an_index_is_no_channel() {
        assert_eq!(stats(0..64).kind(None), ColumnKind::LeftOut("counts the rows"));
        assert_eq!(stats(0..63).kind(None), ColumnKind::Channel);
        assert_eq!(stats((0..99).filter(|i| *i != 50)).kind(None), ColumnKind::Channel);
    }
}
