//! Pictures: reading them, drawing them, and a model of pictures through the program.

use std::path::{Path, PathBuf};

use crate::harness::Dir;
use crate::harness::onnx::Onnx;
use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage};
use oddity::model::{Bundle, Model};
use oddity::picture::{Canvas, PictureOptions, PictureShape, Pictures};
use oddity::profile::{
    AlertSpec, Channel, Golden, HeadSpec, InputSpec, Layout, MissingSpec, Profile, Provenance,
    ScoreSpec, SmoothSpec, ThresholdRule, ThresholdSpec, VERSION,
};
use oddity::types::Reconstruction;

/// A disc that is brighter than its ground; odd ones have a scratch of single pixels.
fn disc(scratch: bool) -> RgbImage {
    RgbImage::from_fn(32, 32, |x, y| {
        let (dx, dy) = (x as i32 / 2 - 8, y as i32 / 2 - 8);
        if scratch && x == y && (8..24).contains(&x) {
            return Rgb([255, 255, 255]);
        }
        if dx * dx + dy * dy < 36 { Rgb([200, 120, 40]) } else { Rgb([30, 40, 60]) }
    })
}

fn save(dir: &Dir, name: &str, picture: impl Into<DynamicImage>) {
    let path = dir.file(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    picture.into().save(path).unwrap();
}

fn shape(planes: usize, height: usize, width: usize) -> PictureShape {
    PictureShape { planes, height, width }
}

fn all(paths: &[PathBuf], options: PictureOptions) -> Result<Vec<(String, Vec<f32>)>, String> {
    let mut pictures = Pictures::open(paths, options).map_err(|error| error.to_string())?;
    let mut found = Vec::new();
    while let Some((name, values)) = pictures.next().map_err(|error| error.to_string())? {
        found.push((name.to_owned(), values.to_vec()));
    }
    assert_eq!(found.len(), pictures.count());
    Ok(found)
}

fn fails(path: &Path, options: PictureOptions, words: &[&str]) {
    let error = all(&[path.to_owned()], options).unwrap_err();
    for word in words {
        assert!(error.contains(word), "no {word:?} in {error}");
    }
}

#[test]
fn a_folder_gives_its_pictures_in_order_as_planes() {
    let dir = Dir::new();
    save(&dir, "p/b.png", RgbImage::from_fn(2, 1, |x, _| Rgb([255 * x as u8, 51, 0])));
    save(&dir, "p/a.PNG", RgbImage::from_fn(2, 1, |_, _| Rgb([0, 0, 255])));
    dir.write("p/notes.txt", "not a picture");
    std::fs::create_dir(dir.file("p/deeper.png")).unwrap();
    let found = all(&[dir.file("p")], PictureOptions::default()).unwrap();
    assert_eq!(found[0], ("a.PNG".into(), vec![0.0, 0.0, 0.0, 0.0, 1.0, 1.0]));
    assert_eq!(found[1], ("b.png".into(), vec![0.0, 1.0, 0.2, 0.2, 0.0, 0.0]));
    let grey = PictureOptions { planes: Some(1), ..PictureOptions::default() };
    let found = all(&[dir.file("p")], grey).unwrap();
    // BT.709: blue counts 0.0722.
    assert!((found[0].1[0] - 0.0722).abs() < 0.004, "{:?}", found[0]);
    assert_eq!(found[0].1.len(), 2);
}

#[test]
fn sizes_bits_and_orientation() {
    let dir = Dir::new();
    let wide = image::ImageBuffer::<Luma<u16>, _>::from_fn(2, 2, |x, y| Luma([(x + 2 * y) as u16]));
    save(&dir, "wide.png", DynamicImage::ImageLuma16(wide));
    let found = all(&[dir.file("wide.png")], PictureOptions::default()).unwrap();
    assert_eq!(found[0].1, [0.0, 1.0 / 65535.0, 2.0 / 65535.0, 3.0 / 65535.0]);
    // Shrinking takes the mean, not one pixel of many.
    let stripes = GrayImage::from_fn(64, 64, |x, _| Luma([if x % 2 == 0 { 0 } else { 255 }]));
    save(&dir, "stripes.png", stripes);
    let half = PictureOptions { size: Some((8, 4)), planes: Some(3) };
    let found = all(&[dir.file("stripes.png")], half).unwrap();
    assert_eq!(found[0].1.len(), 3 * 8 * 4);
    assert!(found[0].1.iter().all(|v| (v - 0.5).abs() < 0.05), "{:?}", found[0].1);
    // A camera that was held upright says so: Exif orientation 6, turn right.
    let lying = RgbImage::from_fn(16, 8, |x, _| Rgb([if x < 8 { 255 } else { 0 }; 3]));
    let mut jpeg = std::io::Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(lying).write_to(&mut jpeg, ImageFormat::Jpeg).unwrap();
    let jpeg = jpeg.into_inner();
    let exif =
        b"\xff\xe1\x00\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    dir.write("upright.jpg", [&jpeg[..2], &exif[..], &jpeg[2..]].concat());
    let mut upright =
        Pictures::open(&[dir.file("upright.jpg")], PictureOptions::default()).unwrap();
    assert_eq!(upright.shape(), shape(3, 16, 8));
    let (_, values) = upright.next().unwrap().unwrap();
    assert!(values[0] > 0.9 && values[127] < 0.1, "the first row is bright, the last dark");
}

fn idx(count: u32, height: u32, width: u32, pixels: &[u8]) -> Vec<u8> {
    let head = [0x803, count, height, width].map(u32::to_be_bytes).concat();
    [&head, pixels].concat()
}

#[test]
fn mnist_files_are_read_one_by_one() {
    let dir = Dir::new();
    let pixels: Vec<u8> = (0..12 * 6).collect();
    dir.write("digits-idx3-ubyte", idx(12, 2, 3, &pixels));
    let found = all(&[dir.file("digits-idx3-ubyte")], PictureOptions::default()).unwrap();
    assert_eq!(found.len(), 12);
    assert_eq!(
        (found[0].0.as_str(), found[11].0.as_str()),
        ("digits-idx3-ubyte.00", "digits-idx3-ubyte.11")
    );
    assert_eq!(found[7].1[0], 42.0 / 255.0);
    let mut pictures =
        Pictures::open(&[dir.file("digits-idx3-ubyte")], PictureOptions::default()).unwrap();
    assert_eq!((pictures.shape(), pictures.count()), (shape(1, 2, 3), 12));
    pictures.next().unwrap();
    pictures.next().unwrap();
    pictures.rewind();
    assert_eq!(pictures.next().unwrap().unwrap().1[0], 0.0);
    // Colour and another size are made of them as of any.
    let colour = PictureOptions { size: Some((4, 6)), planes: Some(3) };
    assert_eq!(all(&[dir.file("digits-idx3-ubyte")], colour).unwrap()[3].1.len(), 72);
}

#[test]
fn what_is_no_picture_says_why() {
    let dir = Dir::new();
    save(&dir, "p/a.png", disc(false));
    save(&dir, "p/b.png", GrayImage::new(32, 32));
    save(&dir, "p/c.png", GrayImage::new(20, 10));
    save(&dir, "a.jpg", disc(false));
    let png = dir.read("p/a.png");
    let jpeg = dir.read("a.jpg");
    dir.write("cut.png", &png[..png.len() / 2]);
    dir.write("cut.jpg", &jpeg[..jpeg.len() * 3 / 4]);
    dir.write("empty.png", "");
    dir.write("text.png", "hello");
    dir.write("digits.gz", b"\x1f\x8b\x08\0\0\0\0\0");
    dir.write("labels", [&0x801u32.to_be_bytes()[..], &[0; 12]].concat());
    dir.write("short", idx(3, 2, 3, &[0; 17]));
    dir.write("none", idx(0, 2, 3, &[]));
    dir.write("huge", idx(1, 1 << 20, 1 << 20, &[]));
    std::fs::create_dir(dir.file("empty")).unwrap();
    // A bomb: a header that says 60000 x 60000.
    let mut bomb = png;
    bomb[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    let crc = crc32(&bomb[12..29]);
    bomb[29..33].copy_from_slice(&crc.to_be_bytes());
    dir.write("bomb.png", bomb);
    let plain = PictureOptions::default();
    fails(&dir.file("cut.png"), plain, &["cut.png is damaged", "cut off"]);
    fails(&dir.file("cut.jpg"), plain, &["cut.jpg is damaged", "cut off"]);
    fails(&dir.file("empty.png"), plain, &["empty.png is not a readable picture", "PNG"]);
    fails(&dir.file("text.png"), plain, &["text.png is not a readable picture"]);
    fails(&dir.file("digits.gz"), plain, &["digits.gz is compressed", "gunzip"]);
    fails(&dir.file("labels"), plain, &["labels", "holds labels"]);
    fails(&dir.file("short"), plain, &["3 pictures of 2 x 3 are 34 bytes, the file has 33"]);
    fails(&dir.file("none"), plain, &["no picture"]);
    fails(&dir.file("huge"), plain, &["1048576 x 1048576"]);
    fails(&dir.file("empty"), plain, &["empty holds no .png"]);
    fails(&dir.file("bomb.png"), plain, &["bomb.png is too large", "16384"]);
    fails(&dir.file("nowhere.png"), plain, &["cannot read", "nowhere.png"]);
    fails(&dir.file("p"), plain, &["b.png is 32 x 32 grey", "32 x 32 colour", "give a size"]);
    let grey = PictureOptions { planes: Some(1), ..plain };
    fails(&dir.file("p"), grey, &["c.png is 10 x 20 grey", "32 x 32 grey"]);
    assert!(all(&[dir.file("p")], PictureOptions { size: Some((8, 8)), ..grey }).is_ok());
    fails(&dir.file("a.jpg"), PictureOptions { size: Some((0, 8)), ..plain }, &["1 to 16384"]);
    fails(&dir.file("a.jpg"), PictureOptions { planes: Some(2), ..plain }, &["1 plane"]);
    assert!(Pictures::open(&[], plain).is_err());
}

/// The check sum of PNG chunks (ISO 3309).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[test]
fn drawings_show_what_they_should() {
    let square = shape(1, 2, 2);
    let (a, b) = ([0.0, 1.0, 0.5, 2.0], [0.0, 0.0, 0.5, f32::NAN]);
    let read = |canvas: &Canvas| image::load_from_memory(&canvas.png().unwrap()).unwrap();
    let plain = read(&Canvas::picture(square, &a).unwrap()).to_luma8();
    assert_eq!(plain.as_raw(), &[0, 255, 128, 255]);
    let heat = read(&Canvas::heat_map(square, &a, &b, 1.0).unwrap()).to_rgb8();
    assert!(heat.get_pixel(0, 0).0.iter().all(|&c| c < 5));
    assert!(heat.get_pixel(1, 0).0[0] > 245 && heat.get_pixel(1, 1).0[0] > 245);
    let side = Canvas::side_by_side(square, &a, &b, 1.0).unwrap();
    // Eight times as large, four pixels between and around.
    assert_eq!(side.size(), (16 + 8, 3 * 16 + 4 * 4));
    let grid = Canvas::grid(square, &[0.5; 4 * 5]).unwrap();
    assert_eq!(grid.size(), (2 * 16 + 12, 3 * 16 + 16));
    assert!(Canvas::picture(square, &a[..3]).is_err());
    assert!(Canvas::picture(shape(2, 1, 2), &a).is_err());
    let error =
        Canvas::grid(shape(1, 4096, 4096), &vec![0.0; 4096 * 4096 * 4]).unwrap_err().to_string();
    assert!(error.contains("draw fewer"), "{error}");
}

/// A model of pictures with its profile: the mean squared error, above `threshold` is odd.
fn with_profile(onnx: &[u8], threshold: f64) -> Vec<u8> {
    let model = Model::from_bytes(onnx).unwrap();
    let (planes, height, width) = model.picture_shape().unwrap();
    let input: Vec<f32> = (0..model.window_len()).map(|i| (i % 7) as f32 / 7.0).collect();
    let mut out = Reconstruction::default();
    model.session().unwrap().run(&input, 1, &mut out).unwrap();
    let squares = input.iter().zip(&out.values).map(|(a, b)| f64::from(a - b).powi(2));
    let score = squares.sum::<f64>() / input.len() as f64;
    let channel = |name: &&str| Channel {
        name: (*name).into(),
        unit: None,
        mean: 0.0,
        scale: 1.0,
        longest_run: None,
        seen: None,
        sensitivity: None,
    };
    let names: &[&str] = if planes == 1 { &["grey"] } else { &["red", "green", "blue"] };
    let profile = Profile {
        version: VERSION,
        channels: names.iter().map(channel).collect(),
        constants: Vec::new(),
        features: None,
        period_s: None,
        window: height * width,
        average: 1,
        hop: 1,
        layout: Layout::Picture,
        missing: MissingSpec { hold: 0 },
        time: None,
        key: None,
        streams: Vec::new(),
        unprecedented: None,
        drift: None,
        input: InputSpec::default(),
        score: ScoreSpec::Mse,
        smooth: SmoothSpec::None,
        threshold: ThresholdSpec {
            value: threshold,
            rule: ThresholdRule::Fixed { value: threshold },
            scores: 0,
            pot: None,
        },
        alert: AlertSpec::default(),
        when: None,
        head: None,
        golden: Golden { input, output: out.values, score },
        provenance: Provenance::default(),
    };
    let model = Model::from_bytes(onnx).unwrap();
    Bundle::new(model, onnx, profile).unwrap().to_bytes().to_vec()
}

fn discs() -> Dir {
    let dir = Dir::new();
    save(&dir, "in/good.png", disc(false));
    save(&dir, "in/odd.png", disc(true));
    let onnx = Onnx::squares(3, 32, 32).file("reconstruction latent");
    dir.write("discs.onnx", with_profile(&onnx, 1e-3));
    dir.write("bare.onnx", &onnx);
    dir
}

#[test]
fn odd_pictures_are_told_and_drawn() {
    let dir = discs();
    let run = dir.oddity("reconstruct discs.onnx in --output out").ok();
    assert_eq!(run.stderr, "");
    let lines = run.json_lines();
    assert_eq!((&lines[0]["name"], &lines[0]["odd"]), (&"good.png".into(), &false.into()));
    assert_eq!((&lines[1]["name"], &lines[1]["odd"]), (&"odd.png".into(), &true.into()));
    assert_eq!((&lines[1]["kind"], &lines[1]["threshold"]), (&"picture".into(), &1e-3.into()));
    let ratio = lines[1]["ratio"].as_f64().unwrap();
    assert!((ratio - lines[1]["score"].as_f64().unwrap() / 1e-3).abs() < 1e-9 && ratio > 1.0);
    assert_eq!(lines[1]["model"].as_str().unwrap().len(), 16);
    let mut names: Vec<String> = std::fs::read_dir(dir.file("out"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let wanted = ["good.heatmap.png", "good.reconstruction.png", "good.side-by-side.png"];
    assert_eq!(names[..3], wanted);
    assert_eq!(names.len(), 6);
    let good = image::open(dir.file("out/good.reconstruction.png")).unwrap().to_rgb8();
    assert_eq!(good, disc(false));
    // Heat is where the scratch is.
    let heat = image::open(dir.file("out/odd.heatmap.png")).unwrap().to_rgb8();
    assert!(heat.get_pixel(10, 10).0[0] > 50 && heat.get_pixel(1, 20).0[0] < 5);
    dir.oddity("reconstruct discs.onnx in -o out --fail-on-alert").fails(1, &[]);
    dir.oddity("reconstruct discs.onnx in/good.png -o out --fail-on-alert").ok();

    // Without a profile there is a score and no verdict.
    let run = dir.oddity("reconstruct bare.onnx in/odd.png --write heatmap -o few").ok();
    let line = &run.json_lines()[0];
    assert!(line.get("odd").is_none() && line.get("threshold").is_none());
    assert!(line["score"].as_f64().unwrap() > 1e-3);
    assert_eq!(std::fs::read_dir(dir.file("few")).unwrap().count(), 1);
}

#[test]
fn latents_of_pictures_carry_their_names() {
    let dir = discs();
    let run = dir.oddity("encode discs.onnx in").ok();
    assert!(run.lines()[0].starts_with("name,z0,z1,"));
    assert_eq!(run.lines()[0].split(',').count(), 1 + 3 * 16 * 16);
    assert!(run.lines()[1].starts_with("good.png,"));
    let json = dir.oddity("encode bare.onnx in/odd.png --output-format jsonl").ok().json_lines();
    assert_eq!(json[0]["name"], "odd.png");
    assert_eq!(json[0]["latent"].as_array().unwrap().len(), 768);
}

#[test]
fn one_bad_picture_does_not_end_a_run_but_with_strict() {
    let dir = discs();
    let png = dir.read("in/good.png");
    dir.write("in/cut.png", &png[..png.len() / 2]);
    let run = dir.oddity("reconstruct discs.onnx in -o out").ok();
    assert_eq!(run.lines().len(), 2);
    assert!(run.stderr.contains("cut.png is damaged") && run.stderr.contains("left out"));
    dir.oddity("reconstruct discs.onnx in -o out --strict").fails(65, &["cut.png", "--strict"]);
    dir.oddity("reconstruct discs.onnx in/cut.png -o out").fails(65, &["no picture could be read"]);
    dir.oddity("encode discs.onnx in/cut.png --strict").fails(65, &["cut.png"]);
}

#[test]
fn wrong_usage_says_what_is_right() {
    let dir = discs();
    dir.oddity("detect discs.onnx").fails(2, &["takes pictures", "oddity reconstruct discs.onnx"]);
    dir.oddity("reconstruct discs.onnx in").fails(2, &["--output FOLDER"]);
    dir.oddity("reconstruct discs.onnx -o out").fails(2, &["takes pictures", "folder of pictures"]);
    dir.oddity("reconstruct discs.onnx in -o in").fails(2, &["folder of the pictures themselves"]);
    dir.oddity("reconstruct discs.onnx nowhere -o out").fails(2, &["cannot read", "nowhere"]);
    dir.oddity("reconstruct discs.onnx in -o out --heat 2").fails(2, &["--heat"]);
    save(&dir, "in/odd.jpg", disc(true));
    dir.oddity("reconstruct discs.onnx in -o out").fails(2, &["two pictures are named odd"]);
    dir.write("file", "");
    dir.oddity("reconstruct discs.onnx in/good.png -o file").fails(74, &["cannot write file"]);
    let many = Onnx::squares(2, 4, 4).file("reconstruction");
    dir.write("many.onnx", many);
    dir.oddity("reconstruct many.onnx in -o out").fails(2, &["1 plane (grey) or 3"]);
    // Raw windows go through it like through any.
    let input = [0.5f32; 2 * 16].map(f32::to_le_bytes).concat();
    let mut command =
        assert_cmd::Command::from_std(dir.command("reconstruct many.onnx --format f32"));
    assert_eq!(command.write_stdin(input.clone()).output().unwrap().stdout, input);
}

#[test]
fn what_a_second_output_says_of_a_picture() {
    let dir = discs();
    // The sum of the first quarter of the latent, and of the last: more red, or more blue.
    let weights: Vec<f32> = (0..768)
        .flat_map(|i| [f32::from(u8::from(i < 256)), f32::from(u8::from(i >= 512))])
        .map(|weight| weight / 256.0)
        .collect();
    let bare = Onnx::squares(3, 32, 32)
        .integers("flat", &[-1, 768])
        .floats("weights", &[768, 2], &weights)
        .node("Reshape", "latent flat", "row")
        .node("MatMul", "row weights", "sums")
        .node("Softmax", "sums", "class")
        .file("reconstruction latent class");
    dir.write("bare.onnx", &bare);
    let onnx = with_profile(&bare, 1e-3);
    let model = Model::from_bytes(&onnx).unwrap();
    let mut profile = model.profile().unwrap().unwrap();
    profile.head = Some(HeadSpec::Class { classes: vec!["red".into(), "blue".into()] });
    dir.write("class.onnx", Bundle::new(model, &onnx, profile).unwrap().to_bytes());
    save(&dir, "in/sea.png", RgbImage::from_pixel(32, 32, Rgb([0, 40, 200])));

    let told = dir.oddity("reconstruct class.onnx in -o out --write heatmap").ok().json_lines();
    let encoded = dir.oddity("encode class.onnx in --output-format jsonl").ok().json_lines();
    let csv = dir.oddity("encode class.onnx in").ok();
    assert!(csv.lines()[0].ends_with(",z767,class,probability"));
    assert_eq!(told.len(), 3);
    for ((told, encoded), line) in told.iter().zip(&encoded).zip(&csv.lines()[1..]) {
        let wanted = if told["name"] == "sea.png" { "blue" } else { "red" };
        assert_eq!((&told["class"], &encoded["class"]), (&wanted.into(), &wanted.into()));
        assert!(told["probability"].as_f64().unwrap() > 0.5);
        assert_eq!(told["probability"], encoded["probability"]);
        let (rest, probability) = line.rsplit_once(',').unwrap();
        assert!(rest.ends_with(&format!(",{wanted}")), "{line}");
        assert_eq!(probability.parse::<f64>().ok(), told["probability"].as_f64());
    }
    for line in dir.oddity("reconstruct bare.onnx in -o out").ok().json_lines() {
        assert!(line.get("class").is_none() && line.get("probability").is_none());
    }
}
