//! Distances between rows and stored vectors, as skl2onnx writes them: a Scan over the vectors whose body
//! subtracts one from each row and sums the squares up, or onnxruntime's own operator.
//!
//! A Scan with any other body is control flow, and refused.

use super::attributes::Said;
use crate::graph::error::ModelError;
use crate::graph::op::{Composite, Ml};
use crate::graph::proto::{GraphProto, NodeProto, TensorProto};
use crate::graph::tensor::ElementType;

/// A Scan: inputs are the rows and the vectors, the second output `[vectors, N]`.
pub(super) fn scan(said: &mut Said<'_>) -> Result<Composite, ModelError> {
    let one = said.int_or("num_scan_inputs", 1)? == 1;
    let known = said.graph("body").is_some_and(are_squared_distances);
    // The rows come out as they went in, which is not read.
    let rows_are_left = said.node.output.first().is_some_and(String::is_empty);
    if !(one && known && rows_are_left) {
        let what = "control flow is not supported, but for the distances of skl2onnx's neighbours; \
                    export without it";
        return Err(said.unsupported(what));
    }
    Ok(Composite::Ml(Ml::Distances { squared: true, by_vector: true }))
}

pub(super) fn cdist(said: &mut Said<'_>) -> Result<Composite, ModelError> {
    let squared = match said.text("metric")?.as_deref() {
        Some("sqeuclidean") | None => true,
        Some("euclidean") => false,
        Some(_) => return Err(said.unsupported("its metric is not supported")),
    };
    Ok(Composite::Ml(Ml::Distances { squared, by_vector: false }))
}

/// Whether a body is `(rows, vector) -> (rows, sum((rows - vector)^2))`.
fn are_squared_distances(body: &GraphProto) -> bool {
    let named = |values: &[crate::graph::proto::ValueInfoProto]| match values {
        [first, second] => Some((first.name.clone(), second.name.clone())),
        _ => None,
    };
    let (Some((rows, vector)), Some((same, sums))) = (named(&body.input), named(&body.output))
    else {
        return false;
    };
    let made_by = |name: &str| {
        // Through all that passes its input on; there are no more steps than nodes.
        let mut name = name.to_owned();
        for _ in 0..=body.node.len() {
            match body.node.iter().find(|node| node.output.first() == Some(&name)) {
                Some(node) if node.op_type == "Identity" => {
                    name = node.input.first().cloned().unwrap_or_default();
                }
                found => return (name, found),
            }
        }
        (name, None)
    };
    let (passed_on, None) = made_by(&same) else { return false };
    let (_, Some(sum)) = made_by(&sums) else { return false };
    let (_, Some(difference)) = made_by(sum.input.first().map_or("", String::as_str)) else {
        return false;
    };
    let between = difference.input.as_slice() == [rows.clone(), vector];
    let plain = body.node.iter().all(|node| node.domain.is_empty());
    passed_on == rows && plain && between && difference.op_type == "Sub" && sums_rows(sum, body)
}

/// Whether a node sums the squares of each row up. The axis is an attribute up to operator set 17, then
/// an input.
fn sums_rows(node: &NodeProto, body: &GraphProto) -> bool {
    let find = |name: &str| node.attribute.iter().find(|said| said.name == name);
    let stored = |name: &String| body.initializer.iter().find(|stored| stored.name == *name);
    let along = match node.input.get(1) {
        None => find("axes").is_some_and(|said| said.ints == [1]),
        Some(axes) => stored(axes).is_some_and(is_one),
    };
    let flat = find("keepdims").is_some_and(|said| said.i == 0);
    node.op_type == "ReduceSumSquare" && along && flat
}

/// Whether a tensor holds one 1 of i64.
fn is_one(stored: &TensorProto) -> bool {
    let raw = 1i64.to_le_bytes();
    let one = stored.int64_data == [1] || stored.raw_data == raw;
    stored.data_type == ElementType::I64.onnx() && one && stored.dims == [1]
}
