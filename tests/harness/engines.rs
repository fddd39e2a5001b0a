//! Holds the native engine against tract, and itself, on a random small model: bytes that choose the model
//! and its windows go in; nothing comes out, or what is wrong.
//!
//! The first byte says whether the model is absurd, the next three choose the windows. A model that is
//! refused with a clear reason is well; one on which the engines differ is not.

use super::random;
use oddity::model::{Model, ModelError, ModelPart, PreparedModel, ReadOptions, Session};
use oddity::types::Reconstruction;

/// Windows that run together.
const TOGETHER: usize = 37;

/// Steps of a quantised model that may be rounded to the other side without being wrong, relative to the
/// largest value: a small model moves by some of them.
const SOME_STEPS: f32 = 0.25;
/// What the loader takes for rounding where nothing is quantised, with room.
const ROUNDED: f32 = 0.05;

/// Makes the model, loads it, and runs it.
pub fn check(bytes: &[u8]) -> Result<(), String> {
    let (head, choices) = bytes.split_at(bytes.len().min(4));
    let choice = |at: usize| head.get(at).copied().unwrap_or(0);
    let absurd = choice(0) % 2 == 1;
    let file = if absurd { random::absurd(choices) } else { random::autoencoder(choices) };
    let prepared = match PreparedModel::read(&file, ModelPart::Whole, &ReadOptions::default()) {
        Ok(prepared) => prepared,
        Err(error) if absurd => return readable(&error),
        Err(error) => return Err(format!("a model of which nothing is wrong is refused: {error}")),
    };
    match prepared.tried() {
        Ok(model) => {
            let summary = model.description().arithmetic.summary();
            if !absurd && !summary.starts_with("native") {
                return Err(format!("a layer is missing: {summary}"));
            }
            same_bits(&model, [choice(1), choice(2), choice(3)])
        }
        Err(error) => may_fail(&error, absurd),
    }
}

/// A reason fits a few lines, and is safe for a terminal.
fn readable(error: &ModelError) -> Result<(), String> {
    let text = error.to_string();
    let well = text.chars().count() < 2000 && !text.chars().any(char::is_control);
    if well { Ok(()) } else { Err(format!("no readable reason: {text:?}")) }
}

/// Whether a trial may fail so.
fn may_fail(error: &ModelError, absurd: bool) -> Result<(), String> {
    readable(error)?;
    let text = error.to_string();
    // With a scale at the end of f32 a step to the other side is infinitely far.
    let rounded = |by: f32| by > ROUNDED && by < SOME_STEPS || absurd && by.is_infinite();
    let alike = apart(error).is_none_or(rounded);
    // Of a native program, or of its batches.
    let own = ["ended early", "depends on"].iter().any(|what| text.contains(what));
    if alike && !own { Ok(()) } else { Err(text) }
}

/// How far the engines are apart, where the error says that they are.
fn apart(error: &ModelError) -> Option<f32> {
    let ModelError::Misbehaves(what) = error else { return None };
    let by = what.strip_prefix("the native engine and tract give different answers, by ")?;
    by.split(' ').next()?.parse().ok()
}

/// Windows together and each alone give the same bits.
fn same_bits(model: &Model, chosen: [u8; 3]) -> Result<(), String> {
    let len = model.window_len();
    let windows = windows(len, chosen);
    let mut session = model.session().map_err(|error| error.to_string())?;
    let together = answers(&mut session, &windows, TOGETHER)?;
    for (at, window) in windows.chunks(len).enumerate() {
        let alone = answers(&mut session, window, 1)?;
        let same = together.values.chunks(alone.values.len()).nth(at);
        if same.map(bits) != Some(bits(&alone.values)) {
            return Err(format!("window {at} of {TOGETHER} gives other bits than alone"));
        }
    }
    Ok(())
}

fn answers(session: &mut Session, windows: &[f32], n: usize) -> Result<Reconstruction, String> {
    let mut out = Reconstruction::default();
    session.run(windows, n, &mut out).map_err(|error| error.to_string())?;
    Ok(out)
}

/// What is no number has many bits that mean the same.
fn bits(values: &[f32]) -> Vec<u32> {
    let plain = |value: &f32| if value.is_nan() { f32::NAN } else { *value };
    values.iter().map(plain).map(f32::to_bits).collect()
}

/// Windows of one size, with a value among them that no window should have.
fn windows(len: usize, [size, which, at]: [u8; 3]) -> Vec<f32> {
    const SIZES: [f32; 4] = [1.0, 1e-3, 100.0, 1e6];
    const ODD: [f32; 8] =
        [0.0, -0.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, 1e-42, 1e20];
    let size = SIZES[usize::from(size) % SIZES.len()];
    let value = |i: usize| ((i * 37 % 101) as f32 / 50.0 - 1.0) * size;
    let mut windows: Vec<f32> = (0..TOGETHER * len).map(value).collect();
    let at = usize::from(at) * 41 % windows.len().max(1);
    if let Some(value) = windows.get_mut(at) {
        *value = ODD[usize::from(which) % ODD.len()];
    }
    windows
}
