//! What a reader of the report sees, and what must not break it.

mod samples;

use super::{
    ChannelLabel, Check, Colour, Curve, HeadPlot, LatentPlot, Points, ReportData, Scores,
    ShownWindow, WindowAxes,
};
use samples::{Numbers, empty, pictures, rows};

/// Panics unless every element that opens also closes, in order.
fn balanced(text: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('<') {
        let (tag, after) = after.split_once('>').expect("a tag does not end");
        rest = after;
        let name = tag.trim_start_matches('/').split([' ', '\n']).next().unwrap();
        let void = tag.starts_with('!') || tag.ends_with('/') || ["meta", "img"].contains(&name);
        match tag.starts_with('/') {
            true => assert_eq!(open.pop(), Some(name), "after {} bytes", text.len() - rest.len()),
            false if void => {}
            false => open.push(name),
        }
    }
    assert!(open.is_empty(), "still open: {open:?}");
}

/// Makes page and figures, checks their form, and gives the page.
fn made(report: &ReportData) -> String {
    let html = report.html().unwrap();
    balanced(&html);
    assert!(!html.contains("NaN"), "a number was not checked before it was written");
    assert!(!html.contains("inf"), "a number was not checked before it was written");
    assert!(html.len() < 1_500_000, "{} bytes", html.len());
    for (name, bytes) in report.figures().unwrap() {
        if name.ends_with(".svg") {
            balanced(&String::from_utf8(bytes).unwrap());
        } else {
            assert_eq!(&bytes[1..4], b"PNG", "{name}");
        }
    }
    html
}

fn names(report: &ReportData) -> Vec<String> {
    report.figures().unwrap().into_iter().map(|(name, _)| name).collect()
}

#[test]
fn a_page_says_what_was_put_in() {
    let html = made(&rows());
    for text in [
        "pump-conv1d",
        "reconstructs 93.1 %",
        "27 462",
        "pressure_out (bar)",
        "14 of 1800 windows (0.78 %) are above the threshold 4.2.",
        "first principal component (62.1 % of variance)",
        "time (hours)",
        "time in window (seconds)",
        "12 settings were tried",
        "1 trial gave no finite loss",
        "largest difference 2.4e-6",
        "Weights of epoch",
        "32 units, on average",
        "1 warning",
    ] {
        assert!(html.contains(text), "{text:?} is missing");
    }
    let plain = html.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
    for word in ["http", "<script", "<link", "@import", "url("] {
        assert!(!plain.replace("http-equiv", "").contains(word), "{word:?} calls something else");
    }
}

#[test]
fn figures_come_as_files_too() {
    let windows = ["window-1.svg", "window-2.svg", "window-3.svg"];
    let mut expected = vec![
        "loss.svg",
        "head-loss.svg",
        "scores.svg",
        "channels.svg",
        "latent.svg",
        "activity.svg",
    ];
    expected.extend(windows);
    assert_eq!(names(&rows()), expected);
    let html = made(&pictures());
    assert_eq!(html.matches("src=\"data:image/png;base64,").count(), 9);
    assert!(names(&pictures()).contains(&"window-3.png".to_owned()));
    assert!(html.contains("scratch (42)"));
}

#[test]
fn names_from_the_data_stay_text() {
    let evil = "</text><script>alert(1)</script>&\u{1}";
    let mut report = rows();
    report.title = evil.into();
    report.verdict = evil.into();
    report.warnings = vec![evil.into()];
    report.channel_errors = vec![(evil.into(), 0.1)];
    report.scores.name = evil.into();
    report.head =
        Some(HeadPlot { sentences: vec![evil.into()], loss: evil.into(), ..HeadPlot::default() });
    report.facts = vec![(evil.into(), vec![(evil.into(), evil.into())])];
    report.checks = vec![Check { name: evil.into(), result: evil.into(), passed: false }];
    report.trials[0].settings = vec![(evil.into(), evil.into())];
    report.windows[0].title = evil.into();
    if let WindowAxes::Rows { channels, .. } = &mut report.axes {
        channels[0] = ChannelLabel { name: evil.into(), unit: Some(evil.into()) };
    }
    let labels = vec![evil.to_owned(); 1800];
    report.latent.as_mut().unwrap().colour = Colour::Label(labels);
    let html = made(&report);
    assert!(!html.contains("<script"));
    assert!(!html.contains('\u{1}'));
    assert!(html.contains("1 of 1 check failed."));
    for (name, bytes) in report.figures().unwrap() {
        assert!(!bytes.contains(&1), "{name} holds a control character");
    }
}

#[test]
fn nothing_in_makes_no_section() {
    let html = made(&empty());
    assert!(html.contains("Nothing was trained."));
    assert!(!html.contains("<section>"));
    assert!(names(&empty()).is_empty());
}

#[test]
fn one_epoch_and_no_validation() {
    let curve = Curve { name: "all".into(), train: vec![0.5], best: Some(0), ..Curve::default() };
    let html = made(&ReportData { curves: vec![curve], ..empty() });
    assert!(html.contains("Weights of epoch 1 of 1 were kept: training loss 0.5."));
    assert!(html.contains("no validation data"));
}

#[test]
fn losses_and_scores_that_are_not_finite_are_left_out_and_said() {
    let broken = vec![0.9, f64::NAN, 0.5, f64::INFINITY, 0.4];
    let curve = Curve { train: broken.clone(), validation: broken.clone(), ..Curve::default() };
    let scores = Scores { values: broken, threshold: Some(f64::NAN), ..Scores::default() };
    let html = made(&ReportData { curves: vec![curve], scores, ..empty() });
    assert!(html.contains("4 losses were not finite and left out."));
    assert!(html.contains("2 scores were not finite and left out."));
    assert!(html.contains("no threshold was set"));

    let scores = Scores { values: vec![f64::NAN; 3], ..Scores::default() };
    let html = made(&ReportData { scores, ..empty() });
    assert!(html.contains("of 3 scores none is finite"));
}

#[test]
fn scores_that_are_all_equal_still_make_a_histogram() {
    for (value, threshold) in [(0.0, Some(0.0)), (2.5, Some(2.5)), (2.5, None), (1e-30, Some(7.0))]
    {
        let scores = Scores { values: vec![value; 50], threshold, ..Scores::default() };
        let report = ReportData { scores, ..empty() };
        let html = made(&report);
        assert!(html.contains("Histogram of the scores"));
        if threshold.is_some() {
            assert!(html.contains("0 of 50 windows (0 %) are above"));
        }
    }
}

#[test]
fn many_channels_are_counted_and_not_all_drawn() {
    let mut noise = Numbers(5);
    let channel =
        |i: usize| ChannelLabel { name: format!("{i}_{}", "long".repeat(80)), unit: None };
    let channels: Vec<ChannelLabel> = (0..200).map(channel).collect();
    let original: Vec<f32> = (0..200 * 5000).map(|_| noise.next() as f32).collect();
    let window = ShownWindow {
        title: "w".into(),
        reconstruction: original.iter().map(|v| v * 0.9).collect(),
        original,
        errors: (0..200).map(f64::from).collect(),
        score: 1.0,
    };
    let report = ReportData {
        channel_errors: channels.iter().map(|c| (c.name.clone(), noise.next())).collect(),
        axes: WindowAxes::Rows { channels, period_s: None },
        windows: vec![window; 9],
        ..empty()
    };
    let html = made(&report);
    assert!(html.contains("8 of 200 channels, those with the largest error; and 192 more."));
    assert!(html.contains("199_long"));
    assert!(html.contains("And 160 more channels"));
    assert!(html.contains("And 3 more that are not drawn."));
}

#[test]
fn channels_without_error_do_no_harm() {
    let errors = (0..50).map(|i| (format!("c{i}"), if i == 0 { f64::NAN } else { 0.0 })).collect();
    let html = made(&ReportData { channel_errors: errors, ..empty() });
    assert!(html.contains("And 9 more channels, which together hold 0.0 % of the error."));
    assert!(html.contains("1 channel has no finite error and no bar."));
}

#[test]
fn a_window_of_one_broken_channel() {
    let window = ShownWindow {
        original: vec![f32::NAN, 1.0, f32::INFINITY, 2.0],
        reconstruction: vec![f32::NAN; 4],
        ..ShownWindow::default()
    };
    let dead = ShownWindow { original: vec![f32::NAN; 4], ..window.clone() };
    let channels = vec![ChannelLabel { name: "only".into(), unit: None }];
    let axes = WindowAxes::Rows { channels, period_s: Some(0.01) };
    let html =
        made(&ReportData { axes, windows: vec![window, dead, ShownWindow::default()], ..empty() });
    assert!(html.contains("6 values are not finite and left out."));
    assert!(html.contains("no finite value in this window"));
}

#[test]
fn features_are_a_table() {
    let feature = |name: &str| ChannelLabel { name: name.into(), unit: Some("kg".into()) };
    let window = ShownWindow {
        title: "row 7".into(),
        score: 2.0,
        original: vec![1.5, 3.0],
        reconstruction: vec![1.25, 4.0],
        errors: vec![0.1, 0.9],
    };
    let axes = WindowAxes::Features(vec![feature("mass"), feature("load")]);
    let html = made(&ReportData { axes, windows: vec![window], ..empty() });
    let load = html.find("<td>load</td>").unwrap();
    assert!(load < html.find("<td>mass</td>").unwrap(), "the worst comes first");
    assert!(html.contains("<td class=\"n\">-0.25</td>"));
}

#[test]
fn a_window_stands_against_the_threshold_of_the_same_kind_of_score() {
    let window = ShownWindow { title: "worst".into(), score: 9.0, ..ShownWindow::default() };
    let axes = WindowAxes::Features(Vec::new());
    let page = |smoothed| {
        let scores =
            Scores { values: vec![9.0], threshold: Some(4.0), smoothed, ..Scores::default() };
        made(&ReportData { axes: axes.clone(), windows: vec![window.clone()], scores, ..empty() })
    };
    for smoothed in [true, false] {
        let page = page(smoothed);
        assert!(page.contains("Score 9, above the threshold 4."));
        assert_eq!(page.contains("Scores are smoothed"), smoothed);
    }
}

#[test]
fn a_second_output_has_a_curve_of_its_own() {
    let html = made(&rows());
    for text in ["Second output", "right for 97.2 %", "cross-entropy of the class"] {
        assert!(html.contains(text), "{text:?} is missing");
    }
    let html = made(&ReportData { head: None, ..rows() });
    assert!(!html.contains("Second output"));
}

#[test]
fn a_row_of_many_columns_is_a_curve() {
    let names = (0..100).map(|at| ChannelLabel { name: format!("v{at}"), unit: None });
    let window = ShownWindow {
        title: "beat".into(),
        original: vec![1.0; 100],
        reconstruction: vec![0.5; 100],
        ..ShownWindow::default()
    };
    let axes = WindowAxes::Features(names.collect());
    let report = ReportData { axes, windows: vec![window], ..empty() };
    let html = made(&report);
    assert!(html.contains("value of each column") && !html.contains("<td>v99</td>"));
    assert!(report.figures().unwrap().iter().any(|(name, _)| name == "window-1.svg"));
}

#[test]
fn a_latent_of_width_one_is_a_line_over_time() {
    let values: Vec<f64> = (0..5000).map(|i| (f64::from(i) / 300.0).sin()).collect();
    let time = (0..5000).map(f64::from).collect();
    let colour = Colour::Time { name: "row".into(), values: time };
    let latent = LatentPlot { points: Points::One(values.clone()), colour };
    let html = made(&ReportData { latent: Some(latent), ..empty() });
    assert!(html.contains("latent value") && html.contains("<polyline"));
    assert!(html.contains("2500 of them are drawn."));

    let labels = (0..5000).map(|i| format!("label {}", i % 20)).collect();
    let latent = LatentPlot { points: Points::One(values), colour: Colour::Label(labels) };
    let html = made(&ReportData { latent: Some(latent), ..empty() });
    assert!(html.contains("14 other labels"));
}

#[test]
fn latents_without_spread_or_sense_do_no_harm() {
    let same = Points::Two { points: vec![[1.0, 1.0]; 3], share: [f64::NAN, 0.0] };
    let colour = Colour::Time { name: "t".into(), values: vec![f64::NAN, 1.0, 1.0] };
    made(&ReportData { latent: Some(LatentPlot { points: same, colour }), ..empty() });
    let broken = Points::Two { points: vec![[f64::NAN, 1.0]; 2], share: [0.5, 0.5] };
    let colour = Colour::Label(vec![String::new(), "a".into()]);
    let html = made(&ReportData { latent: Some(LatentPlot { points: broken, colour }), ..empty() });
    assert!(!html.contains("Latent space"));
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    let mut report = rows();
    report.windows[1].reconstruction.pop();
    let message = report.html().unwrap_err().to_string();
    assert!(message.contains("reconstruction of window \"Median"), "{message}");
    assert!(message.contains("383") && message.contains("384"), "{message}");
    let mut report = rows();
    report.latent.as_mut().unwrap().colour = Colour::Label(Vec::new());
    assert!(report.figures().is_err());
}

#[test]
fn every_size_of_picture() {
    for (planes, height, width) in [(1, 1, 1), (2, 3, 500), (4, 5, 5), (3, 1200, 7)] {
        let values = vec![0.5; planes * height * width];
        let window = ShownWindow {
            original: values.clone(),
            reconstruction: values,
            ..ShownWindow::default()
        };
        let axes = WindowAxes::Picture { planes, height, width };
        let html = made(&ReportData { axes, windows: vec![window], ..empty() });
        assert_eq!(html.contains("Shown as"), height.max(width) > 160);
    }
}
