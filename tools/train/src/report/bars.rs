//! Bars: the error of each channel, lying, the largest first; the activity of each unit, standing.

use oddity::chart::{
    Area, Axis, ChartColour, DrawFault, Figure, Mark, Scale, WIDTH, at, chart, count, fine, font,
    legend, legend_height, number, paint, percent, shorten, span, stroke, text_width, usable,
    write,
};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::data::{Activity, WindowAxes};
use super::error::ReportError;

/// Channels that get a bar of their own.
const MOST: usize = 40;
/// Units that get a bar of their own.
const UNITS: usize = 256;
const ROW: f64 = 22.0;

/// Error of each channel; nothing when none is finite.
pub(super) fn channels(
    errors: &[(String, f64)],
    axes: &WindowAxes,
) -> Result<Option<Figure>, ReportError> {
    let mut bars: Vec<(&str, f64)> =
        errors.iter().filter(|(_, e)| usable(*e)).map(|(name, e)| (name.as_str(), *e)).collect();
    bars.sort_by(|a, b| b.1.total_cmp(&a.1));
    if bars.is_empty() {
        return Ok(None);
    }
    let (all, total) = (bars.len(), bars.iter().map(|(_, e)| e).sum::<f64>());
    bars.truncate(MOST);
    let shown: f64 = bars.iter().map(|(_, e)| e).sum();
    let height = (ROW * bars.len() as f64 + 14.0).ceil() as i32;
    let svg = paint((WIDTH, height), "Error of each channel", |area| lying(area, &bars))?;
    let mut notes = vec![meaning(axes).to_owned()];
    if all > bars.len() {
        let more = count(all - bars.len(), "more channel", "more channels");
        let share = if total > 0.0 { 100.0 * (total - shown) / total } else { 0.0 };
        notes.push(format!("And {more}, which together hold {share:.1} % of the error."));
    }
    let broken = errors.len() - all;
    if broken > 0 {
        let channels = count(broken, "channel has", "channels have");
        notes.push(format!("{channels} no finite error and no bar."));
    }
    Ok(Some(Figure { name: "channels".into(), svg, notes }))
}

fn meaning(axes: &WindowAxes) -> &'static str {
    match axes {
        WindowAxes::Picture { .. } => {
            "Mean squared error of each plane; a pixel goes from 0 (dark) to 1 (bright)."
        }
        _ => {
            "Mean squared error of each channel, normalised: 1 is the variance of the channel, as \
             if the model had only learned its mean."
        }
    }
}

fn lying(area: &Area<'_>, bars: &[(&str, f64)]) -> Result<(), DrawFault> {
    let names: Vec<String> = bars.iter().map(|(name, _)| shorten(name, 38)).collect();
    let widest = names.iter().map(|name| text_width(name, 12.0)).fold(40.0, f64::max);
    let left = (widest + 18.0).min(300.0);
    let room = f64::from(WIDTH) - left - 80.0;
    let largest = bars.iter().map(|(_, e)| *e).fold(0.0, f64::max);
    let name_style = at(font(12.0, ChartColour::Ink), HPos::Right, VPos::Center);
    let value_style = at(font(11.0, ChartColour::Muted), HPos::Left, VPos::Center);
    for (row, ((_, error), name)) in bars.iter().zip(&names).enumerate() {
        let y = 7.0 + ROW * (row as f64 + 0.5);
        let share = if largest > 0.0 { error.max(0.0) / largest } else { 0.0 };
        let right = left + (room * share).max(1.0);
        let corners = [(fine(left), fine(y - 7.5)), (fine(right), fine(y + 7.5))];
        area.draw(&Rectangle::new(corners, ChartColour::Blue.colour().filled()))?;
        write(area, name, &name_style, (left - 8.0, y))?;
        write(area, &number(*error), &value_style, (right + 6.0, y))?;
    }
    let ends = [(fine(left), fine(3.0)), (fine(left), fine(11.0 + ROW * bars.len() as f64))];
    area.draw(&PathElement::new(ends, stroke(ChartColour::Axis, 1.0)))
}

/// Activity of each unit, the most active first; nothing when none is finite.
pub(super) fn activity(activity: &Activity) -> Result<Option<Figure>, ReportError> {
    let mut units: Vec<f64> = activity.units.iter().copied().filter(|v| usable(*v)).collect();
    units.sort_by(|a, b| b.total_cmp(a));
    let target = activity.target.filter(|t| usable(*t));
    let Some((lo, hi)) = span(units.iter().copied().chain(target)).filter(|_| !units.is_empty())
    else {
        return Ok(None);
    };
    let shown: Vec<(usize, f64)> = thinned(&units);
    let x =
        Axis::new("unit, the most active first", Scale::Whole, (0.5, units.len() as f64 + 0.5), 10);
    let name = if activity.name.is_empty() { "activity" } else { &activity.name };
    let y = Axis::new(name, Scale::Linear, (lo.min(0.0), hi * 1.08), 5);
    let mut entries = vec![(Mark::Square, ChartColour::Blue, "measured".to_owned())];
    entries.extend(
        target.map(|t| (Mark::Line(2.0), ChartColour::Orange, format!("target {}", number(t)))),
    );
    let top = legend_height(&entries, WIDTH);
    let svg = paint((WIDTH, 250 + top), "Activity of each unit", |area| {
        legend(area, &entries, WIDTH)?;
        let (_, below) = area.split_vertically(fine(f64::from(top)));
        standing(&below, &shown, target, (&x, &y))
    })?;
    Ok(Some(Figure { name: "activity".into(), svg, notes: notes(&units, activity.units.len()) }))
}

fn thinned(sorted: &[f64]) -> Vec<(usize, f64)> {
    let every = sorted.len().div_ceil(UNITS).max(1);
    sorted.iter().copied().enumerate().step_by(every).collect()
}

fn standing(
    area: &Area<'_>,
    units: &[(usize, f64)],
    target: Option<f64>,
    (x, y): (&Axis, &Axis),
) -> Result<(), DrawFault> {
    let mut chart = chart(area, x, y, true)?;
    let every = units.get(1).map_or(1, |(rank, _)| *rank) as f64;
    chart.draw_series(units.iter().map(|(rank, value)| {
        let (from, to) = (*rank as f64 + 0.6, *rank as f64 + every + 0.4);
        Rectangle::new([(from, 0.0), (to, *value)], ChartColour::Blue.colour().filled())
    }))?;
    if let Some(target) = target {
        let (lo, hi) = x.ends();
        chart.draw_series([PathElement::new(
            [(lo, target), (hi, target)],
            stroke(ChartColour::Orange, 2.0),
        )])?;
    }
    Ok(())
}

fn notes(units: &[f64], all: usize) -> Vec<String> {
    let dead = units.iter().filter(|v| v.abs() < 1e-6).count();
    let mean = units.iter().sum::<f64>() / units.len().max(1) as f64;
    let silent = match dead {
        0 => "none is silent".to_owned(),
        1 => format!("1 ({}) is silent", percent(1, units.len())),
        n => format!("{n} ({}) are silent", percent(n, units.len())),
    };
    let average = number(mean);
    let mut notes =
        vec![format!("{}, on average {average}; {silent}.", count(units.len(), "unit", "units"))];
    if all > units.len() {
        let units = count(all - units.len(), "unit has", "units have");
        notes.push(format!("{units} no finite value and no bar."));
    }
    notes
}
