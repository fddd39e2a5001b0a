//! `oddity calibrate`: a model from elsewhere gets a profile, a model that has one gets it renewed.

use crate::harness::Dir;
use crate::harness::without_sensitivity;
use oddity::fit::LinearAutoencoder;
use serde_json::{Value, json};

const CHANNELS: usize = 8;

/// A model without a profile: keeps the mean of each channel over its window of `rows`.
fn plain_model(dir: &Dir, rows: usize) {
    let inputs = rows * CHANNELS;
    let weight = 1.0 / (rows as f64).sqrt();
    let basis = (0..CHANNELS * inputs)
        .map(|at| if at % inputs % CHANNELS == at / inputs { weight } else { 0.0 })
        .collect();
    let linear = LinearAutoencoder { mean: vec![0.0; inputs], basis, latent: CHANNELS };
    dir.write("plain.onnx", linear.to_onnx(rows, CHANNELS));
}

fn profile(dir: &Dir, model: &str) -> Value {
    dir.oddity(&format!("inspect {model} --json")).ok().json()["profile"].take()
}

#[test]
fn a_model_without_a_profile_is_told_how_to_get_one() {
    let dir = Dir::with_faults();
    plain_model(&dir, 10);
    dir.oddity("detect plain.onnx faulty.csv").fails(
        2,
        &[
            "model plain.onnx has no profile",
            "oddity calibrate plain.onnx NORMAL_DATA -o plain.onnx",
        ],
    );
    let shown = dir.oddity("inspect plain.onnx").ok().stdout;
    assert!(shown.contains("none: `oddity calibrate` makes one"), "{shown}");
    assert!(profile(&dir, "plain.onnx").is_null());

    dir.oddity("calibrate plain.onnx normal.csv -o plain.onnx --normalise").ok();
    let run = dir.oddity("detect plain.onnx faulty.csv").ok();
    let kinds = run.kinds();
    for kind in ["raised", "cleared", "gap", "missing", "restored", "flatline", "moving"] {
        assert!(kinds.iter().any(|k| k == kind), "{kind} does not happen: {kinds:?}");
    }
    dir.oddity("detect plain.onnx normal.csv --fail-on-alert").ok();
}

#[test]
fn the_network_is_left_as_it_is() {
    let dir = Dir::fitted();
    plain_model(&dir, 10);
    dir.oddity("calibrate plain.onnx normal.csv -o done.onnx").ok();
    let network = |model: &str| {
        let mut json = dir.oddity(&format!("inspect {model} --json")).ok().json()["model"].take();
        json["metadata_keys"].take();
        json
    };
    assert_eq!(network("plain.onnx"), network("done.onnx"));
    let profile = profile(&dir, "done.onnx");
    assert_eq!((&profile["window"], &profile["layout"]), (&json!(10), &json!("time-channels")));
    // Without --normalise the model sees readings as they are.
    assert_eq!(profile["channels"][0]["mean"], 0.0);
    assert_eq!(profile["channels"][0]["scale"], 1.0);
}

#[test]
fn a_profile_is_renewed_and_keeps_what_is_not_said_anew() {
    let dir = Dir::new();
    dir.oddity("simulate --rows 1200 --seed 1 --output normal.csv").ok();
    dir.oddity("simulate --rows 1200 --seed 9 --output later.csv").ok();
    dir.oddity("fit normal.csv -o model.onnx --window 8 --hop 3 --hold 2 --smooth mean:4 --raise 1.2 --score mae").ok();
    dir.oddity("calibrate model.onnx later.csv -o new.onnx --threshold sigma:5").ok();
    let (old, new) = (profile(&dir, "model.onnx"), profile(&dir, "new.onnx"));
    for name in ["window", "hop", "layout", "missing", "smooth", "score", "alert", "period_s"] {
        assert_eq!(old[name], new[name], "{name}");
    }
    for (old, new) in
        old["channels"].as_array().unwrap().iter().zip(new["channels"].as_array().unwrap())
    {
        for name in ["name", "mean", "scale"] {
            assert_eq!(old[name], new[name], "the model was trained with these");
        }
    }
    assert_eq!(new["threshold"]["rule"], json!({"kind": "sigma", "k": 5.0}));
    assert_ne!(old["threshold"]["value"], new["threshold"]["value"]);
    assert_ne!(old["provenance"]["data_sha256"], new["provenance"]["data_sha256"]);
    assert_eq!(
        new["provenance"]["command"],
        "calibrate model.onnx later.csv -o new.onnx --threshold sigma:5"
    );
}

#[test]
fn the_output_may_be_the_model_itself_and_standard_input_the_data() {
    let dir = Dir::fitted();
    dir.oddity("calibrate model.onnx normal.csv -o other.onnx --score mse").ok();
    dir.oddity_with("calibrate model.onnx - -o model.onnx --score mse", dir.read("normal.csv"))
        .ok();
    let (mut here, mut there) = (profile(&dir, "model.onnx"), profile(&dir, "other.onnx"));
    here["provenance"]["command"].take();
    there["provenance"]["command"].take();
    assert_eq!(here, there);
    assert_eq!(
        dir.names(),
        ["model.onnx", "normal.csv", "other.onnx"],
        "no temporary file is left"
    );
}

#[test]
fn what_does_not_go_together_is_said_with_numbers() {
    let dir = Dir::fitted();
    plain_model(&dir, 10);
    dir.oddity("calibrate plain.onnx normal.csv -o m.onnx --channels flow,pressure")
        .fails(65, &["takes 8 channels", "has 2: flow, pressure", "--channels"]);
    dir.oddity("calibrate plain.onnx normal.csv -o m.onnx --window 3")
        .fails(2, &["10 rows", "--window cannot change that"]);
    dir.oddity("calibrate plain.onnx normal.csv -o m.onnx --layout channels-time")
        .fails(65, &["takes 10 channels", "has 8"]);
    dir.oddity("calibrate plain.onnx normal.csv -o m.onnx --layout features")
        .fails(2, &["--layout", "axes [10, 8]"]);
    dir.oddity("calibrate normal.csv normal.csv -o m.onnx")
        .fails(2, &["model normal.csv: not an ONNX model"]);
    assert!(!dir.names().contains(&"m.onnx".to_owned()));
}

#[test]
fn a_damaged_model_is_found_out_by_its_golden_sample() {
    let dir = Dir::fitted();
    let model = dir.read("model.onnx");
    // The profile is the last thing in the file; the weights come before it. One bit in the
    // exponent of one weight.
    let profile = model.windows(14).position(|part| part == b"oddity.profile").unwrap();
    let weight = model.windows(14).position(|part| part == b"decoder_weight").unwrap();
    assert!(weight < profile);
    let mut damaged = 0;
    for at in (weight..profile).step_by(97) {
        let mut bytes = model.clone();
        bytes[at] ^= 0x40;
        dir.write("damaged.onnx", bytes);
        let run = dir.oddity("detect damaged.onnx normal.csv");
        assert!(matches!(run.code, Some(0 | 2)), "byte {at}: {:?} {}", run.code, run.stderr);
        damaged += usize::from(run.stderr.contains("golden sample"));
    }
    assert!(damaged >= 3, "{damaged} were found out");
}

/// As [`plain_model`], but takes `[channels, rows]`: with so many of each nothing else differs.
fn turned_model(dir: &Dir, rows: usize) {
    let inputs = rows * CHANNELS;
    let weight = 1.0 / (rows as f64).sqrt();
    let basis = (0..CHANNELS * inputs)
        .map(|at| if at % inputs / rows == at / inputs { weight } else { 0.0 })
        .collect();
    let linear = LinearAutoencoder { mean: vec![0.0; inputs], basis, latent: CHANNELS };
    dir.write("turned.onnx", linear.to_onnx(CHANNELS, rows));
}

/// Of a model without a profile the axes were taken for rows and channels, whatever the data had.
#[test]
fn axes_are_told_by_the_number_of_channels() {
    let dir = Dir::fitted();
    turned_model(&dir, 12);
    plain_model(&dir, 12);
    for (model, layout) in [("turned", "channels-time"), ("plain", "time-channels")] {
        dir.oddity(&format!("calibrate {model}.onnx normal.csv -o {model}.onnx --score mse")).ok();
        let profile = profile(&dir, &format!("{model}.onnx"));
        assert_eq!((&profile["layout"], &profile["window"]), (&json!(layout), &json!(12)));
    }
    let score = |model: &str| {
        let run = dir.oddity(&format!("detect {model} normal.csv --emit scores")).ok();
        run.json_lines().last().unwrap()["score"].as_f64().unwrap()
    };
    let (turned, plain) = (score("turned.onnx"), score("plain.onnx"));
    assert!((turned / plain - 1.0).abs() < 1e-3, "{turned} {plain}");
    // Where either would do, rows come first; and what is said goes before what is found.
    plain_model(&dir, CHANNELS);
    dir.oddity("calibrate plain.onnx normal.csv -o square.onnx").ok();
    assert_eq!(profile(&dir, "square.onnx")["layout"], "time-channels");
    dir.oddity("calibrate plain.onnx normal.csv -o square.onnx --layout channels-time").ok();
    assert_eq!(profile(&dir, "square.onnx")["layout"], "channels-time");
}

#[test]
fn renewing_keeps_key_and_time_column() {
    let dir = Dir::fitted();
    let text = dir.text("normal.csv");
    let (header, rows) = text.split_once('\n').unwrap();
    let keyed: String = rows
        .lines()
        .enumerate()
        .map(|(row, line)| format!("{},2026-02-02T00:00:00Z,{line}\n", row / 600))
        .collect();
    let header = header.replacen("time", "measured", 1);
    dir.write("keyed.csv", format!("unit,time,{header}\n{keyed}"));
    dir.oddity("fit keyed.csv -o keyed.onnx --key unit --time measured").ok();
    dir.oddity("calibrate keyed.onnx keyed.csv -o new.onnx --score mse").ok();
    let (old, new) = (profile(&dir, "keyed.onnx"), profile(&dir, "new.onnx"));
    // What is just raised depends on the score.
    let (old, new) = (without_sensitivity(old), without_sensitivity(new));
    assert_eq!((&old["key"], &old["time"]), (&json!("unit"), &json!("measured")));
    for name in ["key", "time", "period_s", "channels"] {
        assert_eq!(old[name], new[name], "{name}");
    }
    assert_eq!(new["period_s"], 1.0);
    dir.oddity("calibrate keyed.onnx keyed.csv -o none.onnx --key none --time none").ok();
    let none = profile(&dir, "none.onnx");
    assert!(none["key"].is_null() && none["time"].is_null(), "{none}");
}

#[test]
fn a_profile_is_not_turned_into_that_of_another_model() {
    let dir = Dir::fitted();
    let names = "vibration_de,vibration_nde,current,pressure,flow,bearing_temp,fluid_temp,speed";
    let calibrate = |options: &str| {
        dir.oddity(&format!("calibrate model.onnx renamed.csv -o new.onnx {options}"))
    };
    dir.write("renamed.csv", dir.text("normal.csv"));
    for options in [
        "--exclude flow".into(),
        "--layout channels-time".into(),
        "--channels flow,pressure".into(),
        format!("--channels {}", names.replace("pressure,flow", "flow,pressure")),
        format!("--channels {names},label"),
    ] {
        let option = options.split(' ').next().unwrap();
        calibrate(&options).fails(2, &["the model has a profile", "pressure, flow", option]);
    }
    calibrate("--layout time-channels").ok();
    calibrate(&format!("--channels {names}")).ok();
    // Today the flow has another name, at the same place.
    let (header, rows) = dir
        .text("normal.csv")
        .split_once('\n')
        .map(|(h, r)| (h.replace("flow", "q"), r.to_owned()))
        .unwrap();
    dir.write("renamed.csv", format!("{header}\n{rows}"));
    calibrate("").fails(65, &["\"flow\""]);
    calibrate(&format!("--channels {}", names.replace("flow", "q"))).ok();
    let (old, new) = (profile(&dir, "model.onnx"), profile(&dir, "new.onnx"));
    assert_eq!(new["channels"][4]["name"], "q");
    for (old, new) in
        old["channels"].as_array().unwrap().iter().zip(new["channels"].as_array().unwrap())
    {
        assert_eq!((&old["mean"], &old["scale"]), (&new["mean"], &new["scale"]));
    }
}

#[test]
fn a_model_whose_output_is_not_finite_on_the_data_is_refused() {
    let dir = Dir::fitted();
    let inputs = 10 * CHANNELS;
    let linear = LinearAutoencoder {
        mean: vec![0.0; inputs],
        basis: vec![3e18; inputs * CHANNELS],
        latent: CHANNELS,
    };
    dir.write("large.onnx", linear.to_onnx(10, CHANNELS));
    dir.oddity("calibrate large.onnx normal.csv -o m.onnx")
        .fails(65, &["the model's output", "not finite", "--normalise"]);
    assert!(!dir.names().contains(&"m.onnx".to_owned()));
}

#[test]
fn a_hop_of_zero_is_refused() {
    let dir = Dir::fitted();
    dir.oddity("calibrate model.onnx normal.csv -o other.onnx --hop 0").fails(2, &["--hop"]);
}

/// A model of grey pictures that sees squares of 2 x 2 pixels only, and pictures to calibrate it
/// with: 40 shaded ones in `good`, and in `seen` one like them and one with a line of single pixels.
fn pictures() -> Dir {
    use crate::harness::onnx::Onnx;
    use image::{GrayImage, Luma};

    let dir = Dir::new();
    let shaded = |number: u32, line: bool| {
        GrayImage::from_fn(16, 16, |x, y| match line && x == y {
            true => Luma([255]),
            false => Luma([(40 + 4 * x + 3 * y + (x + 5 * y + number) % 7) as u8]),
        })
    };
    for folder in ["good", "seen"] {
        std::fs::create_dir(dir.file(folder)).unwrap();
    }
    for number in 0..40 {
        shaded(number, false).save(dir.file(&format!("good/{number:02}.png"))).unwrap();
    }
    shaded(3, false).save(dir.file("seen/good.png")).unwrap();
    shaded(3, true).save(dir.file("seen/line.png")).unwrap();
    dir.write("bare.onnx", Onnx::squares(1, 16, 16).file("reconstruction latent"));
    dir.write("colour.onnx", Onnx::squares(3, 16, 16).file("reconstruction"));
    dir
}

#[test]
fn a_model_of_pictures_is_calibrated_with_pictures_and_then_judges() {
    let dir = pictures();
    let run = dir.oddity("calibrate bare.onnx good -o done.onnx").ok();
    assert!(run.stderr.starts_with("40 pictures of 16 x 16 grey\n"), "{}", run.stderr);
    assert!(run.stderr.contains("threshold") && run.stderr.contains("(quantile:0.99:1.2)"));
    let profile = profile(&dir, "done.onnx");
    assert_eq!((&profile["layout"], &profile["window"]), (&json!("picture"), &json!(256)));
    assert_eq!(profile["channels"], json!([{"name": "grey", "mean": 0.0, "scale": 1.0}]));
    let odd = |model: &str| -> Vec<Value> {
        let run = dir.oddity(&format!("reconstruct {model} seen -o out --write heatmap")).ok();
        run.json_lines().iter().map(|line| line["odd"].clone()).collect()
    };
    assert_eq!(odd("done.onnx"), [false, true]);
    // Colour of grey pictures, of the model's size.
    let run = dir.oddity("calibrate colour.onnx good -o colour.onnx").ok();
    assert!(run.stderr.starts_with("40 pictures of 16 x 16 colour\n"), "{}", run.stderr);
    assert_eq!(odd("colour.onnx"), [false, true]);
}

#[test]
fn the_profile_of_a_model_of_pictures_is_renewed() {
    let dir = pictures();
    dir.oddity("calibrate bare.onnx good -o old.onnx --score mae --threshold sigma:9 --raise 1.5")
        .ok();
    dir.oddity("calibrate old.onnx good seen/good.png -o new.onnx").ok();
    let (old, new) = (profile(&dir, "old.onnx"), profile(&dir, "new.onnx"));
    assert_eq!(old["score"]["kind"], "mae");
    assert_eq!(old["alert"]["raise"], 1.5);
    for name in ["score", "alert", "channels", "layout", "smooth"] {
        assert_eq!(old[name], new[name], "{name}");
    }
    assert_eq!(old["threshold"]["rule"], new["threshold"]["rule"]);
    assert_eq!((&old["provenance"]["rows"], &new["provenance"]["rows"]), (&json!(40), &json!(41)));
    assert_ne!(old["provenance"]["data_sha256"], new["provenance"]["data_sha256"]);
    dir.oddity("calibrate new.onnx good -o new.onnx --score mse").ok();
    assert_eq!(profile(&dir, "new.onnx")["score"]["kind"], "mse");
}

#[test]
fn pictures_and_rows_are_not_taken_for_each_other() {
    let dir = pictures();
    plain_model(&dir, 10);
    dir.oddity("simulate --rows 300 --output normal.csv").ok();
    dir.oddity("calibrate bare.onnx good -o grey.onnx").ok();
    for model in ["grey", "colour"] {
        dir.oddity(&format!("calibrate {model}.onnx normal.csv -o m.onnx"))
            .fails(65, &["the model takes pictures", "normal.csv", "PNG, JPEG or MNIST idx"]);
        dir.oddity(&format!("calibrate {model}.onnx nowhere -o m.onnx"))
            .fails(2, &["the model takes pictures", "cannot read nowhere"]);
    }
    // One plane without a profile may be rows and channels as well.
    dir.oddity("calibrate bare.onnx normal.csv -o m.onnx")
        .fails(65, &["takes 16 channels, the data has 8", "pictures if it takes those"]);
    dir.oddity("calibrate plain.onnx good -o m.onnx").fails(2, &["[10, 8]", "not pictures"]);
    dir.oddity("calibrate plain.onnx normal.csv -o plain.onnx").ok();
    dir.oddity("calibrate plain.onnx good -o m.onnx")
        .fails(2, &["profile for rows of sensors", "CSV"]);
    for option in ["--rows 30", "--key a", "--time a", "--format csv", "--window 9", "--normalise"]
    {
        dir.oddity(&format!("calibrate bare.onnx good -o m.onnx {option}"))
            .fails(2, &[option.split(' ').next().unwrap(), "not for pictures"]);
    }
    dir.oddity("calibrate bare.onnx seen -o m.onnx").fails(65, &["2 pictures", "at least 20"]);
    dir.write("good/99.png", &dir.read("good/00.png")[..60]);
    dir.oddity("calibrate bare.onnx good -o m.onnx").fails(65, &["99.png is damaged"]);
    assert!(!dir.names().contains(&"m.onnx".to_owned()));
}
