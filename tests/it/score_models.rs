//! Models that give one number for a window instead of a reconstruction: calibrated, detected with,
//! and refused where a reconstruction is needed.

use crate::harness::Dir;
use crate::harness::onnx::Onnx;

/// Gives the mean squared error of an autoencoder that keeps the first two of four features; `lower`
/// turns its sign.
fn error_of_halves(lower: bool) -> Onnx {
    let model = Onnx::halves()
        .node("Sub", "input reconstruction", "off")
        .node("Mul", "off off", "squares")
        .node("ReduceMean", "squares", "mean")
        .ints("axes", &[1]);
    match lower {
        false => model.node("Identity", "mean", "error"),
        true => model.node("Neg", "mean", "error"),
    }
}

/// `normal.csv`, whose last two columns repeat the first two but for a little noise, and `odd.csv`, in
/// which they no longer do from row 301 to 400.
fn dir() -> Dir {
    let dir = Dir::new();
    let rows = |odd: bool| {
        let mut text = "a,b,c,d\n".to_owned();
        for i in 0..600u32 {
            let (a, b) = (f64::from(i % 17) / 17.0, f64::from(i * 7 % 23) / 23.0);
            let noise = f64::from(i * 31 % 29) / 290.0;
            let off = if odd && (300..400).contains(&i) { 1.0 } else { noise };
            text += &format!("{a},{b},{},{}\n", a + off, b - noise);
        }
        text
    };
    dir.write("normal.csv", rows(false));
    dir.write("odd.csv", rows(true));
    dir
}

#[test]
fn an_error_that_the_model_gives_is_the_score() {
    let dir = dir();
    dir.write("bare.onnx", error_of_halves(false).file("error"));
    let run = dir.oddity("calibrate bare.onnx normal.csv -o model.onnx").ok();
    assert!(
        run.stderr.contains("the model's output `error`: higher is odder (--score model-low if"),
        "{}",
        run.stderr
    );
    assert!(!run.stderr.contains("variance"), "{}", run.stderr);
    let profile = dir.oddity("inspect model.onnx --json").ok().json()["profile"].take();
    assert_eq!(profile["version"], 2);
    assert_eq!(
        profile["score"],
        serde_json::json!({"kind": "model", "lower": false, "origin": 0.0})
    );
    assert_eq!(profile["golden"]["output"].as_array().map(Vec::len), Some(1));
    let shown = dir.oddity("inspect model.onnx").ok().stdout;
    assert!(shown.contains("one number for a window; there is no reconstruction"), "{shown}");

    // What is judged is the model's own number.
    let scores = dir.oddity("detect model.onnx normal.csv --emit scores").ok().json_lines();
    assert_eq!(scores.len(), 600);
    for (i, line) in scores.iter().enumerate() {
        let noise = (i * 31 % 29) as f64 / 290.0;
        let wanted = noise * noise / 2.0;
        assert!((line["score"].as_f64().unwrap() - wanted).abs() < 1e-6, "{line} for {wanted}");
    }
    let events = dir.oddity("detect model.onnx odd.csv").ok().json_lines();
    let seen: Vec<_> = events.iter().map(|e| (e["kind"].as_str(), e["row"].as_u64())).collect();
    assert_eq!(seen, [(Some("raised"), Some(301)), (Some("cleared"), Some(401))]);
    assert_eq!(events[0]["channels"], serde_json::json!([]));
}

#[test]
fn the_sign_is_asked_for_and_kept_when_the_profile_is_renewed() {
    let dir = dir();
    dir.write("bare.onnx", error_of_halves(true).file("error"));
    let run = dir.oddity("calibrate bare.onnx normal.csv -o low.onnx --score model-low").ok();
    assert!(run.stderr.contains("lower is odder"), "{}", run.stderr);
    dir.oddity("calibrate low.onnx normal.csv -o again.onnx").ok();
    for model in ["low.onnx", "again.onnx"] {
        let events = dir.oddity(&format!("detect {model} odd.csv")).ok().json_lines();
        let rows: Vec<_> = events.iter().map(|event| event["row"].as_u64()).collect();
        assert_eq!(rows, [Some(301), Some(401)], "{model}");
    }
    // The other way round what is odd is below all that is normal, and the lowest is where it counts
    // from.
    dir.oddity("calibrate bare.onnx normal.csv -o high.onnx").ok();
    let origin = dir.oddity("inspect high.onnx --json").ok().json()["profile"]["score"]["origin"]
        .as_f64()
        .unwrap();
    assert!((-0.01..0.0).contains(&origin), "{origin}");
    let lines = dir.oddity("detect high.onnx odd.csv --emit all").ok().json_lines();
    assert!(lines.iter().all(|line| line["score"].as_f64().unwrap() >= 0.0));
}

#[test]
fn one_number_without_an_axis_is_that_of_the_one_window() {
    let dir = dir();
    let mean = error_of_halves(false).node("ReduceMean", "squares", "loss").ints("axes", &[0, 1]);
    let flat = mean.integers("none", &[]).node("Reshape", "loss none", "out");
    dir.write("bare.onnx", flat.file("out"));
    dir.oddity("calibrate bare.onnx normal.csv -o model.onnx").ok();
    assert_eq!(dir.oddity("detect model.onnx odd.csv").ok().json_lines().len(), 2);
}

#[test]
fn windows_of_rows_are_judged_too_and_measured() {
    let dir = Dir::with_faults();
    let window = Onnx::variational(20, 8)
        .node("Sub", "input reconstruction", "off")
        .node("Mul", "off off", "squares")
        .node("ReduceMean", "squares", "score")
        .ints("axes", &[1, 2]);
    dir.write("bare.onnx", window.file("score"));
    dir.oddity("calibrate bare.onnx normal.csv -o model.onnx --normalise").ok();
    let kinds = dir.oddity("detect model.onnx faulty.csv").ok().kinds();
    for kind in ["raised", "cleared", "gap", "flatline"] {
        assert!(kinds.iter().any(|k| k == kind), "{kind} does not happen: {kinds:?}");
    }
    dir.oddity("detect model.onnx normal.csv --fail-on-alert").ok();
    let report = dir.oddity("evaluate model.onnx --anomalous faulty.csv --json").ok().json();
    assert!(report["rule"].as_str().unwrap().contains("model"), "{report}");
}

#[test]
fn what_needs_a_reconstruction_says_that_there_is_none() {
    let dir = dir();
    dir.write("bare.onnx", error_of_halves(false).file("error"));
    dir.oddity("calibrate bare.onnx normal.csv -o model.onnx").ok();
    let gives =
        "gives a score, not a reconstruction: its output `error` is one number for a window";
    for command in ["reconstruct model.onnx odd.csv", "reconstruct bare.onnx --format f32"] {
        dir.oddity(command).fails(2, &[gives, "`oddity detect`"]);
    }
    dir.oddity("encode model.onnx odd.csv").fails(2, &[gives]);
    let only = Onnx::new("x", None, &[4]).node("ReduceMean", "x", "mean").ints("axes", &[1]);
    dir.write("only.onnx", only.file("mean"));
    dir.oddity("generate only.onnx").fails(2, &["gives a score", "no decoder"]);
    dir.oddity("calibrate bare.onnx normal.csv -o no.onnx --score mse")
        .fails(2, &["no errors to make `mse` of", "--score model", "model-low"]);
    dir.write("whole.onnx", Onnx::halves().file("reconstruction"));
    dir.oddity("calibrate whole.onnx normal.csv -o no.onnx --score model")
        .fails(2, &["gives a reconstruction", "one number for a window"]);
    dir.oddity("fit normal.csv -o no.onnx --score model")
        .fails(2, &["--score model", "autoencoder"]);
}

#[test]
fn a_file_with_a_reconstruction_is_an_autoencoder_whatever_else_it_gives() {
    let dir = dir();
    dir.write("both.onnx", error_of_halves(false).file("error reconstruction"));
    assert_eq!(dir.oddity("inspect both.onnx --json").ok().json()["model"]["kind"], "autoencoder");
    // Of two scores the one that is named so.
    let two = error_of_halves(false).node("Neg", "mean", "score");
    dir.write("two.onnx", two.clone().file("error score"));
    let outputs = dir.oddity("inspect two.onnx --json").ok().json()["model"]["outputs"].take();
    assert_eq!(outputs[0]["name"], "score");
    dir.write("which.onnx", two.file("error mean"));
    dir.oddity("inspect which.onnx").fails(2, &["`error` and `mean` both give one number"]);
}

#[test]
fn what_is_neither_says_what_it_is() {
    let dir = Dir::new();
    let dense = |columns: i64| {
        Onnx::new("x", None, &[20, 8])
            .integers("flat", &[-1, 160])
            .floats("weights", &[160, columns], &vec![0.5; 160 * columns as usize])
            .node("Reshape", "x flat", "row")
            .node("MatMul", "row weights", "y")
    };
    let refused = |name: &str, file: Vec<u8>, words: &[&str]| {
        dir.write(name, file);
        dir.oddity(&format!("inspect {name}")).fails(2, words);
    };
    let classifier = dense(10).node("Softmax", "y", "p");
    let numbers = "its output `p` has 10 values per window, a reconstruction has 160";
    refused("class.onnx", classifier.file("p"), &["a classifier: ", numbers]);
    let numbers = "its output `y` has 10 values per window, a reconstruction has 160";
    refused("encoder.onnx", dense(10).file("y"), &["an encoder: ", numbers, "`oddity encode`"]);
    let numbers = "its output `y` has 320 values per window, a reconstruction has 160";
    refused("decoder.onnx", dense(320).file("y"), &["a decoder: ", numbers, "`oddity generate`"]);
    refused(
        "flat.onnx",
        dense(160).file("y"),
        &["`y` has the axes [160]", "the input has [20, 8]"],
    );
    // What `generate` would take is not what `encode` does, and the other way round.
    dir.oddity("encode decoder.onnx").fails(2, &["a decoder: ", "`oddity generate`"]);
    dir.oddity("encode class.onnx").fails(2, &["a classifier: "]);
    dir.oddity("generate encoder.onnx").fails(2, &["an encoder: ", "`oddity encode`"]);
}

#[test]
fn pictures_are_judged_by_a_score_and_nothing_is_drawn() {
    let dir = Dir::new();
    dir.oddity("draw good -n 40 --size 8 --seed 1").ok();
    let model = Onnx::squares(1, 8, 8)
        .node("Sub", "input reconstruction", "off")
        .node("Mul", "off off", "squares")
        .node("ReduceMean", "squares", "score")
        .ints("axes", &[1, 2, 3]);
    dir.write("bare.onnx", model.file("score"));
    dir.oddity("reconstruct bare.onnx good").fails(2, &["gives a score", "calibrate"]);
    dir.oddity("calibrate bare.onnx good -o model.onnx").ok();
    let lines = dir.oddity("reconstruct model.onnx good").ok().json_lines();
    assert_eq!(lines.len(), 40);
    assert!(lines.iter().all(|line| line["odd"].is_boolean()), "{lines:?}");
    dir.oddity("reconstruct model.onnx good -o seen").fails(2, &["leave out --output"]);
    assert!(!dir.file("seen").exists());
}
