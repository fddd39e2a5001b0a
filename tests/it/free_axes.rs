//! Models that leave the time, or the size of a picture, free: how long it is is said once, and kept.

use crate::harness::onnx::Onnx;
use crate::harness::{Dir, data, floats, relative_difference};

/// A model of rows that takes the mean of three: `[N, 8, rows]`, or with time first.
fn means(rows: i64, time_first: bool) -> Onnx {
    let axes = if time_first { [rows, 8] } else { [8, rows] };
    let onnx = Onnx::new("input", None, &axes);
    let (x, y) = if time_first { ("turned", "mean") } else { ("input", "reconstruction") };
    let onnx = match time_first {
        true => onnx.node("Transpose", "input", "turned").ints("perm", &[0, 2, 1]),
        false => onnx,
    };
    let onnx = onnx.node("AveragePool", x, y).ints("kernel_shape", &[3]).ints("pads", &[1, 1]);
    match time_first {
        true => onnx.node("Transpose", y, "reconstruction").ints("perm", &[0, 2, 1]),
        false => onnx,
    }
}

fn scores(dir: &Dir, model: &str) -> Vec<serde_json::Value> {
    let run = dir.oddity(&format!("detect {model} normal.csv --emit scores")).ok();
    let mut lines = run.json_lines();
    lines.iter_mut().for_each(|line| {
        line["model"].take();
    });
    lines
}

#[test]
fn a_free_time_axis_is_fixed_where_the_model_is_calibrated() {
    let dir = Dir::fitted();
    for (time_first, axis, shape) in [(false, 2, "[N, 8, 24]"), (true, 1, "[N, 24, 8]")] {
        let free = means(24, time_first).free(axis, "time").file("reconstruction");
        dir.write("free.onnx", free);
        dir.write("fixed.onnx", means(24, time_first).file("reconstruction"));
        let words = ["model free.onnx", &format!("axis {axis} (`time`) is free"), "--window ROWS"];
        for command in ["inspect free.onnx", "calibrate free.onnx normal.csv -o m.onnx"] {
            dir.oddity(command).fails(2, &words);
        }
        dir.oddity("calibrate free.onnx normal.csv -o m.onnx --window 24").ok();
        dir.oddity("calibrate fixed.onnx normal.csv -o f.onnx").ok();
        let inspected = dir.oddity("inspect m.onnx").ok().stdout;
        assert!(inspected.contains(shape) && inspected.contains("24 rows"), "{inspected}");
        assert!(!inspected.contains("notice"), "{inspected}");
        assert_eq!(scores(&dir, "m.onnx"), scores(&dir, "f.onnx"));
        // It is renewed as any other, and says of what is fixed that it is.
        dir.oddity("calibrate m.onnx normal.csv -o n.onnx").ok();
        dir.oddity("calibrate m.onnx normal.csv -o n.onnx --window 12")
            .fails(2, &["24 rows", "--window cannot change that"]);
        dir.oddity("inspect m.onnx --window 24").fails(2, &["none of these axes is free"]);
        let bare = dir.oddity("inspect free.onnx --window 7").ok().stdout;
        assert!(bare.contains("the file leaves axes of its windows free"), "{bare}");
    }
}

#[test]
fn the_free_axis_is_time_even_where_the_numbers_do_not_tell() {
    let dir = Dir::fitted();
    dir.write("free.onnx", means(8, false).free(2, "").file("reconstruction"));
    dir.oddity("calibrate free.onnx normal.csv -o m.onnx --window 8").ok();
    let json = dir.oddity("inspect m.onnx --json").ok().json();
    assert_eq!(json["profile"]["layout"], "channels-time");
}

#[test]
fn one_channel_needs_no_axis() {
    let dir = Dir::fitted();
    let one = |onnx: Onnx| {
        onnx.integers("one", &[1])
            .node("Unsqueeze", "input one", "row")
            .node("AveragePool", "row", "mean")
            .ints("kernel_shape", &[3])
            .ints("pads", &[1, 1])
            .node("Squeeze", "mean one", "reconstruction")
            .file("reconstruction")
    };
    dir.write("free.onnx", one(Onnx::new("input", None, &[1]).free(1, "length")));
    dir.write("fixed.onnx", one(Onnx::new("input", None, &[16])));
    let channel = "normal.csv --channels flow";
    dir.oddity(&format!("calibrate free.onnx {channel} -o m.onnx --window 16")).ok();
    dir.oddity(&format!("calibrate fixed.onnx {channel} -o f.onnx --layout time-channels")).ok();
    let scores = scores(&dir, "m.onnx");
    assert!(scores.len() > 1000);
    assert_eq!(scores, self::scores(&dir, "f.onnx"));
    let profile = dir.oddity("inspect m.onnx --json").ok().json()["profile"].take();
    assert_eq!((&profile["window"], &profile["layout"]), (&16.into(), &"time-channels".into()));
}

#[test]
fn pictures_of_a_free_size_are_told_theirs() {
    let dir = Dir::new();
    dir.oddity("draw in -n 24 --size 16 --seed 3").ok();
    let free = Onnx::squares(1, 16, 16).free(2, "h").free(3, "w").file("reconstruction");
    dir.write("free.onnx", free);
    dir.write("fixed.onnx", Onnx::squares(1, 16, 16).file("reconstruction"));
    dir.oddity("reconstruct free.onnx in -o seen").fails(2, &["--size HEIGHTxWIDTH"]);
    dir.oddity("inspect free.onnx --window 16").fails(2, &["--size HEIGHTxWIDTH"]);
    dir.oddity("inspect free.onnx --size 16").fails(2, &["HEIGHTxWIDTH, such as"]);
    dir.oddity("calibrate fixed.onnx in -o m.onnx --size 16x16").fails(2, &["none of these axes"]);
    dir.oddity("reconstruct free.onnx in -o seen --size 16x16").ok();
    dir.oddity("reconstruct fixed.onnx in -o wanted").ok();
    let file = |folder: &str| dir.read(&format!("{folder}/0001.reconstruction.png"));
    assert!(file("seen") == file("wanted"));
    dir.oddity("calibrate free.onnx in -o m.onnx --size 16x16").ok();
    dir.oddity("reconstruct m.onnx in -o again").ok();
    assert!(file("again") == file("wanted"));
}

#[test]
fn a_length_has_its_limits() {
    let dir = Dir::new();
    dir.write("free.onnx", means(24, false).free(2, "time").file("reconstruction"));
    dir.oddity("inspect free.onnx --window 0").fails(2, &["a whole number above 0"]);
    dir.oddity("inspect free.onnx --window 2000000").fails(2, &["each must be 1 to 1048576"]);
    let two = means(24, false).free(1, "channels").free(2, "time").file("reconstruction");
    dir.write("two.onnx", two);
    dir.oddity("inspect two.onnx --window 24").fails(2, &["2 of its 2 axes", "export with fixed"]);
}

#[test]
#[ignore = "needs ODDITY_DATA"]
fn a_convolution_over_free_time_gives_onnxruntimes_answer() {
    let path = |ending: &str| data().join(format!("wild/free_time.{ending}"));
    let dir = Dir::fitted();
    let model = path("onnx").display().to_string();
    let run = |options: &str| {
        dir.raw(&format!("reconstruct {model} --format f32 {options}"), &floats(&path("in")))
    };
    assert!(relative_difference(&run("--window 64"), &floats(&path("out"))) < 1e-5);
    dir.oddity(&format!("calibrate {model} normal.csv --channels flow -o m.onnx --window 64")).ok();
    assert!(scores(&dir, "m.onnx").len() > 300);
}
