//! Long format to rows: readings of one sensor each go in, rows with a value for each sensor come out.
//!
//! A row takes readings of one stream until each sensor is in it (then it comes out at once), a sensor comes that is
//! in it, or a reading that is more than the span after its first. What is not in it is missing; nothing is held
//! here. A row has the time and the line of its last reading. Readings of sensors that nobody wants are nothing; those
//! that only are watched for a change come with the next row, and make none.
//! Where the sensors come one after the other, all are kept, within a bound, and put in the order of their times.

mod reading;
mod tables;

use std::collections::HashMap;

use super::error::DecodeError;
use oddity_core::profile::PivotSpec;
use oddity_core::types::{Sample, Time};
use oddity_core::window::{MOST_STREAMS, Streams};
pub(super) use reading::Reading;
use tables::Tables;

/// A row that came out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    pub sample: Sample<'a>,
    /// The largest of its readings.
    pub label: Option<f64>,
    /// That of its last reading.
    pub line: u64,
}

/// Makes rows.
#[derive(Debug)]
pub(super) struct Pivot {
    span_ns: i64,
    /// For each sensor the channel of each column of readings, where that is one.
    sensors: HashMap<String, Vec<Option<usize>>>,
    /// Channels, and what comes behind them.
    channels: usize,
    optional: usize,
    streams: Streams<Pending>,
    /// Rows that came out.
    rows: u64,
    /// Where sensors may come one after the other: what waits for all of them.
    tables: Option<Tables>,
}

/// A row that is not complete.
#[derive(Debug)]
struct Pending {
    open: bool,
    values: Vec<f64>,
    came: Vec<bool>,
    count: usize,
    first: Option<Time>,
    last: Option<Time>,
    label: Option<f64>,
    line: u64,
}

impl Pending {
    fn new(channels: usize, optional: usize) -> Self {
        Self {
            open: false,
            values: vec![f64::NAN; channels + optional],
            came: vec![false; channels],
            count: 0,
            first: None,
            last: None,
            label: None,
            line: 0,
        }
    }

    fn clear(&mut self) {
        self.open = false;
        self.values.fill(f64::NAN);
        self.came.fill(false);
        (self.count, self.first, self.last, self.label) = (0, None, None, None);
    }

    /// Whether one of these is a channel, and not only watched.
    fn is_of_row(&self, channels: &[Option<usize>]) -> bool {
        channels.iter().flatten().any(|channel| *channel < self.came.len())
    }

    /// Whether a reading of these channels begins another row.
    fn is_over(&self, reading: &Reading<'_>, channels: &[Option<usize>], span_ns: i64) -> bool {
        let again = |channel: &usize| self.came.get(*channel).is_some_and(|came| *came);
        let late = match (reading.time, self.first) {
            (Some(time), Some(first)) => time < first || time.0.saturating_sub(first.0) > span_ns,
            _ => false,
        };
        self.open && self.is_of_row(channels) && (late || channels.iter().flatten().any(again))
    }

    fn put(&mut self, reading: &Reading<'_>, channels: &[Option<usize>]) {
        if self.is_of_row(channels) {
            self.open = true;
            self.first = self.first.or(reading.time);
            self.last = reading.time.or(self.last);
            self.line = reading.line;
            let label = |old: f64| reading.label.map_or(old, |new| old.max(new));
            self.label = self.label.map(label).or(reading.label);
        }
        // A sensor with one column says with it that nothing was measured; of several, some are never there.
        let alone = reading.values.len() == 1;
        for (channel, value) in channels.iter().zip(reading.values) {
            let Some(channel) = *channel else { continue };
            if !alone && !value.is_finite() {
                continue;
            }
            if let Some(slot) = self.values.get_mut(channel) {
                *slot = *value;
            }
            if let Some(came) = self.came.get_mut(channel) {
                *came = true;
                self.count += 1;
            }
        }
    }
}

impl Pivot {
    /// Rows of these channels, called as [`channel_name`] calls them, and of what is optional behind them.
    pub fn new(spec: &PivotSpec, channels: &[String], optional: &[String]) -> Self {
        let mut sensors: HashMap<String, Vec<Option<usize>>> = HashMap::new();
        for (channel, name) in channels.iter().chain(optional).enumerate() {
            for (column, value) in spec.values.iter().enumerate() {
                let sensor = match spec.values.len() {
                    1 => Some(name.as_str()),
                    _ => name.strip_suffix(value.as_str()).and_then(|name| name.strip_suffix('.')),
                };
                let Some(sensor) = sensor else { continue };
                let places = sensors.entry(sensor.to_owned());
                let places = places.or_insert_with(|| vec![None; spec.values.len()]);
                if let Some(place) = places.get_mut(column) {
                    *place = Some(channel);
                }
            }
        }
        Self {
            span_ns: (spec.span_s * Time::SECOND as f64) as i64,
            sensors,
            channels: channels.len(),
            optional: optional.len(),
            streams: Streams::new(MOST_STREAMS),
            rows: 0,
            tables: spec.tables.then(Tables::default),
        }
    }

    /// Number of the row that is next to come out.
    pub fn next_row(&self) -> u64 {
        self.rows + 1
    }

    /// Whether this sensor has a channel.
    pub fn wants(&self, sensor: &str) -> bool {
        self.sensors.contains_key(sensor)
    }

    /// Takes a reading; `each` gets the rows that are complete with it.
    pub fn take<E: From<DecodeError>>(
        &mut self,
        reading: &Reading<'_>,
        each: &mut impl FnMut(Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if !self.sensors.contains_key(reading.name) {
            return Ok(());
        }
        let Some(tables) = &mut self.tables else { return self.place(reading, each) };
        tables.hold(reading)?;
        if tables.are_none() {
            self.release(each)?;
        }
        Ok(())
    }

    /// At the end of the input: all rows come out as they are.
    pub fn finish<E: From<DecodeError>>(
        &mut self,
        each: &mut impl FnMut(Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.release(each)?;
        let Self { streams, rows, .. } = self;
        for number in 0.. {
            let Some((stream, pending)) = streams.get_mut(number) else { break };
            if pending.open {
                emit(stream, pending, rows, each)?;
            }
        }
        Ok(())
    }

    /// What was kept goes its way.
    fn release<E: From<DecodeError>>(
        &mut self,
        each: &mut impl FnMut(Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(mut tables) = self.tables.take() else { return Ok(()) };
        tables.in_order().try_for_each(|reading| self.place(&reading, each))
    }

    fn place<E: From<DecodeError>>(
        &mut self,
        reading: &Reading<'_>,
        each: &mut impl FnMut(Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Self { sensors, streams, span_ns, channels, optional, rows, .. } = self;
        let Some(places) = sensors.get(reading.name) else { return Ok(()) };
        let stream = streams.find_or_insert(reading.stream, || Pending::new(*channels, *optional));
        let Some((name, pending)) = stream.and_then(|stream| streams.get_mut(stream)) else {
            return Err(DecodeError::PivotStreams { most: MOST_STREAMS }.into());
        };
        if pending.is_over(reading, places, *span_ns) {
            emit(name, pending, rows, each)?;
        }
        pending.put(reading, places);
        if pending.count >= *channels {
            emit(name, pending, rows, each)?;
        }
        Ok(())
    }
}

/// What the channel of a sensor is called.
pub fn channel_name(sensor: &str, column: &str, columns: usize) -> String {
    if columns == 1 { sensor.to_owned() } else { format!("{sensor}.{column}") }
}

fn emit<E>(
    stream: &str,
    pending: &mut Pending,
    rows: &mut u64,
    each: &mut impl FnMut(Row<'_>) -> Result<(), E>,
) -> Result<(), E> {
    *rows += 1;
    let sample = Sample { stream, row: *rows, time: pending.last, values: &pending.values };
    let result = each(Row { sample, label: pending.label, line: pending.line });
    pending.clear();
    result
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spec(span_s: f64, tables: bool) -> PivotSpec {
        PivotSpec { name: "sensor".into(), values: vec!["value".into()], span_s, tables }
    }

    /// `time sensor value`, with a stream before a slash.
    fn rows(spec: &PivotSpec, channels: &[&str], readings: &[(i64, &str, f64)]) -> Vec<String> {
        let channels: Vec<String> = channels.iter().map(|&name| name.to_owned()).collect();
        let mut pivot = Pivot::new(spec, &channels, &[]);
        let mut out = Vec::new();
        let mut each = |Row { sample, line, .. }: Row<'_>| {
            let Sample { stream, row, time, values } = sample;
            let time = time.map(|time| time.0 / Time::SECOND);
            out.push(format!("{row}/{line} {time:?} {stream}{values:?}"));
            Ok::<_, DecodeError>(())
        };
        for (line, &(time, sensor, value)) in (1..).zip(readings) {
            let (stream, name) = sensor.split_once('/').unwrap_or(("", sensor));
            let time = (time >= 0).then_some(Time(time * Time::SECOND));
            let reading = Reading { stream, name, time, values: &[value], label: None, line };
            pivot.take(&reading, &mut each).unwrap();
        }
        pivot.finish(&mut each).unwrap();
        out
    }

    #[test]
    fn readings_of_one_time_make_a_row() {
        let readings = [
            (1, "a", 1.0),
            (1, "b", 2.0),
            (1, "x", 9.0),
            (2, "b", 3.0),
            (3, "a", 4.0),
            (3, "b", 5.0),
            (4, "a", 6.0),
        ];
        let expected = [
            "1/2 Some(1) [1.0, 2.0]",
            "2/4 Some(2) [NaN, 3.0]",
            "3/6 Some(3) [4.0, 5.0]",
            "4/7 Some(4) [6.0, NaN]",
        ];
        assert_eq!(rows(&spec(0.0, false), &["a", "b"], &readings), expected);
    }

    #[test]
    fn sensors_in_turn_make_a_row_within_the_span() {
        let readings = [
            (0, "a", 1.0),
            (1, "b", 2.0),
            (2, "c", 3.0),
            (4, "b", 5.0),
            (5, "c", 6.0),
            (6, "a", 7.0),
            (7, "b", 8.0),
        ];
        // The first reading of the second round is lost.
        let expected = ["1/3 Some(2) [1.0, 2.0, 3.0]"];
        let without_times =
            ["1/3 None [1.0, 2.0, 3.0]", "2/6 None [7.0, 5.0, 6.0]", "3/7 None [NaN, 8.0, NaN]"];
        let span = spec(1.5, false);
        let narrow = rows(&spec(2.0, false), &["a", "b", "c"], &readings);
        assert_eq!(narrow[0], expected[0]);
        assert_eq!(narrow[1], "2/6 Some(6) [7.0, 5.0, 6.0]");
        assert_eq!(rows(&span, &["b", "c", "a"], &readings).len(), 4);
        let timeless = readings.map(|(_, sensor, value)| (-1, sensor, value));
        assert_eq!(rows(&span, &["a", "b", "c"], &timeless), without_times);
    }

    #[test]
    fn streams_do_not_mix() {
        let readings = [(1, "p/a", 1.0), (1, "q/a", 2.0), (1, "p/b", 3.0), (1, "q/b", 4.0)];
        let expected = ["1/3 Some(1) p[1.0, 3.0]", "2/4 Some(1) q[2.0, 4.0]"];
        assert_eq!(rows(&spec(0.0, false), &["a", "b"], &readings), expected);
    }

    #[test]
    fn tables_one_after_the_other_come_together() {
        let readings = [
            (1, "a", 1.0),
            (2, "a", 2.0),
            (3, "a", 3.0),
            (1, "b", 4.0),
            (2, "b", 5.0),
            (3, "b", 6.0),
        ];
        let expected =
            ["1/4 Some(1) [1.0, 4.0]", "2/5 Some(2) [2.0, 5.0]", "3/6 Some(3) [3.0, 6.0]"];
        assert_eq!(rows(&spec(0.0, true), &["a", "b"], &readings), expected);
        // In turn, nothing waits for the end.
        let turns = [(1, "a", 1.0), (1, "b", 4.0), (2, "a", 2.0), (2, "b", 5.0)];
        assert_eq!(rows(&spec(0.0, true), &["a", "b"], &turns).len(), 2);
    }

    #[test]
    fn what_is_only_watched_makes_no_row() {
        let mut pivot = Pivot::new(&spec(0.0, false), &["a".to_owned()], &["leak".to_owned()]);
        let mut out = Vec::new();
        let mut each = |row: Row<'_>| {
            out.push(format!("{:?} {:?}", row.line, row.sample.values));
            Ok::<_, DecodeError>(())
        };
        for (line, name) in (1..).zip(["leak", "a", "a", "leak"]) {
            let (time, values) = (Some(Time(line as i64)), &[line as f64][..]);
            let reading = Reading { stream: "", name, time, values, label: None, line };
            pivot.take(&reading, &mut each).unwrap();
        }
        pivot.finish(&mut each).unwrap();
        assert_eq!(out, ["2 [2.0, 1.0]", "3 [3.0, NaN]"]);
    }

    #[test]
    fn several_columns_of_readings() {
        let two = PivotSpec { values: vec!["t".into(), "h".into()], ..spec(0.0, false) };
        let channels = ["in.t", "in.h", "out.t"].map(str::to_owned);
        let mut pivot = Pivot::new(&two, &channels, &[]);
        let mut out = Vec::new();
        let mut each = |row: Row<'_>| {
            out.push(format!("{:?}", row.sample.values));
            Ok::<_, DecodeError>(())
        };
        for (name, values) in
            [("in", [1.0, 2.0]), ("out", [3.0, 9.0]), ("in", [4.0, f64::NAN]), ("x", [7.0, 8.0])]
        {
            let reading =
                Reading { stream: "", name, time: None, values: &values, label: None, line: 1 };
            pivot.take(&reading, &mut each).unwrap();
        }
        pivot.finish(&mut each).unwrap();
        assert_eq!(out, ["[1.0, 2.0, 3.0]", "[4.0, NaN, NaN]"]);
    }

    proptest! {
        /// Whatever comes in which order, each reading of a sensor that is wanted is in one row.
        #[test]
        fn no_reading_is_lost(
            readings in prop::collection::vec((0_i64..20, 0_usize..4), 0..60), span in 0.0_f64..5.0, tables: bool,
        ) {
            let names = ["a", "b", "c", "x"];
            let readings: Vec<(i64, &str, f64)> = readings
                .iter()
                .enumerate()
                .map(|(at, &(time, name))| (time, names[name], at as f64 + 0.5))
                .collect();
            let text = rows(&spec(span, tables), &["a", "b", "c"], &readings).join("\n");
            for (_, name, value) in readings {
                let found = text.contains(&format!("[{value:?},"))
                    || text.contains(&format!(" {value:?},"))
                    || text.contains(&format!(" {value:?}]"));
                prop_assert_eq!(found, name != "x");
            }
        }
    }
}
