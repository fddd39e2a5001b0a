//! A drawing surface with the look of a report: a closure paints on it, one `<svg>` comes out.
//!
//! The drawing library has whole pixels, so all is drawn [`FINE`] times as large and shown smaller.
//! Text stays text; names are escaped by the library.

use maud::html;
use plotters::chart::ChartContext;
use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::drawing::DrawingAreaErrorKind;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axis::Axis;
use super::error::ChartError;
use super::style::{ChartColour, shorten};

/// Steps in a pixel.
pub const FINE: i32 = 4;

/// Width of a full figure in pixels.
pub const WIDTH: i32 = 780;

/// What is painted on, in steps of [`FINE`].
pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// What the drawing library says when it gives up.
pub type DrawFault = DrawingAreaErrorKind<std::io::Error>;
/// An area with axes.
pub type Chart<'a, 'b> = ChartContext<'b, SVGBackend<'a>, Cartesian2d<Axis, Axis>>;

/// A finished figure.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Name of its file, without the ending.
    pub name: String,
    /// `<svg>…</svg>`, transparent.
    pub svg: String,
    /// Sentences to stand below it.
    pub notes: Vec<String>,
}

/// Paints `(width, height)` pixels; `alt` says to those who cannot see it what it shows.
///
/// # Errors
/// When the drawing library gives up.
pub fn paint(
    (width, height): (i32, i32),
    alt: &str,
    draw: impl FnOnce(&Area<'_>) -> Result<(), DrawFault>,
) -> Result<String, ChartError> {
    let mut svg = String::new();
    let side = |pixels: i32| u32::try_from(pixels.max(1) * FINE).unwrap_or(1);
    {
        let area =
            SVGBackend::with_string(&mut svg, (side(width), side(height))).into_drawing_area();
        draw(&area).and_then(|()| area.present()).map_err(|e| ChartError(e.to_string()))?;
    }
    let body = svg.split_once('>').map_or("", |(_, body)| body);
    // What is the default anyway makes a third of a scatter plot.
    let body = body
        .replace(" stroke=\"none\" stroke-width=\"1\"", "")
        .replace(" stroke=\"none\"", "")
        .replace(" opacity=\"1\"", "");
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\" stroke-linejoin=\"round\" \
         stroke-linecap=\"round\">{body}",
        side(width),
        side(height),
        html! { (shorten(alt, 300)) }.into_string(),
    ))
}

/// Text of so many pixels.
pub fn font(pixels: f64, role: ChartColour) -> TextStyle<'static> {
    // The library divides by 1.24 when it writes the size.
    let size = pixels * f64::from(FINE) * 1.24;
    ("sans-serif", size).into_font().color(&role.colour())
}

/// The same in bold.
pub fn bold(pixels: f64, role: ChartColour) -> TextStyle<'static> {
    let size = pixels * f64::from(FINE) * 1.24;
    ("sans-serif", size, FontStyle::Bold).into_font().color(&role.colour())
}

/// Where text stands to its point.
pub fn at(style: TextStyle<'static>, h: HPos, v: VPos) -> TextStyle<'static> {
    style.pos(Pos::new(h, v))
}

/// Text at a pixel of the area.
///
/// # Errors
/// Those of the drawing library.
pub fn write(
    area: &Area<'_>,
    text: &str,
    style: &TextStyle<'static>,
    (x, y): (f64, f64),
) -> Result<(), DrawFault> {
    area.draw_text(&shorten(text, 120), style, (fine(x), fine(y)))
}

/// A pixel in the steps of the drawing.
pub fn fine(pixels: f64) -> i32 {
    (pixels * f64::from(FINE)).round() as i32
}

/// About how wide a text is, in pixels: nothing here knows the font of the reader.
pub fn text_width(text: &str, pixels: f64) -> f64 {
    text.chars().count() as f64 * pixels * 0.56
}

/// A line of a width in pixels.
pub fn stroke(role: ChartColour, pixels: f64) -> ShapeStyle {
    role.colour().stroke_width(u32::try_from(fine(pixels)).unwrap_or(1).max(1))
}

/// Axes with a thin grid. `named` says whether the name of the x axis is written.
///
/// # Errors
/// Those of the drawing library.
pub fn chart<'a, 'b>(
    area: &'b Area<'a>,
    x: &Axis,
    y: &Axis,
    named: bool,
) -> Result<Chart<'a, 'b>, DrawFault> {
    let left = 14.0 + 6.6 * y.room() as f64 + if y.label.is_empty() { 0.0 } else { 16.0 };
    let mut chart = ChartBuilder::on(area)
        .margin_top(fine(6.0))
        .margin_right(fine(14.0))
        .x_label_area_size(fine(if named { 38.0 } else { 22.0 }))
        .y_label_area_size(fine(left))
        .build_cartesian_2d(x.clone(), y.clone())?;
    let mut mesh = chart.configure_mesh();
    mesh.bold_line_style(stroke(ChartColour::Grid, 1.0))
        .light_line_style(TRANSPARENT)
        .axis_style(stroke(ChartColour::Axis, 1.0))
        .set_all_tick_mark_size(fine(3.0))
        .label_style(font(11.0, ChartColour::Muted))
        .axis_desc_style(font(12.0, ChartColour::Ink));
    if named {
        mesh.x_desc(x.label.as_str());
    }
    if !y.label.is_empty() {
        mesh.y_desc(y.label.as_str());
    }
    mesh.draw()?;
    Ok(chart)
}

/// A line through the points. A point that cannot be drawn breaks it; one alone becomes a dot.
///
/// # Errors
/// Those of the drawing library.
pub fn line(
    chart: &mut Chart<'_, '_>,
    points: &[(f64, f64)],
    style: ShapeStyle,
) -> Result<(), DrawFault> {
    for run in points.split(|(x, y)| !x.is_finite() || !y.is_finite()) {
        match run {
            [] => {}
            [alone] => {
                let radius = (style.stroke_width + u32::try_from(FINE).unwrap_or(1)).min(16);
                chart.draw_series([Circle::new(*alone, radius, style.color.filled())])?;
            }
            run => {
                chart.draw_series([PathElement::new(run.to_vec(), style)])?;
            }
        }
    }
    Ok(())
}

/// How a legend shows its colour.
#[derive(Clone, Copy, Debug)]
pub enum Mark {
    /// So many pixels wide.
    Line(f64),
    /// A point.
    Dot,
    /// An area.
    Square,
}

/// Lines of a legend that fits into `width` pixels, each entry with its left edge.
fn arranged(entries: &[(Mark, ChartColour, String)], width: f64) -> Vec<Vec<(f64, usize)>> {
    let (mut rows, mut x) = (vec![Vec::new()], 0.0);
    for (index, (_, _, text)) in entries.iter().enumerate() {
        let wide = 46.0 + text_width(text, 12.0);
        if x > 0.0 && x + wide > width {
            rows.push(Vec::new());
            x = 0.0;
        }
        if let Some(row) = rows.last_mut() {
            row.push((x, index));
        }
        x += wide;
    }
    rows
}

/// Height of a legend in pixels.
pub fn legend_height(entries: &[(Mark, ChartColour, String)], width: i32) -> i32 {
    let rows = arranged(entries, f64::from(width) - 20.0).len();
    if entries.is_empty() { 0 } else { i32::try_from(rows).unwrap_or(1) * 20 + 4 }
}

/// Writes a legend from the upper left corner of the area: above the data, never on it.
///
/// # Errors
/// Those of the drawing library.
pub fn legend(
    area: &Area<'_>,
    entries: &[(Mark, ChartColour, String)],
    width: i32,
) -> Result<(), DrawFault> {
    let text = at(font(12.0, ChartColour::Ink), HPos::Left, VPos::Center);
    for (row, line) in arranged(entries, f64::from(width) - 20.0).into_iter().enumerate() {
        let y = 11.0 + 20.0 * row as f64;
        for (left, index) in line {
            let Some((mark, role, name)) = entries.get(index) else { continue };
            let x = 12.0 + left;
            let point = |dx: f64, dy: f64| (fine(x + dx), fine(y + dy));
            match mark {
                Mark::Line(wide) => area.draw(&PathElement::new(
                    [point(0.0, 0.0), point(18.0, 0.0)],
                    stroke(*role, *wide),
                ))?,
                Mark::Dot => {
                    area.draw(&Circle::new(point(11.0, 0.0), fine(4.0), role.colour().filled()))?
                }
                Mark::Square => area.draw(&Rectangle::new(
                    [point(4.0, -5.0), point(16.0, 5.0)],
                    role.colour().filled(),
                ))?,
            }
            write(area, name, &text, (x + 24.0, y))?;
        }
    }
    Ok(())
}
