//! What the page says in words and tables: facts, trials, checks, warnings, features.

use maud::{Markup, html};
use oddity::chart::{count, number, shorten, usable};

use super::data::{ChannelLabel, Check, ShownWindow, TrialRow};
use super::windows::worst_first;

/// Facts in a section.
const FACTS: usize = 100;
/// Rows in the table of trials.
const TRIALS: usize = 100;
/// Features in the table of a window.
const FEATURES: usize = 16;
const WARNINGS: usize = 50;
/// Characters of a name or a value.
const LONG: usize = 600;

fn cell(text: &str) -> String {
    shorten(text, LONG)
}

/// A value, with options of a command line in one piece.
fn value(text: &str) -> Markup {
    let option = |word: &str| word.starts_with("--") && word.len() <= 40;
    let text = cell(text);
    html! {
        @for (at, word) in text.split(' ').enumerate() {
            @if at > 0 { " " }
            @if option(word) { span.option { (word) } } @else { (word) }
        }
    }
}

fn list(facts: &[(String, String)]) -> Markup {
    let more = facts.len().saturating_sub(FACTS);
    html! {
        dl {
            @for (name, text) in facts.iter().take(FACTS) {
                dt { (cell(name)) }
                dd { (value(text)) }
            }
        }
        @if more > 0 { p.small { "and " (more) " more" } }
    }
}

/// Sections of names and values, as cards.
pub(super) fn facts(sections: &[(String, Vec<(String, String)>)]) -> Markup {
    let cards: Vec<_> = sections.iter().filter(|(_, facts)| !facts.is_empty()).collect();
    html! {
        @if !cards.is_empty() {
            div.facts {
                @for (heading, facts) in cards {
                    div {
                        h3 { (cell(heading)) }
                        (list(facts))
                    }
                }
            }
        }
    }
}

/// One list of names and values.
pub(super) fn short_facts(facts: &[(String, String)]) -> Markup {
    html! {
        @if !facts.is_empty() { div.table { (list(facts)) } }
    }
}

/// A box that cannot be overlooked; nothing when there is nothing to warn of.
pub(super) fn warnings(warnings: &[String]) -> Markup {
    let more = warnings.len().saturating_sub(WARNINGS);
    html! {
        @if !warnings.is_empty() {
            div.warnings {
                h3 { (count(warnings.len(), "warning", "warnings")) }
                ul {
                    @for warning in warnings.iter().take(WARNINGS) { li { (cell(warning)) } }
                    @if more > 0 { li { "and " (more) " more" } }
                }
            }
        }
    }
}

/// A table. The columns in `numeric` are aligned to the right; rows in `marked` stand out.
fn table(
    head: &[String],
    rows: &[Vec<Markup>],
    numeric: impl Fn(usize) -> bool,
    marked: impl Fn(usize) -> bool,
) -> Markup {
    let class = |column: usize| numeric(column).then_some("n");
    html! {
        div.table {
            table {
                thead {
                    tr {
                        @for (at, name) in head.iter().enumerate() { th class=[class(at)] { (name) } }
                    }
                }
                tbody {
                    @for (row, cells) in rows.iter().enumerate() {
                        tr class=[marked(row).then_some("chosen")] {
                            @for (at, cell) in cells.iter().enumerate() {
                                td class=[class(at)] { (cell) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn text(text: &str) -> Markup {
    html! { (cell(text)) }
}

/// All checks with what they measured; those that failed first.
pub(super) fn checks(checks: &[Check]) -> Markup {
    if checks.is_empty() {
        return Markup::default();
    }
    let mut sorted: Vec<&Check> = checks.iter().collect();
    sorted.sort_by_key(|check| check.passed);
    let failed = checks.iter().filter(|check| !check.passed).count();
    let all = count(checks.len(), "check", "checks");
    let verdict = match failed {
        0 => format!("{all} on the finished file, all passed."),
        _ => format!("{failed} of {all} failed."),
    };
    let mark = |passed| match passed {
        true => html! { span.good { "✓ passed" } },
        false => html! { span.bad { "✗ failed" } },
    };
    let row = |check: &&Check| vec![text(&check.name), text(&check.result), mark(check.passed)];
    let rows: Vec<_> = sorted.iter().map(row).collect();
    let head = ["check", "result", ""].map(str::to_owned);
    html! {
        p.lead { (verdict) }
        (table(&head, &rows, |_| false, |_| false))
    }
}

/// All trials, the best first, with their settings in columns.
pub(super) fn trials(trials: &[TrialRow]) -> Markup {
    if trials.is_empty() {
        return Markup::default();
    }
    let mut sorted: Vec<(usize, &TrialRow)> = trials.iter().enumerate().collect();
    let loss = |trial: &TrialRow| trial.loss.filter(|l| usable(*l)).unwrap_or(f64::INFINITY);
    sorted.sort_by(|a, b| loss(a.1).total_cmp(&loss(b.1)));
    let mut sentences = vec![sentence(trials)];
    if sorted.len() > TRIALS {
        sentences.push(format!("The {TRIALS} best are shown."));
        sorted.truncate(TRIALS);
    }
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in trials.iter().flat_map(|trial| &trial.settings) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let rows: Vec<_> = sorted.iter().map(|(i, trial)| row(*i, trial, &names)).collect();
    let head = ["trial"].iter().chain(&names).chain(&["validation loss", ""]);
    let head: Vec<String> = head.map(|name| cell(name)).collect();
    let last = names.len() + 1;
    let chosen = |i: usize| sorted.get(i).is_some_and(|(_, trial)| trial.chosen);
    html! {
        p.lead { (sentences.join(" ")) }
        (table(&head, &rows, |c| c == 0 || c == last, chosen))
    }
}

fn sentence(trials: &[TrialRow]) -> String {
    let tried = count(trials.len(), "setting was tried", "settings were tried");
    let failed = trials.iter().filter(|t| !t.loss.is_some_and(usable)).count();
    let broken = match failed {
        0 => String::new(),
        n => format!(" {} no finite loss.", count(n, "trial gave", "trials gave")),
    };
    match trials.iter().position(|t| t.chosen) {
        Some(at) => {
            let loss = trials.get(at).and_then(|t| t.loss).map(number);
            let loss = loss.map_or(String::new(), |loss| format!(", validation loss {loss}"));
            format!("{tried}; trial {} was chosen{loss}.{broken}", at + 1)
        }
        None => format!("{tried}; none was chosen.{broken}"),
    }
}

fn row(index: usize, trial: &TrialRow, names: &[&str]) -> Vec<Markup> {
    let setting = |name: &&str| {
        let found = trial.settings.iter().find(|(n, _)| n == name);
        text(found.map_or("–", |(_, value)| value))
    };
    let mut row = vec![text(&(index + 1).to_string())];
    row.extend(names.iter().map(setting));
    row.push(text(&trial.loss.map_or("–".to_owned(), number)));
    row.push(text(if trial.chosen { "chosen" } else { "" }));
    row
}

/// A window of single values: original, reconstruction and difference of each feature.
pub(super) fn features(
    window: &ShownWindow,
    windows: &[ShownWindow],
    channels: &[ChannelLabel],
) -> Markup {
    let order = worst_first(windows, channels.len());
    let rows: Vec<Vec<Markup>> = order
        .iter()
        .take(FEATURES)
        .filter_map(|at| {
            let (channel, a) = channels.get(*at).zip(window.original.get(*at).copied())?;
            let b = window.reconstruction.get(*at).copied()?;
            let mut row = vec![text(&channel.name), text(channel.unit.as_deref().unwrap_or(""))];
            row.extend([a, b, b - a].map(|v| text(&number(f64::from(v)))));
            row.push(text(&window.errors.get(*at).map_or("–".to_owned(), |e| number(*e))));
            Some(row)
        })
        .collect();
    let head = ["feature", "unit", "original", "reconstruction", "difference", "normalised error"]
        .map(str::to_owned);
    let more = channels.len().saturating_sub(FEATURES);
    html! {
        (table(&head, &rows, |column| column > 1, |_| false))
        @if more > 0 { p.small { "And " (more) " more." } }
    }
}
