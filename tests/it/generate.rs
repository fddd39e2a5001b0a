//! New windows and pictures out of a variational autoencoder.

use crate::harness::Dir;
use crate::harness::onnx::Onnx;

/// `normal.csv` and a variational model of its windows, `vae.onnx`.
fn variational() -> Dir {
    let dir = Dir::fitted();
    let channels = dir.text("normal.csv").lines().next().unwrap().split(',').count() - 1;
    let outputs = "reconstruction latent mu logvar";
    dir.write("bare.onnx", Onnx::variational(20, channels as i64).file(outputs));
    dir.oddity("calibrate bare.onnx normal.csv -o vae.onnx --normalise --window 20").ok();
    dir
}

fn readings(text: &str, first: usize) -> Vec<Vec<f64>> {
    let rows = text.lines().skip(1);
    rows.map(|row| row.split(',').skip(first).map(|cell| cell.parse().unwrap()).collect()).collect()
}

#[test]
fn windows_are_drawn_in_the_units_of_the_data() {
    let dir = variational();
    let run = dir.oddity("generate vae.onnx -n 400 --seed 7").ok();
    assert_eq!(run.stderr, "");
    let names = dir.text("normal.csv").lines().next().unwrap().replacen("time", "window,step", 1);
    assert_eq!(run.lines()[0], names);
    assert_eq!(run.lines().len(), 1 + 400 * 20);
    assert!(run.lines()[1].starts_with("0,0,") && run.lines()[8000].starts_with("399,19,"));
    // The model repeats a standard normal number, so that each channel has its own mean and scale.
    let (drawn, data) = (readings(&run.stdout, 2), readings(&dir.text("normal.csv"), 1));
    for at in 0..data[0].len() {
        let moments = |rows: &[Vec<f64>]| {
            let n = rows.len() as f64;
            let mean = rows.iter().map(|row| row[at]).sum::<f64>() / n;
            let variance = rows.iter().map(|row| (row[at] - mean).powi(2)).sum::<f64>() / n;
            (mean, variance.sqrt())
        };
        let ((mean, scale), (wanted, spread)) = (moments(&drawn), moments(&data));
        assert!((mean - wanted).abs() < 0.2 * spread, "channel {at}: {mean} for {wanted}");
        assert!((0.85..1.15).contains(&(scale / spread)), "channel {at}: {scale} for {spread}");
    }
}

#[test]
fn the_same_seed_gives_the_same() {
    let dir = variational();
    let first = dir.oddity("generate vae.onnx -n 50 --seed 7").ok().stdout;
    assert_eq!(dir.oddity("generate vae.onnx -n 50 --seed 7").ok().stdout, first);
    assert_ne!(dir.oddity("generate vae.onnx -n 50 --seed 8").ok().stdout, first);
    // More are the same and then others; a file gets what standard output gets.
    assert!(dir.oddity("generate vae.onnx -n 70 --seed 7").ok().stdout.starts_with(&first));
    dir.oddity("generate vae.onnx -n 50 --seed 7 --output drawn.csv").ok();
    assert_eq!(dir.text("drawn.csv"), first);
}

#[test]
fn pictures_are_drawn_as_a_grid_or_one_by_one() {
    let dir = Dir::new();
    let decoder = Onnx::new("latent", None, &[2])
        .floats("weights", &[2, 48], &(0..96).map(|i| (i % 5) as f32).collect::<Vec<_>>())
        .integers("shape", &[-1, 3, 4, 4])
        .node("MatMul", "latent weights", "flat")
        .node("Sigmoid", "flat", "bounded")
        .node("Reshape", "bounded shape", "reconstruction");
    dir.write("decoder.onnx", decoder.file("reconstruction"));
    dir.oddity("generate decoder.onnx -n 9 --output grid.png").ok();
    let grid = image::open(dir.file("grid.png")).unwrap();
    assert_eq!((grid.width(), grid.height()), (3 * 32 + 16, 3 * 32 + 16));
    let first = dir.read("grid.png");
    dir.oddity("generate decoder.onnx -n 9 --output grid.png").ok();
    assert!(dir.read("grid.png") == first);
    dir.oddity("generate decoder.onnx -n 11 --output many").ok();
    let one = image::open(dir.file("many/10.png")).unwrap();
    assert_eq!((one.width(), one.height()), (4, 4));
    assert_eq!(std::fs::read_dir(dir.file("many")).unwrap().count(), 11);
    dir.oddity("generate decoder.onnx").fails(2, &["--output FILE.png"]);
}

#[test]
fn what_cannot_be_drawn_from_says_why() {
    let dir = variational();
    dir.oddity("generate model.onnx").fails(2, &["not variational", "`mu`", "train"]);
    dir.write("none.onnx", Onnx::new("x", None, &[4]).node("Neg", "x", "out").file("out"));
    dir.oddity("generate none.onnx").fails(2, &["none.onnx", "no value named `latent`"]);
    let skip = Onnx::halves().node("Add", "reconstruction input", "sum").file("sum latent");
    dir.write("skip.onnx", skip);
    dir.oddity("generate skip.onnx").fails(2, &["beside the latent"]);
    dir.oddity("generate vae.onnx -n 0").fails(2, &["0"]);
    dir.oddity("generate nowhere.onnx").fails(2, &["nowhere.onnx"]);
    dir.oddity("generate vae.onnx --output /dev/full").fails(74, &["cannot write /dev/full"]);
    // Without a profile nothing is known of units and names.
    let run = dir.oddity("generate bare.onnx -n 1").ok();
    assert!(run.stderr.contains("no profile"), "{}", run.stderr);
    assert!(run.lines()[0].starts_with("window,step,c0,c1"));
}
