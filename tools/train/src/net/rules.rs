//! The rules of ONNX that a written graph must keep: names, order, types and sizes.
//!
//! A model goes in; nothing comes out, or the first rule that is broken and where. Whether the
//! operators compute the right thing is another question, see [`super::check`].

use std::collections::HashSet;

use oddity::model::onnx::{IR_VERSION, OPSET};
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::dimension::Value;
use tract_onnx::pb::{GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto, type_proto};

use super::NetError;

/// Checks the structure of a model.
///
/// # Errors
/// The first rule that is broken.
pub fn verify(model: &ModelProto) -> Result<(), NetError> {
    if model.ir_version != IR_VERSION {
        return broken(format!("its IR version is {}", model.ir_version));
    }
    match model.opset_import.as_slice() {
        [set] if set.domain.is_empty() && set.version == OPSET => {}
        sets => return broken(format!("its operator sets are {sets:?}")),
    }
    let Some(graph) = &model.graph else {
        return broken("it has no graph".into());
    };
    if graph.name.is_empty() {
        return broken("its graph has no name".into());
    }
    let known = values(graph)?;
    used(graph)?;
    let mut outputs = HashSet::new();
    for output in &graph.output {
        typed(output)?;
        if !known.contains(output.name.as_str()) {
            return broken(format!("nothing makes output `{}`", output.name));
        }
        if !outputs.insert(&output.name) {
            return broken(format!("output `{}` is there twice", output.name));
        }
    }
    if outputs.is_empty() { broken("it has no output".into()) } else { Ok(()) }
}

/// All values, each made once and before it is read.
fn values(graph: &GraphProto) -> Result<HashSet<&str>, NetError> {
    let mut known = HashSet::new();
    let mut nodes = HashSet::new();
    for input in &graph.input {
        typed(input)?;
        new(&mut known, &input.name)?;
    }
    for tensor in &graph.initializer {
        stored(tensor)?;
        new(&mut known, &tensor.name)?;
    }
    for node in &graph.node {
        if node.name.is_empty() || node.op_type.is_empty() || !nodes.insert(node.name.as_str()) {
            return broken(format!("node `{}` has no name or kind of its own", node.name));
        }
        attributes(node)?;
        // An optional input that is left out is "".
        let missing =
            node.input.iter().find(|name| !name.is_empty() && !known.contains(name.as_str()));
        if let Some(name) = missing {
            return broken(format!("node `{}` reads `{name}` before it is made", node.name));
        }
        for name in &node.output {
            new(&mut known, name)?;
        }
    }
    Ok(known)
}

fn new<'a>(known: &mut HashSet<&'a str>, name: &'a str) -> Result<(), NetError> {
    if name.is_empty() || !known.insert(name) {
        return broken(format!("`{name}` is no name of a value, or of two"));
    }
    Ok(())
}

fn attributes(node: &NodeProto) -> Result<(), NetError> {
    let mut names = HashSet::new();
    let bad = |a: &&tract_onnx::pb::AttributeProto| {
        a.r#type == 0 || a.name.is_empty() || !names.insert(a.name.clone())
    };
    match node.attribute.iter().find(bad) {
        Some(a) => broken(format!("node `{}` has a bad attribute `{}`", node.name, a.name)),
        None => Ok(()),
    }
}

/// No stored tensor is dead weight.
fn used(graph: &GraphProto) -> Result<(), NetError> {
    let read: HashSet<&str> =
        graph.node.iter().flat_map(|node| &node.input).map(String::as_str).collect();
    match graph.initializer.iter().find(|tensor| !read.contains(tensor.name.as_str())) {
        Some(tensor) => broken(format!("nothing reads tensor `{}`", tensor.name)),
        None => Ok(()),
    }
}

/// The data of a stored tensor has the length that its axes say.
fn stored(tensor: &TensorProto) -> Result<(), NetError> {
    let size = match DataType::try_from(tensor.data_type) {
        Ok(DataType::Float) => 4,
        Ok(DataType::Int64) => 8,
        _ => return broken(format!("tensor `{}` is neither f32 nor i64", tensor.name)),
    };
    let elements = tensor.dims.iter().try_fold(1_usize, |product, &dim| {
        product.checked_mul(usize::try_from(dim).ok().filter(|&dim| dim > 0)?)
    });
    if elements.and_then(|elements| elements.checked_mul(size)) != Some(tensor.raw_data.len()) {
        let (dims, bytes) = (&tensor.dims, tensor.raw_data.len());
        return broken(format!("tensor `{}` is {dims:?} but has {bytes} bytes", tensor.name));
    }
    Ok(())
}

/// An input or output is f32 `[N, sizes]`.
fn typed(value: &ValueInfoProto) -> Result<(), NetError> {
    let declared = value.r#type.as_ref().and_then(|t| t.value.as_ref());
    if let Some(type_proto::Value::TensorType(tensor)) = declared
        && tensor.elem_type == DataType::Float as i32
        && let Some([batch, sizes @ ..]) = tensor.shape.as_ref().map(|shape| shape.dim.as_slice())
        && batch.value == Some(Value::DimParam("N".into()))
        && sizes.iter().all(|dim| matches!(dim.value, Some(Value::DimValue(1..))))
    {
        return Ok(());
    }
    broken(format!("`{}` is not declared as f32 with a free batch", value.name))
}

fn broken<T>(what: String) -> Result<T, NetError> {
    Err(NetError::Rules(what))
}

#[cfg(test)]
mod tests {
    use super::*;
    use oddity::model::onnx;

    fn model() -> ModelProto {
        let node = |name: &str, from: &str, to: &str| {
            onnx::operator("Gemm", name, &[from, "w"], &[to], vec![onnx::int("transB", 1)])
        };
        let graph = GraphProto {
            name: "g".into(),
            node: vec![node("a", "input", "latent"), node("b", "latent", "reconstruction")],
            initializer: vec![onnx::floats("w", &[2, 2], [1.0, 0.0, 0.0, 1.0])],
            input: vec![onnx::value("input", &[2])],
            output: vec![onnx::value("reconstruction", &[2]), onnx::value("latent", &[2])],
            ..GraphProto::default()
        };
        onnx::model(graph, ("test", "1"), "")
    }

    #[test]
    fn each_broken_rule_is_told() {
        type Break = fn(&mut GraphProto);
        let breaks: [(Break, &str); 12] = [
            (|g| g.node.swap(0, 1), "before it is made"),
            (|g| g.node[0].input[1] = "v".into(), "before it is made"),
            (|g| g.node[1].output[0] = "latent".into(), "`latent` is no name"),
            (|g| g.node[1].name = "a".into(), "`a` has no name"),
            (|g| g.node[0].attribute[0].r#type = 0, "bad attribute `transB`"),
            (|g| g.initializer[0].dims = vec![2, 3], "tensor `w` is [2, 3]"),
            (|g| g.initializer[0].dims = vec![-2, -2], "tensor `w` is [-2, -2]"),
            (|g| g.initializer.push(onnx::integers("i", &[1])), "nothing reads tensor `i`"),
            (|g| g.output[1].name = "other".into(), "nothing makes output `other`"),
            (|g| g.output[1].name = "reconstruction".into(), "is there twice"),
            (|g| g.input[0].r#type = None, "`input` is not declared"),
            (|g| g.output.clear(), "no output"),
        ];
        assert!(verify(&model()).is_ok());
        for (wrong, told) in breaks {
            let mut model = model();
            wrong(model.graph.as_mut().unwrap());
            let error = verify(&model).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
        let old = ModelProto { ir_version: 3, ..model() };
        assert!(verify(&old).is_err_and(|error| error.to_string().contains("IR version")));
    }
}
