//! How the scores spread, and where the threshold cuts.

use oddity::chart::{
    Area, Axis, ChartColour, DrawFault, Figure, Scale, WIDTH, at, bold, chart, count, fine, number,
    paint, percent, span, stroke, usable,
};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::data::Scores;
use super::error::ReportError;

const HEIGHT: i32 = 300;

/// The scores as bars, those above the threshold in another colour; nothing without a finite one.
pub(super) fn figure(scores: &Scores) -> Result<Option<Figure>, ReportError> {
    let mut values: Vec<f64> = scores.values.iter().copied().filter(|v| usable(*v)).collect();
    values.sort_by(f64::total_cmp);
    let threshold = scores.threshold.filter(|t| usable(*t));
    let log = heavy(&values) && threshold.is_none_or(|t| t > 0.0);
    let shown: Vec<f64> = values.iter().copied().filter(|v| !log || *v > 0.0).collect();
    let Some((lo, hi)) = span(shown.iter().copied().chain(threshold)) else { return Ok(None) };
    if shown.is_empty() {
        return Ok(None);
    }
    let name = if scores.name.is_empty() { "score" } else { &scores.name };
    let range = match (log, hi > lo) {
        (true, _) => (lo / 1.05, hi * 1.05),
        (false, true) => (lo - 0.02 * (hi - lo), hi + 0.02 * (hi - lo)),
        (false, false) => (lo, hi),
    };
    let x = Axis::new(name, if log { Scale::Log } else { Scale::Linear }, range, 9);
    let bars = bars(&shown, threshold, &x);
    let tallest = bars.iter().map(|bar| bar.count).max().unwrap_or(1);
    let y = Axis::new("windows", Scale::Whole, (0.0, tallest as f64 * 1.15), 5);
    let svg = paint((WIDTH, HEIGHT), "Histogram of the scores", |area| {
        draw(area, &bars, threshold, (&x, &y))
    })?;
    let hidden = values.len() - shown.len();
    Ok(Some(Figure { name: "scores".into(), svg, notes: notes(scores, &values, log, hidden) }))
}

/// Whether a logarithmic axis shows more: nearly all above 0, and a tail far from the middle.
fn heavy(sorted: &[f64]) -> bool {
    let zeros = sorted.iter().filter(|v| **v <= 0.0).count();
    let middle = sorted.get(sorted.len() / 2).copied().unwrap_or(0.0);
    zeros * 100 <= sorted.len() && middle > 0.0 && sorted.last().is_some_and(|v| v / middle > 12.0)
}

struct Bar {
    from: f64,
    to: f64,
    count: usize,
    above: bool,
}

/// Bars of equal width along the axis; one edge stands on the threshold, so that no bar is half
/// above it. The values are sorted and not empty.
fn bars(values: &[f64], threshold: Option<f64>, x: &Axis) -> Vec<Bar> {
    let (lo, hi) = x.ends();
    let number = ((values.len() as f64).sqrt().ceil() as usize).clamp(10, 60);
    let width = (hi - lo) / number as f64;
    let cut = threshold.map(|t| x.place(t));
    let start = cut.map_or(lo, |cut| cut - ((cut - lo) / width).ceil() * width);
    let cut_index = cut.map(|cut| ((cut - start) / width).round() as usize);
    let mut bars: Vec<Bar> = (0..=number)
        .map(|i| Bar {
            from: (start + i as f64 * width).max(lo),
            to: (start + (i + 1) as f64 * width).min(hi),
            count: 0,
            above: cut_index.is_some_and(|cut| i >= cut),
        })
        .collect();
    for value in values {
        let mut index = (((x.place(*value) - start) / width).floor().max(0.0) as usize).min(number);
        // Rounding must not carry a value across the threshold, and what equals it is not above.
        if let (Some(cut), Some(threshold)) = (cut_index, threshold) {
            index = if *value > threshold { index.max(cut) } else { index.min(cut.max(1) - 1) };
        }
        if let Some(bar) = bars.get_mut(index) {
            bar.count += 1;
        }
    }
    bars
}

fn draw(
    area: &Area<'_>,
    bars: &[Bar],
    threshold: Option<f64>,
    (x, y): (&Axis, &Axis),
) -> Result<(), DrawFault> {
    let mut chart = chart(area, x, y, true)?;
    let (_, top) = y.ends();
    // One window in thousands still shows.
    let least = top * 2.0 / f64::from(HEIGHT);
    chart.draw_series(bars.iter().filter(|bar| bar.count > 0 && bar.to > bar.from).map(|bar| {
        let role = if bar.above { ChartColour::Vermillion } else { ChartColour::Blue };
        let height = (bar.count as f64).max(least);
        let mut bar = Rectangle::new([(bar.from, 0.0), (bar.to, height)], role.colour().filled());
        bar.set_margin(0, 0, 2, 2);
        bar
    }))?;
    if let Some(threshold) = threshold {
        let place = x.place(threshold);
        chart.draw_series([PathElement::new(
            [(place, 0.0), (place, top)],
            stroke(ChartColour::Ink, 1.5),
        )])?;
        let right = x.part(threshold) < 0.75;
        let side = if right { HPos::Left } else { HPos::Right };
        let style = at(bold(12.0, ChartColour::Ink), side, VPos::Top);
        let shift = fine(if right { 6.0 } else { -6.0 });
        let text = format!("threshold {}", number(threshold));
        chart.draw_series([
            EmptyElement::at((place, top)) + Text::new(text, (shift, fine(4.0)), style)
        ])?;
    }
    Ok(())
}

fn notes(scores: &Scores, sorted: &[f64], log: bool, hidden: usize) -> Vec<String> {
    let mut notes = Vec::new();
    let windows = count(sorted.len(), "window", "windows");
    if let Some(threshold) = scores.threshold.filter(|t| usable(*t)) {
        let above = sorted.iter().filter(|v| **v > threshold).count();
        let verb = if above == 1 { "is" } else { "are" };
        notes.push(format!(
            "{above} of {windows} ({}) {verb} above the threshold {}.",
            percent(above, sorted.len()),
            number(threshold)
        ));
    } else {
        notes.push(format!("{windows}; no threshold was set."));
    }
    let middle = sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN);
    let largest = sorted.last().copied().unwrap_or(f64::NAN);
    notes.push(format!("Median {}, largest {}.", number(middle), number(largest)));
    if log {
        notes.push("The score axis is logarithmic: the tail is long.".into());
    }
    if hidden > 0 {
        let scores = count(hidden, "score of 0 or less has", "scores of 0 or less have");
        notes.push(format!("{scores} no place on it."));
    }
    let broken = scores.values.len() - sorted.len();
    if broken > 0 {
        let scores = count(broken, "score was", "scores were");
        notes.push(format!("{scores} not finite and left out."));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_bar_hides_a_score_above_the_threshold() {
        let mut values: Vec<f64> = (0..1000).map(|i| f64::from(i) / 100.0).collect();
        values.push(9.0);
        values.sort_by(f64::total_cmp);
        let x = Axis::new("", Scale::Linear, (-0.2, 10.2), 9);
        let bars = bars(&values, Some(9.0), &x);
        let above: usize = bars.iter().filter(|bar| bar.above).map(|bar| bar.count).sum();
        assert_eq!(above, values.iter().filter(|v| **v > 9.0).count());
        assert_eq!(bars.iter().map(|bar| bar.count).sum::<usize>(), values.len());
        assert!(bars.iter().any(|bar| (bar.from - 9.0).abs() < 1e-9));
    }

    #[test]
    fn only_a_long_tail_asks_for_a_logarithm() {
        assert!(!heavy(&[1.0, 2.0, 3.0]));
        assert!(heavy(&[1.0, 1.0, 1.0, 50.0]));
        assert!(!heavy(&[0.0, 0.0, 0.0, 50.0]));
        assert!(!heavy(&[]));
    }
}
