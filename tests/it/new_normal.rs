//! What is normal has changed for good: a model moves over to it, and back.

use crate::harness::Dir;
use serde_json::Value;

/// `NAME.csv`: rows of the simulated pump, whose pressure is off by so much from a row on.
fn off(dir: &Dir, name: &str, args: &str, (from, by): (usize, f64)) {
    dir.oddity(&format!("simulate {args} --output {name}.csv")).ok();
    let text = dir.text(&format!("{name}.csv"));
    let pressure = text.lines().next().unwrap().split(',').position(|name| name == "pressure");
    let lines = text.lines().enumerate().map(|(row, line)| {
        let mut fields: Vec<String> = line.split(',').map(ToOwned::to_owned).collect();
        let field = &mut fields[pressure.unwrap()];
        if let (true, Ok(value)) = (row >= from.max(1), field.parse::<f64>()) {
            *field = format!("{:.4}", value + by);
        }
        fields.join(",") + "\n"
    });
    dir.write(&format!("{name}.csv"), lines.collect::<String>());
}

/// A model, and rows whose pressure is off from row 900 on; `moved.onnx`, the model moved over to that.
fn moved() -> Dir {
    let dir = Dir::fitted();
    off(&dir, "live", "--rows 1800 --seed 2", (900, -0.15));
    dir.oddity("feedback model.onnx live.csv --new-normal 900 -o moved.onnx").ok();
    dir
}

fn profile(dir: &Dir, model: &str) -> Value {
    dir.oddity(&format!("inspect {model} --json")).ok().json()["profile"].take()
}

fn raised(dir: &Dir, model: &str, data: &str) -> Vec<u64> {
    let events = dir.oddity(&format!("detect {model} {data}.csv")).ok().json_lines();
    let raised = events.iter().filter(|event| event["kind"] == "raised");
    raised.map(|event| event["row"].as_u64().unwrap()).collect()
}

#[test]
fn a_model_moves_over_to_a_new_level_and_still_finds_faults() {
    let dir = moved();
    let first = raised(&dir, "model.onnx", "live");
    assert!(first.iter().all(|row| (900..960).contains(row)) && !first.is_empty(), "{first:?}");
    // What comes later, on the new level, raises the old model and not the new one.
    off(&dir, "later", "--rows 1800 --seed 3", (1, -0.15));
    assert!(!raised(&dir, "model.onnx", "later").is_empty());
    assert!(raised(&dir, "moved.onnx", "later").is_empty());
    off(&dir, "leak", "--rows 1800 --seed 3 --fault leak@900+300x3", (1, -0.15));
    let found = raised(&dir, "moved.onnx", "leak");
    assert!(found.iter().all(|row| (900..960).contains(row)) && !found.is_empty(), "{found:?}");
    // So does what was normal before.
    assert!(!raised(&dir, "moved.onnx", "normal").is_empty());
}

#[test]
fn the_network_and_how_rows_are_read_stay_as_they_were() {
    let dir = moved();
    let model = |name: &str| {
        let mut model = dir.oddity(&format!("inspect {name} --json")).ok().json()["model"].take();
        model["metadata_keys"].take();
        model
    };
    assert_eq!(model("model.onnx"), model("moved.onnx"));
    let (before, after) = (profile(&dir, "model.onnx"), profile(&dir, "moved.onnx"));
    for field in
        ["window", "hop", "layout", "missing", "time", "input", "smooth", "alert", "period_s"]
    {
        assert_eq!(before[field], after[field], "{field}");
    }
    for (before, after) in
        before["channels"].as_array().unwrap().iter().zip(after["channels"].as_array().unwrap())
    {
        assert_eq!((&before["name"], &before["scale"]), (&after["name"], &after["scale"]));
        let mean = |channel: &Value| channel["mean"].as_f64().unwrap();
        let scale = before["scale"].as_f64().unwrap();
        let by = (mean(after) - mean(before)) / scale;
        let wanted = if before["name"] == "pressure" { -0.27 } else { 0.0 };
        assert!((by - wanted).abs() < 0.2, "{} {by}", before["name"]);
    }
    assert_eq!(before["provenance"]["data_sha256"], after["provenance"]["data_sha256"]);
}

#[test]
fn it_is_told_kept_and_taken_back() {
    let dir = moved();
    let run = dir.oddity("feedback model.onnx live.csv --new-normal 900 -o moved.onnx").ok();
    for words in [
        "rows 900 to 1800 are normal from now on",
        "pressure: the mean moves over from 4.5",
        "other means move by less than 0.1 deviations",
        "times as far off as before; up to 2 times is taken",
        "a step is just raised at",
    ] {
        assert!(run.stderr.contains(words), "{words}: {}", run.stderr);
    }
    let shown = dir.oddity("inspect moved.onnx").ok().stdout;
    for words in [
        "feedback       a new normal in rows 900 to 1800: threshold 9.",
        "kept           the profile before the last new normal",
        "before the new normal",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    // What is told of alerts comes after it, and goes before it.
    let all = dir.oddity("detect moved.onnx normal.csv --emit all").ok();
    dir.write("all.jsonl", all.stdout);
    dir.oddity("feedback moved.onnx all.jsonl --false -o higher.onnx").ok();
    dir.oddity("feedback higher.onnx --undo -o once.onnx").ok();
    assert_eq!(profile(&dir, "once.onnx"), profile(&dir, "moved.onnx"));
    let run = dir.oddity("feedback once.onnx --undo -o twice.onnx").ok();
    assert!(run.stderr.contains("rows 900 to 1800 are no longer what is normal"), "{}", run.stderr);
    assert_eq!(dir.read("twice.onnx"), dir.read("model.onnx"));
}

#[test]
fn one_new_normal_can_be_taken_back() {
    let dir = moved();
    off(&dir, "later", "--rows 900 --seed 3", (1, -0.3));
    let run = dir.oddity("feedback moved.onnx later.csv --new-normal -o again.onnx").ok();
    let words =
        "a new normal came before this one: --undo takes this one back, and that one no more";
    assert!(run.stderr.contains(words), "{}", run.stderr);
    let again = profile(&dir, "again.onnx");
    let steps = again["provenance"]["feedback"].as_array().unwrap();
    assert_eq!(steps.iter().map(|step| &step["rows"][1]).collect::<Vec<_>>(), [1800, 900]);
    assert!(again["provenance"]["before"]["provenance"].get("before").is_none());
    dir.oddity("feedback again.onnx --undo -o back.onnx").ok();
    dir.oddity("detect back.onnx later.csv").ok();
    dir.oddity("feedback back.onnx --undo -o no.onnx")
        .fails(2, &["rows 900 to 1800, and the profile before it is no longer kept"]);
}

#[test]
fn a_threshold_found_anew_says_what_it_does_not_know() {
    let dir = Dir::fitted();
    off(&dir, "live", "--rows 1800 --seed 2", (900, -0.15));
    let all = dir.oddity("detect model.onnx live.csv --emit all").ok();
    dir.write("all.jsonl", all.stdout);
    dir.oddity("feedback model.onnx all.jsonl --false -o higher.onnx").ok();
    let run = dir.oddity("feedback higher.onnx live.csv --new-normal 900 -o moved.onnx").ok();
    assert!(run.stderr.contains("the feedback on alerts that the model has had"), "{}", run.stderr);
    dir.oddity("feedback moved.onnx --undo -o back.onnx").ok();
    assert_eq!(profile(&dir, "back.onnx"), profile(&dir, "higher.onnx"));
}

#[test]
fn a_place_is_a_row_or_a_time_and_lies_in_the_data() {
    let dir = moved();
    let at = "feedback model.onnx live.csv --new-normal";
    dir.oddity(&format!("{at} 2026-01-01T00:14:59Z -o timed.onnx")).ok();
    assert_eq!(profile(&dir, "timed.onnx"), profile(&dir, "moved.onnx"));
    let data = dir.read("live.csv");
    let piped = dir.oddity_with("feedback model.onnx - --new-normal 900 -o piped.onnx", data).ok();
    assert!(piped.stderr.contains("rows 900 to 1800"), "{}", piped.stderr);
    let refused = |from: &str, words: &[&str]| {
        dir.oddity(&format!("{at} {from} -o m.onnx")).fails(2, words);
    };
    refused("1801", &["1801 is after all rows of the data, 1 to 1800, from 2026-01-01T00:00:00Z"]);
    refused("2027-01-01T00:00:00Z", &["is after all rows of the data"]);
    // A slip is no time.
    for slip in ["noon", "0", "900.5"] {
        refused(slip, &[&format!("\"{slip}\" is neither the number of a row nor a time")]);
    }
    dir.oddity("feedback model.onnx live.csv --new-normal --false -o m.onnx").fails(2, &["cannot"]);
    dir.oddity("feedback model.onnx live.csv --false --format csv -o m.onnx")
        .fails(2, &["--format is for the data of --new-normal"]);
    dir.write("events.jsonl", dir.oddity("detect model.onnx live.csv").ok().stdout);
    dir.oddity("feedback model.onnx events.jsonl --new-normal -o m.onnx").fails(
        65,
        &["no row of the data has readings of vibration_de", "not what `oddity detect` wrote"],
    );
    assert!(!dir.names().contains(&"m.onnx".to_owned()));
}

#[test]
fn what_the_network_does_not_know_is_refused() {
    let dir = moved();
    let refused = |args: &str, words: &[&str]| {
        dir.oddity(&format!("feedback model.onnx {args} -o m.onnx")).fails(65, words);
    };
    refused(
        "live.csv --new-normal 1750",
        &["rows 1750 to 1800 are too few", "each has to hold 5", "wait for more rows"],
    );
    off(&dir, "far", "--rows 1800 --seed 2", (900, -20.0));
    refused(
        "far.csv --new-normal 900",
        &["pressure is -15.", "may move over by 10 at most", "fit again"],
    );
    // A pressure that no longer follows the load differs in more than its level.
    let text = dir.text("live.csv");
    let rows = text.lines().enumerate().map(|(row, line)| {
        let mut fields: Vec<&str> = line.split(',').collect();
        if row > 0 {
            fields[4] = if row % 2 == 0 { "4.4" } else { "4.5" };
        }
        fields.join(",") + "\n"
    });
    dir.write("still.csv", rows.collect::<String>());
    refused(
        "still.csv --new-normal",
        &[
            "differ from what was normal before in more than their level",
            "fit again with these rows",
        ],
    );
    // Nor is a channel that is gone.
    let gone = text.lines().enumerate().map(|(row, line)| {
        let mut fields: Vec<&str> = line.split(',').collect();
        if row > 0 {
            fields[4] = "";
        }
        fields.join(",") + "\n"
    });
    dir.write("gone.csv", gone.collect::<String>());
    refused("gone.csv --new-normal", &["pressure has no reading in rows 1 to 1800"]);
    dir.oddity("simulate --rows 900 --seed 2 --period 10 --output slow.csv").ok();
    refused("slow.csv --new-normal", &["rows come every 10 s", "learned from rows every 1 s"]);
    assert!(!dir.names().contains(&"m.onnx".to_owned()));
}

#[test]
fn streams_with_means_of_their_own_move_each_by_itself() {
    let dir = Dir::new();
    let data = |streams: &[(&str, f64, f64)], seed: u64, by: f64| {
        let mut text = "time,unit,value,load\n".to_owned();
        let noise = |at: u64| {
            let x = ((at + 7919 * seed) as f64 * 12.9898).sin() * 43_758.547;
            x - x.floor() - 0.5
        };
        for row in 0..600u64 {
            for (at, (name, mean, scale)) in streams.iter().enumerate() {
                let at = row * 2 + at as u64;
                let load = noise(at) * 2.0;
                let value =
                    mean + scale * (load + noise(at + 50_000) + if row >= 300 { by } else { 0.0 });
                let (minutes, seconds) = (row / 60, row % 60);
                text += &format!(
                    "2026-01-01T00:{minutes:02}:{seconds:02}Z,{name},{value:.4},{:.4}\n",
                    5.0 + load
                );
            }
        }
        text
    };
    let both = [("temp", 23.0, 0.5), ("pressure", 2.0, 0.04)];
    dir.write("normal.csv", data(&both, 1, 0.0));
    dir.write("live.csv", data(&both, 2, 2.0));
    dir.write("temp.csv", data(&both[..1], 2, 2.0));
    dir.oddity("fit normal.csv --key unit -o model.onnx").ok();
    let run = dir.oddity("feedback model.onnx live.csv --new-normal 601 -o moved.onnx").ok();
    for words in ["value of temp: the mean moves over from 2", "value of pressure: the mean moves"]
    {
        assert!(run.stderr.contains(words), "{}", run.stderr);
    }
    let mean = |model: &str, stream: usize| {
        profile(&dir, model)["streams"][stream]["mean"][0].as_f64().unwrap()
    };
    assert!((mean("moved.onnx", 0) - mean("model.onnx", 0) - 1.0).abs() < 0.2);
    assert!((mean("moved.onnx", 1) - mean("model.onnx", 1) - 0.08).abs() < 0.02);
    dir.oddity("feedback model.onnx temp.csv --new-normal 301 -o m.onnx")
        .fails(65, &["stream pressure has no row in rows 301 to 600", "give rows of all of them"]);
}

#[test]
fn rows_in_which_a_machine_stands_still_do_not_count() {
    let dir = Dir::new();
    let run = |args: &str| {
        let rows = dir.oddity(&format!("simulate --rows 900 {args}")).ok().stdout;
        let rows = rows.lines().enumerate().map(|(row, line)| match row {
            0 => format!("{line},on,mode\n"),
            // It stands still now and then.
            row => format!("{line},{},3\n", i32::from(row % 300 > 60)),
        });
        rows.collect::<String>()
    };
    dir.write("normal.csv", run("--seed 1"));
    let live = run("--seed 2").replace(",3\n", ",4\n");
    dir.write("live.csv", &live);
    let fit = ["fit", "normal.csv", "-o", "model.onnx", "--when", "on > 0.5"];
    assert!(dir.command("").args(fit).status().unwrap().success());
    let run = dir.oddity("feedback model.onnx live.csv --new-normal 301 -o moved.onnx").ok();
    assert!(run.stderr.contains("--when does not hold"), "{}", run.stderr);
    // What never moved before has another value now, and is watched by that.
    let words = "mode: was 3 all the time, and is 4 from now on";
    assert!(run.stderr.contains(words), "{}", run.stderr);
    let events = |model: &str| dir.oddity(&format!("detect {model} live.csv")).ok().kinds();
    assert!(events("model.onnx").contains(&"changed".to_owned()));
    assert!(!events("moved.onnx").contains(&"changed".to_owned()));
}

#[test]
fn models_without_a_mean_are_told_what_to_do() {
    let dir = Dir::fitted();
    dir.oddity("calibrate model.onnx normal.csv -o model.onnx").ok();
    let linear = oddity::fit::LinearAutoencoder {
        mean: vec![0.0; 80],
        basis: (0..8 * 80)
            .map(|at| if at % 80 % 8 == at / 80 { 10f64.sqrt().recip() } else { 0.0 })
            .collect(),
        latent: 8,
    };
    dir.write("plain.onnx", linear.to_onnx(10, 8));
    dir.oddity("calibrate plain.onnx normal.csv -o plain.onnx").ok();
    dir.oddity("feedback plain.onnx normal.csv --new-normal -o m.onnx").fails(
        2,
        &["takes readings as they are", "give `oddity calibrate` rows of what is normal now"],
    );
    dir.oddity("calibrate plain.onnx normal.csv -o plain.onnx --normalise").ok();
    dir.oddity("feedback plain.onnx normal.csv --new-normal -o m.onnx").ok();
}

#[test]
fn frames_of_rows_with_times_move_over() {
    let dir = Dir::new();
    // A tone in noise, 100 rows a second.
    let rows = |louder: f64, from: u32| {
        let mut csv = String::from("time,acc\n");
        for row in from..from + 30_000 {
            let noise = (f64::from(row) * 12.9898).sin() * 43_758.547;
            let tone = (f64::from(row) * 0.7).sin();
            let reading = louder * (tone + noise - noise.floor());
            csv += &format!("{:.2},{reading:.5}\n", 1_767_225_600.0 + f64::from(row) / 100.0);
        }
        csv
    };
    dir.write("normal.csv", rows(1.0, 0));
    dir.write("louder.csv", rows(1.2, 30_000));
    dir.oddity("fit normal.csv --features 256 -o frames.onnx").ok();
    let run = dir.oddity("feedback frames.onnx louder.csv --new-normal -o moved.onnx").ok();
    assert!(run.stderr.contains("acc:rms: the mean moves over"), "{}", run.stderr);
    assert!(raised(&dir, "moved.onnx", "louder").is_empty());
}

#[test]
fn a_sensor_that_stands_still_is_told() {
    let dir = Dir::new();
    let noise = |row: u32| {
        let x = (f64::from(row) * 12.9898).sin() * 43_758.547;
        x - x.floor()
    };
    // One of them moves slowly: to a window it nearly stands still as it is.
    let rows = |count: u32, still: bool| {
        let row = |row: u32| {
            let slow = 20.0 + 5.0 * (f64::from(row) / 300.0).sin() + 0.1 * noise(row + 50_000);
            format!("{:.3},{:.1}\n", 10.0 + noise(row), if still { 20.5 } else { slow })
        };
        "a,b\n".to_owned() + &(0..count).map(row).collect::<String>()
    };
    dir.write("normal.csv", rows(4000, false));
    dir.write("still.csv", rows(1200, true));
    dir.oddity("fit normal.csv -o model.onnx").ok();
    let run = dir.oddity("feedback model.onnx still.csv --new-normal -o moved.onnx").ok();
    let words =
        "b stands still at 20.5 in rows 1 to 1200: if its sensor is frozen, mend that first";
    assert!(run.stderr.contains(words), "{}", run.stderr);
    let run = dir.oddity("feedback model.onnx normal.csv --new-normal -o moved.onnx").ok();
    assert!(!run.stderr.contains("stands still"), "{}", run.stderr);
}

#[test]
fn a_model_that_has_moved_is_quantised_by_rows_of_what_is_normal_now() {
    let dir = moved();
    dir.oddity("quantize moved.onnx normal.csv -o small.onnx")
        .fails(2, &["moved over to a new normal since it learned from this data"]);
    off(&dir, "later", "--rows 1800 --seed 3", (1, -0.15));
    dir.oddity("quantize moved.onnx later.csv -o small.onnx").ok();
    let (moved, small) = (profile(&dir, "moved.onnx"), profile(&dir, "small.onnx"));
    let kinds = |profile: &Value| profile["provenance"]["feedback"][0]["kind"].clone();
    assert_eq!(kinds(&small), kinds(&moved));
    assert!(small["provenance"]["before"].is_object());
    assert!(raised(&dir, "small.onnx", "later").is_empty());
}
