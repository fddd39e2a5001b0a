//! Pictures whose planes are last, as Keras writes them, or last on one side only: they are seen, judged
//! and drawn as those whose planes are first.

use crate::harness::onnx::Onnx;
use crate::harness::{Dir, data, floats, relative_difference};
use image::{Rgb, RgbImage};

/// Where the planes of input and output are.
#[derive(Clone, Copy, PartialEq)]
enum Planes {
    First,
    Last,
}

/// An autoencoder of colour pictures that sees squares of 2 x 2 pixels only.
fn squares(input: Planes, output: Planes, height: i64, width: i64) -> Onnx {
    let axes = match input {
        Planes::First => [3, height, width],
        Planes::Last => [height, width, 3],
    };
    let mut onnx = Onnx::new("input", None, &axes);
    if input == Planes::Last {
        onnx = onnx.node("Transpose", "input", "first").ints("perm", &[0, 3, 1, 2]);
    }
    let x = if input == Planes::Last { "first" } else { "input" };
    let y = if output == Planes::Last { "drawn" } else { "reconstruction" };
    let onnx = onnx
        .node("AveragePool", x, "latent")
        .ints("kernel_shape", &[2, 2])
        .ints("strides", &[2, 2])
        .floats("scales", &[4], &[1.0, 1.0, 2.0, 2.0])
        .node("Resize", "latent  scales", y)
        .text("mode", "nearest")
        .text("coordinate_transformation_mode", "asymmetric")
        .text("nearest_mode", "floor");
    match output {
        Planes::First => onnx,
        Planes::Last => onnx.node("Transpose", y, "reconstruction").ints("perm", &[0, 2, 3, 1]),
    }
}

/// `in/`, 24 pictures that are unlike in every direction and plane; `odd/`, one with a scratch.
fn pictures() -> Dir {
    let dir = Dir::new();
    for number in 0..25u32 {
        let folder = if number == 24 { "odd" } else { "in" };
        std::fs::create_dir_all(dir.file(folder)).unwrap();
        let picture = RgbImage::from_fn(12, 8, |x, y| {
            if number == 24 && (x + y) % 2 == 0 {
                return Rgb([255, 0, 255]);
            }
            let shade = |value: u32| value.min(255) as u8;
            Rgb([shade(20 * x), shade(30 * y), shade(5 * (x + y) + number)])
        });
        picture.save(dir.file(&format!("{folder}/{number:02}.png"))).unwrap();
    }
    for (name, input, output) in [
        ("first", Planes::First, Planes::First),
        ("last", Planes::Last, Planes::Last),
        ("out-last", Planes::First, Planes::Last),
        ("in-last", Planes::Last, Planes::First),
    ] {
        let onnx = squares(input, output, 8, 12);
        dir.write(&format!("{name}.onnx"), onnx.file("reconstruction latent"));
    }
    dir
}

const OTHERS: [&str; 3] = ["last", "out-last", "in-last"];

#[test]
fn all_four_orders_draw_and_judge_the_same() {
    let dir = pictures();
    let without_model = |run: &str| {
        let mut lines = dir.oddity(run).ok().json_lines();
        lines.iter_mut().for_each(|line| {
            line["model"].take();
        });
        lines
    };
    let seen = without_model("reconstruct first.onnx in odd -o drawn-first");
    dir.oddity("calibrate first.onnx in -o first.cal.onnx --threshold quantile:1:2").ok();
    let judged = without_model("reconstruct first.cal.onnx in odd -o judged-first");
    assert_eq!(judged.iter().filter(|line| line["odd"] == true).count(), 1);
    for name in OTHERS {
        let again = without_model(&format!("reconstruct {name}.onnx in odd -o drawn-{name}"));
        assert_eq!(again, seen, "{name}");
        for kind in ["reconstruction", "heatmap", "side-by-side"] {
            for number in ["00", "23", "24"] {
                let file = |model: &str| dir.read(&format!("drawn-{model}/{number}.{kind}.png"));
                assert!(file(name) == file("first"), "{name}: {number}.{kind}.png");
            }
        }
        dir.oddity(&format!(
            "calibrate {name}.onnx in -o {name}.cal.onnx --threshold quantile:1:2"
        ))
        .ok();
        let again = without_model(&format!("reconstruct {name}.cal.onnx in odd -o judged-{name}"));
        for (again, judged) in again.iter().zip(&judged) {
            let number = |line: &serde_json::Value| line["ratio"].as_f64().unwrap();
            assert!((number(again) - number(judged)).abs() < 1e-6, "{name}: {again} {judged}");
            assert_eq!(again["odd"], judged["odd"], "{name}");
        }
    }
    // The picture that comes out is that which went in, plane by plane: a square has its mean.
    let drawn = image::open(dir.file("drawn-last/00.reconstruction.png")).unwrap().to_rgb8();
    assert_eq!(drawn.dimensions(), (12, 8));
    assert_eq!(drawn.get_pixel(6, 0).0, [130, 15, 35]);
    assert_eq!(drawn.get_pixel(0, 6).0, [10, 195, 35]);
}

#[test]
fn inspect_says_where_the_planes_are() {
    let dir = pictures();
    let shown = |model: &str| dir.oddity(&format!("inspect {model}")).ok().stdout;
    assert!(shown("first.onnx").contains("planes first: [planes, height, width]"));
    assert!(shown("last.onnx").contains("planes last: [height, width, planes]"));
    assert!(!shown("last.onnx").contains("notice"));
    for (model, axes) in [("out-last.onnx", "[8, 12, 3]"), ("in-last.onnx", "[3, 8, 12]")] {
        let shown = shown(model);
        let notice = format!("output `reconstruction` has the axes {axes} in the file");
        assert!(shown.contains(&notice), "{shown}");
    }
    dir.oddity("calibrate last.onnx in -o cal.onnx").ok();
    let json = dir.oddity("inspect cal.onnx --json").ok().json();
    assert_eq!(json["profile"]["layout"], "picture-planes-last");
    assert_eq!(json["layout"], "picture-planes-last");
    assert!(shown("cal.onnx").contains("a picture of 96 pixels, planes last"));
    dir.oddity("detect cal.onnx in").fails(2, &["takes pictures"]);
}

#[test]
fn raw_windows_and_latents_stay_as_the_file_has_them() {
    let dir = pictures();
    let values: Vec<f32> = (0..2 * 3 * 8 * 12).map(|i| (i * 7 % 31) as f32).collect();
    let turned = |values: &[f32]| -> Vec<f32> {
        let picture = |one: &[f32]| -> Vec<f32> {
            (0..96).flat_map(|pixel| [one[pixel], one[pixel + 96], one[pixel + 192]]).collect()
        };
        values.chunks(288).flat_map(picture).collect()
    };
    let run = |model: &str, values: &[f32]| -> Vec<f32> {
        dir.raw(&format!("reconstruct {model}.onnx --format f32"), values)
    };
    let first = run("first", &values);
    assert_eq!(run("last", &turned(&values)), turned(&first));
    // Of a mixed file both are in the input's order.
    assert_eq!(run("out-last", &values), first);
    assert_eq!(run("in-last", &turned(&values)), turned(&first));
    let latents = |model: &str| dir.oddity(&format!("encode {model}.onnx in")).ok().stdout;
    for name in OTHERS {
        assert_eq!(latents(name), latents("first"), "{name}");
    }
}

#[test]
fn a_layout_that_the_axes_do_not_tell_can_be_said_and_is_kept() {
    let dir = pictures();
    // Three rows, twelve columns, three planes; or the other way round.
    dir.write("both.onnx", squares(Planes::Last, Planes::Last, 4, 12).file("reconstruction"));
    let cut = |axes: &[i64]| Onnx::new("x", None, axes).node("Identity", "x", "y").file("y");
    dir.write("both.onnx", cut(&[3, 12, 3]));
    let json = |model: &str| dir.oddity(&format!("inspect {model} --json")).ok().json();
    assert_eq!(json("both.onnx")["layout"], "picture");
    let fixed = "--threshold fixed:1";
    dir.oddity(&format!("calibrate both.onnx in -o a.onnx {fixed}")).ok();
    assert_eq!(json("a.onnx")["profile"]["layout"], "picture");
    dir.oddity(&format!("calibrate both.onnx in -o b.onnx {fixed} --layout picture-planes-last"))
        .ok();
    assert_eq!(json("b.onnx")["profile"]["layout"], "picture-planes-last");
    dir.oddity("reconstruct a.onnx in -o a").ok();
    dir.oddity("reconstruct b.onnx in -o b").ok();
    let size = |name: &str| {
        image::open(dir.file(&format!("{name}/00.reconstruction.png"))).unwrap().to_rgb8()
    };
    // 12 high and 3 wide by planes first; 3 high and 12 wide by planes last.
    assert_eq!((size("a").dimensions(), size("b").dimensions()), ((3, 12), (12, 3)));
    dir.oddity("calibrate b.onnx in -o c.onnx --layout picture").fails(2, &["--layout cannot"]);
    dir.write("five.onnx", cut(&[8, 12, 5]));
    dir.oddity("reconstruct five.onnx in -o five").fails(2, &["not pictures"]);
}

#[test]
fn a_single_plane_last_counts_as_rows_and_channels_too() {
    let dir = Dir::fitted();
    let plane = |axes: &[i64]| Onnx::new("x", None, axes).node("Sigmoid", "x", "y").file("y");
    dir.write("last.onnx", plane(&[10, 8, 1]));
    dir.write("plain.onnx", plane(&[10, 8]));
    let scores = |name: &str| {
        dir.oddity(&format!("calibrate {name}.onnx normal.csv -o {name}.cal.onnx")).ok();
        let mut lines = dir
            .oddity(&format!("detect {name}.cal.onnx normal.csv --emit scores"))
            .ok()
            .json_lines();
        lines.iter_mut().for_each(|line| {
            line["model"].take();
        });
        lines
    };
    let (last, plain) = (scores("last"), scores("plain"));
    assert!(last.len() > 1000 && last == plain);
}

#[test]
fn drawn_pictures_have_their_planes_in_place() {
    let dir = Dir::new();
    // Red where the first value of the latent says, on the left; blue where the second, above.
    let (height, width) = (2usize, 3usize);
    let at = |row: usize, column: usize, plane: usize| (row * width + column) * 3 + plane;
    let mut decoder = vec![0.0; 2 * height * width * 3];
    decoder[at(0, 0, 0)] = 100.0;
    decoder[at(1, 0, 0)] = 100.0;
    (0..width).for_each(|column| decoder[18 + at(0, column, 2)] = 100.0);
    let vae = Onnx::new("input", None, &[2, 3, 3])
        .integers("flat", &[-1, 18])
        .integers("window", &[-1, 2, 3, 3])
        .floats("encoder", &[18, 2], &[0.01; 36])
        .floats("decoder", &[2, 18], &decoder)
        .node("Reshape", "input flat", "row")
        .node("MatMul", "row encoder", "mu")
        .node("Identity", "mu", "logvar")
        .node("Identity", "mu", "latent")
        .node("Abs", "latent", "size")
        .node("MatMul", "size decoder", "out")
        .node("Reshape", "out window", "reconstruction");
    dir.write("vae.onnx", vae.file("reconstruction latent mu logvar"));
    // [2, 3, 3] could be planes first by nothing but its axes: the first of them is 2.
    dir.oddity("generate vae.onnx -n 3 --seed 1 -o drawn").ok();
    for name in dir.file("drawn").read_dir().unwrap() {
        let drawn = image::open(name.unwrap().path()).unwrap().to_rgb8();
        assert_eq!(drawn.dimensions(), (3, 2));
        let pixel = |x, y| drawn.get_pixel(x, y).0;
        assert_eq!((pixel(0, 0), pixel(0, 1)), ([255, 0, 255], [255, 0, 0]));
        assert_eq!((pixel(2, 0), pixel(2, 1)), ([0, 0, 255], [0, 0, 0]));
    }
}

#[test]
#[ignore = "needs ODDITY_DATA"]
fn a_keras_export_gives_onnxruntimes_answer() {
    let path = |ending: &str| data().join(format!("wild/nhwc_picture.{ending}"));
    let dir = pictures();
    let model = path("onnx").display().to_string();
    let found = dir.raw(&format!("reconstruct {model} --format f32"), &floats(&path("in")));
    assert!(relative_difference(&found, &floats(&path("out"))) < 1e-5);
    dir.oddity(&format!("calibrate {model} in -o m.onnx")).ok();
    let lines = dir.oddity("reconstruct m.onnx odd -o seen").ok().json_lines();
    assert!(lines[0]["ratio"].as_f64().is_some());
    let seen = image::open(dir.file("seen/24.reconstruction.png")).unwrap().to_rgb8();
    assert_eq!(seen.dimensions(), (32, 32));
}
