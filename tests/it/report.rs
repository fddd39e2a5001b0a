//! `oddity report`: one page that shows what a model sees, and needs nothing else.

use crate::harness::Dir;

/// A model with a stream in which little but alerts happens.
fn leaking() -> Dir {
    let dir = Dir::fitted();
    dir.oddity("simulate --rows 900 --seed 5 --fault leak@300+100x3 --output leak.csv").ok();
    dir
}

fn page(dir: &Dir, args: &str) -> String {
    dir.oddity(&format!("report {args} -o page.html")).ok();
    dir.text("page.html")
}

/// Rows of the table of events.
fn events(page: &str) -> usize {
    ["alert", "sensor", "rows", "over"]
        .iter()
        .map(|class| page.matches(&format!("<tr class=\"{class}\">")).count())
        .sum()
}

#[test]
fn a_figure_for_each_channel_and_a_row_for_each_event() {
    let dir = Dir::with_faults();
    let lines = dir.oddity("detect model.onnx faulty.csv").ok().stdout;
    let page = page(&dir, "model.onnx faulty.csv");
    assert_eq!(page.matches("<div class=\"panel\">").count(), 8 + 1, "and one of the ratio");
    assert_eq!(events(&page), lines.lines().count());
    for kind in ["raised", "flatline", "missing", "gap", "clock"] {
        assert!(page.contains(&format!("<span class=\"kind\">{kind}</span>")), "{kind}");
    }
    for channel in ["pressure", "flow", "speed"] {
        assert!(page.contains(&format!("<h4>{channel}</h4>")), "{channel}");
    }
}

#[test]
fn a_page_needs_nothing_else() {
    let dir = leaking();
    let page = page(&dir, "model.onnx leak.csv");
    let own = page.replace("http://www.w3.org/2000/svg", "");
    for outside in
        ["http:", "https:", "//www", "url(", "@import", "<link", "src=", "<iframe", "<img"]
    {
        assert!(!own.contains(outside), "{outside}");
    }
    assert!(page.contains("default-src 'none'") && page.contains("script-src 'sha256-"));
    assert_eq!(page.matches("<script>").count(), 1);
    assert_eq!(page.matches("<svg ").count(), page.matches("</svg>").count());
    assert!(page.contains("prefers-color-scheme: dark") && page.ends_with("</html>"));
}

#[test]
fn events_of_a_file_give_the_page_that_finding_them_gives() {
    let dir = leaking();
    let found = page(&dir, "model.onnx leak.csv");
    dir.write("events.jsonl", dir.oddity("detect model.onnx leak.csv --emit all").ok().stdout);
    assert_eq!(page(&dir, "model.onnx leak.csv --events events.jsonl"), found);
    dir.write("none.jsonl", "\n");
    assert!(page(&dir, "model.onnx leak.csv --events none.jsonl").contains("Nothing happened."));
    assert_eq!(
        dir.oddity_with("report model.onnx - -o -", dir.text("leak.csv")).ok().stdout,
        found.replace("leak.csv", "standard input")
    );
}

#[test]
fn names_are_text_and_nothing_else() {
    let dir = Dir::new();
    dir.oddity("simulate --rows 600 --seed 1 -o plain.csv").ok();
    let evil = "<script>alert(1)</script>";
    let named = dir.text("plain.csv").replacen("pressure", evil, 1);
    dir.write("named.csv", &named);
    dir.oddity("fit named.csv -o model.onnx").ok();
    let mut faulty: Vec<String> = named.lines().map(ToOwned::to_owned).collect();
    for line in &mut faulty[400..] {
        let mut fields: Vec<&str> = line.split(',').collect();
        fields[4] = "9.9";
        *line = fields.join(",");
    }
    dir.write("faulty.csv", faulty.join("\n"));
    let page = page(&dir, "model.onnx faulty.csv");
    assert!(!page.contains(evil));
    assert!(
        page.matches("&lt;script&gt;alert(1)&lt;/script&gt;").count() > 2,
        "chart, blame, table"
    );
}

#[test]
fn a_long_stream_makes_no_long_page() {
    let dir = Dir::fitted();
    dir.oddity("simulate --rows 3000 --seed 3 -o short.csv").ok();
    dir.oddity("simulate --rows 24000 --seed 3 -o long.csv").ok();
    let size = |args: &str| page(&dir, args).len();
    let (short, long) =
        (size("model.onnx short.csv --points 400"), size("model.onnx long.csv --points 400"));
    assert!(long < 2 * short, "{short} {long}");
    assert!(long < 400_000, "{long}");
    dir.oddity("report model.onnx short.csv -o page.html --points 3").fails(2, &["100 to 100000"]);
}

#[test]
fn a_part_of_the_time_is_drawn_and_all_is_judged() {
    let dir = leaking();
    let whole = page(&dir, "model.onnx leak.csv");
    let part =
        page(&dir, "model.onnx leak.csv --from 2026-01-01T00:05:00Z --to 2026-01-01T00:06:40Z");
    assert!(part.contains("data-from=\"300\" data-to=\"400\""), "{}", &part[..2000]);
    assert!(part.len() < whole.len());
    assert_eq!(events(&part), events(&whole));
    dir.oddity("report model.onnx leak.csv -o page.html --from 2030-01-01T00:00:00Z")
        .fails(2, &["leak.csv has no row between --from and --to"]);
    dir.oddity("report model.onnx leak.csv -o page.html --from soon").fails(2, &["must be a time"]);
}

#[test]
fn streams_have_charts_of_their_own() {
    let dir = leaking();
    let text = dir.text("leak.csv");
    let (header, rows) = text.split_once('\n').unwrap();
    let mut both = format!("unit,{header}\n");
    rows.lines().for_each(|row| both += &format!("a,{row}\nb,{row}\n"));
    dir.write("both.csv", both);
    let page = page(&dir, "model.onnx both.csv --key unit");
    assert!(page.contains("<h3>a</h3>") && page.contains("<h3>b</h3>"));
    assert_eq!(page.matches("<div class=\"panel\">").count(), 2 * 9);
    assert!(page.contains("<th>stream</th>"));
}

#[test]
fn rows_without_times_lie_along_their_numbers() {
    let dir = leaking();
    let page = page(&dir, "model.onnx leak.csv --time none");
    assert!(page.contains("data-along=\"rows\" ") || page.contains("data-along=\"rows\">"), "rows");
    assert!(page.contains("Rows have no time") && page.contains(">row "));
}

#[test]
fn what_cannot_be_shown_is_said() {
    let dir = leaking();
    dir.oddity("fit normal.csv -o other.onnx --window 10").ok();
    dir.write("events.jsonl", dir.oddity("detect other.onnx leak.csv").ok().stdout);
    let args = "report model.onnx leak.csv -o page.html";
    dir.oddity(&format!("{args} --events events.jsonl"))
        .fails(2, &["events.jsonl: line 1", "of model", "give the model that wrote"]);
    dir.write("events.jsonl", dir.oddity("detect model.onnx leak.csv").ok().stdout);
    let head: Vec<String> = dir.text("leak.csv").lines().take(200).map(ToOwned::to_owned).collect();
    dir.write("head.csv", head.join("\n"));
    dir.oddity("report model.onnx head.csv -o page.html --events events.jsonl")
        .fails(2, &["head.csv ends at row 199", "of these data"]);
    dir.oddity(&format!("{args} --events leak.csv"))
        .fails(2, &["leak.csv: line 1 is not an event of `oddity detect`"]);
    dir.oddity(&format!("{args} --events nowhere.jsonl")).fails(2, &["nowhere.jsonl"]);
    dir.write("empty.csv", "time,pressure\n");
    dir.oddity("report model.onnx empty.csv -o page.html").fails(65, &[]);
    dir.oddity("report model.onnx leak.csv -o nowhere/page.html")
        .fails(74, &["cannot write nowhere/page.html"]);
    dir.oddity("report model.onnx leak.csv -o leak.csv").fails(2, &["leak.csv", "among the data"]);
    dir.oddity("report model.onnx leak.csv -o model.onnx")
        .fails(2, &["model.onnx", "among the data"]);
    let parts = concat!(env!("CARGO_MANIFEST_DIR"), "/models/parts.onnx");
    dir.oddity(&format!("report {parts} leak.csv -o page.html"))
        .fails(2, &["takes pictures", "oddity reconstruct"]);
    assert!(!dir.file("page.html").exists());
    // Too few rows for a window: there is a page, and it says so.
    dir.write("few.csv", head[..10].join("\n"));
    assert!(page(&dir, "model.onnx few.csv").contains("nothing was judged"));
}
