//! Loss by epoch: the training that was validated in colour, those that repeat it thin behind it.

use oddity::chart::{
    Area, Axis, Chart, ChartColour, DrawFault, Figure, Mark, Scale, WIDTH, chart, count, fine,
    legend, legend_height, line, number, padded, paint, span, stroke, usable,
};
use plotters::prelude::*;

use super::data::Curve;
use super::error::ReportError;

/// More points than this in a line cannot be seen.
const MOST: usize = 800;

/// The loss over the epochs, with the names of its file and its axis; nothing when no epoch has a finite loss.
pub(super) fn figure(
    curves: &[Curve],
    (file, loss): (&str, &str),
) -> Result<Option<Figure>, ReportError> {
    let values = || curves.iter().flat_map(|c| c.train.iter().chain(&c.validation)).copied();
    let Some((lo, hi)) = span(values()) else { return Ok(None) };
    let epochs = curves.iter().map(|c| c.train.len().max(c.validation.len())).max().unwrap_or(1);
    let scale = if lo > 0.0 && hi / lo > 20.0 { Scale::Log } else { Scale::Linear };
    let range = match scale {
        Scale::Log => (lo / 1.15, hi * 1.15),
        _ if lo >= 0.0 && lo < 0.5 * hi => (0.0, hi * 1.05),
        _ => padded((lo, hi), 0.06),
    };
    let x = Axis::new("epoch", Scale::Whole, (1.0, epochs as f64), 10);
    let name = if loss.is_empty() { "loss" } else { loss };
    let y = Axis::new(name, scale, range, 6);
    let entries = entries(curves);
    let top = legend_height(&entries, WIDTH);
    let svg = paint((WIDTH, 320 + top), "Loss after each epoch", |area| {
        legend(area, &entries, WIDTH)?;
        let (_, below) = area.split_vertically(fine(f64::from(top)));
        lines(&below, curves, &x, &y)
    })?;
    let left_out = values().filter(|v| !usable(*v)).count();
    Ok(Some(Figure { name: file.into(), svg, notes: notes(curves, scale, left_out) }))
}

fn entries(curves: &[Curve]) -> Vec<(Mark, ChartColour, String)> {
    let main = || curves.iter().filter(|c| !c.fold);
    let mut entries = Vec::new();
    if main().any(|c| !c.train.is_empty()) {
        entries.push((Mark::Line(2.0), ChartColour::Blue, "training".to_owned()));
    }
    if main().any(|c| !c.validation.is_empty()) {
        entries.push((Mark::Line(2.0), ChartColour::Orange, "validation".to_owned()));
    }
    if main().any(|c| c.best.is_some()) {
        entries.push((Mark::Dot, ChartColour::Vermillion, "best epoch".to_owned()));
    }
    let folds = curves.iter().filter(|c| c.fold);
    let validated = folds.clone().any(|c| !c.validation.is_empty());
    let what = if validated { "validation" } else { "training" };
    match folds.count() {
        0 => {}
        n => entries.push((Mark::Line(1.0), ChartColour::Rest, format!("{n} others, {what}"))),
    }
    entries
}

fn lines(area: &Area<'_>, curves: &[Curve], x: &Axis, y: &Axis) -> Result<(), DrawFault> {
    let mut chart = chart(area, x, y, true)?;
    for fold in curves.iter().filter(|c| c.fold) {
        let values = if fold.validation.is_empty() { &fold.train } else { &fold.validation };
        line(&mut chart, &points(values, y), stroke(ChartColour::Rest, 1.0))?;
    }
    for main in curves.iter().filter(|c| !c.fold) {
        line(&mut chart, &points(&main.train, y), stroke(ChartColour::Blue, 2.0))?;
        line(&mut chart, &points(&main.validation, y), stroke(ChartColour::Orange, 2.0))?;
        if let Some((epoch, loss)) = best(main) {
            mark(&mut chart, epoch, y.place(loss), y)?;
        }
    }
    Ok(())
}

fn mark(chart: &mut Chart<'_, '_>, epoch: f64, place: f64, y: &Axis) -> Result<(), DrawFault> {
    let (lo, hi) = y.ends();
    let upright =
        PathElement::new([(epoch, lo), (epoch, hi)], stroke(ChartColour::Vermillion, 0.75));
    chart.draw_series([upright])?;
    let dot = Circle::new((epoch, place), fine(4.0), ChartColour::Vermillion.colour().filled());
    chart.draw_series([dot])?;
    Ok(())
}

/// Epoch (from 1) and loss of the weights that were kept.
fn best(curve: &Curve) -> Option<(f64, f64)> {
    let at = curve.best?;
    let values = if curve.validation.is_empty() { &curve.train } else { &curve.validation };
    values.get(at).filter(|v| usable(**v)).map(|v| ((at + 1) as f64, *v))
}

/// Points of a line; a long one keeps each run's largest value, so that no spike is lost.
fn points(values: &[f64], y: &Axis) -> Vec<(f64, f64)> {
    let run = values.len().div_ceil(MOST).max(1);
    let placed = |(epoch, v): (usize, &f64)| {
        let place = if usable(*v) { y.place(*v) } else { f64::NAN };
        ((epoch + 1) as f64, place)
    };
    let all: Vec<(f64, f64)> = values.iter().enumerate().map(placed).collect();
    let largest = |run: &[(f64, f64)]| run.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1));
    all.chunks(run).filter_map(largest).collect()
}

fn notes(curves: &[Curve], scale: Scale, left_out: usize) -> Vec<String> {
    let mut notes = Vec::new();
    for curve in curves.iter().filter(|c| !c.fold) {
        let epochs = curve.train.len().max(curve.validation.len());
        let which = if curve.validation.is_empty() { "training" } else { "validation" };
        notes.extend(best(curve).map(|(epoch, loss)| {
            format!(
                "Weights of epoch {epoch} of {epochs} were kept: {which} loss {}.",
                number(loss)
            )
        }));
        if curve.validation.is_empty() {
            notes.push("There was no validation data for this run.".into());
        }
    }
    if scale == Scale::Log {
        notes.push("The loss axis is logarithmic.".into());
    }
    if left_out > 0 {
        let values = count(left_out, "loss was", "losses were");
        notes.push(format!("{values} not finite and left out."));
    }
    notes
}
