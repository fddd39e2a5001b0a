//! Puts the parts of the page in the order in which they are read: what came out, what to beware
//! of, how it was made, how it did.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use oddity::chart::{ERROR, Figure, STYLE, clean, count, dark_rules, number, shorten};

use super::data::{HeadPlot, LatentPlot, ReportData, ShownWindow, WIDE, WindowAxes};
use super::error::ReportError;
use super::pictures::{self, Inline, Size};
use super::{bars, curves, histogram, latent, tables, windows};

/// What the page may do: show itself.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// The whole page.
pub(super) fn page(report: &ReportData) -> Result<String, ReportError> {
    let title = shorten(&report.title, 200);
    let by = match report.axes {
        WindowAxes::Picture { .. } => "Error by plane",
        WindowAxes::Features(_) => "Error by feature",
        WindowAxes::Rows { .. } => "Error by channel",
    };
    let loss = drawn(curves::figure(&report.curves, ("loss", &report.loss))?);
    let channels = drawn(bars::channels(&report.channel_errors, &report.axes)?);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { (title) }
                style { (PreEscaped(STYLE)) (PreEscaped(dark_rules())) }
            }
            body {
                main {
                    header {
                        h1 { (title) }
                        p.verdict { (clean(&report.verdict)) }
                    }
                    (tables::warnings(&report.warnings))
                    (section("What was trained on what", tables::facts(&report.facts)))
                    (section("Loss", loss))
                    (section("Second output", second_output(report.head.as_ref())?))
                    (section("Scores and threshold", scores(report)?))
                    (section("Original and reconstruction", shown(report)?))
                    (section(by, channels))
                    (section("Latent space", latent_space(report.latent.as_ref())?))
                    (section("Activity of the latent", activity(report)?))
                    (section("Trials", tables::trials(&report.trials)))
                    (section("Checks", tables::checks(&report.checks)))
                }
            }
        }
    };
    Ok(page.into_string())
}

/// A part of the page under a heading; nothing when there is nothing in it.
fn section(heading: &str, body: Markup) -> Markup {
    html! {
        @if !body.0.is_empty() {
            section {
                h2 { (heading) }
                (body)
            }
        }
    }
}

fn drawn(figure: Option<Figure>) -> Markup {
    figure.as_ref().map(chart).unwrap_or_default()
}

/// A chart with its sentences below; on a narrow screen it scrolls by itself.
fn chart(figure: &Figure) -> Markup {
    let notes = clean(&figure.notes.join(" "));
    html! {
        figure {
            div.chart { (PreEscaped(&figure.svg)) }
            @if !notes.is_empty() { figcaption { (notes) } }
        }
    }
}

fn second_output(head: Option<&HeadPlot>) -> Result<Markup, ReportError> {
    let Some(head) = head else { return Ok(Markup::default()) };
    let figure = curves::figure(&head.curves, ("head-loss", &head.loss))?;
    Ok(html! {
        @for sentence in &head.sentences { p { (clean(sentence)) } }
        (drawn(figure))
    })
}

fn scores(report: &ReportData) -> Result<Markup, ReportError> {
    if report.scores.values.is_empty() {
        return Ok(Markup::default());
    }
    let figure = histogram::figure(&report.scores)?;
    let scores = count(report.scores.values.len(), "score", "scores");
    Ok(html! {
        p.lead {
            "Scores of windows that the model has not learned from: those of each block of the data by \
             a model that was trained without it."
        }
        @match figure {
            Some(figure) => (chart(&figure)),
            None => p.lead { "There is nothing to draw: of " (scores) " none is finite." },
        }
    })
}

fn latent_space(latent: Option<&LatentPlot>) -> Result<Markup, ReportError> {
    let Some(figure) = latent.map(latent::figure).transpose()?.flatten() else {
        return Ok(Markup::default());
    };
    Ok(html! {
        p.lead {
            "Windows of all the data as the finished model sees them, also those that are not judged."
        }
        (chart(&figure))
    })
}

fn activity(report: &ReportData) -> Result<Markup, ReportError> {
    let Some(activity) = &report.activity else { return Ok(Markup::default()) };
    let figure = bars::activity(activity)?;
    Ok(html! {
        (drawn(figure))
        (tables::short_facts(&activity.facts))
    })
}

fn shown(report: &ReportData) -> Result<Markup, ReportError> {
    let body = match &report.axes {
        WindowAxes::Features(channels) if channels.len() > WIDE => {
            charts(report, &windows::curves(&report.windows)?)
        }
        WindowAxes::Features(channels) => html! {
            @for window in report.windows.iter().take(windows::MOST) {
                (framed(report, window, &tables::features(window, &report.windows, channels)))
            }
        },
        WindowAxes::Rows { channels, period_s } => {
            charts(report, &windows::figures(&report.windows, channels, *period_s)?)
        }
        WindowAxes::Picture { planes, height, width } => {
            gallery(report, (*planes, *height, *width))?
        }
    };
    if body.0.is_empty() {
        return Ok(body);
    }
    let more = report.windows.len().saturating_sub(windows::MOST);
    Ok(html! {
        @if report.scores.smoothed {
            p.lead {
                "Scores are smoothed, as above: a window's score holds those of the windows before it."
            }
        }
        (body)
        @if more > 0 { p.small { "And " (more) " more that are not drawn." } }
    })
}

/// Each window that is drawn, with its figure.
fn charts(report: &ReportData, figures: &[Figure]) -> Markup {
    let drawn = report.windows.iter().take(windows::MOST);
    let drawn = drawn.filter(|window| !window.original.is_empty());
    html! {
        @for (window, figure) in drawn.zip(figures) { (framed(report, window, &chart(figure))) }
    }
}

/// A window under its title and score.
fn framed(report: &ReportData, window: &ShownWindow, inside: &Markup) -> Markup {
    let against = match report.scores.threshold {
        Some(t) if window.score > t => format!(", above the threshold {}", number(t)),
        Some(t) => format!(", not above the threshold {}", number(t)),
        None => String::new(),
    };
    html! {
        div.window {
            h3 { (shorten(&window.title, 200)) }
            p.lead { "Score " (number(window.score)) (against) "." }
            (inside)
        }
    }
}

fn gallery(report: &ReportData, size: Size) -> Result<Markup, ReportError> {
    let shown = report.windows.iter().take(windows::MOST).filter(|w| !w.original.is_empty());
    let largest = pictures::largest(&report.windows, size);
    let inline = |window| Ok((window, pictures::inline(window, size, largest)?));
    let shown = shown.map(inline).collect::<Result<Vec<_>, ReportError>>()?;
    Ok(html! {
        @if !shown.is_empty() { (scale(largest)) }
        @for (window, inline) in &shown {
            (framed(report, window, &pictures_of(window, inline, size)))
        }
    })
}

/// The colours of the error maps, once for all of them.
fn scale(largest: f64) -> Markup {
    let stops: Vec<String> = ERROR.iter().map(|hex| format!("#{hex:06X}")).collect();
    let ramp = format!("background: linear-gradient(to right, {})", stops.join(", "));
    html! {
        p.lead {
            "Error: how far each pixel is off, on a scale where black to white is 1. The colours are \
             the same for all windows:"
        }
        div.scale {
            span { "0" }
            span style=(ramp) {}
            span { (number(largest)) }
        }
    }
}

fn pictures_of(window: &ShownWindow, inline: &Inline, (_, height, width): Size) -> Markup {
    let names = ["original", "reconstruction", "error"];
    let alt = |name: &str| shorten(&format!("{name}, {}", window.title), 200);
    let mut notes = Vec::new();
    if inline.shrunk {
        let (w, h) = (inline.width, inline.height);
        notes.push(format!("Shown as {w} × {h} of {width} × {height} pixels."));
    }
    if inline.broken > 0 {
        let values = count(inline.broken, "value is", "values are");
        notes.push(format!("{values} not finite and black here."));
    }
    html! {
        div.pictures {
            @for (name, address) in names.iter().zip(&inline.images) {
                figure {
                    img src=(address) width=(inline.width) height=(inline.height) alt=(alt(name));
                    figcaption { (name) }
                }
            }
        }
        @if !notes.is_empty() { p.small { (notes.join(" ")) } }
    }
}
