//! Operators that are put in other words, and what the engine alone would get wrong: the answers are
//! worked out by hand from the specification.

use crate::harness::onnx::Onnx;
use oddity::model::Model;
use oddity::types::Reconstruction;

const MICROSOFT: &str = "com.microsoft";
/// Element types of ONNX.
const U8: i32 = 2;
const I8: i32 = 3;
const I32: i32 = 6;

fn answer(file: &[u8], window: &[f32]) -> Vec<f32> {
    let model = Model::from_bytes(file).unwrap();
    let mut out = Reconstruction::default();
    model.session().unwrap().run(window, 1, &mut out).unwrap();
    out.values
}

#[test]
fn planes_become_blocks_in_either_order() {
    let with = |mode: &str| {
        Onnx::new("x", None, &[4, 1, 2])
            .node("DepthToSpace", "x", "wide")
            .int("blocksize", 2)
            .text("mode", mode)
            .node("SpaceToDepth", "wide", "back")
            .int("blocksize", 2)
            .file("back")
    };
    let window = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];
    assert_eq!(answer(&with("DCR"), &window), window);
    // One plane comes out, for which both orders are the same.
    assert_eq!(answer(&with("CRD"), &window), window);
    let two = |mode: &str| {
        Onnx::new("x", None, &[8, 1, 1])
            .node("DepthToSpace", "x", "wide")
            .int("blocksize", 2)
            .text("mode", mode)
            .integers("as", &[-1, 8, 1, 1])
            .node("Reshape", "wide as", "y")
            .file("y")
    };
    let window = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];
    assert_eq!(answer(&two("DCR"), &window), [0.0, 2.0, 4.0, 6.0, 1.0, 3.0, 5.0, 7.0]);
    assert_eq!(answer(&two("CRD"), &window), window);
}

#[test]
fn einsum_sums_over_letters_that_the_result_lacks() {
    let file = Onnx::new("x", None, &[2, 2])
        .floats("w", &[2, 2], &[1.0, 2.0, 3.0, 4.0])
        .node("Einsum", "x w", "y")
        .text("equation", "bij,kj->bik")
        .file("y");
    assert_eq!(answer(&file, &[1.0, 0.0, 0.0, 1.0]), [1.0, 3.0, 2.0, 4.0]);
}

#[test]
fn groups_of_channels_are_normalised_each_for_itself() {
    let file = Onnx::new("x", None, &[2, 2])
        .floats("scale", &[2], &[1.0, 2.0])
        .floats("bias", &[2], &[0.0, 1.0])
        .node("GroupNormalization", "x scale bias", "y")
        .int("num_groups", 2)
        .file("y");
    let found = answer(&file, &[0.0, 2.0, 10.0, 30.0]);
    let wanted = [-1.0, 1.0, -1.0, 3.0];
    for (found, wanted) in found.iter().zip(wanted) {
        assert!((found - wanted).abs() < 1e-4, "{found} {wanted}");
    }
}

#[test]
fn the_remainder_of_integers_has_the_sign_of_the_divisor() {
    let file = Onnx::new("x", None, &[4])
        .integers("three", &[3, 3, -3, -3])
        .node("Cast", "x", "whole")
        .int("to", 7)
        .node("Mod", "whole three", "rest")
        .node("Cast", "rest", "y")
        .int("to", 1)
        .file("y");
    assert_eq!(answer(&file, &[-4.0, 4.0, -4.0, 4.0]), [2.0, 1.0, -1.0, -2.0]);
}

#[test]
fn a_layer_that_reads_backwards_gives_its_sequence_in_order() {
    // h = tanh(x + 0 * h): each step stands for itself, so the order shows.
    let rnn = |direction: &str| {
        Onnx::new("x", Some(1), &[3, 1])
            .node("Transpose", "x", "steps")
            .ints("perm", &[1, 0, 2])
            .floats("w", &[1, 1, 1], &[1.0])
            .floats("r", &[1, 1, 1], &[1.0])
            .node("RNN", "steps w r", "all")
            .int("hidden_size", 1)
            .text("direction", direction)
            .integers("as", &[1, 3, 1])
            .node("Reshape", "all as", "y")
            .file("y")
    };
    let forward = answer(&rnn("forward"), &[0.1, 0.2, 0.3]);
    let mut reverse = answer(&rnn("reverse"), &[0.3, 0.2, 0.1]);
    reverse.reverse();
    assert_eq!(forward, reverse);
    assert!((forward[1] - (0.2f32 + 0.1f32.tanh()).tanh()).abs() < 1e-6);
}

#[test]
fn a_layer_with_other_activations_is_run_step_by_step() {
    // h = relu(x - h), so that each step shows what was kept of the one before.
    let file = Onnx::new("x", Some(1), &[3, 1])
        .node("Transpose", "x", "steps")
        .ints("perm", &[1, 0, 2])
        .floats("w", &[1, 1, 1], &[1.0])
        .floats("r", &[1, 1, 1], &[-1.0])
        .node("RNN", "steps w r", "all")
        .int("hidden_size", 1)
        .texts("activations", &["Relu"])
        .integers("as", &[1, 3, 1])
        .node("Reshape", "all as", "y")
        .file("y");
    assert_eq!(answer(&file, &[2.0, 5.0, 1.0]), [2.0, 3.0, 0.0]);
}

#[test]
fn a_part_that_nothing_reads_still_counts() {
    let file = Onnx::new("x", None, &[4])
        .node("Split", "x", "mu")
        .also("unread")
        .int("axis", 1)
        .node("Concat", "mu mu", "y")
        .int("axis", 1)
        .file("y");
    assert_eq!(answer(&file, &[1.0, 2.0, 3.0, 4.0]), [1.0, 2.0, 1.0, 2.0]);
}

#[test]
fn a_scale_alone_may_be_asked_of_dynamic_quantisation() {
    let file = Onnx::new("x", Some(1), &[2])
        .node("DynamicQuantizeLinear", "x", "q")
        .also("scale")
        .node("Mul", "x scale", "y")
        .file("y");
    assert_eq!(answer(&file, &[255.0, 0.0]), [255.0, 0.0]);
}

#[test]
fn arithmetic_on_quantised_numbers_is_refused_by_name() {
    let file = Onnx::new("x", None, &[2])
        .floats("scale", &[], &[0.5])
        .numbers("zero", U8, &[], &[0])
        .numbers("many", U8, &[], &[200])
        .node("QuantizeLinear", "x scale zero", "q")
        .node("Add", "q many", "sum")
        .node("DequantizeLinear", "sum scale zero", "y")
        .file("y");
    let error = Model::from_bytes(&file).unwrap_err().to_string();
    assert!(error.contains("make_sum") && error.contains("dequantise first"), "{error}");
}

#[test]
fn nodes_of_one_name_are_told_apart() {
    let file = Onnx::new("x", None, &[2])
        .node("Neg", "x", "a")
        .named("same")
        .node("Neg", "a", "y")
        .named("same")
        .file("y");
    assert_eq!(answer(&file, &[1.0, -2.0]), [1.0, -2.0]);
}

#[test]
fn a_column_of_all_values_is_a_reconstruction() {
    let file = Onnx::new("x", None, &[3])
        .integers("column", &[-1, 1])
        .node("Reshape", "x column", "y")
        .file("y");
    assert_eq!(answer(&file, &[1.0, 2.0, 3.0]), [1.0, 2.0, 3.0]);
}

#[test]
fn a_quantised_dense_layer_rounds_and_saturates() {
    // Steps of 0.5 in and of 1 out, zero points 10 and 5: y = 2 * x + 1, to 8 bits.
    let file = Onnx::new("x", None, &[2])
        .floats("half", &[], &[0.5])
        .floats("one", &[], &[1.0])
        .numbers("ten", U8, &[], &[10])
        .numbers("five", U8, &[], &[5])
        .numbers("zero", I8, &[], &[0])
        .numbers("w", I8, &[2, 2], &[2, 0, 0, 2])
        .numbers("b", I32, &[2], &[2, 2])
        .node("QuantizeLinear", "x half ten", "q")
        .node("QGemm", "q half ten w one zero b one five", "product")
        .domain(MICROSOFT)
        .node("DequantizeLinear", "product one five", "y")
        .file("y");
    assert_eq!(answer(&file, &[3.0, -1.5]), [7.0, -2.0]);
    // Saturated on the way in at 122.5, on the way out at 250.
    assert_eq!(answer(&file, &[1000.0, -1000.0]), [246.0, -5.0]);
}

#[test]
fn a_pad_between_quantised_numbers_keeps_its_value() {
    let file = Onnx::new("x", None, &[3])
        .floats("scale", &[], &[0.5])
        .numbers("zero", U8, &[], &[7])
        .integers("pads", &[0, 1, 0, 0])
        .integers("from", &[0])
        .integers("to", &[3])
        .integers("axis", &[1])
        .node("QuantizeLinear", "x scale zero", "q")
        .node("Pad", "q pads zero", "wide")
        .node("Slice", "wide from to axis", "cut")
        .node("DequantizeLinear", "cut scale zero", "y")
        .file("y");
    assert_eq!(answer(&file, &[1.0, 2.0, 3.0]), [0.0, 1.0, 2.0]);
}

#[test]
fn weights_of_four_bits_stand_for_their_numbers() {
    // Two in a byte, the lower bits first: -1, 7, -8, 1.
    let file = Onnx::new("x", None, &[2])
        .numbers("w", 22, &[2, 2], &[0x7f, 0x18])
        .floats("scale", &[], &[0.5])
        .node("DequantizeLinear", "w scale", "weights")
        .node("MatMul", "x weights", "y")
        .file("y");
    assert_eq!(answer(&file, &[1.0, 2.0]), [-8.5, 4.5]);
}

#[test]
fn what_onnxruntime_joins_is_taken_apart() {
    let file = Onnx::new("x", None, &[2])
        .floats("w", &[2, 2], &[1.0, 0.0, 0.0, -1.0])
        .floats("b", &[2], &[0.5, 0.5])
        .node("FusedGemm", "x w b", "y")
        .text("activation", "Relu")
        .domain(MICROSOFT)
        .file("y");
    assert_eq!(answer(&file, &[1.0, 2.0]), [1.5, 0.0]);
}
