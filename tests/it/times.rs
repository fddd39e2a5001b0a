//! Times as the field writes them, through the program: the same data with its times written in other
//! ways gives the same model and the same events.

use crate::harness::Dir;

/// Data of the simulated pump with other times: `write` gets date and time of day of each row.
fn rewritten(text: &str, header: &str, write: impl Fn(&str, &str) -> String) -> String {
    let mut lines = text.lines();
    let names = lines.next().unwrap().split_once(',').unwrap().1;
    let mut out = format!("{header},{names}\n");
    for line in lines {
        let (time, rest) = line.split_once(',').unwrap();
        let (date, clock) = time.trim_end_matches('Z').split_once('T').unwrap();
        out += &format!("{},{rest}\n", write(date, clock));
    }
    out
}

/// 13:05:07 as 01:05:07 PM.
fn twelve(clock: &str) -> String {
    let (hour, rest) = clock.split_once(':').unwrap();
    let hour: u32 = hour.parse().unwrap();
    let half = if hour < 12 { "AM" } else { "PM" };
    format!("{:02}:{rest} {half}", (hour + 11) % 12 + 1)
}

fn parts(date: &str) -> [&str; 3] {
    let mut parts = date.split('-');
    [(); 3].map(|()| parts.next().unwrap())
}

/// The simulated pump starts at the new year, which tells no order of day and month; this is the same from
/// ten to noon of a later day.
fn later(text: &str) -> String {
    let [from, to]: [jiff::Timestamp; 2] =
        ["2026-01-01T00:00:00Z", "2026-11-29T11:50:00Z"].map(|time| time.parse().unwrap());
    let moved = |line: &str| {
        let (time, rest) = line.split_once(',')?;
        let time: jiff::Timestamp = time.parse().ok()?;
        let second = time.as_second() - from.as_second() + to.as_second();
        Some(format!("{},{rest}\n", jiff::Timestamp::from_second(second).ok()?))
    };
    text.lines().map(|line| moved(line).unwrap_or_else(|| format!("{line}\n"))).collect()
}

/// Events without the hash of the model, in which the names of the time's columns are.
fn of_any_model(mut events: Vec<serde_json::Value>) -> Vec<serde_json::Value> {
    events.iter_mut().for_each(|event| drop(event["model"].take()));
    events
}

/// A folder with data, a model of it, and the same with a leak; and the events of that.
fn pump() -> (Dir, Vec<serde_json::Value>) {
    let dir = Dir::new();
    dir.oddity("simulate --rows 1200 --seed 1 --output normal.csv").ok();
    dir.oddity("simulate --rows 900 --seed 2 --fault leak@400+200 --output leak.csv").ok();
    for name in ["normal.csv", "leak.csv"] {
        dir.write(name, later(&dir.text(name)));
    }
    dir.oddity("fit normal.csv -o plain.onnx").ok();
    let events = of_any_model(dir.oddity("detect plain.onnx leak.csv").ok().json_lines());
    assert!(events.iter().any(|event| event["kind"] == "raised"), "{events:?}");
    (dir, events)
}

/// Fits and detects with other times; the events, and what `fit` said.
fn events_with(
    dir: &Dir,
    header: &str,
    options: &str,
    write: impl Fn(&str, &str) -> String,
) -> (Vec<serde_json::Value>, String) {
    for name in ["normal", "leak"] {
        let text = rewritten(&dir.text(&format!("{name}.csv")), header, &write);
        dir.write(&format!("{name}-other.csv"), text);
    }
    let fit = dir.oddity(&format!("fit normal-other.csv -o other.onnx {options}")).ok();
    let detect = dir.oddity("detect other.onnx leak-other.csv").ok();
    assert!(!detect.stderr.contains("row dropped"), "{header}: {}", detect.stderr);
    (of_any_model(detect.json_lines()), fit.stderr)
}

#[test]
fn other_ways_to_write_a_time_change_no_event() {
    let (dir, plain) = pump();
    let day_first = |date: &str| {
        let [year, month, day] = parts(date);
        format!("{day}/{month}/{year}")
    };
    let month_first = |date: &str| {
        let [year, month, day] = parts(date);
        format!("{month}/{day}/{year}")
    };
    type Write<'a> = &'a dyn Fn(&str, &str) -> String;
    let ways: [(&str, Write<'_>); 6] = [
        ("Date,Time", &|date, clock| format!("{date},{clock}")),
        ("Uhrzeit,Datum", &|date, clock| {
            let [year, month, day] = parts(date);
            format!("{clock},{day}.{month}.{year}")
        }),
        ("Timestamp", &|date, clock| format!("{} {}", month_first(date), twelve(clock))),
        ("fecha", &|date, clock| format!("{} {clock}", day_first(date))),
        ("recorded_at", &|date, clock| {
            format!("{}T{}", date.replace('-', ""), clock.replace(':', ""))
        }),
        ("Time [s]", &|date, clock| {
            let time: jiff::Timestamp = format!("{date}T{clock}Z").parse().unwrap();
            time.as_second().to_string()
        }),
    ];
    for (header, write) in ways {
        let (events, said) = events_with(&dir, header, "", write);
        assert_eq!(events, plain, "{header}");
        assert!(!said.contains("left out") && !said.contains("warn"), "{header}: {said}");
    }
    let berlin = |date: &str, clock: &str| {
        let hour: u32 = clock[..2].parse().unwrap();
        format!("{date} {:02}{}", hour + 1, &clock[2..])
    };
    let (events, _) = events_with(&dir, "time", "--time-zone Europe/Berlin", berlin);
    assert_eq!(events, plain, "an hour ahead in winter");
}

#[test]
fn without_a_date_events_have_no_time_and_all_rows_count() {
    let (dir, plain) = pump();
    for (header, word) in [("time", "has no date"), ("Date", "may have the day first or the month")]
    {
        let (events, said) = events_with(&dir, header, "", |_, clock| match header {
            "time" => clock.to_owned(),
            _ => format!("03/02/2026 {clock}"),
        });
        assert!(said.contains(word), "{said}");
        let check = dir.oddity("check normal-other.csv").ok();
        let wanted = format!("{header} (its time of day alone), one row every 1 s");
        assert!(check.stdout.contains(&wanted), "{}", check.stdout);
        assert!(events.iter().all(|event| event["time"].is_null()), "{events:?}");
        let rows = |events: &[serde_json::Value]| {
            let row = |event: &serde_json::Value| (event["kind"].clone(), event["row"].clone());
            events.iter().map(row).collect::<Vec<_>>()
        };
        assert_eq!(rows(&events), rows(&plain), "{header}");
    }
}

#[test]
fn a_time_that_is_not_understood_costs_no_row() {
    let (dir, plain) = pump();
    let (events, said) = events_with(&dir, "time", "", |_, clock| format!("beat {clock}"));
    assert!(
        said.contains("column time: \"beat 11:50:00\" is not a time that is understood"),
        "{said}"
    );
    assert!(said.contains("1200 rows") && said.contains("1124 windows"), "{said}");
    let rows = |events: &[serde_json::Value]| {
        events.iter().map(|event| event["row"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(rows(&events), rows(&plain));
    // Said how, it is read.
    let format = "--time-format beat:%Y-%m-%d:%H:%M:%S";
    let (events, _) =
        events_with(&dir, "time", format, |date, clock| format!("beat:{date}:{clock}"));
    assert_eq!(events, plain);
    dir.oddity("fit normal.csv -o m.onnx --time-format soon").fails(2, &["--time-format"]);
    dir.oddity("fit normal.csv -o m.onnx --time-zone Mars/Base").fails(2, &["IANA"]);
}

#[test]
fn a_clock_that_says_its_zone_in_its_name_and_a_comma_before_the_fraction() {
    let dir = Dir::fitted();
    let text = dir.text("normal.csv");
    let threshold = |dir: &Dir, name: &str| {
        let run = dir.oddity(&format!("fit {name} -o other.onnx")).ok();
        run.stderr.lines().find(|line| line.starts_with("threshold ")).unwrap().to_owned()
    };
    let plain = threshold(&dir, "normal.csv");
    let fractions = rewritten(&text, "time", |date, clock| format!("{date} {clock},000"));
    dir.write("fractions.csv", fractions);
    assert_eq!(threshold(&dir, "fractions.csv"), plain);
    let hobo = rewritten(&later(&text), "\"Date Time, GMT+01:00\"", |date, clock| {
        let [year, month, day] = parts(date);
        format!("{month}/{day}/{} {}", &year[2..], twelve(clock))
    });
    dir.write("hobo.csv", &hobo);
    assert_eq!(threshold(&dir, "hobo.csv"), plain);
    let spoilt = hobo.lines().take(200).map(|line| format!("{line}\n")).collect::<String>();
    let run = dir.oddity_with("detect other.onnx --emit scores", spoilt).ok();
    // An hour before what the clock shows.
    assert!(run.stdout.contains("\"time\":\"2026-11-29T10:5"), "{}", run.stdout);
}
