//! Profiles that earlier programs wrote read as they were written: each file of
//! `tests/fixtures/profile-vN` is a profile of version N.

use std::collections::BTreeSet;
use std::path::Path;

use oddity::profile::{Profile, SmoothSpec, ThresholdRule};
use serde_json::Value;

/// The profiles of a version: file name and text.
fn fixtures(version: u32) -> Vec<(String, String)> {
    let folder = format!("tests/fixtures/profile-v{version}");
    let entries = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap();
    let files = entries.map(|entry| entry.unwrap());
    files
        .map(|file| {
            let text = std::fs::read_to_string(file.path()).unwrap();
            (file.file_name().into_string().unwrap(), text)
        })
        .collect()
}

#[test]
fn version_1_reads_as_it_was_written() {
    for (name, text) in fixtures(1) {
        let profile = Profile::from_json(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        let was: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(was["version"], 1, "{name}");
        for field in ["window", "hop", "period_s", "layout", "score", "smooth", "threshold"] {
            let now = serde_json::to_value(&profile).unwrap();
            assert_eq!(now[field], was[field], "{name}: {field}");
        }
        let written = profile.to_json().unwrap();
        assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), was, "{name}");
        assert_eq!(Profile::from_json(&written).unwrap(), profile, "{name}");
    }
}

#[test]
fn version_1_is_read_into_the_right_fields() {
    let (_, text) = fixtures(1).into_iter().find(|(name, _)| name.starts_with("mae-")).unwrap();
    let profile = Profile::from_json(&text).unwrap();
    let names: Vec<&str> = profile.channels.iter().map(|channel| channel.name.as_str()).collect();
    assert_eq!(names, ["flow", "pressure", "current"]);
    assert_eq!((profile.window, profile.hop, profile.period_s), (6, 1, Some(1.0)));
    assert_eq!((profile.missing.hold, profile.time.as_deref()), (2, Some("time")));
    assert_eq!(profile.smooth, SmoothSpec::Mean { windows: 4 });
    assert_eq!(profile.threshold.rule, ThresholdRule::Sigma { k: 5.0 });
    let alert = profile.alert;
    assert_eq!((alert.raise, alert.k, alert.of), (1.2, 3, 5));
    assert_eq!((alert.min_duration_s, alert.cooldown_s), (2.0, 60.0));
}

#[test]
fn version_2_reads_as_it_was_written() {
    let files = fixtures(2);
    assert!(!files.is_empty());
    for (name, text) in files {
        let profile = Profile::from_json(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        let was: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&was["version"], profile.answer_len()), (&Value::from(2), 1), "{name}");
        assert_eq!(was["score"]["kind"], "model", "{name}");
        let written = profile.to_json().unwrap();
        assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), was, "{name}");
        // The first version does not know the score.
        let older = text.replacen("\"version\": 2", "\"version\": 1", 1);
        let error = Profile::from_json(&older).unwrap_err().to_string();
        assert!(error.contains("version is 1, but with what is in it, it must be 2"), "{error}");
    }
}

#[test]
fn version_3_reads_as_it_was_written() {
    let files = fixtures(3);
    assert!(!files.is_empty());
    for (name, text) in files {
        let profile = Profile::from_json(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        let was: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(was["version"], 3, "{name}");
        let features =
            profile.features.map(|spec| (spec.frame, spec.hop, spec.bands, spec.envelope));
        assert_eq!(features, Some((64, 32, 2, 1)), "{name}");
        let written = profile.to_json().unwrap();
        assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), was, "{name}");
        // Earlier versions do not know features.
        let older = text.replacen("\"version\": 3", "\"version\": 2", 1);
        let error = Profile::from_json(&older).unwrap_err().to_string();
        assert!(error.contains("version is 2, but with what is in it, it must be 3"), "{error}");
    }
}

#[test]
fn version_4_reads_as_it_was_written() {
    let files = fixtures(4);
    assert!(!files.is_empty());
    let mut said = BTreeSet::new();
    for (name, text) in files {
        let profile = Profile::from_json(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        let was: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(was["version"], 4, "{name}");
        let written = profile.to_json().unwrap();
        assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), was, "{name}");
        said.extend(was["input"].as_object().unwrap().keys().cloned());
        said.extend(
            ["constants", "streams"].into_iter().filter(|f| was.get(f).is_some()).map(Into::into),
        );
        // Earlier versions do not know what is in it.
        let older = text.replacen("\"version\": 4", "\"version\": 3", 1);
        let error = Profile::from_json(&older).unwrap_err().to_string();
        assert!(error.contains("version is 3, but with what is in it, it must be 4"), "{error}");
    }
    // What no file says would not be tested.
    let fields =
        ["columns", "constants", "decimal", "delimiter", "difference", "numbers", "prefix", "time"];
    let missing: Vec<&str> = fields.into_iter().filter(|field| !said.contains(*field)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn version_5_reads_as_it_was_written() {
    let files = fixtures(5);
    let mut rules = BTreeSet::new();
    for (name, text) in &files {
        let profile = Profile::from_json(text).unwrap_or_else(|e| panic!("{name}: {e}"));
        let was: Value = serde_json::from_str(text).unwrap();
        assert_eq!(was["version"], 5, "{name}");
        let written = profile.to_json().unwrap();
        assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), was, "{name}");
        if let Some(spec) = &profile.unprecedented {
            assert_eq!(spec.channels.len(), profile.channels.len(), "{name}");
            assert!(spec.channels.iter().flatten().all(|seen| seen.day.is_some()), "{name}");
        }
        rules.insert(was["threshold"]["rule"]["kind"].as_str().unwrap().to_owned());
        // Earlier versions do not know what is in it.
        let older = text.replacen("\"version\": 5", "\"version\": 4", 1);
        let error = Profile::from_json(&older).unwrap_err().to_string();
        assert!(error.contains("version is 4, but with what is in it, it must be 5"), "{error}");
    }
    assert_eq!(rules.into_iter().collect::<Vec<_>>(), ["false-alarms", "margin", "quantile"]);
    assert!(files.iter().any(|(_, text)| text.contains("\"settle_s\": 60.0")));
    assert!(files.iter().any(|(_, text)| text.contains("\"sensitivity\"")));
    assert!(files.iter().any(|(_, text)| text.contains("\"unprecedented\"")));
    assert!(files.iter().any(|(_, text)| text.contains("\"drift\"")));
    assert!(files.iter().any(|(_, text)| text.contains("\"new-normal\"")));
    assert!(files.iter().any(|(_, text)| text.contains("\"before\": {")));
}

/// A kind without a file would not be tested.
#[test]
fn every_kind_of_version_1_is_there() {
    let profiles: Vec<Value> =
        fixtures(1).iter().map(|(_, text)| serde_json::from_str(text).unwrap()).collect();
    let kinds = |pointer: &str| -> Vec<String> {
        let found = profiles.iter().filter_map(|profile| profile.pointer(pointer)?.as_str());
        found.map(ToOwned::to_owned).collect::<BTreeSet<_>>().into_iter().collect()
    };
    let layouts = ["channels-time", "features", "picture", "picture-planes-last", "time-channels"];
    assert_eq!(kinds("/layout"), layouts);
    let scores = [
        "mae",
        "mahalanobis",
        "mahalanobis-log",
        "mahalanobis-window",
        "mse",
        "normalised",
        "t2q",
        "worst-channel",
    ];
    assert_eq!(kinds("/score/kind"), scores);
    assert_eq!(kinds("/smooth/kind"), ["ewma", "mean", "median", "none"]);
    assert_eq!(kinds("/threshold/rule/kind"), ["fixed", "pot", "quantile", "sigma"]);
    assert_eq!(kinds("/head/kind"), ["class", "estimate"]);
    assert_eq!(kinds("/key"), ["unit"]);
}
