//! A small model of each kind for rows, trained by the program, and watched with by `oddity detect`;
//! `pictures.rs` has those for pictures.

// A test may fail in its helpers too.
#![allow(clippy::unwrap_used, clippy::panic)]

mod harness;

use harness::Dir;

const ROWS: [&str; 8] = ["linear", "dense", "sparse", "denoising", "conv1d", "lstm", "gru", "vae"];

#[test]
fn each_kind_trains_and_finds_the_leak() {
    let dir = Dir::pump();
    for kind in ROWS {
        dir.train(&format!("{kind} normal.csv -o {kind}.onnx --epochs 12 --lr 3e-3")).ok();
        let found = dir.oddity(&format!("detect {kind}.onnx faulty.csv")).ok().json_lines();
        let raised = found.iter().find(|event| event["kind"] == "raised");
        let row = raised.unwrap_or_else(|| panic!("{kind} finds nothing"))["row"].as_u64().unwrap();
        assert!((301..=420).contains(&row), "{kind} raises at row {row}");
    }
}

#[test]
fn the_same_seed_gives_the_same_file_and_another_does_not() {
    let dir = Dir::pump();
    for (seed, name) in [(1, "model.onnx"), (1, "model.onnx"), (2, "model.onnx")] {
        dir.train(&format!("dense normal.csv -o {name} --epochs 2 --seed {seed} --report none"))
            .ok();
        std::fs::rename(dir.file(name), dir.file(&format!("{}", dir.names().len()))).unwrap();
    }
    let weights = |file: &str| {
        let json = dir.oddity(&format!("inspect {file} --json")).ok().json();
        json["profile"]["golden"].clone()
    };
    let names: Vec<String> =
        dir.names().into_iter().filter(|name| !name.ends_with(".csv")).collect();
    let [first, second, third] = names.as_slice() else { panic!("{names:?}") };
    assert_eq!(dir.read(first), dir.read(second));
    assert_ne!(weights(first), weights(third));
}

#[test]
fn a_head_learns_the_few_labels_and_detect_reports_it() {
    let dir = Dir::new();
    dir.oddity("simulate --rows 900 --seed 3 --label --fault leak@500+200x3 --output labelled.csv")
        .ok();
    dir.train(
        "dense labelled.csv -o model.onnx --exclude fault --label label --epochs 30 --lr 3e-3",
    )
    .ok();
    let scores = dir.oddity("detect model.onnx labelled.csv --emit scores").ok().json_lines();
    let class = |row: u64| {
        let score = scores.iter().find(|score| score["row"] == row).unwrap();
        assert!(score["probability"].as_f64().unwrap() >= 0.5, "{score}");
        score["class"].as_str().unwrap().to_owned()
    };
    assert_eq!((class(300), class(650)), ("0".to_owned(), "1".to_owned()));
}

#[test]
fn classes_may_be_texts_and_the_report_says_how_good_the_head_is() {
    let dir = Dir::new();
    dir.oddity("simulate --rows 900 --seed 3 --label --fault leak@500+200x3 --output numbers.csv")
        .ok();
    let rows = String::from_utf8(dir.read("numbers.csv")).unwrap();
    let header = rows.lines().next().unwrap();
    let at = header.split(',').position(|name| name == "label").unwrap();
    let named = |line: &str| {
        let mut fields: Vec<&str> = line.split(',').collect();
        fields[at] = if fields[at] == "0" { "running" } else { "leaking" };
        fields.join(",")
    };
    let lines: Vec<String> = rows.lines().skip(1).map(named).collect();
    dir.write("texts.csv", format!("{header}\n{}\n", lines.join("\n")));
    let run = "dense texts.csv -o m.onnx --exclude fault --label label --epochs 20 --lr 3e-3";
    dir.train(run).fails(65, &["leaking", "--normal"]);
    let said = dir.train(&format!("{run} --normal running")).ok().stderr;
    assert!(said.contains("class: right for ") && said.contains("raises no alert"), "{said}");
    let page = String::from_utf8(dir.read("m.report.html")).unwrap();
    for words in
        ["Second output", "Class: right for ", "cross-entropy", "not normal", "Worst: rows "]
    {
        assert!(page.contains(words), "{words}");
    }
    let scores = dir.oddity("detect m.onnx texts.csv --emit scores").ok().json_lines();
    let class =
        |row: u64| scores.iter().find(|score| score["row"] == row).unwrap()["class"].clone();
    assert_eq!((class(300), class(650)), ("running".into(), "leaking".into()));
}

/// Regression: the head's loss counted in the validation, where all windows are of class 0, and ended
/// the training after a few epochs.
#[test]
fn a_head_does_not_end_the_training_early() {
    let dir = Dir::new();
    dir.oddity("simulate --rows 900 --seed 3 --label --fault leak@500+200x3 --output labelled.csv")
        .ok();
    let explained = |label: &str| -> f64 {
        let run = format!("dense labelled.csv -o m.onnx --exclude fault,label --epochs 40 {label}");
        let said = dir.train(&run).ok().stderr;
        let share = said.split("reconstructs ").nth(1).unwrap().split(' ').next().unwrap();
        share.parse().unwrap()
    };
    let (with, without) = (explained("--label label --head-weight 5"), explained(""));
    assert!(with > 0.8 * without, "{with} % with a head, {without} % without");
}

#[test]
fn a_head_learns_a_quantity_that_is_no_channel() {
    let dir = Dir::new();
    dir.oddity("simulate --rows 900 --seed 3 --output all.csv").ok();
    dir.train("dense all.csv -o model.onnx --label flow --head estimate --epochs 30 --lr 3e-3")
        .ok();
    let model = dir.oddity("inspect model.onnx --json").ok().json();
    let channels = model["profile"]["channels"].as_array().unwrap();
    assert!(channels.len() == 7 && channels.iter().all(|channel| channel["name"] != "flow"));
    let rows = String::from_utf8(dir.read("all.csv")).unwrap();
    let flow = |line: &str| line.split(',').nth(5).unwrap().parse::<f64>().unwrap();
    let flows: Vec<f64> = rows.lines().skip(1).map(flow).collect();
    let mean = flows.iter().sum::<f64>() / flows.len() as f64;
    let (mut errors, mut spread) = (0.0, 0.0);
    for score in dir.oddity("detect model.onnx all.csv --emit scores").ok().json_lines() {
        let row = score["row"].as_u64().unwrap() as usize;
        errors += (score["estimate"]["flow"].as_f64().unwrap() - flows[row - 1]).powi(2);
        spread += (mean - flows[row - 1]).powi(2);
    }
    assert!(errors < 0.5 * spread, "no better than the mean: {errors} {spread}");
}

#[test]
fn wrong_input_is_told_and_leaves_no_file() {
    let dir = Dir::pump();
    dir.write("short.csv", "a,b\n1,2\n2,3\n3,1\n");
    let words = |row: u32| format!("{},{},ok\n", row % 7, row % 11);
    dir.write("words.csv", "a,b,state\n".to_owned() + &(0..400).map(words).collect::<String>());
    let late = |row: u32| format!("{},{},{}\n", row % 7, row % 11, row / 300);
    dir.write("late.csv", "a,b,state\n".to_owned() + &(0..400).map(late).collect::<String>());
    for (args, code, words) in [
        ("dense nothing.csv -o m.onnx", 2, ["nothing.csv", "No such file"]),
        ("dense short.csv -o m.onnx", 65, ["3 rows", "more normal data"]),
        ("dense normal.csv -o m.onnx --window 500", 65, ["500", "--window"]),
        ("dense normal.csv -o m.onnx --lr 0", 2, ["--lr", "above zero"]),
        ("dense normal.csv -o m.onnx --filters 3", 2, ["--filters", "kind of layers"]),
        ("conv1d normal.csv -o m.onnx --window 1", 2, ["conv1d", "--window"]),
        ("dense normal.csv -o m.onnx --epochs 3 --lr 1e30", 2, ["not finite", "--clip"]),
        ("dense normal.csv -o m.onnx --beta 2", 2, ["--beta", "variational"]),
        ("vae normal.csv -o m.onnx --sparsity l1:0.1", 2, ["--sparsity", "variational"]),
        ("dense normal.csv -o m.onnx --head-weight 2", 2, ["--label", "required"]),
        ("dense normal.csv -o m.onnx --threads 0", 2, ["--threads", "1..=256"]),
        ("dense normal.csv -o m.onnx --loss bce", 2, ["--loss bce", "pictures"]),
        ("conv2d normal.csv -o m.onnx", 2, ["conv2d", "conv1d"]),
        ("dense words.csv -o m.onnx --label state", 65, ["state", "1 different values"]),
        ("dense words.csv -o m.onnx --label state --head estimate", 65, ["state", "is a number"]),
        ("dense words.csv -o m.onnx --label state --normal fine", 65, ["are ok", "are fine"]),
        ("dense normal.csv -o m.onnx --label speed", 65, ["--head estimate", "speed"]),
        ("dense normal.csv -o m.onnx --normal ok", 2, ["--label", "required"]),
        ("dense late.csv -o m.onnx --label state", 65, ["100 of 400 rows", "--head estimate"]),
        ("dense normal.csv -o m.onnx --label speeed", 65, ["speeed", "label"]),
        ("dense normal.csv -o normal.csv", 2, ["among the data", "elsewhere"]),
    ] {
        dir.train(args).fails(code, &words);
        assert!(!dir.file("m.onnx").exists(), "{args}");
    }
}

#[test]
fn a_bad_row_is_told_with_its_line_and_no_other_is_lost() {
    let dir = Dir::pump();
    let rows = String::from_utf8(dir.read("normal.csv")).unwrap();
    let mut lines: Vec<&str> = rows.lines().collect();
    lines[300] = "this is no row";
    dir.write("bad.csv", lines.join("\n"));
    let run = dir.train("linear bad.csv -o m.onnx --epochs 1");
    let said = &run.ok().stderr;
    assert!(said.contains("bad.csv: line 301: 1 fields where 9 are expected"), "{said}");
    assert!(said.contains("600 rows"), "{said}");
    // It is told before training, and once.
    let told: Vec<usize> = said.match_indices("line 301").map(|(at, _)| at).collect();
    assert!(told.len() == 1 && told[0] < said.find("validated").unwrap(), "{said}");
}
