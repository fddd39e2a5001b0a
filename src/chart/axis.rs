//! Axes: a range of values goes in, a range with ticks at round numbers comes out, linear or
//! logarithmic. A logarithmic axis is drawn as a linear one of `log10`, so that every chart has the
//! same type.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use super::style::{number, shorten, usable};

/// How values are spread along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Evenly.
    Linear,
    /// Counts, epochs, rows: no tick between whole numbers.
    Whole,
    /// By powers of ten.
    Log,
}

/// One axis of a chart, as the drawing library wants it.
#[derive(Clone, Debug)]
pub struct Axis {
    /// Its name, as it is written.
    pub label: String,
    scale: Scale,
    lo: f64,
    hi: f64,
    ticks: Vec<(f64, String)>,
    room: usize,
}

impl Axis {
    /// From `lo` to `hi` with about so many ticks. Equal or crossed ends become a range around
    /// them; a logarithmic axis needs `lo` above 0.
    pub fn new(label: &str, scale: Scale, (lo, hi): (f64, f64), about: usize) -> Self {
        let (lo, hi) = if scale == Scale::Log { (lo.log10(), hi.log10()) } else { (lo, hi) };
        let (lo, hi) = widen(lo, hi, scale);
        let ticks = match scale {
            Scale::Log => log_ticks(lo, hi, about),
            _ => linear_ticks(lo, hi, about, scale == Scale::Whole),
        };
        Self { label: shorten(label, 48), scale, lo, hi, ticks, room: 0 }
    }

    /// Where a value stands on the axis.
    pub fn place(&self, value: f64) -> f64 {
        if self.scale == Scale::Log { value.log10() } else { value }
    }

    /// How far along the axis a value stands: 0 to 1.
    pub fn part(&self, value: f64) -> f64 {
        (self.place(value) - self.lo) / (self.hi - self.lo)
    }

    /// The value at a place, the reverse of [`Self::place`].
    pub fn value(&self, place: f64) -> f64 {
        if self.scale == Scale::Log { 10_f64.powf(place) } else { place }
    }

    /// Both ends, as places.
    pub fn ends(&self) -> (f64, f64) {
        (self.lo, self.hi)
    }

    /// Places and texts of the ticks.
    pub fn ticks(&self) -> &[(f64, String)] {
        &self.ticks
    }

    /// Characters that the ticks need beside the axis.
    pub fn room(&self) -> usize {
        let longest = self.ticks.iter().map(|(_, text)| text.chars().count()).max();
        longest.unwrap_or(0).max(self.room)
    }

    /// The same with room for so many characters, so that charts above each other line up.
    pub fn with_room(self, room: usize) -> Self {
        Self { room, ..self }
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, place: &f64, (from, to): (i32, i32)) -> i32 {
        let part = (place - self.lo) / (self.hi - self.lo);
        (f64::from(from) + part * f64::from(to - from)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() {
            return Vec::new();
        }
        self.ticks.iter().map(|(place, _)| *place).collect()
    }

    fn range(&self) -> Range<f64> {
        self.lo..self.hi
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, place: &f64) -> String {
        let near = |(at, _): &&(f64, String)| (at - place).abs() <= 1e-9 * (self.hi - self.lo);
        self.ticks.iter().find(near).map(|(_, text)| text.clone()).unwrap_or_default()
    }
}

/// Smallest and largest of the values that can be drawn.
pub fn span(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    values.into_iter().filter(|v| usable(*v)).fold(None, |range, v| {
        let (lo, hi) = range.unwrap_or((v, v));
        Some((v.min(lo), v.max(hi)))
    })
}

/// The same with a little room at both ends.
pub fn padded((lo, hi): (f64, f64), share: f64) -> (f64, f64) {
    let room = (hi - lo) * share;
    (lo - room, hi + room)
}

fn widen(lo: f64, hi: f64, scale: Scale) -> (f64, f64) {
    let (lo, hi) = if usable(lo) && usable(hi) { (lo.min(hi), lo.max(hi)) } else { (0.0, 1.0) };
    // Below this the ticks could not be told apart in 64 bits.
    if hi - lo > 1e-12 * lo.abs().max(hi.abs()) && hi - lo > 1e-100 {
        return (lo, hi);
    }
    let room = match scale {
        Scale::Linear => (0.1 * lo.abs()).max(if lo == 0.0 { 1.0 } else { 1e-99 }),
        Scale::Whole | Scale::Log => 0.5,
    };
    (lo - room, hi + room)
}

fn linear_ticks(lo: f64, hi: f64, about: usize, whole: bool) -> Vec<(f64, String)> {
    let raw = (hi - lo) / about.max(1) as f64;
    let power = 10_f64.powf(raw.log10().floor());
    let fits = [1.0, 2.0, 5.0].into_iter().find(|m| m * power >= raw * 0.999).unwrap_or(10.0);
    let step = if whole { (fits * power).round().max(1.0) } else { fits * power };
    let first = (lo / step - 1e-9).ceil();
    let places = (0..64).map(|i| (first + f64::from(i)) * step);
    places
        .take_while(|place| *place <= hi + 1e-9 * step)
        .map(|place| (place, tick_text(place, step, lo.abs().max(hi.abs()))))
        .collect()
}

/// As many decimals as the step needs; powers of ten where that would be long.
fn tick_text(place: f64, step: f64, largest: f64) -> String {
    if place.abs() < step * 1e-6 {
        return "0".into();
    }
    let digit = (step.log10() + 1e-9).floor() as i32;
    if !(1e-3..1e6).contains(&largest) {
        let decimals = (place.abs().log10() + 1e-9).floor() as i32 - digit;
        return format!("{place:.*e}", usize::try_from(decimals.clamp(0, 9)).unwrap_or(0));
    }
    format!("{place:.*}", usize::try_from((-digit).clamp(0, 9)).unwrap_or(0))
}

/// Powers of ten over many decades, 1-2-5 over few, and plain round numbers within one.
fn log_ticks(lo: f64, hi: f64, about: usize) -> Vec<(f64, String)> {
    let steps: &[f64] = match hi - lo {
        d if d > 3.0 => &[1.0],
        d if d > 1.5 => &[1.0, 3.0],
        _ => &[1.0, 2.0, 5.0],
    };
    let decades = (lo.floor() as i32)..=(hi.ceil() as i32);
    let every = ((hi - lo) / about.max(1) as f64).ceil().max(1.0) as i32;
    let ticks: Vec<(f64, String)> = decades
        .filter(|decade| decade.rem_euclid(every) == 0)
        .flat_map(|decade| steps.iter().map(move |m| m * 10_f64.powi(decade)))
        .map(|value| (value.log10(), number(value)))
        .filter(|(place, _)| (lo..=hi).contains(place))
        .collect();
    if ticks.len() >= 3 {
        return ticks;
    }
    let plain = linear_ticks(10_f64.powf(lo), 10_f64.powf(hi), about, false);
    plain.into_iter().map(|(value, text)| (value.log10(), text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(axis: &Axis) -> Vec<&str> {
        axis.ticks().iter().map(|(_, text)| text.as_str()).collect()
    }

    #[test]
    fn ticks_are_round_numbers() {
        let axis = Axis::new("", Scale::Linear, (0.0, 1.0), 5);
        assert_eq!(texts(&axis), ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        let axis = Axis::new("", Scale::Whole, (1.0, 3.0), 8);
        assert_eq!(texts(&axis), ["1", "2", "3"]);
        let axis = Axis::new("", Scale::Linear, (2e-5, 4e-5), 2);
        assert_eq!(texts(&axis), ["2e-5", "3e-5", "4e-5"]);
        let axis = Axis::new("", Scale::Log, (0.001, 1000.0), 8);
        assert_eq!(texts(&axis), ["0.001", "0.01", "0.1", "1", "10", "100", "1000"]);
        let axis = Axis::new("", Scale::Log, (2.1, 2.9), 4);
        assert!(axis.ticks().len() >= 3, "{:?}", texts(&axis));
    }

    #[test]
    fn a_range_of_nothing_still_makes_an_axis() {
        for (lo, hi) in [(0.0, 0.0), (5.0, 5.0), (-1e-30, -1e-30), (1e99, 1e99), (0.1, 0.1 + 1e-17)]
        {
            let axis = Axis::new("", Scale::Linear, (lo, hi), 4);
            let (start, end) = axis.ends();
            assert!(start < end, "{lo} to {hi}");
            assert!(!axis.ticks().is_empty(), "{lo} to {hi}");
        }
        assert_eq!(texts(&Axis::new("", Scale::Whole, (1.0, 1.0), 4)), ["1"]);
    }

    #[test]
    fn what_cannot_be_drawn_has_no_part_in_the_range() {
        assert_eq!(span([3.0, f64::NAN, -1.0, f64::INFINITY, 1e200]), Some((-1.0, 3.0)));
        assert_eq!(span([f64::NAN]), None);
    }
}
