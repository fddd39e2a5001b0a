//! One chart of a page: lines and bands go in; a part of the page comes out, whose drawing stretches with the page and
//! whose words do not.

use maud::{Markup, PreEscaped, html};
use plotters::prelude::*;

use super::bands::{Band, BandKind};
use crate::chart::{Area, Axis, ChartColour, ChartError, Thinner, Tick, paint, stroke, usable};

/// Pixels across: more than a screen has, so that little is lost where a part is looked at closely.
const ACROSS: i32 = 8000;
/// Words this near to an end stand beside their mark, not below it.
const EDGE: f64 = 0.06;
/// Pixels down.
const DOWN: i32 = 120;

/// A line of a chart.
pub(super) struct Line {
    pub(super) colour: ChartColour,
    pub(super) pieces: Vec<Vec<(f64, f64)>>,
    /// The upper edges, where the line of many rows is a band; the others are the lower ones then.
    pub(super) upper: Option<Vec<Vec<(f64, f64)>>>,
    /// What lies between the edges is filled.
    pub(super) filled: bool,
}

impl Line {
    /// One of `thinner`'s.
    pub(super) fn of(thinner: &Thinner, line: usize, colour: ChartColour, filled: bool) -> Self {
        if !thinner.is_thinned() {
            return Self { colour, pieces: thinner.pieces(line), upper: None, filled };
        }
        let [pieces, upper] = thinner.edges(line);
        Self { colour, pieces, upper: Some(upper), filled }
    }
}

/// What is drawn.
pub(super) struct Panel<'a> {
    pub(super) title: &'a str,
    /// Said to those who cannot see it.
    pub(super) alt: String,
    pub(super) x: (f64, f64),
    pub(super) ticks: &'a [Tick],
    /// `None`: there is nothing to draw.
    pub(super) y: Option<Axis>,
    pub(super) lines: Vec<Line>,
    pub(super) bands: Vec<&'a Band>,
    /// Lines across, such as a threshold.
    pub(super) levels: Vec<(f64, ChartColour)>,
}

impl Panel<'_> {
    pub(super) fn markup(&self) -> Result<Markup, ChartError> {
        let Some(y) = &self.y else {
            return Ok(html! {
                div.panel { h4 { (self.title) } p.small { "No reading that can be drawn." } }
            });
        };
        let drawing = paint((ACROSS, DOWN), &self.alt, |area| self.draw(area, y))?;
        // It fills whatever place it is given.
        let drawing = drawing.replacen("<svg ", "<svg preserveAspectRatio=\"none\" ", 1);
        let part = |value: f64| format!("top:{:.2}%", 100.0 * (1.0 - value));
        Ok(html! {
            div.panel {
                h4 { (self.title) }
                div.plot {
                    div.ys {
                        @for (place, text) in y.ticks() { span style=(part(y.part(y.value(*place)))) { (text) } }
                    }
                    div.view {
                        div.xs { (marks(self.ticks, self.x)) }
                        (PreEscaped(drawing))
                    }
                }
            }
        })
    }

    fn draw(&self, area: &Area<'_>, y: &Axis) -> Result<(), crate::chart::DrawFault> {
        let (width, height) = area.dim_in_pixel();
        let across = |x: f64| {
            let part = (x - self.x.0) / (self.x.1 - self.x.0);
            (part.clamp(0.0, 1.0) * f64::from(width)).round() as i32
        };
        let down = |value: f64| {
            let part = 1.0 - y.part(value);
            (part.clamp(-1.0, 2.0) * f64::from(height)).round() as i32
        };
        let bottom = i32::try_from(height).unwrap_or(0);
        for kind in BandKind::ALL.into_iter().rev() {
            for band in self.bands.iter().filter(|band| band.kind == kind) {
                let (from, to) = (across(band.from), across(band.to));
                let (colour, strip) = (kind.colour().colour(), bottom / 20);
                // Side by side, where kinds meet.
                let top = strip * kind.lane();
                area.draw(&Rectangle::new([(from, 0), (to, bottom)], colour.mix(0.2).filled()))?;
                // Also a short one is seen.
                area.draw(&Rectangle::new([(from, top), (to, top + strip)], colour.filled()))?;
            }
        }
        let level = |value: f64, colour: ChartColour| {
            let ends = [(0, down(value)), (i32::try_from(width).unwrap_or(0), down(value))];
            PathElement::new(ends, stroke(colour, 1.0))
        };
        for (place, _) in y.ticks() {
            area.draw(&level(y.value(*place), ChartColour::Grid))?;
        }
        for (value, colour) in &self.levels {
            area.draw(&level(*value, *colour))?;
        }
        for line in &self.lines {
            let place = |(x, value): &(f64, f64)| (across(*x), down(*value));
            if let Some(upper) = line.upper.as_ref().filter(|_| line.filled) {
                for (low, high) in line.pieces.iter().zip(upper) {
                    let around: Vec<_> = low.iter().chain(high.iter().rev()).map(place).collect();
                    let fill = line.colour.colour().mix(0.4).filled();
                    area.draw(&Polygon::new(around, fill))?;
                }
            }
            for piece in line.pieces.iter().chain(line.upper.iter().flatten()) {
                let points: Vec<(i32, i32)> = piece
                    .iter()
                    .filter(|(_, value)| usable(*value))
                    .map(|(x, value)| (across(*x), down(*value)))
                    .collect();
                match points.as_slice() {
                    [] => {}
                    // One alone would have no length.
                    [(x, y)] => {
                        let ends = [(*x, *y), (x + 1, *y)];
                        area.draw(&PathElement::new(ends, stroke(line.colour, 1.5)))?;
                    }
                    _ => area.draw(&PathElement::new(points, stroke(line.colour, 1.5)))?,
                }
            }
        }
        Ok(())
    }
}

/// Upright lines with their words below.
fn marks(ticks: &[Tick], (from, to): (f64, f64)) -> Markup {
    html! {
        @for tick in ticks {
            @let part = (tick.place - from) / (to - from);
            @if (0.0..=1.0).contains(&part) {
                @let edge = if part < EDGE { Some("first") } else { (part > 1.0 - EDGE).then_some("last") };
                i style=(format!("left:{:.3}%", 100.0 * part)) { span class=[edge] { (tick.text) } }
            }
        }
    }
}
