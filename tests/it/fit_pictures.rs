//! Pictures as normal data, as a trainer works with them.

use std::path::PathBuf;

use crate::harness::Dir;
use crate::harness::onnx::Onnx;
use image::{GrayImage, Luma, RgbImage};
use oddity::blame::Blame;
use oddity::fit::{FOLDS, FitError, FitOptions, FoldJudge, FoldPart, Prepared};
use oddity::model::Bundle;
use oddity::picture::{self, PictureError, is_picture};
use oddity::profile::{AlertSpec, Layout, ScoreKind, SmoothSpec, ThresholdRule};

const SIDE: u32 = 8;

/// `count` grey pictures in `good`, each with other bright pixels.
fn pictures(count: u32) -> (Dir, Vec<PathBuf>) {
    let dir = Dir::new();
    std::fs::create_dir(dir.file("good")).unwrap();
    for number in 0..count {
        let picture = GrayImage::from_fn(SIDE, SIDE, |x, y| {
            Luma([100 + ((7 * x + 3 * y + 5 * number) % 31) as u8])
        });
        picture.save(dir.file(&format!("good/{number:03}.png"))).unwrap();
    }
    let paths = vec![dir.file("good")];
    (dir, paths)
}

fn refused(paths: &[PathBuf], size: picture::PictureOptions, options: &FitOptions) -> FitError {
    match Prepared::pictures(paths, size, options) {
        Ok(_) => panic!("it was taken"),
        Err(error) => error,
    }
}

#[test]
fn pictures_come_as_windows_in_four_blocks() {
    let (_dir, paths) = pictures(22);
    let prepared =
        Prepared::pictures(&paths, picture::PictureOptions::default(), &FitOptions::default())
            .unwrap();
    let area = (SIDE * SIDE) as usize;
    let shape = prepared.shape();
    assert_eq!((shape.window, shape.channels, shape.channels_first), (area, 1, true));
    assert_eq!((prepared.layout(), prepared.rows_read()), (Layout::Picture, 22));
    assert_eq!(prepared.period_s(), None);
    let channel = &prepared.channels()[0];
    assert_eq!((channel.name.as_str(), channel.mean, channel.scale), ("grey", 0.0, 1.0));
    assert_eq!((channel.unit.as_deref(), channel.longest_run), (None, None));
    // As often as asked, the same.
    let mut passes = Vec::new();
    for _ in 0..2 {
        let mut seen: Vec<(usize, Vec<f32>)> = Vec::new();
        prepared
            .each(|example| {
                assert_eq!(example.part, FoldPart::Fold(example.folds.0));
                assert_eq!(example.label, None);
                seen.push((example.folds.1, example.window.to_vec()));
                Ok(())
            })
            .unwrap();
        passes.push(seen);
    }
    assert_eq!(passes[0], passes[1]);
    let counts: Vec<usize> =
        (0..FOLDS).map(|fold| passes[0].iter().filter(|(f, _)| *f == fold).count()).collect();
    assert_eq!(counts, [6, 5, 6, 5]);
    assert!(passes[0].is_sorted_by_key(|(fold, _)| *fold), "blocks in the order of the pictures");
    assert_eq!(passes[0][0].1[..2], [100.0 / 255.0, 107.0 / 255.0]);
    // The same pixels in colour, twice as large: other values, another sum.
    let colour = picture::PictureOptions { size: Some((16, 16)), planes: Some(3) };
    let other = Prepared::pictures(&paths, colour, &FitOptions::default()).unwrap();
    assert_eq!((other.shape().window, other.shape().channels), (256, 3));
    let names: Vec<&str> = other.channels().iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["red", "green", "blue"]);
    assert_eq!(prepared.sha256().len(), 64);
    assert_ne!(prepared.sha256(), other.sha256());
}

#[test]
fn a_trained_model_gets_its_profile() {
    let (_dir, paths) = pictures(40);
    let onnx = Onnx::squares(1, 8, 8).file("reconstruction latent");
    let judges = [const { FoldJudge::Whole }; FOLDS];
    let finish = |options: &FitOptions| {
        let prepared =
            Prepared::pictures(&paths, picture::PictureOptions::default(), options).unwrap();
        prepared.finish(&onnx, &judges, None, vec!["epochs: 1".into()]).unwrap()
    };
    let fitted = finish(&FitOptions::default());
    assert_eq!(fitted.summary[0], "40 pictures of 8 x 8 grey");
    assert_eq!(fitted.warnings, [""; 0]);
    assert_eq!(fitted.scores.len(), 40);
    let profile = fitted.bundle.profile();
    let read = Bundle::from_bytes(fitted.bundle.to_bytes()).unwrap();
    assert_eq!((read.profile(), read.id()), (profile, fitted.bundle.id()));
    assert_eq!((profile.layout, profile.window, profile.hop), (Layout::Picture, 64, 64));
    assert_eq!((profile.score.kind(), profile.smooth), (ScoreKind::Mse, SmoothSpec::None));
    assert_eq!(profile.threshold.rule, ThresholdRule::Quantile { q: 0.99, factor: 1.2 });
    assert_eq!((profile.provenance.rows, profile.provenance.windows), (40, 40));
    assert!(profile.threshold.value < 1.2 * fitted.scores[39] + 1e-12);

    let asked = finish(&FitOptions {
        score: Some(ScoreKind::Mae),
        threshold: Some(ThresholdRule::Sigma { k: 4.0 }),
        alert: Some(AlertSpec { raise: 1.5, clear: 1.2, ..AlertSpec::default() }),
        smooth: Some(SmoothSpec::None),
        layout: Some(Layout::Picture),
        ..FitOptions::default()
    });
    assert_eq!(asked.bundle.profile().score.kind(), ScoreKind::Mae);
    assert_eq!(asked.bundle.profile().threshold.rule, ThresholdRule::Sigma { k: 4.0 });
    assert_eq!(asked.bundle.profile().alert.raise, 1.5);
}

#[test]
fn what_is_no_normal_data_says_why() {
    let any = picture::PictureOptions::default();
    let (_few, paths) = pictures(19);
    let error = refused(&paths, any, &FitOptions::default());
    assert_eq!(error.blame(), Blame::Data);
    assert_eq!(
        error.to_string(),
        "there are 19 pictures, but at least 20 are needed, 5 in each of 4 blocks; give more \
         pictures of what is normal"
    );
    let (dir, paths) = pictures(30);
    RgbImage::new(SIDE, SIDE).save(dir.file("good/020.png")).unwrap();
    let error = refused(&paths, any, &FitOptions::default());
    assert_eq!(error.blame(), Blame::Data);
    assert!(error.to_string().contains("020.png is 8 x 8 colour"), "{error}");
    let sized = picture::PictureOptions { size: None, planes: Some(1) };
    assert!(Prepared::pictures(&paths, sized, &FitOptions::default()).is_ok());
    let png = dir.read("good/005.png");
    dir.write("good/005.png", &png[..png.len() / 2]);
    let error = refused(&paths, sized, &FitOptions::default());
    assert_eq!(error.blame(), Blame::Data);
    assert!(error.to_string().contains("005.png is damaged"), "{error}");
    assert_eq!(
        refused(&[dir.file("nowhere")], any, &FitOptions::default()).blame(),
        Blame::CommandLine
    );
    let failed = |kind: std::io::ErrorKind| {
        let (path, source) = (dir.file("good/000.png"), kind.into());
        FitError::from(PictureError::Read { path, source }).blame()
    };
    assert_eq!(failed(std::io::ErrorKind::PermissionDenied), Blame::CommandLine);
    assert_eq!(failed(std::io::ErrorKind::Other), Blame::Machine);
    let large = picture::PictureOptions { size: Some((1025, 1024)), planes: Some(1) };
    let error = refused(&paths, large, &FitOptions::default()).to_string();
    assert!(error.contains("1025 x 1024 grey") && error.contains("1048576"), "{error}");
}

#[test]
fn what_only_rows_have_is_refused_by_name() {
    let (_dir, paths) = pictures(20);
    let lasting = AlertSpec { min_duration_s: 3.0, ..AlertSpec::default() };
    for (name, options) in [
        ("--average", FitOptions { average: Some(2), ..FitOptions::default() }),
        ("--window", FitOptions { window: Some(64), ..FitOptions::default() }),
        ("--hop", FitOptions { hop: Some(1), ..FitOptions::default() }),
        ("--hold", FitOptions { hold: Some(1), ..FitOptions::default() }),
        ("--channels", FitOptions { channels: Some(vec!["grey".into()]), ..FitOptions::default() }),
        ("--exclude", FitOptions { exclude: vec!["red".into()], ..FitOptions::default() }),
        (
            "--smooth",
            FitOptions { smooth: Some(SmoothSpec::Mean { windows: 3 }), ..FitOptions::default() },
        ),
        ("--layout", FitOptions { layout: Some(Layout::Features), ..FitOptions::default() }),
        ("--normalise", FitOptions { normalise: true, ..FitOptions::default() }),
        ("--min-duration", FitOptions { alert: Some(lasting), ..FitOptions::default() }),
    ] {
        let error = refused(&paths, picture::PictureOptions::default(), &options);
        assert_eq!(error.blame(), Blame::CommandLine);
        let text = error.to_string();
        assert!(text.contains(name) && text.contains("not for pictures"), "{text}");
    }
}

#[test]
fn pictures_are_told_from_rows() {
    let (dir, paths) = pictures(1);
    assert!(is_picture(&paths[0]) && is_picture(&dir.file("good/000.png")));
    RgbImage::new(2, 2).save(dir.file("a.jpg")).unwrap();
    std::fs::rename(dir.file("a.jpg"), dir.file("plain")).unwrap();
    assert!(is_picture(&dir.file("plain")), "by what is in it, not by its name");
    dir.write("digits", [0, 0, 8, 3, 0, 0, 0, 0]);
    assert!(is_picture(&dir.file("digits")));
    dir.write("labels", [0, 0, 8, 1, 0, 0, 0, 0]);
    dir.write("rows.png", "a,b\n1,2\n");
    dir.write("empty", "");
    for name in ["labels", "rows.png", "empty", "nowhere"] {
        assert!(!is_picture(&dir.file(name)), "{name}");
    }
}
