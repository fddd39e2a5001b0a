//! Test: every supported operator is parsed, and written back under its name with its attributes.

mod documented;

use super::attributes::Said;
use super::operators::OPERATORS;
use super::vendors;
use crate::graph::op::{Attribute, Written};
use crate::graph::proto::attribute_proto::AttributeType;
use crate::graph::proto::{AttributeProto, NodeProto, TensorProto};

/// A value for an attribute, unlike its default.
fn sample(operator: &str, name: &str) -> AttributeProto {
    let of = |kind: AttributeType| AttributeProto {
        name: name.into(),
        r#type: kind as i32,
        ..AttributeProto::default()
    };
    let word = |word: &str| AttributeProto { s: word.into(), ..of(AttributeType::String) };
    match (operator, name) {
        (_, "auto_pad") => word("SAME_UPPER"),
        (_, "direction") => word("bidirectional"),
        (_, "approximate") => word("tanh"),
        (_, "do_rotary") => of(AttributeType::Int),
        (_, "qkv_hidden_sizes") => {
            AttributeProto { ints: vec![1, 2, 3], ..of(AttributeType::Ints) }
        }
        (_, "mask_filter_value") => of(AttributeType::Float),
        ("ReduceLogSum" | "ReduceLogSumExp", "noop_with_empty_axes") => of(AttributeType::Int),
        (_, "activation") => word("Relu"),
        (_, "activation_params") => of(AttributeType::Floats),
        (_, "activation_alpha" | "activation_beta" | "activation_gamma") => {
            of(AttributeType::Float)
        }
        ("QLinearReduceMean", "axes") => {
            AttributeProto { ints: vec![1], ..of(AttributeType::Ints) }
        }
        ("FusedMatMul" | "FusedMatMulActivation", "transBatchA" | "transBatchB") => {
            of(AttributeType::Int)
        }
        (_, "reduction") => word("add"),
        (_, "equation") => word("ab->ba"),
        ("DepthToSpace", "mode") => word("CRD"),
        ("Upsample", "mode") => word("linear"),
        (_, "scales") => AttributeProto { floats: vec![1.0, 2.0], ..of(AttributeType::Floats) },
        (_, "qk_matmul_output_mode") => of(AttributeType::Int),
        (_, "mean" | "low" | "high" | "scale" | "softcap") => {
            AttributeProto { f: 0.75, ..of(AttributeType::Float) }
        }
        ("Pad", "mode") => word("edge"),
        ("Resize", "mode") => word("linear"),
        (_, "coordinate_transformation_mode") => word("asymmetric"),
        (_, "nearest_mode") => word("floor"),
        (_, "keep_aspect_ratio_policy") => word("not_larger"),
        (_, "activations") => {
            AttributeProto { strings: vec![b"Relu".to_vec()], ..of(AttributeType::Strings) }
        }
        ("Constant" | "ConstantOfShape", "value") => {
            let data = vec![3.0];
            let t =
                TensorProto { data_type: 1, dims: vec![1], float_data: data, ..Default::default() };
            AttributeProto { t: Some(t), ..of(AttributeType::Tensor) }
        }
        ("HardSigmoid" | "Gemm" | "FusedGemm", "beta")
        | ("Clip", _)
        | ("Pad", "value")
        | (_, "alpha" | "cubic_coeff_a" | "epsilon" | "extrapolation_value" | "gamma")
        | (_, "momentum" | "ratio") => AttributeProto { f: 0.75, ..of(AttributeType::Float) },
        ("Squeeze" | "Unsqueeze" | "Slice" | "Resize", "axes")
        | (_, "dilations" | "ends" | "kernel_shape" | "output_padding" | "pads" | "perm")
        | (_, "shape" | "split" | "starts" | "strides") => {
            AttributeProto { ints: vec![1, 2], ..of(AttributeType::Ints) }
        }
        (_, "axes") => AttributeProto { ints: vec![1], ..of(AttributeType::Ints) },
        // Off: on is the default.
        (_, "keepdims" | "largest" | "saturate") => of(AttributeType::Int),
        _ => AttributeProto { i: 1, ..of(AttributeType::Int) },
    }
}

/// Whether an attribute says anything about f32: types of floats and of their steps do not.
fn kept(operator: &str, name: &str) -> bool {
    !matches!(
        (operator, name),
        ("QuantizeLinear", "precision" | "saturate") | ("DequantizeLinear", "output_dtype")
    )
}

fn value(attribute: &AttributeProto) -> Attribute {
    match AttributeType::try_from(attribute.r#type) {
        Ok(AttributeType::Int) => Attribute::Int(attribute.i),
        Ok(AttributeType::Ints) => Attribute::Ints(attribute.ints.clone()),
        Ok(AttributeType::Float) => Attribute::Float(attribute.f),
        Ok(AttributeType::Strings) => {
            let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
            Attribute::Texts(attribute.strings.iter().map(text).collect())
        }
        _ => Attribute::Text(String::from_utf8_lossy(&attribute.s).into_owned()),
    }
}

#[test]
fn every_operator_is_parsed_and_written_back_with_its_attributes() {
    for operator in OPERATORS.iter().chain(vendors::OPERATORS) {
        // A Constant has one value, in one of five ways that become one.
        let names = match operator.name {
            "Constant" => &operator.attributes[..1],
            _ => operator.attributes,
        };
        let attributes: Vec<_> = names.iter().map(|name| sample(operator.name, name)).collect();
        let node = NodeProto { op_type: operator.name.into(), ..NodeProto::default() };
        let op = operator.parse(&mut Said::new(&node, attributes.clone(), 17));
        let Ok(op) = op else { panic!("{}: {op:?}", operator.name) };
        let Written::Op(op) = op else { continue };
        assert_eq!(op.name(), operator.name);
        let written = op.into_attributes();
        for attribute in attributes.iter().filter(|attribute| kept(operator.name, &attribute.name))
        {
            let found = written.iter().find(|(name, _)| *name == attribute.name);
            let Some((_, found)) = found else {
                panic!("{}: {} is lost", operator.name, attribute.name)
            };
            match found {
                Attribute::Tensor(tensor) => assert_eq!(tensor.bytes, 3f32.to_le_bytes()),
                other => assert_eq!(*other, value(attribute), "{}", operator.name),
            }
        }
    }
}
