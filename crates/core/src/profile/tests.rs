use alloc::string::ToString;
use alloc::vec;

use proptest::prelude::*;

use super::*;

fn profile() -> Profile {
    let channel = |name: &str| Channel {
        name: name.into(),
        unit: Some("bar".into()),
        mean: 1.5,
        scale: 0.25,
        longest_run: Some(3),
        seen: Some(SeenRange { low: -1.0, high: 3.5, errors: vec![-99.0] }),
        sensitivity: Some(Sensitivity { step: Some(0.5), rows: None, noise: Some(0.25) }),
    };
    Profile {
        version: 1,
        channels: vec![channel("a"), channel("b")],
        constants: vec![],
        features: None,
        period_s: Some(1.0),
        window: 2,
        average: 1,
        hop: 1,
        layout: Layout::TimeChannels,
        missing: MissingSpec { hold: 5 },
        time: Some("time".into()),
        key: None,
        input: InputSpec::default(),
        streams: vec![],
        unprecedented: None,
        drift: None,
        score: ScoreSpec::MahalanobisWindow {
            normal: Gaussian { mean: vec![0.0; 4], precision: vec![0.5; 16] },
            floor: 1e-9,
        },
        smooth: SmoothSpec::Ewma { alpha: 0.065 },
        threshold: ThresholdSpec {
            value: 2.0,
            rule: ThresholdRule::Quantile { q: 0.99, factor: 2.0 },
            scores: 100,
            pot: None,
        },
        alert: AlertSpec::default(),
        head: None,
        when: None,
        golden: Golden { input: vec![0.5; 4], output: vec![0.25; 4], score: 1.0 },
        provenance: Provenance::default(),
    }
}

#[test]
fn constants_have_names_of_their_own_and_finite_values() {
    let with = |constants: &[(&str, f64)]| {
        let constant = |&(name, value): &(&str, f64)| Constant { name: name.into(), value };
        Profile {
            version: VERSION,
            constants: constants.iter().map(constant).collect(),
            ..profile()
        }
    };
    let good = with(&[("leak", 0.0), ("set", 21.5)]);
    assert_eq!(Profile::from_json(&good.to_json().unwrap()).unwrap(), good);
    for (constants, reason) in [
        (&[("a", 0.0)][..], "\"a\", which is there already"),
        (&[("x", 0.0), ("x", 1.0)], "\"x\", which is there already"),
        (&[("", 0.0)], "not empty"),
        (&[("x", f64::INFINITY)], "\"x\" with the value inf"),
    ] {
        let error = with(constants).to_json().unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
    let many =
        Profile { constants: vec![Constant { name: "x".into(), value: 0.0 }; 4097], ..with(&[]) };
    assert!(many.to_json().unwrap_err().to_string().contains("at most 4096"));
}

#[test]
fn what_is_usual_is_of_every_channel_and_rises() {
    let usual = Usual { mean: 1.0, marks: vec![(0.5, 0.25), (1.5, 0.75)], limit: 0.5 };
    let with = |channels: &[Option<Usual>], score: Option<Usual>| {
        let drift = Some(DriftSpec { rows: 288, channels: channels.to_vec(), score });
        Profile { version: VERSION, drift, ..profile() }
    };
    let some = Some(usual.clone());
    let good = with(&[some.clone(), None], some.clone());
    assert_eq!(Profile::from_json(&good.to_json().unwrap()).unwrap(), good);
    let fails = |bad: &Profile, reason: &str| {
        let error = bad.to_json().unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    };
    fails(&with(&[None], None), "are 1, but there are 2 channels");
    fails(&Profile { version: 4, ..good.clone() }, "must be 5 to 5");
    let marks = |marks: &[(f64, f64)]| Usual { marks: marks.to_vec(), ..usual.clone() };
    for bad in [
        Usual { mean: f64::NAN, ..usual.clone() },
        Usual { limit: 0.0, ..usual.clone() },
        Usual { limit: 1.5, ..usual.clone() },
        marks(&[]),
        marks(&[(0.5, 0.25), (0.5, 0.75)]),
        marks(&[(0.5, 0.75), (1.5, 0.25)]),
        marks(&[(0.5, 1.0)]),
        marks(&[(f64::INFINITY, 0.5)]),
        marks(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map(|at| (f64::from(at), f64::from(at) / 11.0))),
    ] {
        fails(&with(&[None, Some(bad.clone())], None), "of channel \"b\"");
        fails(&with(&[None, None], Some(bad)), "drift.score");
    }
}

#[test]
fn what_was_seen_is_of_every_channel_of_slow_rows() {
    let extent = Extent { low: -1.0, high: 2.0, noise: 0.25 };
    let seen = Precedent { level: extent, day: Some(extent), shift: Some(0.5) };
    let with = |channels: &[Option<Precedent>], period_s| {
        let channels = channels.to_vec();
        let unprecedented = Some(UnprecedentedSpec { learned_s: 600.0, channels });
        Profile { version: VERSION, unprecedented, period_s, ..profile() }
    };
    let slow = Some(60.0);
    let good = with(&[Some(seen), None], slow);
    assert_eq!(Profile::from_json(&good.to_json().unwrap()).unwrap(), good);
    let upside_down = Precedent { level: Extent { low: 3.0, ..extent }, ..seen };
    let below = Precedent { shift: Some(-0.5), ..seen };
    for (bad, reason) in [
        (with(&[Some(seen)], slow), "are 1, but there are 2 channels"),
        (with(&[None, None], Some(1.0)), "come every 55 s or slower"),
        (with(&[None, None], None), "come every 55 s or slower"),
        (with(&[None, Some(upside_down)], slow), "of channel \"b\""),
        (with(&[Some(below), None], slow), "of channel \"a\""),
        (Profile { version: 4, ..good.clone() }, "must be 5 to 5"),
    ] {
        let error = bad.to_json().unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn differences_are_of_channels() {
    let with = |columns: &[&str], period_s| {
        let one = |column: &&str| DifferenceSpec { column: (*column).into(), period_s };
        let difference = columns.iter().map(one).collect();
        let input = InputSpec { difference, ..InputSpec::default() };
        Profile { version: VERSION, input, ..profile() }
    };
    for period_s in [None, Some(10.0)] {
        let good = with(&["b"], period_s);
        assert_eq!(Profile::from_json(&good.to_json().unwrap()).unwrap(), good);
    }
    let old = Profile { version: 3, ..with(&["b"], None) };
    let features = Profile { features: Some(FEATURES), ..with(&["b"], None) };
    for (bad, reason) in [
        (with(&["x"], None), "\"x\", which is no channel"),
        (with(&["b", "b"], None), "\"b\" twice"),
        (with(&["b"], Some(0.0)), "input.difference.period_s"),
        (old, "must be 4 to 5"),
        (features, "features of frames"),
    ] {
        let error = bad.to_json().unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn a_new_normal_keeps_the_profile_before_it_and_no_other() {
    let step = |kind, before, after| Feedback { kind, rows: [3, 9], before, after };
    let moved = |before: Profile| {
        let mut moved = Profile { version: 5, ..before.clone() };
        moved.channels[0].mean = 1.75;
        moved.threshold.value = 2.5;
        moved.provenance.feedback = vec![step(FeedbackKind::NewNormal, 2.0, 2.5)];
        moved.provenance.before = Some(before.into());
        moved
    };
    let good = moved(profile());
    assert_eq!(good.least_version(), 5);
    assert_eq!(Profile::from_json(&good.to_json().unwrap()).unwrap(), good);
    // What was said of alerts after it, and what is no longer kept.
    let mut later = good.clone();
    later.provenance.feedback.push(step(FeedbackKind::Missed, 2.5, 2.0));
    later.threshold.value = 2.0;
    assert!(later.to_json().is_ok());
    later.provenance.before = None;
    assert!(later.to_json().is_ok() && later.least_version() == 5);
    let edited = |change: fn(&mut Profile)| {
        let mut edited = good.clone();
        change(&mut edited);
        edited
    };
    let before = |p: &mut Profile, change: fn(&mut Profile)| {
        p.provenance.before.iter_mut().for_each(|before| change(before));
    };
    let nested = |p: &mut Profile| p.provenance.before = Some(p.clone().into());
    let mut deep = good.clone();
    nested(&mut deep);
    let mut other = good.clone();
    before(&mut other, |p| p.channels[1].name = "c".into());
    let mut broken = good.clone();
    before(&mut broken, |p| p.channels[1].scale = 0.0);
    let mut from = good.clone();
    before(&mut from, |p| p.threshold.value = 2.25);
    for (bad, reason) in [
        (edited(|p| p.version = 4), "must be 5 to 5"),
        (deep, "holds a profile before it"),
        (other, "is of another model"),
        (broken, "scale of channel \"b\""),
        (from, "from which no new normal went on"),
        (edited(|p| p.provenance.feedback.clear()), "from which no new normal went on"),
        (edited(|p| p.threshold.value = 3.0), "the history was edited"),
    ] {
        let error = bad.to_json().unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}

const FEATURES: FeatureSpec =
    FeatureSpec { frame: 64, hop: 32, bands: 3, envelope: 2, period_s: Some(0.001) };

fn stream(name: &str, scale: f64) -> StreamScale {
    StreamScale { name: name.into(), mean: vec![0.0; 2], scale: vec![scale; 2] }
}

fn pivot(span_s: f64) -> PivotSpec {
    PivotSpec { name: "sensor".into(), values: vec!["value".into()], span_s, tables: false }
}

#[test]
fn scales_of_streams_and_long_format_are_checked() {
    type Case = (fn(&mut Profile), &'static str);
    let cases: [Case; 5] = [
        (|p| (p.version, p.streams) = (1, vec![stream("x", 1.0)]), "must be 4"),
        (|p| p.streams = vec![stream("x", 0.0)], "above zero"),
        (|p| p.streams = vec![stream("x", 1.0), stream("x", 2.0)], "twice"),
        (|p| p.input.pivot = Some(pivot(-1.0)), "span_s"),
        (|p| p.input.pivot = Some(pivot(f64::NAN)), "span_s"),
    ];
    let good = Profile { version: 4, streams: vec![stream("x", 2.0)], ..profile() };
    let input = InputSpec { pivot: Some(pivot(2.5)), ..InputSpec::default() };
    let good = Profile { input, ..good };
    assert_eq!(Profile::from_json(&good.to_json().unwrap()).unwrap(), good);
    for (change, word) in cases {
        let mut bad = good.clone();
        change(&mut bad);
        let message = bad.to_json().unwrap_err().to_string();
        assert!(message.contains(word), "{message}");
    }
}

#[test]
fn features_are_channels_by_their_names() {
    let mut with = Profile { version: 3, features: Some(FEATURES), ..profile() };
    for (channel, name) in with.channels.iter_mut().zip(["a: x:band3", "b:envelope2"]) {
        channel.name = name.into();
    }
    assert_eq!(Profile::from_json(&with.to_json().unwrap()).unwrap(), with);
    for name in ["a", "a:band4", "a:band0", "a:band03", "a:band+3", ":rms", "a:envelope", "a:RMS"] {
        with.channels[0].name = name.into();
        let error = with.to_json().unwrap_err().to_string();
        assert!(error.contains(name) && error.contains("NAME:band1 to NAME:band3"), "{error}");
    }
}

#[test]
fn what_is_written_reads_back() {
    let json = profile().to_json().unwrap();
    assert_eq!(Profile::from_json(&json).unwrap(), profile());
}

#[test]
fn what_cannot_be_used_is_refused_by_name() {
    let refused = |change: fn(&mut Profile)| {
        let mut profile = profile();
        change(&mut profile);
        profile.to_json().unwrap_err().to_string()
    };
    type Case = (fn(&mut Profile), &'static str);
    let cases: [Case; 23] = [
        (|p| p.version = 0, "version is 0"),
        (|p| p.score = ScoreSpec::Model { lower: true, origin: 0.0 }, "must be 2 to 5"),
        (|p| p.channels.clear(), "channels"),
        (|p| p.channels[1].name = "a".into(), "\"a\" twice"),
        (|p| p.channels[0].scale = 0.0, "scale of channel \"a\""),
        (|p| p.channels[1].seen.as_mut().unwrap().low = 4.0, "seen of channel \"b\" is from 4 to"),
        (|p| p.channels[1].seen.as_mut().unwrap().high = f64::INFINITY, "seen of channel \"b\""),
        (|p| p.channels[0].seen.as_mut().unwrap().errors = vec![1.0; 5], "has 5 errors"),
        (|p| p.window = 0, "window"),
        (|p| p.window = 1 << 30, "window"),
        (|p| p.hop = 0, "hop"),
        (|p| p.period_s = Some(-1.0), "period_s"),
        (|p| p.missing.hold = u32::MAX, "missing.hold"),
        (|p| p.score = ScoreSpec::Normalised { level: vec![1.0] }, "score.level"),
        (|p| p.threshold.value = 0.0, "threshold.value"),
        (|p| p.threshold.rule = ThresholdRule::Margin { q: 0.99, k: 3.0 }, "must be 5"),
        (
            |p| (p.version, p.threshold.rule) = (5, ThresholdRule::Margin { q: 0.99, k: -1.0 }),
            "threshold.rule.k",
        ),
        (|p| p.alert.clear = 2.0, "alert.clear"),
        (|p| p.golden.output.push(0.0), "golden.output"),
        (|p| (p.version, p.input.delimiter) = (4, Some("-".repeat(17))), "input.delimiter"),
        (
            |p| p.features = Some(FEATURES),
            "version is 1, but with what is in it, it must be 3 to 5",
        ),
        (|p| (p.version, p.features) = (3, Some(FEATURES)), "\"a\", which is no feature"),
        (
            |p| (p.version, p.features) = (3, Some(FeatureSpec { envelope: 5, ..FEATURES })),
            "features.envelope are 5, but frames of 64 rows can have 4 at most",
        ),
    ];
    for (change, word) in cases {
        let message = refused(change);
        assert!(message.contains(word), "{message}");
    }
}

#[test]
fn rows_that_are_averaged_need_a_program_that_knows_of_it() {
    let of = |average| Profile { version: VERSION, average, ..profile() };
    let json = of(5).to_json().unwrap();
    assert!(json.contains("\"average\":5") && of(5).least_version() == 5);
    assert_eq!(Profile::from_json(&json).unwrap(), of(5));
    assert_eq!((of(5).rows_covered(), of(5).rows_apart()), (10, 5));
    assert!(!of(1).to_json().unwrap().contains("average"), "as it was before");
    assert!(Profile { version: 4, ..of(5) }.to_json().is_err());
    for average in [0, MAX_AVERAGE + 1] {
        assert!(of(average).to_json().unwrap_err().to_string().contains("average"));
    }
}

#[test]
fn a_later_version_is_told_from_a_broken_one() {
    let later = r#"{"version": 6, "something": "new"}"#;
    assert!(matches!(Profile::from_json(later), Err(ProfileError::Version { found: 6 })));
    assert!(matches!(Profile::from_json("{"), Err(ProfileError::Json(_))));
}

#[test]
fn a_score_of_the_model_has_one_number_for_an_answer() {
    let score = ScoreSpec::Model { lower: true, origin: -0.5 };
    let golden = Golden { input: vec![0.5; 4], output: vec![0.25], score: 0.25 };
    let with = Profile { version: 2, score, golden, ..profile() };
    let json = with.to_json().unwrap();
    assert_eq!(Profile::from_json(&json).unwrap(), with);
    assert_eq!((with.answer_len(), profile().answer_len()), (1, 4));
    let two = Golden { output: vec![0.25; 2], ..with.golden.clone() };
    let error = Profile { golden: two, ..with }.to_json().unwrap_err().to_string();
    assert!(error.contains("golden.output has 2 numbers, but must have 1"), "{error}");
}

proptest! {
    #[test]
    fn no_text_panics(at in any::<prop::sample::Index>(), text in "\\PC{0,8}", cut in 0usize..20) {
        let mut json = profile().to_json().unwrap();
        let start = at.index(json.len());
        let end = (start + cut).min(json.len());
        json.replace_range(start..end, &text);
        if let Ok(read) = Profile::from_json(&json) {
            prop_assert!(read.to_json().is_ok(), "what was read is consistent");
        }
    }
}
