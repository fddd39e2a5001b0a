//! `oddity check DATA`: shows how data is read before anybody trusts a model that has learned from it.

use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;

use oddity::args::LearnArgs;
use oddity::decode::Columns;
use oddity::files::WriteError;
use oddity::fit::{self, CheckedChannel, DataCheck};
use oddity::profile::{DateOrder, TimeSpec, TimeStyle};
use oddity::sink::rfc3339;
use oddity::terminal::{four_digits, printable};

use crate::cli::exit::Completion;
use crate::cli::learn::lines;
use crate::cli::stdio::stdout;

/// Names that are listed before the others are counted.
const NAMED: usize = 6;

/// Show how data is read: columns, roles, first rows as numbers, and what is left out and why
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct CheckArgs {
    /// CSV, JSON Lines or whatever else is read; `-` is standard input
    #[arg(required = true)]
    data: Vec<PathBuf>,
    #[command(flatten)]
    learn: LearnArgs,
}

pub(super) fn run(args: CheckArgs) -> anyhow::Result<Completion> {
    let (data, _spool) = args.learn.data(&args.data)?;
    let options = args.learn.options()?;
    let data = args.learn.leave_out(data, &options)?;
    let check = fit::check(&data, &options)?;
    lines(&check.warnings, &[]);
    stdout().write_all(describe(&check).as_bytes()).map_err(WriteError::stdout)?;
    Ok(Completion::Done)
}

fn describe(check: &DataCheck) -> String {
    let mut out = String::new();
    let mut line = |name: &str, value: String| {
        // A string takes all that is written to it.
        let _ = writeln!(out, "{name:<10} {}", printable(&value));
    };
    line("read as", written(&check.columns));
    let means = match check.average {
        1 => String::new(),
        of => format!(", each row the mean of {of}"),
    };
    let DataCheck { rows, windows, window, .. } = check;
    line("rows", format!("{rows}, {windows} windows of {window}{means}"));
    line("time", time(check));
    if let Some(key) = &check.columns.key {
        line("streams", format!("{} in {key}: {}", check.streams.len(), some(&check.streams)));
    }
    if let Some(label) = &check.columns.label {
        line("label", label.clone());
    }
    for left_out in &check.left_out {
        line("left out", left_out.clone());
    }
    out + &table(&check.channels)
}

/// Format, delimiter and marks.
fn written(columns: &Columns) -> String {
    let mut text = columns.format.to_string();
    match columns.delimiter {
        Some('\t') => text += ", separated by tabs",
        Some(' ') => text += ", separated by blanks",
        Some(',') => text += ", separated by commas",
        Some(';') => text += ", separated by semicolons",
        Some(delimiter) => text += &format!(", separated by {delimiter}"),
        None => {}
    }
    if columns.input.decimal == Some(',') {
        text += ", a comma before decimals";
    }
    text
}

fn time(check: &DataCheck) -> String {
    let Some(column) = &check.columns.time else {
        return "no column: rows are counted as they come".into();
    };
    let spec = check.columns.input.time.as_ref();
    let columns = spec.map_or_else(|| column.clone(), |spec| spec.columns.join(" and "));
    let style = spec.and_then(style).map(|style| format!(" ({style})")).unwrap_or_default();
    let span = check.span.filter(|(from, to)| from.is_dated() && to.is_dated());
    let span = span.map(|(from, to)| format!(", {} to {}", rfc3339(from), rfc3339(to)));
    let period = match check.period_s {
        Some(period) => format!(", one row every {} s", four_digits(period)),
        None => ", too coarse to place rows by".into(),
    };
    let gaps = match check.gaps {
        0 => String::new(),
        1 => ", 1 gap".into(),
        gaps => format!(", {gaps} gaps"),
    };
    format!("{columns}{style}{}{period}{gaps}", span.unwrap_or_default())
}

/// How times are written, where that is not plain.
fn style(spec: &TimeSpec) -> Option<String> {
    let style = match &spec.style {
        TimeStyle::Standard => None,
        TimeStyle::Written { order: DateOrder::DayMonthYear } => {
            Some("day, month, year".to_owned())
        }
        TimeStyle::Written { order: DateOrder::MonthDayYear } => {
            Some("month, day, year".to_owned())
        }
        TimeStyle::Written { order: DateOrder::YearMonthDay } => {
            Some("year, month, day".to_owned())
        }
        TimeStyle::OfDay => Some("its time of day alone".to_owned()),
        TimeStyle::Elapsed { unit_ns } => {
            Some(format!("counted from a start, in units of {} s", *unit_ns as f64 / 1e9))
        }
        TimeStyle::SerialDay => Some("days of a spreadsheet".to_owned()),
        TimeStyle::Format { format } => Some(format.clone()),
    };
    match (style, &spec.zone) {
        (style, None) => style,
        (None, Some(zone)) => Some(zone.clone()),
        (Some(style), Some(zone)) => Some(format!("{style}; {zone}")),
    }
}

fn some(names: &[String]) -> String {
    let mut text = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > NAMED {
        text += &format!(" and {} more", names.len() - NAMED);
    }
    text
}

/// A line a channel, under a header, in columns.
fn table(channels: &[CheckedChannel]) -> String {
    let number = |value: f64| if value.is_finite() { shown(value) } else { "-".into() };
    let header = ["channel", "unit", "first rows", "smallest", "largest", "missing"];
    let mut rows = vec![header.map(str::to_owned)];
    rows.extend(channels.iter().map(|channel| {
        let first: Vec<String> = channel.first.iter().map(|&value| number(value)).collect();
        [
            channel.name.clone(),
            channel.unit.clone().unwrap_or_else(|| "-".into()),
            first.join("  "),
            number(channel.range.0),
            number(channel.range.1),
            channel.missing.to_string(),
        ]
        .map(|cell| printable(&cell).to_string())
    }));
    let mut widths = [0; 6];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut out = String::new();
    for row in rows {
        let cells: Vec<String> =
            row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        out += cells.join("  ").trim_end();
        out.push('\n');
    }
    out
}

/// A reading as it was written, as far as that can be told.
fn shown(value: f64) -> String {
    let text = value.to_string();
    if text.len() <= 12 { text } else { format!("{value:.6e}") }
}
