//! The words of HTML that the page is written in, and its style sheet.

use super::canvas::Figure;
use super::style::{dark_rules, forbidden};

/// Text that can stand in an element or an attribute, whatever it says.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if forbidden(c) => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    out
}

/// A part of the page under a heading; nothing when there is nothing in it.
pub(super) fn section(heading: &str, body: &str) -> String {
    if body.is_empty() {
        return String::new();
    }
    format!("<section>\n<h2>{}</h2>\n{body}</section>\n", escape(heading))
}

/// Sentences as one paragraph.
pub(super) fn paragraph(class: &str, sentences: &[String]) -> String {
    if sentences.is_empty() {
        return String::new();
    }
    format!("<p class=\"{class}\">{}</p>\n", escape(&sentences.join(" ")))
}

/// A chart with its sentences below; on a narrow screen it scrolls by itself.
pub(super) fn figure(figure: &Figure) -> String {
    let notes = escape(&figure.notes.join(" "));
    let caption = if notes.is_empty() {
        String::new()
    } else {
        format!("<figcaption>{notes}</figcaption>\n")
    };
    format!("<figure>\n<div class=\"chart\">{}</div>\n{caption}</figure>\n", figure.svg)
}

/// A table. Cells are HTML already; the columns in `numeric` are aligned to the right; rows in
/// `marked` stand out.
pub(super) fn table(
    head: &[String],
    rows: &[Vec<String>],
    numeric: impl Fn(usize) -> bool,
    marked: impl Fn(usize) -> bool,
) -> String {
    let class = |column: usize| if numeric(column) { " class=\"n\"" } else { "" };
    let cells = |tag: &str, cells: &[String]| -> String {
        let cell = |(i, text): (usize, &String)| format!("<{tag}{}>{text}</{tag}>", class(i));
        cells.iter().enumerate().map(cell).collect()
    };
    let body: String = rows
        .iter()
        .enumerate()
        .map(|(i, row)| {
            let mark = if marked(i) { " class=\"chosen\"" } else { "" };
            format!("<tr{mark}>{}</tr>\n", cells("td", row))
        })
        .collect();
    format!(
        "<div class=\"table\"><table>\n<thead><tr>{}</tr></thead>\n<tbody>\n{body}</tbody>\n\
         </table></div>\n",
        cells("th", head)
    )
}

/// The whole document around a body that is HTML already.
pub(super) fn document(title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta name=\"color-scheme\" content=\"light dark\"/>\n\
         <meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\"/>\n\
         <title>{}</title>\n<style>\n{CSS}@media screen and (prefers-color-scheme: dark) {{\n\
         {DARK}{}}}\n</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        escape(title),
        dark_rules()
    )
}

const CSS: &str = "\
:root { --paper: #fff; --card: #f6f7f9; --ink: #1f2430; --muted: #5b6472; --line: #d9dde3;
  --good: #00704f; --bad: #b23c00; --warn: #fff4dc; --warn-line: #dd8a00; --chosen: #e5f1fa; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif; }
main { max-width: 844px; margin: 0 auto; padding: 40px 32px 64px; overflow-wrap: anywhere; }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 10px; }
h2 { font-size: 20px; margin: 44px 0 12px; padding-top: 14px; border-top: 1px solid var(--line); }
h3 { font-size: 15px; margin: 0 0 8px; }
p { margin: 0 0 12px; }
.verdict { font-size: 18px; margin: 0; }
.lead, figcaption, .small { color: var(--muted); font-size: 14px; }
.warnings { background: var(--warn); border-left: 4px solid var(--warn-line); border-radius: 4px;
  margin: 24px 0 0; padding: 12px 18px; }
.warnings ul { margin: 0; padding-left: 18px; }
.facts { columns: 2; column-gap: 20px; }
.facts > div { break-inside: avoid; background: var(--card); border-radius: 8px;
  padding: 14px 18px; margin: 0 0 20px; }
dl { display: grid; grid-template-columns: minmax(84px, max-content) minmax(0, 1fr); gap: 3px 16px;
  margin: 0; font-size: 14px; }
dt { color: var(--muted); max-width: 150px; }
dd { margin: 0; font-variant-numeric: tabular-nums; }
figure { margin: 0 0 24px; }
figcaption { margin-top: 6px; }
.chart { overflow-x: auto; }
.chart svg { display: block; width: 100%; min-width: 560px; height: auto; }
.chart text { font-family: inherit; }
.window { break-inside: avoid; margin: 28px 0 0; }
.pictures { display: flex; flex-wrap: wrap; gap: 16px; }
.pictures figure { flex: 1 1 150px; max-width: 249px; margin: 0; }
.pictures img { display: block; width: 100%; height: auto; image-rendering: pixelated;
  border: 1px solid var(--line); }
.scale { display: flex; align-items: center; gap: 10px; max-width: 420px; font-size: 13px;
  color: var(--muted); margin: 0 0 8px; }
.scale span:nth-child(2) { flex: 1; height: 12px; border: 1px solid var(--line);
  print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.table { overflow-x: auto; margin: 0 0 16px; }
table { border-collapse: collapse; font-size: 14px; min-width: 50%; overflow-wrap: normal; }
th, td { text-align: left; vertical-align: top; padding: 5px 18px 5px 8px;
  border-bottom: 1px solid var(--line); max-width: 420px; overflow-wrap: break-word; }
th { color: var(--muted); font-weight: 600; white-space: nowrap; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.chosen td { background: var(--chosen); font-weight: 600;
  print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.good { color: var(--good); font-weight: 600; white-space: nowrap; }
.option { white-space: nowrap; }
.bad { color: var(--bad); font-weight: 600; white-space: nowrap; }
@media (max-width: 680px) { main { padding: 24px 16px 40px; } .facts { columns: 1; }
  h1 { font-size: 25px; } }
@media print { main { max-width: none; padding: 0; } body { font-size: 11pt; }
  h2 { break-after: avoid; } figure, tr { break-inside: avoid; }
  .chart svg { min-width: 0; } .chart, .table { overflow: visible; } }
";

const DARK: &str = "\
:root { --paper: #14171c; --card: #1d2128; --ink: #e6e8eb; --muted: #a3abb8; --line: #343b46;
  --good: #2cc295; --bad: #ff8a4c; --warn: #2e2613; --warn-line: #f0b03c; --chosen: #16324a; }
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_becomes_markup() {
        assert_eq!(
            escape("<script>alert('a & \"b\"')</script>\u{0}"),
            "&lt;script&gt;alert(&#39;a &amp; &quot;b&quot;&#39;)&lt;/script&gt;\u{FFFD}"
        );
    }
}
