//! The models in `models/` do what its README says of them.

use crate::harness::Dir;

/// Faults in `pump-faults.csv`, from the first row to the last, each with the rows in which what is
/// left of it may still be told.
const FAULTS: [(u64, u64); 5] =
    [(901, 1900), (2101, 2700), (3001, 3400), (3901, 4300), (4801, 4900)];

/// With the models of the folder in it.
fn dir() -> Dir {
    let dir = Dir::new();
    let models = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    std::os::unix::fs::symlink(models, dir.file("models")).unwrap();
    dir
}

#[test]
fn each_model_of_the_pump_finds_the_five_faults_and_nothing_else() {
    let dir = dir();
    for name in ["pump", "pump-dense", "pump-denoising", "pump-conv1d", "pump-gru", "pump-vae"] {
        let detect = format!("detect models/{name}.onnx models/pump-faults.csv");
        let events = dir.oddity(&detect).ok().json_lines();
        let rows: Vec<u64> = events.iter().map(|event| event["row"].as_u64().unwrap()).collect();
        for (first, last) in FAULTS {
            let told = rows.iter().any(|row| (first..=last).contains(row));
            assert!(told, "{name} says nothing of the fault in rows {first} to {last}: {rows:?}");
        }
        let is_known = |row: &u64| FAULTS.iter().any(|(first, last)| (first..=last).contains(&row));
        assert!(rows.iter().all(is_known), "{name} reports what is no fault: {rows:?}");
    }
}

#[test]
fn the_model_of_parts_tells_defects_from_good_parts() {
    let dir = dir();
    dir.oddity("draw good -n 100 --seed 3").ok();
    let odd = |folder: &str| {
        let run = format!("reconstruct models/parts.onnx {folder} --output seen --write heatmap");
        let lines = dir.oddity(&run).ok().json_lines();
        lines.iter().filter(|line| line["odd"] == true).count()
    };
    let good = odd("good");
    assert!(good <= 1, "{good} of 100 good ones");
    for (defect, least) in [("chip", 20), ("undrilled", 20), ("stain", 18)] {
        dir.oddity(&format!("draw {defect} -n 20 --seed 4 --defect {defect}")).ok();
        let found = odd(defect);
        assert!(found >= least, "{found} of 20 {defect}");
    }
}

#[test]
fn the_variational_model_draws_windows_of_the_pump() {
    let dir = dir();
    let drawn = dir.oddity("generate models/pump-vae.onnx -n 3 --seed 1").ok();
    let lines = drawn.lines();
    assert!(lines[0].ends_with(",bearing_temp,fluid_temp,speed"), "{}", lines[0]);
    assert_eq!(lines.len(), 1 + 3 * 20);
}
