//! Puts the parts of the page in the order in which they are read: what came out, what to beware
//! of, how it was made, how it did.

use super::data::{Report, WIDE, Window, WindowAxes};
use super::html::{document, escape, figure, paragraph, section};
use super::pictures::{self, Inline, Size};
use super::style::{ERROR, count, number, shorten};
use super::{ReportError, bars, curves, histogram, latent, tables, windows};

/// The whole page.
pub(super) fn page(report: &Report) -> Result<String, ReportError> {
    let drawn = |f: Option<super::Figure>| f.as_ref().map(figure).unwrap_or_default();
    let title = shorten(&report.title, 200);
    let mut body = format!(
        "<header>\n<h1>{}</h1>\n<p class=\"verdict\">{}</p>\n</header>\n",
        escape(&title),
        escape(&report.verdict)
    );
    body.push_str(&tables::warnings(&report.warnings));
    body.push_str(&section("What was trained on what", &tables::facts(&report.facts)));
    body.push_str(&section("Loss", &drawn(curves::figure(&report.curves, &report.loss)?)));
    body.push_str(&section("Scores and threshold", &scores(report)?));
    body.push_str(&section("Original and reconstruction", &shown(report)?));
    let by = match report.axes {
        WindowAxes::Picture { .. } => "Error by plane",
        WindowAxes::Features(_) => "Error by feature",
        WindowAxes::Rows { .. } => "Error by channel",
    };
    body.push_str(&section(by, &drawn(bars::channels(&report.channel_errors, &report.axes)?)));
    if let Some(latent) = &report.latent {
        body.push_str(&section("Latent space", &drawn(latent::figure(latent)?)));
    }
    if let Some(activity) = &report.activity {
        let facts = tables::short_facts(&activity.facts);
        body.push_str(&section(
            "Activity of the latent",
            &(drawn(bars::activity(activity)?) + &facts),
        ));
    }
    body.push_str(&section("Trials", &tables::trials(&report.trials)));
    body.push_str(&section("Checks", &tables::checks(&report.checks)));
    Ok(document(&title, &body))
}

fn scores(report: &Report) -> Result<String, ReportError> {
    if report.scores.values.is_empty() {
        return Ok(String::new());
    }
    let lead = "Scores of windows that the model has not learned from.".to_owned();
    let figure = match histogram::figure(&report.scores)? {
        Some(drawn) => figure(&drawn),
        None => {
            let scores = count(report.scores.values.len(), "score", "scores");
            paragraph("lead", &[format!("There is nothing to draw: of {scores} none is finite.")])
        }
    };
    Ok(paragraph("lead", &[lead]) + &figure)
}

fn shown(report: &Report) -> Result<String, ReportError> {
    let mut body = String::new();
    match &report.axes {
        WindowAxes::Features(channels) if channels.len() > WIDE => {
            body.push_str(&charts(report, &windows::curves(&report.windows)?));
        }
        WindowAxes::Features(channels) => {
            for window in report.windows.iter().take(windows::MOST) {
                let table = tables::features(window, &report.windows, channels);
                body.push_str(&framed(report, window, &table));
            }
        }
        WindowAxes::Rows { channels, period_s } => {
            let figures = windows::figures(&report.windows, channels, *period_s)?;
            body.push_str(&charts(report, &figures));
        }
        WindowAxes::Picture { planes, height, width } => {
            body.push_str(&gallery(report, (*planes, *height, *width))?);
        }
    }
    let more = report.windows.len().saturating_sub(windows::MOST);
    if more > 0 {
        body.push_str(&paragraph("small", &[format!("And {more} more that are not drawn.")]));
    }
    Ok(body)
}

/// Each window that is drawn, with its figure.
fn charts(report: &Report, figures: &[super::Figure]) -> String {
    let drawn = report.windows.iter().take(windows::MOST);
    let drawn = drawn.filter(|window| !window.original.is_empty());
    drawn.zip(figures).map(|(window, drawn)| framed(report, window, &figure(drawn))).collect()
}

/// A window under its title and score.
fn framed(report: &Report, window: &Window, inside: &str) -> String {
    let threshold = report.scores.threshold;
    let against = match threshold {
        Some(_) if report.scores.smoothed => " before it is smoothed".to_owned(),
        Some(t) if window.score > t => format!(", above the threshold {}", number(t)),
        Some(t) => format!(", not above the threshold {}", number(t)),
        None => String::new(),
    };
    let score = escape(&format!("Score {}{against}.", number(window.score)));
    format!(
        "<div class=\"window\">\n<h3>{}</h3>\n<p class=\"lead\">{score}</p>\n{inside}</div>\n",
        escape(&shorten(&window.title, 200))
    )
}

fn gallery(report: &Report, size: Size) -> Result<String, ReportError> {
    let shown = report.windows.iter().take(windows::MOST).filter(|w| !w.original.is_empty());
    let largest = pictures::largest(&report.windows, size);
    let mut body = String::new();
    for window in shown {
        let inline = pictures::inline(window, size, largest)?;
        body.push_str(&framed(report, window, &pictures_of(window, &inline, size)));
    }
    if body.is_empty() {
        return Ok(body);
    }
    Ok(scale(largest) + &body)
}

/// The colours of the error maps, once for all of them.
fn scale(largest: f64) -> String {
    let stops: Vec<String> = ERROR.iter().map(|hex| format!("#{hex:06X}")).collect();
    format!(
        "<p class=\"lead\">Error: how far each pixel is off, on a scale where black to white is 1. \
         The colours are the same for all windows:</p>\n\
         <div class=\"scale\"><span>0</span>\
         <span style=\"background: linear-gradient(to right, {})\">\
         </span><span>{}</span></div>\n",
        stops.join(", "),
        number(largest)
    )
}

fn pictures_of(window: &Window, inline: &Inline, (_, height, width): Size) -> String {
    let names = ["original", "reconstruction", "error"];
    let images: String = names
        .iter()
        .zip(&inline.images)
        .map(|(name, address)| {
            format!(
                "<figure><img src=\"{address}\" width=\"{}\" height=\"{}\" alt=\"{}\"/>\
                 <figcaption>{name}</figcaption></figure>\n",
                inline.width,
                inline.height,
                escape(&shorten(&format!("{name}, {}", window.title), 200))
            )
        })
        .collect();
    let mut notes = Vec::new();
    if inline.shrunk {
        let (w, h) = (inline.width, inline.height);
        notes.push(format!("Shown as {w} × {h} of {width} × {height} pixels."));
    }
    if inline.broken > 0 {
        let values = count(inline.broken, "value is", "values are");
        notes.push(format!("{values} not finite and black here."));
    }
    format!("<div class=\"pictures\">\n{images}</div>\n{}", paragraph("small", &notes))
}
