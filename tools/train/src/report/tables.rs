//! What the page says in words and tables: facts, trials, checks, warnings, features.

use super::data::{Channel, Check, Trial, Window};
use super::html::{escape, paragraph, table};
use super::style::{count, number, shorten, usable};
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
    escape(&shorten(text, LONG))
}

/// The same, with options of a command line in one piece.
fn value(text: &str) -> String {
    let option = |word: &str| word.starts_with("--") && word.len() <= 40;
    let words = cell(text);
    let words = words.split(' ').map(|word| match option(word) {
        true => format!("<span class=\"option\">{word}</span>"),
        false => word.to_owned(),
    });
    words.collect::<Vec<String>>().join(" ")
}

fn list(facts: &[(String, String)]) -> String {
    let more = facts.len().saturating_sub(FACTS);
    let pair = |(name, text): &(String, String)| {
        format!("<dt>{}</dt><dd>{}</dd>\n", cell(name), value(text))
    };
    let pairs: String = facts.iter().take(FACTS).map(pair).collect();
    let rest =
        if more > 0 { format!("<p class=\"small\">and {more} more</p>\n") } else { String::new() };
    format!("<dl>\n{pairs}</dl>\n{rest}")
}

/// Sections of names and values, as cards.
pub(super) fn facts(sections: &[(String, Vec<(String, String)>)]) -> String {
    let cards: String = sections
        .iter()
        .filter(|(_, facts)| !facts.is_empty())
        .map(|(heading, facts)| {
            format!("<div>\n<h3>{}</h3>\n{}</div>\n", cell(heading), list(facts))
        })
        .collect();
    if cards.is_empty() { cards } else { format!("<div class=\"facts\">\n{cards}</div>\n") }
}

/// One list of names and values.
pub(super) fn short_facts(facts: &[(String, String)]) -> String {
    if facts.is_empty() { String::new() } else { facts_card(facts) }
}

fn facts_card(facts: &[(String, String)]) -> String {
    format!("<div class=\"table\">{}</div>\n", list(facts))
}

/// A box that cannot be overlooked; nothing when there is nothing to warn of.
pub(super) fn warnings(warnings: &[String]) -> String {
    if warnings.is_empty() {
        return String::new();
    }
    let more = warnings.len().saturating_sub(WARNINGS);
    let mut items: String =
        warnings.iter().take(WARNINGS).map(|w| format!("<li>{}</li>\n", cell(w))).collect();
    if more > 0 {
        items.push_str(&format!("<li>and {more} more</li>\n"));
    }
    let heading = count(warnings.len(), "warning", "warnings");
    format!("<div class=\"warnings\">\n<h3>{heading}</h3>\n<ul>\n{items}</ul>\n</div>\n")
}

/// All checks with what they measured; those that failed first.
pub(super) fn checks(checks: &[Check]) -> String {
    if checks.is_empty() {
        return String::new();
    }
    let mut sorted: Vec<&Check> = checks.iter().collect();
    sorted.sort_by_key(|check| check.passed);
    let failed = checks.iter().filter(|check| !check.passed).count();
    let verdict = match failed {
        0 => {
            format!("{} on the finished file, all passed.", count(checks.len(), "check", "checks"))
        }
        _ => format!("{failed} of {} failed.", count(checks.len(), "check", "checks")),
    };
    let rows: Vec<Vec<String>> = sorted
        .iter()
        .map(|check| {
            let mark = if check.passed {
                "<span class=\"good\">✓ passed</span>"
            } else {
                "<span class=\"bad\">✗ failed</span>"
            };
            vec![cell(&check.name), cell(&check.result), mark.to_owned()]
        })
        .collect();
    let head = ["check", "result", ""].map(str::to_owned);
    paragraph("lead", &[verdict]) + &table(&head, &rows, |_| false, |_| false)
}

/// All trials, the best first, with their settings in columns.
pub(super) fn trials(trials: &[Trial]) -> String {
    if trials.is_empty() {
        return String::new();
    }
    let mut sorted: Vec<(usize, &Trial)> = trials.iter().enumerate().collect();
    let loss = |trial: &Trial| trial.loss.filter(|l| usable(*l)).unwrap_or(f64::INFINITY);
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
    let rows: Vec<Vec<String>> = sorted.iter().map(|(i, trial)| row(*i, trial, &names)).collect();
    let head = ["trial"].iter().chain(&names).chain(&["validation loss", ""]);
    let head: Vec<String> = head.map(|name| cell(name)).collect();
    let last = names.len() + 1;
    let chosen = |i: usize| sorted.get(i).is_some_and(|(_, trial)| trial.chosen);
    paragraph("lead", &sentences) + &table(&head, &rows, |c| c == 0 || c == last, chosen)
}

fn sentence(trials: &[Trial]) -> String {
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

fn row(index: usize, trial: &Trial, names: &[&str]) -> Vec<String> {
    let setting = |name: &&str| {
        let found = trial.settings.iter().find(|(n, _)| n == name);
        found.map_or("–".to_owned(), |(_, value)| cell(value))
    };
    let loss = trial.loss.map_or("–".to_owned(), number);
    let mut row = vec![(index + 1).to_string()];
    row.extend(names.iter().map(setting));
    row.extend([loss, if trial.chosen { "chosen".into() } else { String::new() }]);
    row
}

/// A window of single values: original, reconstruction and difference of each feature.
pub(super) fn features(window: &Window, windows: &[Window], channels: &[Channel]) -> String {
    let order = worst_first(windows, channels.len());
    let rows: Vec<Vec<String>> = order
        .iter()
        .take(FEATURES)
        .filter_map(|at| {
            let (channel, a) = channels.get(*at).zip(window.original.get(*at).copied())?;
            let b = window.reconstruction.get(*at).copied()?;
            let unit = channel.unit.as_deref().unwrap_or_default();
            let numbers = [a, b, b - a].map(|v| cell(&number(f64::from(v))));
            let mut row = vec![cell(&channel.name), cell(unit)];
            row.extend(numbers);
            row.push(window.errors.get(*at).map_or("–".to_owned(), |e| cell(&number(*e))));
            Some(row)
        })
        .collect();
    let head = ["feature", "unit", "original", "reconstruction", "difference", "normalised error"]
        .map(str::to_owned);
    let more = channels.len().saturating_sub(FEATURES);
    let rest = if more > 0 { vec![format!("And {more} more.")] } else { Vec::new() };
    table(&head, &rows, |column| column > 1, |_| false) + &paragraph("small", &rest)
}
