//! The times of one input, row by row: a field goes in, nanoseconds since 1970 (UTC) come out, in
//! the one style that the column is written in. Allocates nothing while rows come in.

use oddity_core::profile::{DateOrder, TimeSpec, TimeStyle};
use oddity_core::types::Time;

use super::civil::{DAY, Fixed, fixed, iso};
use super::number::{FRACTION, Unit, decimal};
use super::parser;
use super::written::{WrittenDate, WrittenZone};
use super::zone::Zone;

/// Days from 1899-12-30, where spreadsheets begin, to 1970.
const SERIAL_1970: i128 = 25_569;

/// Reads the times of one input.
#[derive(Clone, Debug, Default)]
pub(in crate::decode) struct TimeReader {
    style: Style,
    /// Of times that do not say theirs; UTC without one.
    zone: Option<Zone>,
    /// The zone that the last time named.
    named: Option<(String, Zone)>,
}

#[derive(Clone, Debug)]
enum Style {
    /// With the unit of epochs, once one has come.
    Standard(Option<Unit>),
    /// The other order, once a date has made sense in that alone.
    Written(DateOrder, Option<DateOrder>),
    OfDay(Midnights, OrderHunt),
    Elapsed(Counter),
    SerialDay,
    Format(String, Midnights),
}

impl Default for Style {
    fn default() -> Self {
        Self::Standard(None)
    }
}

impl TimeReader {
    /// `None` where the zone is not known on this machine.
    pub fn new(spec: &TimeSpec) -> Option<Self> {
        let zone = spec.zone.as_deref().map(Zone::named);
        let zone = match zone {
            Some(zone) => Some(zone?),
            None => None,
        };
        let style = match &spec.style {
            TimeStyle::Standard => Style::Standard(None),
            TimeStyle::Written { order } => Style::Written(*order, None),
            TimeStyle::OfDay => Style::OfDay(Midnights::default(), OrderHunt::default()),
            TimeStyle::Elapsed { unit_ns } => Style::Elapsed(Counter::of(*unit_ns)),
            TimeStyle::SerialDay => Style::SerialDay,
            TimeStyle::Format { format } => Style::Format(format.clone(), Midnights::default()),
        };
        Some(Self { style, zone, named: None })
    }

    /// The order of day and month, where the rows so far have told another than the style says.
    pub fn told_order(&self) -> Option<DateOrder> {
        match &self.style {
            Style::Written(_, other) => *other,
            Style::OfDay(_, hunt) => hunt.order,
            _ => None,
        }
    }

    /// `None` when the field is not a time.
    pub fn read(&mut self, field: &[u8]) -> Option<Time> {
        let field = field.trim_ascii();
        if let Style::Standard(unit) = &mut self.style {
            // Every row of most streams has this form.
            if let Some(Fixed { local, zoned }) = fixed(field) {
                return match &mut self.zone {
                    Some(zone) if !zoned => zone.instant(local).map(Time),
                    _ => Some(Time(local)),
                };
            }
            // 14 or 17 digits would be an epoch after 2262.
            let compact = matches!(field.len(), 14 | 17);
            if let Some((whole, fraction)) = decimal(field)
                && !(compact && parser::parse(field).is_some())
            {
                let unit = *unit.get_or_insert_with(|| Unit::of(whole));
                return unit.nanoseconds(whole, fraction).map(Time);
            }
        }
        self.slow(field)
    }

    fn slow(&mut self, field: &[u8]) -> Option<Time> {
        match &mut self.style {
            Style::Standard(_) => match parser::parse(field) {
                Some(written) => {
                    let Some(WrittenDate::Certain(days)) = written.date else { return None };
                    self.instant(days, written.of_day.unwrap_or(0), written.zone)
                }
                None => iso(field).map(Time),
            },
            Style::Written(order, other) => {
                let written = parser::parse(field)?;
                let date = written.date?;
                let Some(days) = date.days(*order) else {
                    *other = OrderHunt::only(date);
                    return None;
                };
                self.instant(days, written.of_day.unwrap_or(0), written.zone)
            }
            Style::OfDay(midnights, hunt) => {
                let written = parser::parse(field).filter(|written| written.of_day.is_some());
                let written = written.or_else(|| parser::of_day(field))?;
                hunt.see(written.date);
                midnights.place(written.of_day?).map(Time)
            }
            Style::Elapsed(counter) => {
                let (whole, fraction) = decimal(field)?;
                counter.read(whole, fraction).map(Time)
            }
            Style::SerialDay => {
                let (days, fraction) = decimal(field)?;
                let local = serial_day(days, fraction)?;
                match &mut self.zone {
                    Some(zone) => zone.instant(local).map(Time),
                    None => Some(Time(local)),
                }
            }
            Style::Format(format, midnights) => {
                let parts = jiff::fmt::strtime::BrokenDownTime::parse(&*format, field).ok()?;
                let nanoseconds = |instant: jiff::Timestamp| {
                    i64::try_from(instant.as_nanosecond()).ok().map(Time)
                };
                if let Ok(instant) = parts.to_timestamp() {
                    return nanoseconds(instant);
                }
                let of_day = parts.to_time().map_or(0, |time| {
                    let seconds = i64::from(time.hour()) * 3600
                        + i64::from(time.minute()) * 60
                        + i64::from(time.second());
                    seconds * Time::SECOND + i64::from(time.subsec_nanosecond())
                });
                let Ok(date) = parts.to_date() else {
                    return parts.hour().and_then(|_| midnights.place(of_day)).map(Time);
                };
                let midnight = jiff::tz::Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()?;
                let local = nanoseconds(midnight)?.0.checked_add(of_day)?;
                match &mut self.zone {
                    Some(zone) => zone.instant(local).map(Time),
                    None => Some(Time(local)),
                }
            }
        }
    }

    /// The instant of a day and a time of day in a zone.
    fn instant(&mut self, days: i64, of_day: i64, zone: WrittenZone<'_>) -> Option<Time> {
        let local = days.checked_mul(DAY)?.checked_add(of_day)?;
        let instant = match zone {
            WrittenZone::Offset(ahead) => local.checked_sub(ahead * Time::SECOND)?,
            WrittenZone::Named(name) => {
                if self.named.as_ref().is_none_or(|(known, _)| known != name) {
                    self.named = Some((name.to_owned(), Zone::named(name)?));
                }
                let (_, zone) = self.named.as_mut()?;
                zone.instant(local)?
            }
            WrittenZone::None => match &mut self.zone {
                Some(zone) => zone.instant(local)?,
                None => local,
            },
        };
        Some(Time(instant))
    }
}

/// Days of a spreadsheet to nanoseconds since 1970. Rounded to milliseconds, which is what
/// spreadsheets keep: a second is no round number of days.
fn serial_day(days: i128, fraction: i128) -> Option<i64> {
    let day = i128::from(DAY);
    let nanoseconds = (days - SERIAL_1970) * day + fraction * day / FRACTION;
    let millisecond = 1_000_000;
    let rounded = (nanoseconds + millisecond / 2).div_euclid(millisecond) * millisecond;
    i64::try_from(rounded).ok()
}

/// Looks for the order of day and month in dates that have told none yet.
#[derive(Clone, Copy, Debug, Default)]
struct OrderHunt {
    last: Option<WrittenDate>,
    order: Option<DateOrder>,
}

impl OrderHunt {
    const ORDERS: [DateOrder; 2] = [DateOrder::DayMonthYear, DateOrder::MonthDayYear];

    /// The one order in which this is a date.
    fn only(date: WrittenDate) -> Option<DateOrder> {
        let [day_first, month_first] = Self::ORDERS.map(|order| date.days(order).map(|_| order));
        day_first.xor(month_first)
    }

    fn see(&mut self, date: Option<WrittenDate>) {
        if self.order.is_some() || date == self.last {
            return;
        }
        let (Some(date), last) = (date, self.last) else { return };
        self.last = Some(date);
        // The next day, in one order alone.
        let follows = |order| {
            let next = date.days(order)?.checked_sub(last?.days(order)?)? == 1;
            next.then_some(order)
        };
        let [day_first, month_first] = Self::ORDERS.map(follows);
        self.order = Self::only(date).or(day_first.xor(month_first));
    }
}

/// Counts days by the times of day that come: a time of day far before the last one is of the next
/// day.
#[derive(Clone, Copy, Debug, Default)]
struct Midnights {
    last: Option<(i64, i64)>,
}

impl Midnights {
    /// Clocks that are set back, for winter or to be right, go back by no more than this.
    const SET_BACK: i64 = 3660 * Time::SECOND;

    /// Nanoseconds since the midnight before the first row, plus a day so that a late row of the
    /// day before is not before 1970.
    fn place(&mut self, of_day: i64) -> Option<i64> {
        let day = match self.last {
            None => 1,
            Some((day, last)) if of_day < last - Self::SET_BACK => day + 1,
            // A row from before midnight that comes late.
            Some((day, last)) if of_day > last + DAY - Self::SET_BACK => day - 1,
            Some((day, _)) => day,
        };
        self.last = Some((day, of_day));
        day.checked_mul(DAY)?.checked_add(of_day)
    }
}

/// What counts from a start, perhaps in 32 bits.
#[derive(Clone, Copy, Debug)]
struct Counter {
    unit: Unit,
    last: i128,
    /// Added for each time it ran over.
    base: i128,
}

impl Counter {
    const RANGE: i128 = 1 << 32;
    /// So near the end, and so near the beginning, it ran over, and was not started anew.
    const NEAR: i128 = 1 << 24;

    fn of(unit_ns: u64) -> Self {
        Self { unit: Unit(i128::from(unit_ns)), last: 0, base: 0 }
    }

    fn read(&mut self, whole: i128, fraction: i128) -> Option<i64> {
        let high = Self::RANGE - Self::NEAR..Self::RANGE;
        let low = 0..Self::NEAR;
        if high.contains(&self.last) && low.contains(&whole) {
            self.base += Self::RANGE;
        } else if self.base > 0 && low.contains(&self.last) && high.contains(&whole) {
            self.base -= Self::RANGE;
        }
        self.last = whole;
        self.unit.nanoseconds(whole + self.base, fraction)
    }
}
