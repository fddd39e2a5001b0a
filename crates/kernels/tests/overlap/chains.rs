//! Together, sharing, against each window alone; and how much is computed.

use oddity_kernels::Tier;
use oddity_kernels::program::{Ends, Program, State};
use proptest::prelude::*;

use super::network::{Network, Part, part};

/// What no network is at home in: a stream with a pattern that does not repeat.
fn stream(rows: usize, channels: usize, seed: u32) -> Vec<f32> {
    let mut bits = seed.wrapping_mul(2_654_435_761).wrapping_add(12_345);
    (0..rows * channels)
        .map(|_| {
            bits = bits.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (bits >> 8) as f32 / (1u32 << 23) as f32 - 1.0
        })
        .collect()
}

fn run(program: &Program, state: &mut State, windows: &[f32], len: usize) -> Vec<u32> {
    let n = windows.len() / len;
    let answer = program.outputs()[0];
    let mut y = vec![f32::NAN; n * answer];
    program.run(state, windows, n, [&mut y, &mut [], &mut []]).unwrap();
    y.iter().map(|y| y.to_bits()).collect()
}

/// Runs windows together and one by one; gives the rows that were computed each time.
fn compare(network: &Network, hop: usize, windows: &[f32], tier: Tier) -> (u64, u64) {
    let program = network.program(tier);
    let len = network.rows * network.channels;
    let (mut shared, mut single) = (program.stream_state(network.stream(hop)), program.state());
    let alone: Vec<u32> =
        windows.chunks(len).flat_map(|window| run(&program, &mut single, window, len)).collect();
    // Twice, for what a run leaves behind must not matter.
    for _ in 0..2 {
        assert!(run(&program, &mut shared, windows, len) == alone, "{network:?} at hop {hop}");
    }
    (shared.rows() / 2, single.rows())
}

fn conv(kernel: usize, stride: usize, before: usize, after: usize) -> Part {
    Part::Conv { kernel, stride, before, after, tanh: true }
}

fn network(rows: usize, parts: &[Part]) -> Network {
    Network { rows, channels: 2, turned: false, int8: false, parts: parts.to_vec() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(miri) { 4 } else { 400 }, ..ProptestConfig::default() })]

    #[test]
    fn shared_windows_have_the_bits_of_each_alone(
        rows in 6usize..40,
        channels in 1usize..4,
        turned in any::<bool>(),
        int8 in any::<bool>(),
        parts in prop::collection::vec(part(), 1..5),
        hop in prop_oneof![Just(1usize), Just(2), Just(3), 4usize..20],
        count in 1usize..70,
        breaks in prop::collection::vec((0usize..3000, any::<bool>()), 0..3),
    ) {
        let network = Network { rows, channels, turned, int8, parts };
        let mut rows_of = stream(rows + (count - 1) * hop, channels, 7);
        let len = rows * channels;
        // Some readings that are not numbers, or one that holds another bit than the window before had.
        for &(at, held) in &breaks {
            let at = at % rows_of.len();
            rows_of[at] = if held { -0.0 } else { f32::NAN };
        }
        let mut windows = network.windows(&rows_of, hop);
        for &(at, _) in &breaks {
            let at = (at * 31) % windows.len();
            windows[at] += 0.5;
        }
        // A window that is missing.
        if let (Some(&(at, true)), true) = (breaks.first(), windows.len() > len) {
            let at = at % (windows.len() / len);
            windows.drain(at * len..(at + 1) * len);
        }
        for tier in Tier::all_here() {
            compare(&network, hop, &windows, tier);
        }
    }
}

#[test]
fn a_valid_convolution_computes_what_is_new() {
    let parts = [conv(5, 1, 0, 0), conv(3, 1, 0, 0)];
    let network = network(32, &parts);
    let program = network.program(Tier::PORTABLE);
    let windows = network.windows(&stream(32 + 31, 2, 3), 1);
    let state = program.stream_state(network.stream(1));
    let counts: Vec<_> =
        state.overlap().unwrap().layers().iter().map(|l| (l.back, l.computed, l.places)).collect();
    assert_eq!(counts, [(1, 1, 28), (1, 1, 26)]);
    let go = program.at_once() as u64;
    assert_eq!(go, 32);
    let (shared, alone) = compare(&network, 1, &windows, Tier::PORTABLE);
    assert_eq!((shared, alone), (28 + 26 + 31 * 2, 32 * (28 + 26)));
}

#[test]
fn borders_are_computed_for_each_window() {
    // Causal: what reaches before the window. Both sides: what reaches over either end.
    let of = |parts: &[Part], hop: usize| {
        let network = network(40, parts);
        let state = network.program(Tier::PORTABLE).stream_state(network.stream(hop));
        let layers = state.overlap().unwrap().layers();
        layers.iter().map(|layer| (layer.back, layer.computed)).collect::<Vec<_>>()
    };
    assert_eq!(of(&[conv(3, 1, 2, 0), conv(3, 1, 2, 0)], 1), [(1, 2 + 1), (1, 4 + 1)]);
    assert_eq!(of(&[conv(3, 1, 1, 1), conv(3, 1, 1, 1)], 1), [(1, 1 + 2), (1, 2 + 3)]);
    assert_eq!(of(&[conv(3, 1, 1, 1)], 4), [(1, 1 + 5)]);
    // With strides the window before the last, or the fourth back, has the same places.
    assert_eq!(of(&[conv(2, 2, 0, 0), conv(2, 2, 0, 0)], 1), [(2, 1), (4, 1)]);
    assert_eq!(of(&[conv(2, 2, 0, 0), conv(2, 2, 0, 0)], 2), [(1, 1), (2, 1)]);
}

#[test]
fn a_layer_that_computes_all_says_why() {
    let ends = |parts: &[Part], hop: usize| {
        let network = network(12, parts);
        let state = network.program(Tier::PORTABLE).stream_state(network.stream(hop));
        state.overlap().unwrap().ends()
    };
    assert_eq!(ends(&[conv(3, 1, 0, 0)], 1), None);
    assert_eq!(ends(&[Part::Dense], 1), Some((0, Ends::Mixes)));
    // Behind the padding and its two layers: what is filled, and what is copied.
    assert_eq!(ends(&[conv(11, 1, 5, 5)], 2), Some((2, Ends::Borders)));
    assert_eq!(ends(&[conv(3, 1, 0, 0)], 10), Some((0, Ends::Borders)));
    assert_eq!(ends(&[conv(3, 1, 0, 0)], 9), Some((0, Ends::Little)));
    assert_eq!(ends(&[conv(2, 7, 0, 0)], 2), Some((0, Ends::Stride)));
    assert_eq!(ends(&[conv(9, 1, 4, 4)], 3), Some((2, Ends::Little)));
    let large = network(60_000, &[conv(3, 1, 0, 0)]);
    let program = large.program(Tier::PORTABLE);
    assert_eq!(program.at_once(), 1);
    assert_eq!(program.overlap(large.stream(1)).unwrap().ends(), Some((0, Ends::Alone)));
}

#[test]
fn windows_that_do_not_overlap_have_nothing_in_common() {
    let network = network(12, &[conv(3, 1, 0, 0)]);
    let program = network.program(Tier::PORTABLE);
    for hop in [0, 12, 13, usize::MAX] {
        assert!(program.stream_state(network.stream(hop)).overlap().is_none());
    }
    let other = super::network::Network { rows: 13, ..network };
    assert!(program.stream_state(other.stream(1)).overlap().is_none());
}

/// Windows of several streams, in any order, share with those of their own.
#[test]
fn streams_may_be_interleaved() {
    let network = network(20, &[conv(3, 1, 0, 0)]);
    let len = network.rows * network.channels;
    let streams: Vec<Vec<f32>> =
        (0..3).map(|at| network.windows(&stream(20 + 9, 2, at), 1)).collect();
    let mut windows = Vec::new();
    for at in 0..10 {
        for stream in &streams {
            windows.extend_from_slice(&stream[at * len..(at + 1) * len]);
        }
    }
    let (shared, alone) = compare(&network, 1, &windows, Tier::PORTABLE);
    assert_eq!((shared, alone), (3 * 18 + 27, 30 * 18));
}

/// A stream that breaks off and begins anew in the middle of a go.
#[test]
fn what_comes_after_a_break_is_computed_anew() {
    let network = network(20, &[conv(3, 1, 0, 0)]);
    let mut windows = network.windows(&stream(20 + 11, 2, 1), 1);
    windows.extend(network.windows(&stream(20 + 11, 2, 2), 1));
    let (shared, alone) = compare(&network, 1, &windows, Tier::PORTABLE);
    assert_eq!((shared, alone), (2 * 18 + 22, 24 * 18));
}
