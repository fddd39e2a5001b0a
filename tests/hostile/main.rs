//! Mutants of real models: whatever the bytes, loading gives a model or an error. It never panics,
//! never aborts, and stays within the limits of memory and time that a trial load has.
//!
//! The mutants are loaded in child processes (this same test binary) that limit themselves, so that an
//! abort is seen and the mutant named. `ODDITY_TEST_MUTANTS` is the number of mutants of each source;
//! with 3000 there are some 100 000.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../harness/data.rs"]
mod data;
mod mutate;
mod words;

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use mutate::{Random, mutate};
use oddity::graph::{ExternalPart, merge_external};
use oddity::model::{Limits, Model, ModelError, limits};
use oddity::types::Reconstruction;

/// Of the folders `zoo` and `wild`, and of our own `sklearn`: small files of each kind.
const SOURCES: &[&str] = &[
    "zoo/lin.leg17.dyn_u8",
    "zoo/dense.leg17.qdq_u8s8",
    "zoo/conv1d_t.leg17",
    "zoo/conv1d_up.leg13",
    "zoo/conv1d_up.leg17.qop_u8s8",
    "zoo/conv2d_t.leg17.qdq_u8s8_pc",
    "zoo/tcn.leg17",
    "zoo/tcn.leg17.qop_s8s8",
    "zoo/lstm.leg17",
    "zoo/lstm.dyn18",
    "zoo/lstm.leg17.dyn_s8_pc",
    "zoo/gru.leg17fix",
    "zoo/vae_eps.leg17",
    "wild/decoder_only",
    "wild/depth_to_space",
    "wild/dynamic_quantize_lstm",
    "wild/empty_pads",
    "wild/external_data",
    "wild/fp16_conv",
    "wild/fp16_gemm",
    "wild/free_time",
    "wild/group_norm",
    "wild/ml_only",
    "wild/mod_integers",
    "wild/nhwc_picture",
    "wild/qdq_int16_microsoft",
    "wild/qgemm",
    "wild/saved_by_onnxruntime",
    "wild/slice_scalar_starts",
    "wild/unused_outputs",
    "wild/vae_sampling",
    "sklearn/boosted_class",
    "sklearn/ensemble5",
    "sklearn/forest",
    "sklearn/iforest",
    "sklearn/linear",
    "sklearn/neighbours",
    "sklearn/ocsvm_rbf",
];
const MUTANTS: u64 = 40;
/// Mutants that a child loads before another takes over.
const AT_ONCE: u64 = 50;
/// Set in the child: the source, the first mutant and the one after the last.
const CHILD: &str = "ODDITY_TEST_HOSTILE_CHILD";

/// What came of mutants, and the most memory that a child had, in KiB.
#[derive(Default)]
struct Tally {
    outcomes: BTreeMap<String, u64>,
    /// Mutants that must not be: with what they did.
    wrong: Vec<String>,
    peak_kib: u64,
}

#[test]
#[ignore = "needs ODDITY_DATA"]
fn mutants_give_a_model_or_an_error() {
    let sources: Vec<&str> = SOURCES
        .iter()
        .copied()
        .filter(|source| {
            // A collection without a file has one kind less to try.
            path(source).exists()
        })
        .collect();
    let mutants = var_or(MUTANTS);
    let mut tally = Tally::default();
    for source in &sources {
        let mut next = 0;
        while next < mutants {
            next = tally.add(source, next, (next + AT_ONCE).min(mutants));
        }
    }
    let total: u64 = tally.outcomes.values().sum();
    println!("{total} mutants of {} files: {:#?}", sources.len(), tally.outcomes);
    println!("peak memory {} MiB; {} wrong", tally.peak_kib >> 10, tally.wrong.len());
    assert!(tally.wrong.is_empty(), "{:#?}", tally.wrong);
    assert_eq!(total, mutants * sources.len() as u64);
    // The mutants must reach every stage, or this test tests nothing.
    for stage in ["loaded", "not ONNX", "invalid", "unsupported", "too large"] {
        assert!(tally.outcomes.contains_key(stage), "no mutant was {stage}");
    }
}

impl Tally {
    /// Adds the mutants of `source` from `from` up to `to`; gives the one with which to go on.
    fn add(&mut self, source: &str, from: u64, to: u64) -> u64 {
        let output = child_of(source, from, to);
        let text = String::from_utf8_lossy(&output.stdout);
        let mut done = from;
        for line in text.lines() {
            if let Some(outcome) = line.strip_prefix("outcome ") {
                *self.outcomes.entry(outcome.to_owned()).or_default() += 1;
                done += 1;
            } else if let Some(kib) = line.strip_prefix("peak ") {
                self.peak_kib = self.peak_kib.max(kib.parse().unwrap());
            } else if line.starts_with("wrong ") {
                self.wrong.push(line.to_owned());
            }
        }
        if output.status.success() {
            assert_eq!(done, to, "{source}: the child did not load all mutants");
            return to;
        }
        // The limit of time holds for all that a child loads; alone, a mutant must stay below it.
        if to - from > 1 && done > from {
            return done;
        }
        if to - from > 1 {
            return self.add(source, done, done + 1);
        }
        let end = format!("wrong {source} {done}: the child ended with {}", output.status);
        self.wrong.push(format!("{end}\n{}", String::from_utf8_lossy(&output.stderr)));
        *self.outcomes.entry("ended the child".into()).or_default() += 1;
        done + 1
    }
}

fn child_of(source: &str, from: u64, to: u64) -> Output {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--ignored", "--nocapture", "--test-threads=1"])
        .env(CHILD, format!("{source} {from} {to}"))
        .output()
        .unwrap()
}

fn var_or(default: u64) -> u64 {
    std::env::var("ODDITY_TEST_MUTANTS").ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

/// Not a test of its own: loads some mutants of one source under limits.
#[test]
#[ignore = "run by mutants_give_a_model_or_an_error"]
fn child() {
    let Ok(task) = std::env::var(CHILD) else { return };
    let mut words = task.split(' ');
    let source = words.next().unwrap();
    let mut number = || words.next().unwrap().parse::<u64>().unwrap();
    let bytes = whole(source);
    let most = Limits::default();
    limits::restrict_self(limits::load_memory(most), limits::load_seconds(most)).unwrap();
    for seed in number()..number() {
        let mutant = mutate(&bytes, &mut Random(seed * 1000 + source.len() as u64));
        println!("mutant {seed} of {source}: {} bytes", mutant.len());
        let outcome = catch_unwind(AssertUnwindSafe(|| outcome(&mutant)));
        if outcome.is_err() {
            println!("wrong {source} {seed}: it panicked");
        }
        println!("outcome {}", outcome.unwrap_or("panicked"));
    }
    println!("peak {}", peak_kib());
}

fn path(source: &str) -> PathBuf {
    let file = format!("{source}.onnx");
    match source.starts_with("sklearn/") {
        true => Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(file),
        false => data::data().join(file),
    }
}

/// The file with what lies beside it.
fn whole(source: &str) -> Vec<u8> {
    let path = path(source);
    let folder = path.parent().unwrap();
    let part = |part: ExternalPart<'_>| {
        let bytes = fs::read(folder.join(part.file)).unwrap();
        Ok(bytes[part.offset as usize..][..part.length as usize].to_vec())
    };
    merge_external(fs::read(&path).unwrap(), Limits::default(), part).unwrap()
}

/// The most memory that this process has had; 0 where the system does not say.
fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn outcome(bytes: &[u8]) -> &'static str {
    // A second file that has whatever is asked for, up to a size.
    let part = |part: ExternalPart<'_>| match (part.file, part.length) {
        ("w.data", length @ ..1_000_000) => Ok(vec![0; length as usize]),
        _ => Err("there is no such file".into()),
    };
    let merged = merge_external(bytes.to_vec(), Limits::default(), part);
    let bytes = merged.as_deref().unwrap_or(bytes);
    // Its decoder goes the same way, and through the cut besides.
    if let Ok(decoder) = Model::decoder_from_bytes(bytes) {
        let mut out = Reconstruction::default();
        let latents = vec![0.25; 2 * decoder.window_len()];
        decoder.session().unwrap().run(&latents, 2, &mut out).unwrap();
    }
    match Model::from_bytes(bytes) {
        Ok(model) => {
            let mut out = Reconstruction::default();
            let window = vec![0.25; 2 * model.window_len()];
            model.session().unwrap().run(&window, 2, &mut out).unwrap();
            "loaded"
        }
        Err(error) => {
            let text = error.to_string();
            assert!(text.chars().count() < 2000, "{text}");
            match error {
                ModelError::NotOnnx(_) => "not ONNX",
                ModelError::Invalid { .. } => "invalid",
                ModelError::Unsupported { .. } => "unsupported",
                ModelError::TooLarge { .. } => "too large",
                ModelError::Engine { what, .. } if what.contains("panic") => {
                    "engine panicked, caught"
                }
                ModelError::Engine { .. } => "engine refused",
                _ => "misbehaves",
            }
        }
    }
}
