//! Windows of a stream that overlap: together, with what they have in common computed once, they have the
//! bits of each alone; and `inspect` says which layers do so.

use crate::harness::onnx::Onnx;
use crate::harness::{Dir, random};
use oddity::model::{Model, Overlapping};
use oddity::profile::Layout;
use oddity::types::Reconstruction;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// Readings without a pattern that repeats.
fn readings(count: usize) -> Vec<f32> {
    let mut bits = 7u32;
    (0..count)
        .map(|_| {
            bits = bits.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (bits >> 8) as f32 / (1u32 << 23) as f32 - 1.0
        })
        .collect()
}

/// `count` windows of a stream that breaks off half way, `hop` rows apart.
fn windows(model: &Model, layout: Layout, hop: usize, count: usize) -> Vec<f32> {
    let (rows, channels) = model.rows_and_channels(layout).unwrap();
    let stream = readings((rows + count * hop + 1) * channels);
    (0..count)
        .flat_map(|at| {
            let at = at * hop + usize::from(at >= count / 2);
            let window = &stream[at * channels..(at + rows) * channels];
            let place = move |i: usize| match layout.is_channels_first() {
                true => i % rows * channels + i / rows,
                false => i,
            };
            (0..window.len()).map(move |i| window[place(i)]).collect::<Vec<_>>()
        })
        .collect()
}

fn bits(out: &Reconstruction) -> Vec<u32> {
    let all = out.values.iter().chain(&out.latent).chain(&out.head);
    all.map(|value| value.to_bits()).collect()
}

/// The answers to windows of a stream together are those to each alone.
fn check(model: &Model, layout: Layout, hop: usize, count: usize) -> Result<(), TestCaseError> {
    let windows = windows(model, layout, hop, count);
    let mut together = Reconstruction::default();
    model.stream_session(layout, hop).unwrap().run(&windows, count, &mut together).unwrap();
    let (mut session, mut alone) = (model.session().unwrap(), Reconstruction::default());
    let mut one = Reconstruction::default();
    for window in windows.chunks(model.window_len()) {
        session.run(window, 1, &mut one).unwrap();
        alone.values.extend_from_slice(&one.values);
        alone.latent.extend_from_slice(&one.latent);
        alone.head.extend_from_slice(&one.head);
    }
    prop_assert!(bits(&together) == bits(&alone), "{layout:?} at hop {hop}");
    Ok(())
}

/// A few models, always the same; `ODDITY_TEST_MODELS=5000` tries so many others.
fn models() -> ProptestConfig {
    let wanted = std::env::var("ODDITY_TEST_MODELS").ok().and_then(|count| count.parse().ok());
    let rng_seed = if wanted.is_some() { RngSeed::Random } else { RngSeed::Fixed(1) };
    let cases = wanted.unwrap_or(32);
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(models())]

    /// With all kinds of layers, most of which end what windows have in common.
    #[test]
    fn random_models_answer_windows_of_a_stream_as_each_alone(
        choices in prop::collection::vec(any::<u8>(), 3..80),
    ) {
        let choices: Vec<u8> = std::iter::once(1).chain(choices).collect();
        let Ok(model) = Model::from_bytes(&random::autoencoder(&choices)) else { return Ok(()) };
        for layout in [Layout::ChannelsTime, Layout::TimeChannels] {
            let (rows, _) = model.rows_and_channels(layout).unwrap();
            for hop in [1, 2, 3, (rows / 2).max(1)] {
                check(&model, layout, hop, 37)?;
            }
        }
    }
}

/// How a convolution goes over time.
#[derive(Clone, Copy)]
struct Way {
    kernel: i64,
    stride: i64,
    pads: [i64; 2],
}

/// Two convolutions over `[time, channels]`, with ReLUs; then a transposed one, or all of time at once.
fn network(rows: i64, ways: [Way; 2], mixes: bool) -> Vec<u8> {
    let mut onnx =
        Onnx::new("x", None, &[rows, 2]).node("Transpose", "x", "turned").ints("perm", &[0, 2, 1]);
    let (mut name, mut length) = ("turned".to_owned(), rows);
    for (at, Way { kernel, stride, pads }) in ways.into_iter().enumerate() {
        let inputs = if at == 0 { 2 } else { 4 };
        let weights: Vec<f32> = readings((4 * inputs * kernel) as usize);
        onnx = onnx
            .floats(&format!("w{at}"), &[4, inputs, kernel], &weights)
            .node("Conv", &format!("{name} w{at}"), &format!("conv{at}"))
            .ints("strides", &[stride])
            .ints("pads", &pads)
            .node("Relu", &format!("conv{at}"), &format!("relu{at}"));
        name = format!("relu{at}");
        length = (length + pads[0] + pads[1] - kernel) / stride + 1;
    }
    if mixes {
        let (from, to) = (4 * length, 2 * rows);
        return onnx
            .floats("back", &[from, to], &readings((from * to) as usize))
            .integers("window", &[-1, rows, 2])
            .node("Flatten", &name, "flat")
            .node("Gemm", "flat back", "row")
            .node("Reshape", "row window", "y")
            .file("y");
    }
    let stride: i64 = ways.iter().map(|way| way.stride).product();
    let kernel = rows - (length - 1) * stride;
    onnx.floats("back", &[4, 2, kernel], &readings((8 * kernel) as usize))
        .node("ConvTranspose", &format!("{name} back"), "up")
        .ints("strides", &[stride])
        .node("Transpose", "up", "y")
        .ints("perm", &[0, 2, 1])
        .file("y")
}

const VALID: Way = Way { kernel: 3, stride: 1, pads: [0, 0] };
const CAUSAL: Way = Way { kernel: 3, stride: 1, pads: [2, 0] };
const SAME: Way = Way { kernel: 3, stride: 1, pads: [1, 1] };
const HALF: Way = Way { kernel: 2, stride: 2, pads: [0, 0] };

#[test]
fn convolutions_of_every_padding_answer_as_each_window_alone() {
    for ways in [[VALID; 2], [CAUSAL; 2], [SAME; 2], [HALF; 2], [SAME, HALF]] {
        for mixes in [false, true] {
            let model = Model::from_bytes(&network(32, ways, mixes)).unwrap();
            for hop in [1, 2, 3, 16] {
                check(&model, Layout::TimeChannels, hop, 70).unwrap();
            }
        }
    }
}

fn places(overlap: &Overlapping) -> Vec<(usize, usize, usize)> {
    let layers = overlap.layers.iter();
    layers.map(|layer| (layer.computed, layer.places, layer.windows_back)).collect()
}

#[test]
fn a_model_tells_what_is_computed_of_a_window() {
    let overlap = |ways: [Way; 2], mixes: bool, hop: usize| {
        let model = Model::from_bytes(&network(32, ways, mixes)).unwrap();
        model.overlapping(Layout::TimeChannels, hop)
    };
    let valid = overlap([VALID; 2], true, 1).unwrap();
    assert_eq!(places(&valid), [(1, 30, 1), (1, 28, 1)]);
    let end = valid.ends.unwrap();
    assert_eq!(end.layer.as_deref(), Some("make_row"));
    assert_eq!(end.because, "it mixes all of time");
    assert_eq!(places(&overlap([CAUSAL; 2], true, 2).unwrap()), [(4, 32, 1), (6, 32, 1)]);
    assert_eq!(places(&overlap([SAME; 2], true, 1).unwrap()), [(3, 32, 1), (5, 32, 1)]);
    // After strides the windows two and four before have the same places.
    assert_eq!(places(&overlap([HALF; 2], true, 1).unwrap()), [(1, 16, 2), (1, 8, 4)]);
    // The transposed convolution on the way back, its two ends apart.
    let whole = overlap([VALID; 2], false, 1).unwrap();
    assert_eq!(whole.ends, None);
    assert_eq!(places(&whole), [(1, 30, 1), (1, 28, 1), (9, 32, 1)]);
    assert_eq!(overlap([VALID; 2], true, 32), None);
    let model = Model::from_bytes(&network(32, [VALID; 2], true)).unwrap();
    assert_eq!(model.overlapping(Layout::Features, 1), None);
}

#[test]
fn inspect_says_which_layers_compute_what_is_new_and_why_others_do_not() {
    let dir = Dir::fitted();
    let shown = dir.oddity("inspect model.onnx").ok().stdout;
    assert!(shown.contains("overlap        each window is computed in full at hop 1"), "{shown}");
    assert!(shown.contains("all, because it mixes all of time"), "{shown}");

    dir.write("conv.onnx", network(32, [VALID; 2], true));
    let rows: String = (0..400).map(|row| format!("{},{}\n", row % 17, row % 23)).collect();
    dir.write("rows.csv", format!("a,b\n{rows}"));
    let calibrate = "calibrate conv.onnx rows.csv -o watched.onnx --layout time-channels --hop 1";
    dir.oddity(calibrate).ok();
    let shown = dir.oddity("inspect watched.onnx").ok().stdout;
    for wanted in [
        "overlap        at hop 1 these layers compute what is new",
        "1 of 30 places, the rest from the window before",
        "make_row                 all, because it mixes all of time",
    ] {
        assert!(shown.contains(wanted), "{wanted}: {shown}");
    }
    let shown = dir.oddity("inspect --json watched.onnx").ok().stdout;
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["overlap"]["layers"][0]["computed"], 1);
    assert_eq!(shown["overlap"]["hop"], 1);
}
