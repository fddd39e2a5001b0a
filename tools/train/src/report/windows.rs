//! Windows of rows: original against reconstruction, one panel a channel, in the sensors' units.

use oddity::chart::{
    Area, Axis, ChartColour, DrawFault, Figure, Mark, Scale, WIDTH, at, bold, chart, count, fine,
    font, legend, legend_height, line, padded, paint, shorten, span, stroke, usable, write,
};
use plotters::style::text_anchor::{HPos, VPos};

use super::data::{ChannelLabel, ShownWindow};
use super::error::ReportError;

/// Windows that are drawn.
pub(super) const MOST: usize = 6;
/// Channels with a panel.
const PANELS: usize = 8;
/// Points in a line.
const POINTS: usize = 400;
const PANEL: i32 = 138;
const TITLE: i32 = 20;
/// The name of the x axis, below the last row of panels.
const NAME: i32 = 16;

/// What lies along the x axis.
#[derive(Clone, Copy)]
enum Along {
    /// Rows, so many seconds apart, when that is known.
    Rows(Option<f64>),
    /// The columns of one row.
    Columns,
}

/// One figure for each window; the same channels in all, so that they can be compared.
pub(super) fn figures(
    windows: &[ShownWindow],
    channels: &[ChannelLabel],
    period_s: Option<f64>,
) -> Result<Vec<Figure>, ReportError> {
    drawn(windows, channels, Along::Rows(period_s))
}

/// One figure for each window that is one row of many columns, such as a spectrum: a curve.
pub(super) fn curves(windows: &[ShownWindow]) -> Result<Vec<Figure>, ReportError> {
    drawn(
        windows,
        &[ChannelLabel { name: "value of each column".into(), unit: None }],
        Along::Columns,
    )
}

fn drawn(
    windows: &[ShownWindow],
    channels: &[ChannelLabel],
    along: Along,
) -> Result<Vec<Figure>, ReportError> {
    let order = worst_first(windows, channels.len());
    windows
        .iter()
        .take(MOST)
        .enumerate()
        .filter(|(_, window)| !window.original.is_empty())
        .map(|(i, window)| figure(i + 1, window, channels, &order, along))
        .collect()
}

/// Channels by their largest error in any window; what is not finite comes first, as the worst.
pub(super) fn worst_first(windows: &[ShownWindow], channels: usize) -> Vec<usize> {
    let worst = |channel: usize| {
        let errors = windows.iter().filter_map(|w| w.errors.get(channel).copied());
        errors.map(|e| if e.is_nan() { f64::INFINITY } else { e }).fold(0.0, f64::max)
    };
    let mut order: Vec<usize> = (0..channels).collect();
    order.sort_by(|a, b| worst(*b).total_cmp(&worst(*a)));
    order
}

fn figure(
    number: usize,
    window: &ShownWindow,
    channels: &[ChannelLabel],
    order: &[usize],
    along: Along,
) -> Result<Figure, ReportError> {
    let drawn: Vec<Panel> = order
        .iter()
        .take(PANELS)
        .filter_map(|at| Some(Panel::new(window, (*at, channels.len()), channels.get(*at)?)))
        .collect();
    let room = drawn.iter().filter_map(|panel| panel.y.as_ref()).map(Axis::room).max().unwrap_or(0);
    let columns = if drawn.len() > 1 { 2 } else { 1 };
    let rows = i32::try_from(drawn.len().div_ceil(columns)).unwrap_or(1).max(1);
    let time = window.original.len() / channels.len().max(1);
    let (name, step) = match along {
        Along::Rows(period_s) => clock(period_s, time),
        Along::Columns => ("column".into(), 1.0),
    };
    let entries = [
        (Mark::Line(2.5), ChartColour::Blue, "original".to_owned()),
        (Mark::Line(1.5), ChartColour::Orange, "reconstruction".to_owned()),
    ];
    let top = legend_height(&entries, WIDTH);
    let height = top + rows * PANEL + NAME;
    let alt = format!("{}: original and reconstruction", window.title);
    let svg = paint((WIDTH, height), &alt, |area| {
        legend(area, &entries, WIDTH)?;
        let (_, below) = area.split_vertically(fine(f64::from(top)));
        let (grid, foot) = below.split_vertically(fine(f64::from(rows * PANEL)));
        let panels = grid.split_evenly((usize::try_from(rows).unwrap_or(1), columns));
        for (area, panel) in panels.iter().zip(&drawn) {
            panel.draw(area, step, room)?;
        }
        let style = at(font(12.0, ChartColour::Ink), HPos::Center, VPos::Center);
        write(&foot, &name, &style, (f64::from(WIDTH) / 2.0, f64::from(NAME) / 2.0 - 2.0))
    })?;
    let notes = notes(window, channels.len(), drawn.len());
    Ok(Figure { name: format!("window-{number}"), svg, notes })
}

/// What the x axis is called, and what a row is worth on it.
fn clock(period_s: Option<f64>, rows: usize) -> (String, f64) {
    let Some(period) = period_s.filter(|p| usable(*p) && *p > 0.0) else {
        return ("row in window".into(), 1.0);
    };
    let (unit, seconds) = match period * rows.saturating_sub(1) as f64 {
        long if long >= 7200.0 => ("hours", 3600.0),
        long if long >= 600.0 => ("minutes", 60.0),
        short if short < 0.5 => ("milliseconds", 1e-3),
        _ => ("seconds", 1.0),
    };
    (format!("time in window ({unit})"), period / seconds)
}

/// One channel of a window.
struct Panel {
    title: String,
    original: Vec<f64>,
    reconstruction: Vec<f64>,
    /// None when no value is finite.
    y: Option<Axis>,
}

impl Panel {
    fn new(window: &ShownWindow, (at, channels): (usize, usize), channel: &ChannelLabel) -> Self {
        let name = shorten(&channel.name, 40);
        let title = match channel.unit.as_deref().filter(|unit| !unit.is_empty()) {
            Some(unit) => format!("{name} ({})", shorten(unit, 12)),
            None => name,
        };
        let column = |values: &[f32]| -> Vec<f64> {
            values.iter().skip(at).step_by(channels).map(|v| f64::from(*v)).collect()
        };
        let (original, reconstruction) = (column(&window.original), column(&window.reconstruction));
        let y = span(original.iter().chain(&reconstruction).copied())
            .map(|range| Axis::new("", Scale::Linear, padded(range, 0.08), 4));
        Self { title, original, reconstruction, y }
    }

    fn draw(&self, area: &Area<'_>, step: f64, room: usize) -> Result<(), DrawFault> {
        let (head, body) = area.split_vertically(fine(f64::from(TITLE)));
        let style = at(bold(12.0, ChartColour::Ink), HPos::Left, VPos::Center);
        write(&head, &self.title, &style, (14.0, f64::from(TITLE) / 2.0 + 2.0))?;
        let Some(y) = self.y.clone() else {
            let style = at(font(12.0, ChartColour::Muted), HPos::Left, VPos::Center);
            return write(&body, "no finite value in this window", &style, (14.0, 20.0));
        };
        let last = step * self.original.len().saturating_sub(1) as f64;
        let whole = if step == 1.0 { Scale::Whole } else { Scale::Linear };
        let x = Axis::new("", whole, (0.0, last), 6);
        let mut chart = chart(&body, &x, &y.with_room(room), false)?;
        // Many rows run into a band: thin lines keep the two apart.
        let (wide, thin) = if self.original.len() > 150 { (1.25, 0.75) } else { (2.5, 1.5) };
        line(&mut chart, &thinned(&self.original, step), stroke(ChartColour::Blue, wide))?;
        line(&mut chart, &thinned(&self.reconstruction, step), stroke(ChartColour::Orange, thin))
    }
}

/// A long line keeps the smallest and the largest value of each run, so that no spike is lost.
fn thinned(values: &[f64], step: f64) -> Vec<(f64, f64)> {
    let clean = |v: f64| if usable(v) { v } else { f64::NAN };
    let points: Vec<(f64, f64)> =
        values.iter().enumerate().map(|(row, v)| (row as f64 * step, clean(*v))).collect();
    if points.len() <= POINTS {
        return points;
    }
    let ends = |run: &[(f64, f64)]| -> Vec<(f64, f64)> {
        let finite = || run.iter().copied().filter(|(_, v)| v.is_finite());
        let low = finite().min_by(|a, b| a.1.total_cmp(&b.1));
        let high = finite().max_by(|a, b| a.1.total_cmp(&b.1));
        match (low, high) {
            (Some(low), Some(high)) if low.0 < high.0 => vec![low, high],
            (Some(low), Some(high)) if low.0 > high.0 => vec![high, low],
            (Some(low), _) => vec![low],
            _ => run.first().copied().into_iter().collect(),
        }
    };
    points.chunks(points.len().div_ceil(POINTS / 2)).flat_map(ends).collect()
}

fn notes(window: &ShownWindow, channels: usize, shown: usize) -> Vec<String> {
    let mut notes = Vec::new();
    if channels > shown {
        let order =
            if window.errors.is_empty() { "the first" } else { "those with the largest error" };
        notes.push(format!(
            "{shown} of {channels} channels, {order}; and {} more.",
            channels - shown
        ));
    }
    let values = window.original.iter().chain(&window.reconstruction);
    let broken = values.filter(|v| !usable(f64::from(**v))).count();
    if broken > 0 {
        let values = count(broken, "value is", "values are");
        notes.push(format!("{values} not finite and left out."));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spike_survives_thinning() {
        let mut values = vec![0.0; 10_000];
        values[7777] = 5.0;
        let points = thinned(&values, 1.0);
        assert!(points.len() <= POINTS);
        assert!(points.contains(&(7777.0, 5.0)));
    }

    #[test]
    fn the_clock_speaks_in_units_that_fit() {
        assert_eq!(clock(None, 10).0, "row in window");
        assert_eq!(clock(Some(0.001), 100), ("time in window (milliseconds)".into(), 1.0));
        assert_eq!(clock(Some(1.0), 64), ("time in window (seconds)".into(), 1.0));
        assert_eq!(clock(Some(300.0), 288), ("time in window (hours)".into(), 1.0 / 12.0));
        assert_eq!(clock(Some(f64::NAN), 10).0, "row in window");
    }

    #[test]
    fn the_worst_channel_of_any_window_comes_first() {
        let window =
            |errors: &[f64]| ShownWindow { errors: errors.to_vec(), ..ShownWindow::default() };
        let windows = [window(&[1.0, 0.0, 2.0]), window(&[0.0, 9.0, 0.0])];
        assert_eq!(worst_first(&windows, 3), [1, 2, 0]);
        assert_eq!(worst_first(&[window(&[1.0, f64::NAN])], 2), [1, 0]);
    }
}
