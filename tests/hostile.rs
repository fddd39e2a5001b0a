//! Mutants of real models: whatever the bytes, loading gives a model or an error. It never panics,
//! never aborts, and stays within a gigabyte and a minute of CPU for all mutants of a file together.
//!
//! The mutants are loaded in a child process (this same test binary) that limits itself, so that an
//! abort is seen and the mutant named.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "harness/data.rs"]
mod data;

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use oddity::model::{Model, ModelError, limits};
use oddity::types::Reconstruction;
use prost::Message;
use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::tensor_shape_proto::dimension::Value;
use tract_onnx::pb::type_proto::Value::TensorType;
use tract_onnx::pb::{AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto};

const SOURCES: &[&str] = &[
    "lin.leg17.dyn_u8",
    "dense.leg17.qdq_u8s8",
    "conv1d_t.leg17",
    "conv1d_up.leg13",
    "conv1d_up.leg17.qop_u8s8",
    "conv2d_t.leg17.qdq_u8s8_pc",
    "tcn.leg17",
    "lstm.leg17",
    "lstm.dyn18",
    "gru.leg17fix",
];
const MUTANTS: u64 = 80;
/// Set in the child: which source to mutate.
const CHILD: &str = "ODDITY_TEST_HOSTILE_CHILD";

#[test]
#[ignore = "needs ODDITY_DATA"]
fn mutants_give_a_model_or_an_error() {
    data::data();
    let mutants = var_or(MUTANTS);
    let mut outcomes: BTreeMap<String, u64> = BTreeMap::new();
    for source in SOURCES {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--ignored", "--nocapture", "--test-threads=1"])
            .env(CHILD, source)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let last = text.lines().rev().find(|line| line.starts_with("mutant")).unwrap_or("none");
        assert!(
            output.status.success(),
            "{source}: the child ended with {} after `{last}`\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        for line in text.lines().filter_map(|line| line.strip_prefix("outcome ")) {
            *outcomes.entry(line.to_owned()).or_default() += 1;
        }
    }
    println!("{outcomes:#?}");
    let total: u64 = outcomes.values().sum();
    assert_eq!(total, mutants * SOURCES.len() as u64);
    // The mutants must reach every stage, or this test tests nothing.
    for stage in ["loaded", "not ONNX", "invalid", "unsupported", "too large"] {
        assert!(outcomes.contains_key(stage), "no mutant was {stage}");
    }
}

fn var_or(default: u64) -> u64 {
    std::env::var("ODDITY_TEST_MUTANTS").ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

/// Not a test of its own: loads the mutants of one source under limits.
#[test]
#[ignore = "run by mutants_give_a_model_or_an_error"]
fn child() {
    let Ok(source) = std::env::var(CHILD) else { return };
    let bytes = fs::read(data::data().join("zoo").join(format!("{source}.onnx"))).unwrap();
    limits::restrict_self(1 << 30, 60).unwrap();
    for seed in 0..var_or(MUTANTS) {
        let mutant = mutate(&bytes, &mut Random(seed * 1000 + source.len() as u64));
        println!("mutant {seed} of {source}: {} bytes", mutant.len());
        println!("outcome {}", outcome(&mutant));
    }
}

fn outcome(bytes: &[u8]) -> &'static str {
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
                    println!("caught {what}");
                    "engine panicked, caught"
                }
                ModelError::Engine { what, .. } => {
                    println!("engine {what}");
                    "engine refused"
                }
                _ => "misbehaves",
            }
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    fn number(&mut self) -> i64 {
        let numbers = [
            0,
            -1,
            1,
            2,
            3,
            7,
            64,
            1000,
            65_536,
            100_000_000,
            1 << 31,
            1 << 40,
            i64::MAX,
            i64::MIN,
        ];
        *self.pick(&numbers)
    }
}

fn mutate(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    match random.below(8) {
        0 => bytes[..random.below(bytes.len())].to_vec(),
        1 => {
            let mut out = bytes.to_vec();
            for _ in 0..=random.below(8) {
                let at = random.below(out.len());
                out[at] ^= 1 << random.below(8);
            }
            out
        }
        _ => {
            let mut model = ModelProto::decode(bytes).unwrap();
            for _ in 0..=random.below(2) {
                mutate_model(&mut model, random);
            }
            model.encode_to_vec()
        }
    }
}

fn mutate_model(model: &mut ModelProto, random: &mut Random) {
    let graph = model.graph.as_mut().unwrap();
    match random.below(12) {
        0 => model.opset_import[0].version = random.below(30) as i64,
        1 => mutate_input(graph, random),
        2 => graph.output[0].name = "nothing".into(),
        3 => {
            let (a, b) = (random.below(graph.node.len()), random.below(graph.node.len()));
            graph.node.swap(a, b);
        }
        4 => drop(graph.node.remove(random.below(graph.node.len()))),
        5 => bomb(graph, random),
        6 | 7 => mutate_tensor(graph, random),
        8 => {
            let values: Vec<String> = graph.node.iter().flat_map(|n| n.output.clone()).collect();
            let other = random.pick(&values).clone();
            let at = random.below(graph.node.len());
            let names = if random.below(3) == 0 {
                &mut graph.node[at].output
            } else {
                &mut graph.node[at].input
            };
            match random.below(4) {
                0 => names.clear(),
                1 => names.push(other),
                2 if !names.is_empty() => names[0] = "nowhere".into(),
                _ => names.iter_mut().for_each(|name| *name = other.clone()),
            }
        }
        9 => {
            let at = random.below(graph.node.len());
            let operators = [
                "If",
                "Loop",
                "Scan",
                "RandomNormalLike",
                "ConstantOfShape",
                "Range",
                "Tile",
                "Expand",
                "Softmax",
                "LSTM",
                "Conv",
                "ConvTranspose",
                "MatMul",
                "Resize",
                "Gather",
                "Squeeze",
                "Concat",
                "DequantizeLinear",
                "ReduceMean",
                "Flatten",
                "Shape",
                "Where",
                "MaxPool",
                "LayerNormalization",
                "BatchNormalization",
                "Pow",
                "Split",
                "Transpose",
                "Reshape",
            ];
            graph.node[at].op_type = (*random.pick(&operators)).into();
        }
        _ => mutate_attribute(graph, random),
    }
}

fn mutate_input(graph: &mut GraphProto, random: &mut Random) {
    let Some(TensorType(tensor)) = graph.input[0].r#type.as_mut().unwrap().value.as_mut() else {
        return;
    };
    let dims = &mut tensor.shape.as_mut().unwrap().dim;
    let at = random.below(dims.len());
    dims[at].value = match random.below(4) {
        0 => Some(Value::DimParam("(".repeat(20_000))),
        1 => Some(Value::DimParam(format!("{}N", "1+".repeat(20_000)))),
        2 => None,
        _ => Some(Value::DimValue(random.number())),
    };
}

fn mutate_tensor(graph: &mut GraphProto, random: &mut Random) {
    let mut tensors: Vec<&mut TensorProto> = graph.initializer.iter_mut().collect();
    let constants = graph.node.iter_mut().flat_map(|node| &mut node.attribute);
    tensors.extend(constants.filter_map(|attribute| attribute.t.as_mut()));
    let at = random.below(tensors.len());
    let tensor = &mut tensors[at];
    match random.below(5) {
        0 if !tensor.dims.is_empty() => {
            let axis = random.below(tensor.dims.len());
            tensor.dims[axis] = random.number();
        }
        1 => tensor.dims = vec![random.number(), random.number()],
        2 => tensor.data_type = random.below(25) as i32,
        3 => {
            let length = random.below(2 * tensor.raw_data.len() + 9);
            tensor.raw_data.resize(length, 0);
        }
        _ => {
            let number = random.number().to_le_bytes();
            for (to, from) in tensor.raw_data.iter_mut().zip(number.iter().cycle()) {
                *to = *from;
            }
        }
    }
}

fn mutate_attribute(graph: &mut GraphProto, random: &mut Random) {
    let mut all: Vec<&mut AttributeProto> =
        graph.node.iter_mut().flat_map(|node| &mut node.attribute).collect();
    if all.is_empty() {
        return;
    }
    let at = random.below(all.len());
    let attribute = &mut all[at];
    match random.below(6) {
        0 => attribute.name.push('x'),
        1 => attribute.r#type = random.below(16) as i32,
        2 => attribute.ints.push(random.number()),
        3 => attribute.s = b"SAME_UPPER".to_vec(),
        _ => {
            attribute.i = random.number();
            let number = random.number();
            if let Some(first) = attribute.ints.first_mut() {
                *first = number;
            }
        }
    }
}

/// Nodes in front of all others that ask for more memory than there is.
fn bomb(graph: &mut GraphProto, random: &mut Random) {
    let stored = |name: &str, data: Vec<i64>| TensorProto {
        name: name.into(),
        dims: vec![data.len() as i64],
        data_type: 7,
        int64_data: data,
        ..TensorProto::default()
    };
    let node = |op: &str, inputs: &[&str], output: &str| NodeProto {
        op_type: op.into(),
        name: format!("{output}_node"),
        input: inputs.iter().map(|&name| name.into()).collect(),
        output: vec![output.into()],
        ..NodeProto::default()
    };
    let axis = AttributeProto {
        name: "axis".into(),
        r#type: AttributeType::Int as i32,
        ..AttributeProto::default()
    };
    graph.initializer.push(stored("huge", vec![100_000, 100_000]));
    graph.initializer.push(stored("b0", vec![1, 1]));
    let mut front = match random.below(5) {
        0 => vec![node("ConstantOfShape", &["huge"], "bomb")],
        1 => vec![node("Expand", &["b0", "huge"], "bomb")],
        2 => vec![node("Tile", &["b0", "huge"], "bomb")],
        // Each doubles: 2^41 elements.
        3 => (0..40)
            .map(|i| {
                let (from, to) = (format!("b{i}"), format!("b{}", i + 1));
                NodeProto { attribute: vec![axis.clone()], ..node("Concat", &[&from, &from], &to) }
            })
            .collect(),
        // Each squares a number that then is a shape.
        _ => (0..6)
            .map(|i| {
                node(
                    "Mul",
                    &[if i == 0 { "huge" } else { "m" }, "huge"],
                    if i == 5 { "bomb" } else { "m" },
                )
            })
            .take(1)
            .chain([node("ConstantOfShape", &["m"], "bomb")])
            .collect(),
    };
    front.append(&mut graph.node);
    graph.node = front;
}
