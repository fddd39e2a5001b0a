//! Calls of functions that the file brings along, replaced by what the functions do.
//!
//! A model goes in; the same without functions comes out: nodes are copied, inner names made unique,
//! references to attributes resolved. Bounded: a function that calls itself is refused, and so is one
//! that grows beyond the limits.

use std::collections::{HashMap, HashSet};

use prost::Message;

use super::attributes::place;
use crate::graph::budget;
use crate::graph::error::{GraphPlace, ModelError, shown};
use crate::graph::options::Limits;
use crate::graph::proto::OperatorSetIdProto;
use crate::graph::proto::{AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto};

/// Calls within calls.
const DEPTH: usize = 32;

/// Domain, name and overload.
type Key<'a> = (&'a str, &'a str, &'a str);

/// Replaces all calls in the graph of `model`.
pub(super) fn inline(model: &mut ModelProto, limits: Limits) -> Result<(), ModelError> {
    let functions = std::mem::take(&mut model.functions);
    let Some(graph) = model.graph.as_mut().filter(|_| !functions.is_empty()) else {
        return Ok(());
    };
    let mut known: HashMap<Key<'_>, &FunctionProto> = HashMap::new();
    for function in &functions {
        let key = (
            domain(function.domain.as_deref().unwrap_or_default()),
            function.name.as_deref().unwrap_or_default(),
            function.overload.as_deref().unwrap_or_default(),
        );
        if known.insert(key, function).is_some() {
            let what = format!("it holds the function `{}` twice", shown(key.1));
            return Err(ModelError::invalid(GraphPlace::File, what));
        }
    }
    let mut inliner = Inliner {
        known,
        set: default_set(&model.opset_import),
        nodes: Vec::new(),
        path: Vec::new(),
        visited: 0,
        declared: 0,
        bytes: 0,
        limits,
    };
    let GraphProto { node, .. } = graph;
    for node in std::mem::take(node) {
        inliner.node(node, None)?;
    }
    graph.node = inliner.nodes;
    if let (Some(version), None) = (inliner.set, default_set(&model.opset_import)) {
        model.opset_import.push(OperatorSetIdProto { domain: String::new(), version });
    }
    Ok(())
}

/// The default domain has two names.
fn domain(name: &str) -> &str {
    if name == "ai.onnx" { "" } else { name }
}

fn default_set(imports: &[OperatorSetIdProto]) -> Option<i64> {
    imports.iter().find(|set| domain(&set.domain).is_empty()).map(|set| set.version)
}

struct Inliner<'a> {
    known: HashMap<Key<'a>, &'a FunctionProto>,
    /// Version of the default operator set, which all share.
    set: Option<i64>,
    /// What has come out.
    nodes: Vec<NodeProto>,
    /// The functions that are being called, outermost first.
    path: Vec<&'a FunctionProto>,
    /// Nodes looked at, calls among them.
    visited: usize,
    /// Names that the functions of all calls declare.
    declared: usize,
    /// Bytes of what has come out.
    bytes: u64,
    limits: Limits,
}

/// What the names in the body of a function stand for where it is called.
struct Scope<'a> {
    values: HashMap<&'a str, String>,
    attributes: HashMap<&'a str, &'a AttributeProto>,
    /// Put in front of names that are the function's own.
    prefix: String,
}

impl Scope<'_> {
    fn value(&self, name: &str) -> String {
        match self.values.get(name) {
            Some(outside) => outside.clone(),
            None if name.is_empty() => String::new(),
            None => format!("{}{name}", self.prefix),
        }
    }

    /// An attribute as the body says it; none where the caller leaves it out and there is no default.
    fn attribute(&self, said: AttributeProto) -> Option<AttributeProto> {
        if said.ref_attr_name.is_empty() {
            return Some(said);
        }
        let given = self.attributes.get(said.ref_attr_name.as_str())?;
        Some(AttributeProto { name: said.name, ..(*given).clone() })
    }
}

impl<'a> Inliner<'a> {
    /// Adds a node, or what the function does that it calls.
    fn node(&mut self, mut node: NodeProto, scope: Option<&Scope<'_>>) -> Result<(), ModelError> {
        self.visited += 1;
        budget::check_count(self.visited, self.limits)?;
        if let Some(scope) = scope {
            for name in node.input.iter_mut().chain(&mut node.output) {
                *name = scope.value(name);
            }
            node.name = format!("{}{}", scope.prefix, node.name);
            let said = std::mem::take(&mut node.attribute).into_iter();
            node.attribute = said.filter_map(|attribute| scope.attribute(attribute)).collect();
        }
        let key = (domain(&node.domain), node.op_type.as_str(), node.overload.as_str());
        if let Some(&function) = self.known.get(&key) {
            return self.call(&node, function);
        }
        self.bytes = self.bytes.saturating_add(node.encoded_len() as u64);
        self.limits.check_file(self.bytes)?;
        self.nodes.push(node);
        Ok(())
    }

    fn call(&mut self, node: &NodeProto, function: &'a FunctionProto) -> Result<(), ModelError> {
        let refused = |what: &str| ModelError::unsupported(place(node), what);
        if self.path.iter().any(|called| std::ptr::eq(*called, function)) {
            return Err(refused("it is a function that calls itself"));
        }
        if self.path.len() >= DEPTH {
            return Err(refused("functions call functions more than 32 deep"));
        }
        self.same_set(node, function)?;
        // A call looks at every name that its function declares.
        self.declared += function.input.len() + function.output.len() + function.attribute.len();
        budget::check_count(self.declared, self.limits)?;
        let scope = self.scope(node, function)?;
        self.path.push(function);
        for inner in &function.node {
            self.node(inner.clone(), Some(&scope))?;
        }
        self.path.pop();
        self.copies(node, function, &scope)
    }

    /// The function must be written for the operators that the model uses.
    fn same_set(&mut self, node: &NodeProto, function: &FunctionProto) -> Result<(), ModelError> {
        let Some(own) = default_set(&function.opset_import) else { return Ok(()) };
        match *self.set.get_or_insert(own) {
            set if set == own => Ok(()),
            set => {
                let what = format!(
                    "it is a function in operator set {own}, the model is in {set}; convert both \
                     to one (`onnx.version_converter`), or inline the functions"
                );
                Err(ModelError::unsupported(place(node), what))
            }
        }
    }

    fn scope<'n>(
        &self,
        node: &'n NodeProto,
        function: &'n FunctionProto,
    ) -> Result<Scope<'n>, ModelError> {
        let refused = |what: String| ModelError::invalid(place(node), what);
        let (inputs, outputs) = (&function.input, &function.output);
        if node.input.len() > inputs.len() || node.output.len() > outputs.len() {
            return Err(refused("it has more inputs or outputs than its function".into()));
        }
        let defaults = function.attribute_proto.iter();
        let mut attributes: HashMap<&str, &AttributeProto> =
            defaults.map(|attribute| (attribute.name.as_str(), attribute)).collect();
        for given in &node.attribute {
            let name = given.name.as_str();
            let declared = function.attribute.iter().any(|declared| declared == name);
            if attributes.insert(name, given).is_none() && !declared {
                return Err(refused(format!("its function has no attribute `{}`", shown(name))));
            }
        }
        let prefix = format!("{}.{}.", self.visited, shown(&node.op_type));
        let mut values: HashMap<&str, String> = HashMap::new();
        for (inner, outer) in outputs.iter().zip(&node.output) {
            if !outer.is_empty() {
                values.entry(inner).or_insert_with(|| outer.clone());
            }
        }
        for (index, inner) in inputs.iter().enumerate() {
            values.insert(inner, node.input.get(index).cloned().unwrap_or_default());
        }
        Ok(Scope { values, attributes, prefix })
    }

    /// Outputs that are an input of the function, or the same value twice.
    fn copies(
        &mut self,
        node: &NodeProto,
        function: &FunctionProto,
        scope: &Scope<'_>,
    ) -> Result<(), ModelError> {
        let mut seen: HashSet<&str> = HashSet::new();
        for (inner, outer) in function.output.iter().zip(&node.output) {
            let from = scope.value(inner);
            let again = !seen.insert(inner);
            if outer.is_empty() || (from == *outer && !again) {
                continue;
            }
            let copy = NodeProto {
                op_type: "Identity".into(),
                name: format!("{}{inner}", scope.prefix),
                input: vec![from],
                output: vec![outer.clone()],
                ..NodeProto::default()
            };
            self.node(copy, None)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::proto::attribute_proto::AttributeType;

    fn node(operator: &str, inputs: &[&str], outputs: &[&str]) -> NodeProto {
        NodeProto {
            op_type: operator.into(),
            domain: if operator.starts_with("my") { "local".into() } else { String::new() },
            input: inputs.iter().map(|&name| name.into()).collect(),
            output: outputs.iter().map(|&name| name.into()).collect(),
            ..NodeProto::default()
        }
    }

    fn float(name: &str, f: f32, from: &str) -> AttributeProto {
        AttributeProto {
            name: name.into(),
            r#type: AttributeType::Float as i32,
            f,
            ref_attr_name: from.into(),
            ..AttributeProto::default()
        }
    }

    fn function(
        name: &str,
        inputs: &[&str],
        outputs: &[&str],
        body: Vec<NodeProto>,
    ) -> FunctionProto {
        FunctionProto {
            name: Some(name.into()),
            domain: Some("local".into()),
            input: inputs.iter().map(|&name| name.into()).collect(),
            output: outputs.iter().map(|&name| name.into()).collect(),
            node: body,
            opset_import: vec![OperatorSetIdProto { domain: String::new(), version: 18 }],
            ..FunctionProto::default()
        }
    }

    /// The nodes that come out, as `Operator(inputs)->outputs`.
    fn inlined(
        functions: Vec<FunctionProto>,
        nodes: Vec<NodeProto>,
    ) -> Result<Vec<NodeProto>, ModelError> {
        let mut model = ModelProto {
            functions,
            graph: Some(GraphProto { node: nodes, ..GraphProto::default() }),
            opset_import: vec![OperatorSetIdProto { domain: "ai.onnx".into(), version: 18 }],
            ..ModelProto::default()
        };
        inline(&mut model, Limits::default())?;
        assert!(model.functions.is_empty());
        Ok(model.graph.unwrap_or_default().node)
    }

    fn told(nodes: &[NodeProto]) -> Vec<String> {
        let one = |node: &NodeProto| {
            format!("{}({})->{}", node.op_type, node.input.join(" "), node.output.join(" "))
        };
        nodes.iter().map(one).collect()
    }

    #[test]
    fn calls_within_calls_become_nodes_with_names_of_their_own() {
        let inner = function(
            "myinner",
            &["a", "b"],
            &["c"],
            vec![node("Mul", &["a", "b"], &["t"]), node("Relu", &["t"], &["c"])],
        );
        let outer = function(
            "myouter",
            &["a", "b"],
            &["c"],
            vec![node("myinner", &["b", "a"], &["t"]), node("myinner", &["t", ""], &["c"])],
        );
        let nodes = inlined(
            vec![outer, inner],
            vec![node("myouter", &["x", "y"], &["z"]), node("Neg", &["z"], &["w"])],
        );
        let wanted = [
            "Mul(y x)->2.myinner.t",
            "Relu(2.myinner.t)->1.myouter.t",
            "Mul(1.myouter.t )->5.myinner.t",
            "Relu(5.myinner.t)->z",
            "Neg(z)->w",
        ];
        assert_eq!(nodes.map(|nodes| told(&nodes)), Ok(wanted.map(String::from).to_vec()));
    }

    #[test]
    fn attributes_come_from_the_call_or_the_default_or_not_at_all() {
        let body = |reference: &str| {
            let elu = node("Elu", &["a"], &["b"]);
            vec![NodeProto { attribute: vec![float("alpha", 0.0, reference)], ..elu }]
        };
        let mut own = function("my", &["a"], &["b"], body("slope"));
        own.attribute = vec!["slope".into()];
        let mut with_default = function("mydefault", &["a"], &["b"], body("slope"));
        with_default.attribute_proto = vec![float("slope", 0.25, "")];
        let call = |operator: &str, attribute: Vec<AttributeProto>, output: &str| NodeProto {
            attribute,
            ..node(operator, &["x"], &[output])
        };
        let nodes = inlined(
            vec![own.clone(), with_default.clone()],
            vec![
                call("my", vec![float("slope", 0.5, "")], "y1"),
                call("my", vec![], "y2"),
                call("mydefault", vec![], "y3"),
                call("mydefault", vec![float("slope", 0.75, "")], "y4"),
            ],
        );
        let alphas: Vec<Vec<f32>> = nodes
            .unwrap_or_default()
            .iter()
            .map(|node| {
                assert!(node.attribute.iter().all(|found| found.name == "alpha"));
                node.attribute.iter().map(|found| found.f).collect()
            })
            .collect();
        assert_eq!(alphas, [vec![0.5], vec![], vec![0.25], vec![0.75]]);
        let unknown = inlined(vec![own], vec![call("my", vec![float("other", 1.0, "")], "y")]);
        assert!(unknown.is_err_and(|error| error.to_string().contains("no attribute `other`")));
    }

    #[test]
    fn an_output_that_is_an_input_or_comes_twice_is_copied() {
        let twice = function("my", &["a"], &["a", "b", "b"], vec![node("Relu", &["a"], &["b"])]);
        let nodes = inlined(vec![twice], vec![node("my", &["x"], &["y1", "y2", "y3"])]);
        let wanted = ["Relu(x)->y2", "Identity(x)->y1", "Identity(y2)->y3"];
        assert_eq!(nodes.map(|nodes| told(&nodes)), Ok(wanted.map(String::from).to_vec()));
    }

    #[test]
    fn recursion_floods_and_other_operator_sets_are_refused() {
        let itself = function("my", &["a"], &["b"], vec![node("my", &["a"], &["b"])]);
        let call = || vec![node("my", &["x"], &["y"])];
        assert!(inlined(vec![itself], call()).is_err());
        // Each calls the next one twice, and the last does nothing: 2^30 calls.
        let name = |level: usize| if level == 0 { "my".into() } else { format!("my{level}") };
        let flood = (0..30).map(|level| {
            let next = node(&name(level + 1), &["a"], &[""]);
            let body = if level == 29 { vec![] } else { vec![next.clone(), next] };
            function(&name(level), &["a"], &["b"], body)
        });
        let flood = inlined(flood.collect(), call());
        assert!(matches!(flood, Err(ModelError::TooLarge { .. })), "{flood:?}");
        let mut old = function("my", &["a"], &["b"], vec![node("Relu", &["a"], &["b"])]);
        old.opset_import = vec![OperatorSetIdProto { domain: String::new(), version: 17 }];
        assert!(inlined(vec![old], call()).is_err_and(|error| error.to_string().contains("17")));
    }
}
