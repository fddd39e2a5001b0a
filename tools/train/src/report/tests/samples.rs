//! Reports as a real run would make them, for the tests: a pump with six sensors, and pictures of
//! a printed part.

use crate::report::{
    Activity, ChannelLabel, Check, Colour, Curve, HeadPlot, LatentPlot, Points, ReportData, Scores,
    ShownWindow, TrialRow, WindowAxes,
};

/// A small generator of numbers from 0 to 1 (Knuth's MMIX constants), so that each run is the same.
pub struct Numbers(pub u64);

impl Numbers {
    /// The next number.
    pub fn next(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// About normal, mean 0, variance 1.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.next()).sum::<f64>() - 6.0
    }
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

fn facts() -> Vec<(String, Vec<(String, String)>)> {
    let command = "oddity-train fit pump.csv --model conv1d --window 64 --latent 8 --epochs 60 \
                   --folds 4 --out pump.onnx";
    let hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    let network = [
        ("kind", "conv1d, undercomplete"),
        ("window", "64 rows, every 8"),
        ("channels", "6"),
        ("layers", "6 → 16 → 32 → 8 → 32 → 16 → 6"),
        ("kernel", "5, stride 2"),
        ("parameters", "27 462"),
    ];
    let training = [
        ("optimiser", "Adam, learning rate 0.001"),
        ("loss", "mean squared error"),
        ("batch", "64"),
        ("epochs", "60, stopped after 52"),
        ("seed", "7"),
        ("device", "cpu"),
        ("libtorch", "2.13.0"),
    ];
    let data = [
        ("pump-2024-03.csv", &*format!("5200 rows, sha256 {hash}")),
        ("pump-2024-04.csv", &*format!("2000 rows, sha256 {hash}")),
    ];
    let run = [("command", command), ("started", "2025-02-11 09:14:03 UTC"), ("took", "48 s")];
    vec![
        ("Network".to_owned(), pairs(&network)),
        ("Training".to_owned(), pairs(&training)),
        ("Data".to_owned(), pairs(&data)),
        ("Run".to_owned(), pairs(&run)),
    ]
}

fn curve(name: &str, fold: bool, epochs: usize, noise: &mut Numbers) -> Curve {
    let decay = |i: usize| 0.9 * (-(i as f64) / 6.0).exp() + 0.05;
    let train = (0..epochs).map(|i| decay(i) * (1.0 + 0.02 * noise.normal())).collect();
    let validation = (0..epochs)
        .map(|i| (decay(i) + 0.012 + 0.0004 * i as f64) * (1.0 + 0.04 * noise.normal()))
        .collect::<Vec<f64>>();
    let best = (0..epochs).min_by(|a, b| validation[*a].total_cmp(&validation[*b]));
    Curve { name: name.to_owned(), fold, train, validation, best }
}

fn window(title: &str, score: f64, off: f64, noise: &mut Numbers) -> ShownWindow {
    let (mut original, mut reconstruction, mut errors) = (Vec::new(), Vec::new(), vec![0.0; 6]);
    for row in 0..64 {
        let t = f64::from(row) / 64.0 * std::f64::consts::TAU;
        let levels = [4.2, 61.0, 0.013, 2.4, 1480.0, 101_325.0];
        let sizes = [0.4, 3.0, 0.004, 0.6, 20.0, 90.0];
        for (channel, (level, size)) in levels.iter().zip(sizes).enumerate() {
            let phase = channel as f64;
            let clean = ((1.0 + phase) * t / 2.0 + phase).sin() + 0.3 * (3.0 * t).cos();
            let burst = if (38..46).contains(&row) { off * (1.0 + phase) / 3.0 } else { 0.0 };
            let error = 0.08 * noise.normal() + burst;
            original.push((level + size * (clean + error)) as f32);
            reconstruction.push((level + size * clean * 0.96) as f32);
            errors[channel] += error * error / 64.0;
        }
    }
    ShownWindow { title: title.to_owned(), score, original, reconstruction, errors }
}

fn trials(noise: &mut Numbers) -> Vec<TrialRow> {
    let mut trials: Vec<TrialRow> = (0..12)
        .map(|i| {
            let latent = [4, 8, 16][i % 3].to_string();
            let rate = ["0.0003", "0.001", "0.003"][i / 3 % 3];
            let mut settings = pairs(&[("latent", &latent), ("learning rate", rate)]);
            if i > 8 {
                settings.extend(pairs(&[("dropout", "0.1")]));
            }
            let loss = (i != 10).then(|| 0.06 + 0.03 * noise.next());
            TrialRow { settings, loss, chosen: false }
        })
        .collect();
    let loss = |trial: &TrialRow| trial.loss.unwrap_or(f64::INFINITY);
    let best = (0..12).min_by(|a, b| loss(&trials[*a]).total_cmp(&loss(&trials[*b]))).unwrap();
    trials[best].chosen = true;
    trials
}

fn channels() -> Vec<ChannelLabel> {
    let names = [
        ("pressure_out", "bar"),
        ("temperature", "°C"),
        ("vibration_rms", "mm/s"),
        ("current", "A"),
        ("speed", "1/min"),
        ("ambient_pressure", "Pa"),
    ];
    let channel =
        |(name, unit): (&str, &str)| ChannelLabel { name: name.into(), unit: Some(unit.into()) };
    names.into_iter().map(channel).collect()
}

/// Rows of six sensors, with everything that a report can show.
pub fn rows() -> ReportData {
    let mut noise = Numbers(7);
    let mut curves: Vec<Curve> =
        (1..=4).map(|i| curve(&format!("fold {i}"), true, 48, &mut noise)).collect();
    curves.push(curve("all rows", false, 52, &mut noise));
    let mut scores: Vec<f64> = (0..1786).map(|_| (0.4 * noise.normal()).exp() * 0.9).collect();
    scores.extend((0..14).map(|_| 4.5 + 30.0 * noise.next().powi(2)));
    let names = channels();
    let errors = names.iter().map(|c| (c.name.clone(), 0.02 + 0.15 * noise.next())).collect();
    let points = (0..1800)
        .map(|i| {
            let t = f64::from(i) / 1800.0;
            [3.0 * (7.0 * t).cos() + 0.5 * noise.normal(), 4.0 * t + 0.6 * noise.normal()]
        })
        .collect();
    let hours = (0..1800).map(|i| f64::from(i) * 8.0 / 3600.0).collect();
    let check =
        |name: &str, result: &str| Check { name: name.into(), result: result.into(), passed: true };
    ReportData {
        title: "pump-conv1d".into(),
        verdict: "Trained conv1d on 7200 rows; reconstructs 93.1 % of the variance of held-out \
                  data; threshold 4.2."
            .into(),
        facts: facts(),
        loss: "mean squared error (normalised)".into(),
        curves,
        head: Some(HeadPlot {
            sentences: vec!["Class: right for 97.2 % of 560 labelled windows.".into()],
            loss: "cross-entropy of the class".into(),
            curves: vec![curve("all rows", false, 52, &mut noise)],
        }),
        scores: Scores {
            name: "score (Mahalanobis distance)".into(),
            values: scores,
            threshold: Some(4.2),
            smoothed: false,
        },
        axes: WindowAxes::Rows { channels: names, period_s: Some(1.0) },
        windows: vec![
            window("Best window: rows 512 to 575 of pump-2024-03.csv", 0.21, 0.0, &mut noise),
            window("Median window: rows 2048 to 2111 of pump-2024-03.csv", 0.9, 0.2, &mut noise),
            window("Worst window: rows 6120 to 6183 of pump-2024-04.csv", 31.7, 1.4, &mut noise),
        ],
        channel_errors: errors,
        latent: Some(LatentPlot {
            points: Points::Two { points, share: [0.621, 0.187] },
            colour: Colour::Time { name: "time (hours)".into(), values: hours },
        }),
        activity: Some(Activity {
            name: "mean activation".into(),
            units: (0..32).map(|_| 0.1 * noise.next().powi(2)).collect(),
            target: Some(0.05),
            facts: pairs(&[("penalty", "Kullback-Leibler, weight 0.1")]),
        }),
        trials: trials(&mut noise),
        checks: vec![
            check("ONNX: opset 17, only operators that tract knows", "14 operators"),
            check("tract against libtorch, 64 windows", "largest difference 2.4e-6"),
            check("decoder alone gives the same reconstruction", "largest difference 0"),
        ],
        warnings: vec![
            "14 held-out windows are above the threshold: look at them \
             before you trust it."
                .into(),
        ],
    }
}

/// Colour pictures of a printed part, some with a scratch.
pub fn pictures() -> ReportData {
    let mut noise = Numbers(3);
    let (height, width) = (48, 64);
    let mut picture = |scratch: f64| {
        let (mut original, mut reconstruction) = (Vec::new(), Vec::new());
        for plane in 0..3 {
            for at in 0..height * width {
                let (y, x) = ((at / width) as f64, (at % width) as f64);
                let round = ((x - 32.0).powi(2) + (y - 24.0).powi(2)).sqrt();
                let part = if round < 18.0 && round > 7.0 { 0.75 } else { 0.2 };
                let clean = part * [1.0, 0.8, 0.55][plane] + 0.05 * (x / 64.0);
                let line = if (y - 0.6 * x - 4.0).abs() < 1.5 { scratch } else { 0.0 };
                original.push((clean + line + 0.02 * noise.normal()) as f32);
                reconstruction.push(clean as f32);
            }
        }
        (original, reconstruction)
    };
    let mut window = |title: &str, score: f64, scratch: f64| {
        let (original, reconstruction) = picture(scratch);
        ShownWindow { title: title.into(), score, original, reconstruction, errors: Vec::new() }
    };
    let windows = vec![
        window("Best picture: good/0113.png", 0.4, 0.0),
        window("Median picture: good/0042.png", 0.7, 0.1),
        window("Worst picture: good/0077.png", 1.9, 0.45),
    ];
    let mut points = Vec::new();
    let mut labels = Vec::new();
    for i in 0..420 {
        let (label, x, y) = match i % 10 {
            0 => ("scratch", 4.0, 1.0),
            1 | 2 => ("dent", -2.0, -3.0),
            _ => ("good", 0.0, 0.0),
        };
        points.push([x + noise.normal(), y + noise.normal()]);
        labels.push(label.to_owned());
    }
    let plane_errors = [("red", 0.011), ("green", 0.008), ("blue", 0.014)];
    ReportData {
        title: "ring-conv2d".into(),
        verdict: "Trained conv2d on 420 pictures; reconstructs 97.8 % of the variance of held-out \
                  pictures; threshold 1.3."
            .into(),
        axes: WindowAxes::Picture { planes: 3, height: height as usize, width: width as usize },
        windows,
        curves: vec![curve("all", false, 25, &mut noise)],
        scores: Scores {
            name: "score".into(),
            values: (0..420).map(|_| 0.7 + 0.2 * noise.normal()).collect(),
            threshold: Some(1.3),
            smoothed: false,
        },
        channel_errors: plane_errors.iter().map(|(n, e)| ((*n).into(), *e)).collect(),
        latent: Some(LatentPlot {
            points: Points::Two { points, share: [0.44, 0.21] },
            colour: Colour::Label(labels),
        }),
        activity: None,
        trials: Vec::new(),
        warnings: Vec::new(),
        ..rows()
    }
}

/// A report with nothing in it but its title.
pub fn empty() -> ReportData {
    ReportData {
        title: "nothing".into(),
        verdict: "Nothing was trained.".into(),
        facts: Vec::new(),
        loss: String::new(),
        curves: Vec::new(),
        head: None,
        scores: Scores::default(),
        axes: WindowAxes::Features(Vec::new()),
        windows: Vec::new(),
        channel_errors: Vec::new(),
        latent: None,
        activity: None,
        trials: Vec::new(),
        checks: Vec::new(),
        warnings: Vec::new(),
    }
}
