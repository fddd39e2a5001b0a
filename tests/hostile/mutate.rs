//! A model and a seed go in; the bytes of a mutant come out: cut off, with flipped bits, or decoded and
//! changed where it hurts. The same seed gives the same mutant.

use super::words::{OPERATORS, WORDS};
use prost::Message;
use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::tensor_shape_proto::dimension::Value;
use tract_onnx::pb::type_proto::Value::TensorType;
use tract_onnx::pb::{
    AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto, StringStringEntryProto,
    TensorProto,
};

/// SplitMix64 (Steele, Lea, Flood 2014).
pub struct Random(pub u64);

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

pub fn mutate(bytes: &[u8], random: &mut Random) -> Vec<u8> {
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
    if graph.node.is_empty() {
        // An earlier change took the last one.
        graph.node.push(NodeProto::default());
    }
    match random.below(16) {
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
            let other = values.get(random.below(values.len())).cloned().unwrap_or_default();
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
            let (domain, name) = *random.pick(OPERATORS);
            let node = &mut graph.node[at];
            (node.domain, node.op_type) = (domain.into(), name.into());
        }
        10 => mutate_place(graph, random),
        11 => call(model, random),
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
    let Some(tensor) = tensors.get_mut(at) else { return };
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
    match random.below(9) {
        0 => attribute.name.push('x'),
        1 => attribute.r#type = random.below(16) as i32,
        2 => attribute.ints.push(random.number()),
        3 => attribute.s = (*random.pick(WORDS)).into(),
        4 => {
            let numbers = [0.0, -1.0, 1e-30, 1e30, f32::NAN, f32::INFINITY, f32::MIN];
            let number = *random.pick(&numbers);
            let at = random.below(attribute.floats.len());
            match attribute.floats.get_mut(at) {
                Some(float) => *float = number,
                None => attribute.f = number,
            }
        }
        5 => {
            // Lists that belong together, and trees whose nodes point to each other.
            let at = random.below(attribute.ints.len());
            let small = random.below(attribute.ints.len() + 2) as i64;
            match attribute.ints.get_mut(at) {
                Some(int) => *int = small,
                None => attribute.i = small,
            }
        }
        6 => {
            let lengths = [attribute.ints.len(), attribute.floats.len(), attribute.strings.len()];
            attribute.ints.truncate(random.below(lengths[0] + 1));
            attribute.floats.truncate(random.below(lengths[1] + 1));
            attribute.strings.truncate(random.below(lengths[2] + 1));
        }
        _ => {
            attribute.i = random.number();
            let number = random.number();
            if let Some(first) = attribute.ints.first_mut() {
                *first = number;
            }
        }
    }
}

/// A tensor that lies elsewhere.
fn mutate_place(graph: &mut GraphProto, random: &mut Random) {
    let at = random.below(graph.initializer.len());
    let Some(tensor) = graph.initializer.get_mut(at) else { return };
    let entry = |key: &str, value: String| StringStringEntryProto { key: key.into(), value };
    let locations = ["w.data", "../w.data", "/dev/zero", "", "a/b", "w\0"];
    tensor.data_location = Some(1);
    tensor.external_data = vec![
        entry("location", (*random.pick(&locations)).into()),
        entry("offset", random.number().to_string()),
        entry("length", random.number().to_string()),
    ];
    match random.below(3) {
        0 => tensor.raw_data.clear(),
        1 => tensor.external_data.truncate(random.below(3)),
        _ => {}
    }
}

/// A node becomes a call of a function that may call itself, or call others again and again.
fn call(model: &mut ModelProto, random: &mut Random) {
    let graph = model.graph.as_mut().unwrap();
    let at = random.below(graph.node.len());
    let node = &mut graph.node[at];
    let own = |name: &str, node: &NodeProto, body: Vec<NodeProto>| FunctionProto {
        name: Some(name.into()),
        domain: Some("local".into()),
        input: node.input.clone(),
        output: node.output.clone(),
        attribute: node.attribute.iter().map(|attribute| attribute.name.clone()).collect(),
        node: body,
        ..FunctionProto::default()
    };
    let mut inner = node.clone();
    for attribute in &mut inner.attribute {
        if random.below(2) == 0 {
            *attribute = AttributeProto {
                name: attribute.name.clone(),
                r#type: attribute.r#type,
                ref_attr_name: attribute.name.clone(),
                ..AttributeProto::default()
            };
        }
    }
    (node.domain, node.op_type) = ("local".into(), "f0".into());
    let calls = |name: String| NodeProto { op_type: name, ..node.clone() };
    let depth = [1, 3, 40][random.below(3)];
    let width = 1 + random.below(3);
    model.functions = (0..depth)
        .map(|level| {
            let body = match (level + 1 == depth, random.below(8)) {
                (_, 0) => vec![calls("f0".into()); width],
                (true, _) => vec![inner.clone()],
                (false, _) => vec![calls(format!("f{}", level + 1)); width],
            };
            own(&format!("f{level}"), node, body)
        })
        .collect();
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
