//! What the page says in words and tables: facts, warnings, blame, events.

use maud::{Markup, html};

use super::blame::Blame;
use super::data::Report;
use super::event::ReportEvent;
use crate::chart::{count, shorten};
use crate::sink::rfc3339;

/// Characters of a name or a value.
const LONG: usize = 300;
/// Channels with a bar of their own.
const BARS: usize = 40;

fn cell(text: &str) -> String {
    shorten(text, LONG)
}

/// Names and values.
pub(super) fn facts(facts: &[(String, String)]) -> Markup {
    html! {
        dl.facts-list {
            @for (name, value) in facts {
                dt { (cell(name)) }
                dd { (cell(value)) }
            }
        }
    }
}

/// A box that cannot be overlooked; nothing when there is nothing to warn of.
pub(super) fn warnings(warnings: &[String]) -> Markup {
    html! {
        @if !warnings.is_empty() {
            div.warnings {
                h3 { (count(warnings.len(), "warning", "warnings")) }
                ul { @for warning in warnings { li { (cell(warning)) } } }
            }
        }
    }
}

/// A bar for each channel that alerts name.
pub(super) fn blame(all: &[Blame]) -> Markup {
    let largest = all.first().map_or(1.0, |blame| blame.share.max(1e-9));
    let more = all.len().saturating_sub(BARS);
    html! {
        div.table { table.bars {
            thead { tr { th { "channel" } th { "mean share of the score" } th.n { "first of" } } }
            tbody {
                @for blame in all.iter().take(BARS) {
                    tr {
                        td { (cell(&blame.channel)) }
                        td.bar {
                            span style=(format!("width:{:.1}%", 70.0 * blame.share / largest)) {}
                            (format!("{:.0} %", 100.0 * blame.share))
                        }
                        td.n { (count(blame.first, "alert", "alerts")) }
                    }
                }
            }
        } }
        @if more > 0 { p.small { "And " (more) " more." } }
    }
}

/// A row for each event.
pub(super) fn events(report: &Report) -> Markup {
    let named = report.events.iter().any(|event| !event.stream.is_empty());
    let more: u64 = report.more_events.iter().map(|(_, n)| n).sum();
    let kinds = report.more_events.iter().map(|(kind, n)| format!("{n} {}", cell(kind)));
    html! {
        div.table {
            table.events {
                thead {
                    tr {
                        th { "time" } th.n { "row" }
                        @if named { th { "stream" } }
                        th { "event" } th { "what" }
                    }
                }
                tbody { @for event in &report.events { (row(event, named, report.ends())) } }
            }
        }
        @if more > 0 {
            p.small { "And " (more) " more, which are only counted: " (kinds.collect::<Vec<_>>().join(", ")) "." }
        }
    }
}

fn row(event: &ReportEvent, named: bool, ends: Option<(f64, f64)>) -> Markup {
    let drawn = |place: &f64| ends.is_some_and(|(from, to)| (from..=to).contains(place));
    let time = event.time.filter(|time| time.is_dated()).map(|time| {
        let text = rfc3339(time).to_string();
        text.replacen('T', " ", 1).trim_end_matches('Z').to_owned()
    });
    let words = time.unwrap_or_else(|| format!("row {}", event.row));
    html! {
        tr class=(class(&event.kind)) {
            td.when {
                @match event.place.filter(drawn) {
                    Some(place) => a href="#charts" data-x=(place) { (words) },
                    None => (words),
                }
            }
            td.n { (event.row) }
            @if named { td.stream { (cell(&event.stream)) } }
            td { span.kind { (cell(&event.kind)) } }
            td.what { (cell(&event.words)) }
        }
    }
}

/// Like the bands.
fn class(kind: &str) -> &'static str {
    match kind {
        "raised" => "alert",
        "flatline" | "missing" | "implausible" | "changed" => "sensor",
        "drift" => "drift",
        "gap" | "clock" | "unreadable" | "rate" | "idle" => "rows",
        _ => "over",
    }
}
