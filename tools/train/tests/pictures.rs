//! Models of pictures, trained by the program on drawn parts, and looked through by `oddity`.

// A test may fail in its helpers too.
#![allow(clippy::unwrap_used, clippy::panic)]

mod harness;

use harness::Dir;

#[test]
fn a_model_of_pictures_tells_an_undrilled_part() {
    let dir = Dir::new();
    dir.oddity("draw parts -n 240 --size 16 --seed 1").ok();
    dir.oddity("draw bad -n 12 --size 16 --seed 2 --defect undrilled --defect chip").ok();
    dir.train("conv2d parts -o m.onnx --epochs 60 --batch 8 --lr 5e-3 --grey --figures figures")
        .ok();
    let odd = |folder: &str| {
        let run = format!("reconstruct m.onnx {folder} --output seen-{folder}");
        let lines = dir.oddity(&run).ok().json_lines();
        lines.iter().filter(|line| line["odd"] == true).count()
    };
    let (bad, good) = (odd("bad"), odd("parts"));
    assert!(bad >= 9 && good <= 8, "{bad} of 12 bad ones, {good} of 240 good ones");
    assert!(dir.file("seen-bad/0001-undrilled.side-by-side.png").exists());
    assert!(dir.file("figures/window-1.png").exists());
    let page = String::from_utf8(dir.read("m.report.html")).unwrap();
    assert!(page.contains("data:image/png;base64") && page.contains("16 x 16 grey"));
}

#[test]
fn other_kinds_take_pictures_and_idx_files_too() {
    let dir = Dir::new();
    // Magic number, 40 pictures of 6 x 5, then pixels.
    let mut idx = vec![0, 0, 8, 3, 0, 0, 0, 40, 0, 0, 0, 6, 0, 0, 0, 5];
    idx.extend((0..40 * 30).map(|at| ((at * 7) % 256) as u8));
    dir.write("digits", idx);
    for (kind, more) in [
        ("linear", ""),
        ("dense", "--loss bce --hidden 12"),
        ("denoising", "--noise salt-and-pepper:0.2"),
        ("vae", "--backbone dense"),
        ("sparse", "--size 8x8 --colour"),
    ] {
        dir.train(&format!("{kind} digits -o {kind}.onnx --epochs 2 {more} --report none")).ok();
        let found = dir.oddity(&format!("reconstruct {kind}.onnx digits --output {kind}")).ok();
        assert_eq!(found.json_lines().len(), 40, "{kind}");
    }
    let drawn = dir.oddity("generate vae.onnx -n 4 --output drawn.png");
    drawn.ok();
    assert!(dir.read("drawn.png").starts_with(b"\x89PNG"));
}

#[test]
fn pictures_that_cannot_be_learned_from_are_told() {
    let dir = Dir::new();
    dir.oddity("draw mixed -n 30 --size 16").ok();
    dir.oddity("draw others -n 1 --size 12").ok();
    std::fs::rename(dir.file("others/0001.png"), dir.file("mixed/0031.png")).unwrap();
    dir.oddity("draw few -n 6 --size 16").ok();
    dir.oddity("draw parts -n 30 --size 16").ok();
    dir.write("rows.csv", "a,b\n1,2\n");
    for (args, words) in [
        ("-o parts/0001.png", ["0001.png", "among the data"]),
        ("-o m.onnx --figures parts", ["--figures", "the data"]),
    ] {
        dir.train(&format!("linear parts --closed-form {args}")).fails(2, &words);
    }
    dir.write("parts/0007.png", "no picture");
    for (args, code, words) in [
        ("conv2d mixed", 65, ["0031.png", "16 x 16"]),
        ("conv2d few", 65, ["6 pictures", "20"]),
        ("conv2d parts", 65, ["0007.png", "PNG"]),
        ("conv2d mixed rows.csv", 65, ["are pictures", "others are not"]),
        ("conv2d rows.csv --grey", 2, ["--grey", "rows"]),
        ("lstm few --size 8x8", 65, ["6 pictures", "20"]),
        ("conv2d mixed --size 8x8 --window 4", 2, ["--window", "pictures"]),
        ("conv2d mixed --size 8x8 --label x", 2, ["--label", "pictures"]),
        ("lstm mixed --size 8x8", 2, ["lstm", "conv2d"]),
    ] {
        dir.train(&format!("{args} -o m.onnx --epochs 1")).fails(code, &words);
        assert!(!dir.file("m.onnx").exists(), "{args}");
    }
}
