//! Where the windows lie in the latent space, coloured by time or by label.

use std::collections::BTreeMap;

use oddity::chart::{
    Area, Axis, ChartColour, DrawFault, Figure, Mark, Scale, WIDTH, at, chart, count, fine, font,
    legend, legend_height, line, padded, paint, shorten, span, stroke, time_colour, usable, write,
};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::data::{Colour, LatentPlot, Points};
use super::error::ReportError;

/// Points in the figure.
const MOST: usize = 2500;
const HEIGHT: i32 = 440;
/// Width of the colour bar with its numbers.
const BAR: i32 = 96;

struct Dot {
    x: f64,
    y: f64,
    colour: RGBColor,
}

/// The points, or a line over time when the latent has width 1; nothing without a finite point.
pub(super) fn figure(latent: &LatentPlot) -> Result<Option<Figure>, ReportError> {
    let (places, names) = places(latent);
    let usable_at: Vec<usize> = places
        .iter()
        .enumerate()
        .filter(|(_, (x, y))| usable(*x) && usable(*y))
        .map(|(index, _)| index)
        .collect();
    let at = |index: &usize| places.get(*index).copied();
    let x_span = span(usable_at.iter().filter_map(at).map(|(x, _)| x));
    let y_span = span(usable_at.iter().filter_map(at).map(|(_, y)| y));
    let (Some(x_span), Some(y_span)) = (x_span, y_span) else { return Ok(None) };
    let whole = if names.whole { Scale::Whole } else { Scale::Linear };
    let x = Axis::new(&names.x, whole, padded(x_span, 0.03), 8);
    let y = Axis::new(&names.y, Scale::Linear, padded(y_span, 0.05), 7);

    let one = matches!(latent.points, Points::One(_));
    let groups = match &latent.colour {
        Colour::Label(labels) => by_label(labels, &usable_at),
        Colour::Time { .. } => vec![(ChartColour::Blue, String::new(), usable_at.clone())],
    };
    let bar = match &latent.colour {
        Colour::Time { name, values } if !one => {
            span(usable_at.iter().filter_map(|i| values.get(*i).copied()))
                .map(|range| Axis::new(name, Scale::Linear, range, 6))
        }
        _ => None,
    };
    let dots = dots(&places, &groups, latent, bar.as_ref());
    let entries: Vec<_> = groups
        .iter()
        .filter(|(_, name, _)| !name.is_empty())
        .map(|(role, name, members)| (Mark::Dot, *role, format!("{name} ({})", members.len())))
        .collect();
    let top = legend_height(&entries, WIDTH);
    let svg = paint((WIDTH, HEIGHT + top), "Windows in the latent space", |area| {
        legend(area, &entries, WIDTH)?;
        let (_, below) = area.split_vertically(fine(f64::from(top)));
        let wide = WIDTH - if bar.is_some() { BAR } else { 0 };
        let (plot, side) = below.split_horizontally(fine(f64::from(wide)));
        if one && bar.is_none() && entries.is_empty() {
            let points: Vec<_> = dots.iter().map(|dot| (dot.x, dot.y)).collect();
            line(&mut chart(&plot, &x, &y, true)?, &points, stroke(ChartColour::Blue, 1.5))?;
        } else {
            scatter(&plot, &dots, &x, &y)?;
        }
        bar.as_ref().map_or(Ok(()), |axis| colour_bar(&side, axis))
    })?;
    let notes = notes(places.len(), usable_at.len(), dots.len(), &groups);
    Ok(Some(Figure { name: "latent".into(), svg, notes }))
}

struct Names {
    x: String,
    y: String,
    whole: bool,
}

/// Where each window stands, and what the axes are called.
fn places(latent: &LatentPlot) -> (Vec<(f64, f64)>, Names) {
    match (&latent.points, &latent.colour) {
        (Points::Two { points, share }, _) => {
            let name = |which: &str, share: f64| {
                if usable(share) {
                    format!("{which} principal component ({:.1} % of variance)", 100.0 * share)
                } else {
                    format!("{which} principal component")
                }
            };
            let names =
                Names { x: name("first", share[0]), y: name("second", share[1]), whole: false };
            (points.iter().map(|[x, y]| (*x, *y)).collect(), names)
        }
        (Points::One(latents), Colour::Time { name, values }) => {
            let mut places: Vec<_> = values.iter().copied().zip(latents.iter().copied()).collect();
            places.sort_by(|a, b| a.0.total_cmp(&b.0));
            (places, Names { x: name.clone(), y: "latent value".into(), whole: false })
        }
        (Points::One(latents), Colour::Label(_)) => {
            let places = latents.iter().enumerate().map(|(i, v)| ((i + 1) as f64, *v)).collect();
            (places, Names { x: "window".into(), y: "latent value".into(), whole: true })
        }
    }
}

/// Windows of each label, the most frequent label first; those beyond the colours become one grey
/// group.
fn by_label(labels: &[String], usable_at: &[usize]) -> Vec<(ChartColour, String, Vec<usize>)> {
    let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for index in usable_at {
        let label = labels.get(*index).map_or("", String::as_str);
        members.entry(label).or_default().push(*index);
    }
    let mut labels: Vec<(&str, Vec<usize>)> = members.into_iter().collect();
    labels.sort_by_key(|(_, members)| std::cmp::Reverse(members.len()));
    let rest = labels.split_off(labels.len().min(ChartColour::CATEGORIES.len()));
    let name = |label: &str| if label.is_empty() { "no label".into() } else { shorten(label, 40) };
    let mut groups: Vec<_> = labels
        .into_iter()
        .zip(ChartColour::CATEGORIES)
        .map(|((label, members), role)| (role, name(label), members))
        .collect();
    if !rest.is_empty() {
        let text = format!("{} other labels", rest.len());
        groups.push((ChartColour::Rest, text, rest.into_iter().flat_map(|(_, m)| m).collect()));
    }
    groups
}

/// Thinned evenly within each group, so that a rare label keeps its points.
fn dots(
    places: &[(f64, f64)],
    groups: &[(ChartColour, String, Vec<usize>)],
    latent: &LatentPlot,
    bar: Option<&Axis>,
) -> Vec<Dot> {
    let most = (MOST / groups.len().max(1)).max(1);
    let mut dots = Vec::new();
    for (role, _, members) in groups {
        for index in members.iter().step_by(members.len().div_ceil(most).max(1)) {
            let Some((x, y)) = places.get(*index).copied() else { continue };
            let colour = match (&latent.colour, bar) {
                (Colour::Time { values, .. }, Some(axis)) => {
                    match values.get(*index).copied().filter(|v| usable(*v)) {
                        Some(value) => time_colour(axis.part(value)),
                        None => ChartColour::Rest.colour(),
                    }
                }
                _ => role.colour(),
            };
            dots.push(Dot { x, y, colour });
        }
    }
    dots
}

fn scatter(area: &Area<'_>, dots: &[Dot], x: &Axis, y: &Axis) -> Result<(), DrawFault> {
    let mut chart = chart(area, x, y, true)?;
    let radius = fine(if dots.len() > 600 { 2.5 } else { 3.5 });
    chart.draw_series(
        dots.iter().map(|dot| Circle::new((dot.x, dot.y), radius, dot.colour.mix(0.75).filled())),
    )?;
    Ok(())
}

/// A bar from early to late beside the plot, with its numbers.
fn colour_bar(area: &Area<'_>, axis: &Axis) -> Result<(), DrawFault> {
    let (top, bottom, left, right) = (28.0, f64::from(HEIGHT) - 44.0, 14.0, 28.0);
    let height = bottom - top;
    // Each step reaches to the top and the next covers it: no seam shows between them.
    for step in 0..32 {
        let part = f64::from(step) / 32.0;
        let corners = [(fine(left), fine(top)), (fine(right), fine(bottom - height * part))];
        area.draw(&Rectangle::new(corners, time_colour(f64::from(step) / 31.0).filled()))?;
    }
    let name = at(font(12.0, ChartColour::Ink), HPos::Left, VPos::Center);
    write(area, &shorten(&axis.label, 14), &name, (left, 14.0))?;
    let text = at(font(11.0, ChartColour::Muted), HPos::Left, VPos::Center);
    for (place, label) in axis.ticks() {
        let y = bottom - height * axis.part(axis.value(*place));
        write(area, label, &text, (right + 6.0, y))?;
    }
    Ok(())
}

fn notes(
    all: usize,
    usable: usize,
    drawn: usize,
    groups: &[(ChartColour, String, Vec<usize>)],
) -> Vec<String> {
    let mut notes = vec![format!("{}.", count(usable, "window", "windows"))];
    if drawn < usable {
        let each = if groups.len() > 1 { ", thinned out within each label" } else { "" };
        notes.push(format!("{drawn} of them are drawn{each}."));
    }
    if all > usable {
        let windows = count(all - usable, "window has", "windows have");
        notes.push(format!("{windows} no finite position and no point."));
    }
    notes
}
