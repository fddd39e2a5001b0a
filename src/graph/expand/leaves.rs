//! Works out beforehand what a graph makes of the leaves of a tree.
//!
//! skl2onnx writes an isolation forest as some thirty nodes a tree: which leaf a row comes to, what is known
//! of that leaf, logarithms of it, and a sum over all trees. All but the sum are functions of a leaf, of
//! which a tree has a few hundred: so their results are put into the leaves, and trees whose leaves are
//! summed up are one ensemble. The nodes of a file go in; fewer nodes come out, which give the same.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::leaf_values::{LeafValues, Operand};
use crate::graph::error::{GraphPlace, ModelError};
use crate::graph::fact::SMALL;
use crate::graph::op::{
    Aggregate, Binary, Composite, Forest, Ml, Op, PostTransform, TreeNode, Trees, Variadic, Written,
};
use crate::graph::parts::{Constant, Node};
use crate::graph::tensor::{ElementType, Tensor, volume, words};

/// Values of leaves that are worked out, in all.
const VALUES: usize = 1 << 26;
/// Nodes of trees that are written anew, in all.
const TREE_NODES: usize = 1 << 22;
/// Bytes of a list of columns, at most.
const COLUMNS: usize = 8 * SMALL;

type WrittenNode = Node<Written>;

/// What is known of a value without running anything.
#[derive(Clone)]
enum Known {
    /// Columns of another value, by the node that picks them.
    Columns { rows: String, columns: Vec<u32>, node: Box<WrittenNode> },
    /// `[N, 1]`: of each row the value of the leaf that it comes to, trees by their number.
    Leaves { tree: usize, values: Arc<LeafValues> },
    /// The sum of such.
    Sum(Vec<(usize, Arc<LeafValues>)>),
}

/// A tree, with the features of `rows`.
struct Tree {
    rows: String,
    forest: Arc<Forest>,
}

/// What is known while the nodes are gone through.
struct Folding<'c> {
    constants: HashMap<&'c str, &'c Tensor>,
    trees: Vec<Tree>,
    known: HashMap<String, Known>,
    /// How often a value is still read; outputs count as read.
    uses: HashMap<String, usize>,
    out: Vec<WrittenNode>,
    /// Names that values have.
    taken: HashSet<String>,
    /// What is left of the limits.
    values: usize,
    nodes: usize,
}

/// Folds what it can; `outputs` are read by whoever runs the graph.
pub(crate) fn fold(
    written: Vec<WrittenNode>,
    constants: &[Constant],
    outputs: &[String],
) -> Result<Vec<WrittenNode>, ModelError> {
    let is_tree = |node: &WrittenNode| match &node.op {
        Written::Composite(composite) => matches!(**composite, Composite::Ml(Ml::Trees { .. })),
        Written::Op(_) => false,
    };
    if !written.iter().any(is_tree) {
        return Ok(written);
    }
    let mut uses: HashMap<String, usize> = HashMap::new();
    let read = written.iter().flat_map(|node| &node.inputs).flatten();
    read.chain(outputs).for_each(|name| *uses.entry(name.clone()).or_default() += 1);
    let given = written.iter().flat_map(|node| &node.outputs).flatten();
    let stored = constants.iter().map(|constant| &constant.name);
    let taken = given.chain(uses.keys()).chain(stored).cloned().collect();
    let constants = constants.iter();
    let mut folding = Folding {
        constants: constants.map(|constant| (constant.name.as_str(), &constant.tensor)).collect(),
        trees: Vec::new(),
        known: HashMap::new(),
        uses,
        out: Vec::new(),
        taken,
        values: VALUES,
        nodes: TREE_NODES,
    };
    for node in written {
        folding.take(node)?;
    }
    for name in outputs {
        folding.write(name)?;
    }
    Ok(folding.out)
}

impl Folding<'_> {
    fn take(&mut self, node: WrittenNode) -> Result<(), ModelError> {
        let known = self.known(&node);
        match (known, node.output(0).map(str::to_owned)) {
            (Some(known), Some(name)) => {
                self.known.insert(name, known);
            }
            _ => {
                for name in node.inputs.iter().flatten() {
                    self.write(name)?;
                }
                self.out.push(node.clone());
            }
        }
        // What nobody reads any more need not be kept.
        for name in node.inputs.iter().flatten() {
            if let Some(uses) = self.uses.get_mut(name) {
                *uses = uses.saturating_sub(1);
                if *uses == 0 {
                    self.known.remove(name);
                }
            }
        }
        Ok(())
    }

    /// What is known of the only output of a node.
    fn known(&mut self, node: &WrittenNode) -> Option<Known> {
        if node.outputs.len() != 1 {
            return None;
        }
        let composite = match &node.op {
            Written::Op(Op::Gather { axis: 1 | -1 }) => return self.columns(node),
            Written::Op(op) => return self.sum(node, op).or_else(|| self.function(node, op)),
            Written::Composite(composite) => &**composite,
        };
        match composite {
            Composite::Ml(Ml::Trees { forest, post: PostTransform::None }) => {
                self.tree(node, forest)
            }
            Composite::Ml(Ml::FeatureExtractor) => self.columns(node),
            Composite::Ml(Ml::Labels(labels)) => {
                let (tree, values) = self.leaves(node.input(0)?)?;
                self.leaves_of(tree, values.labelled(labels)?)
            }
            _ => None,
        }
    }

    fn tree(&mut self, node: &WrittenNode, forest: &Arc<Forest>) -> Option<Known> {
        let values = forest.single()?;
        let input = node.input(0)?;
        let (rows, forest) = match self.known.get(input) {
            Some(Known::Columns { rows, columns, .. }) => {
                (rows.clone(), Arc::new(with_columns(forest, columns)?))
            }
            Some(_) => return None,
            None => (input.to_owned(), Arc::clone(forest)),
        };
        self.trees.push(Tree { rows, forest });
        self.leaves_of(self.trees.len() - 1, LeafValues::Floats(values))
    }

    fn columns(&self, node: &WrittenNode) -> Option<Known> {
        let (rows, which) = (node.input(0)?, node.input(1)?);
        if self.known.contains_key(rows) {
            return None;
        }
        let which = self.constants.get(which)?;
        let a_list = which.element == ElementType::I64 && which.bytes.len() <= COLUMNS;
        let flat = which.dims.len() == 1 || which.dims.first() == Some(&1) && which.dims.len() == 2;
        if !(a_list && flat) {
            return None;
        }
        let columns =
            words::<8>(&which.bytes).map(|word| u32::try_from(i64::from_le_bytes(word)).ok());
        let columns = columns.collect::<Option<_>>()?;
        Some(Known::Columns { rows: rows.to_owned(), columns, node: Box::new(node.clone()) })
    }

    fn leaves(&self, name: &str) -> Option<(usize, Arc<LeafValues>)> {
        match self.known.get(name)? {
            Known::Leaves { tree, values } => Some((*tree, Arc::clone(values))),
            _ => None,
        }
    }

    /// Takes note of values, as long as there are not too many.
    fn leaves_of(&mut self, tree: usize, values: LeafValues) -> Option<Known> {
        self.values = self.values.checked_sub(values.len())?;
        Some(Known::Leaves { tree, values: Arc::new(values) })
    }

    /// A sum of trees that look at the same rows.
    fn sum(&mut self, node: &WrittenNode, op: &Op) -> Option<Known> {
        if !matches!(op, Op::Variadic(Variadic::Sum) | Op::Binary(Binary::Add)) {
            return None;
        }
        let mut all = Vec::new();
        for name in &node.inputs {
            match self.known.get(name.as_ref()?)? {
                Known::Leaves { tree, values } => all.push((*tree, Arc::clone(values))),
                Known::Sum(trees) => all.extend(trees.iter().cloned()),
                Known::Columns { .. } => return None,
            }
            if all.len() > self.trees.len() {
                return None;
            }
        }
        let of = |tree: &(usize, _)| self.trees.get(tree.0).map(|tree| tree.rows.as_str());
        let rows = of(all.first()?)?;
        let alike = all.iter().all(|tree| of(tree) == Some(rows) && tree.1.floats().is_some());
        // Functions of one and the same tree are a function of it.
        let one = all.iter().all(|tree| Some(tree.0) == all.first().map(|first| first.0));
        (alike && !one).then_some(Known::Sum(all))
    }

    /// A function of the leaf of one tree, and of numbers that are stored.
    fn function(&mut self, node: &WrittenNode, op: &Op) -> Option<Known> {
        if let Op::Reshape { .. } = op {
            let to = self.constants.get(node.input(1)?)?;
            let column = [[-1i64, 1], [0, 1]].iter().any(|column| {
                to.element == ElementType::I64
                    && words::<8>(&to.bytes).map(i64::from_le_bytes).eq(column.iter().copied())
            });
            return self.known.get(node.input(0)?).filter(|_| column).cloned();
        }
        let mut of = None;
        let mut operands = Vec::with_capacity(node.inputs.len());
        for name in &node.inputs {
            let name = name.as_ref()?;
            if let Some((tree, values)) = self.leaves(name) {
                if *of.get_or_insert(tree) != tree {
                    return None;
                }
                operands.push(Operand::Leaves(values));
            } else {
                let stored = self.constants.get(name.as_str())?;
                let single = volume(&stored.dims) == Some(1) && stored.dims.len() <= 2;
                operands.push(Operand::stored(stored).filter(|_| single)?);
            }
        }
        let tree = of?;
        let values = super::leaf_values::apply(op, &operands)?;
        self.leaves_of(tree, values)
    }

    /// Writes nodes that give a value of which something is known, once.
    fn write(&mut self, name: &str) -> Result<(), ModelError> {
        let Some(known) = self.known.remove(name) else { return Ok(()) };
        let (trees, element) = match known {
            Known::Columns { node, .. } => {
                self.out.push(*node);
                return Ok(());
            }
            Known::Leaves { tree, values } => {
                let element = values.element();
                let floats = values.to_floats();
                (vec![(tree, Arc::new(LeafValues::Floats(floats)))], element)
            }
            Known::Sum(trees) => (trees, ElementType::F32),
        };
        let (rows, forest) = self.joined(name, &trees)?;
        let given = match element {
            ElementType::F32 => name.to_owned(),
            _ => self.fresh(format!("{name}/leaf")),
        };
        let op = Written::Op(Op::Forest(Arc::new(forest)));
        self.out.push(one_to_one(op, rows, given.clone()));
        if element != ElementType::F32 {
            let op = Written::Op(Op::Cast { to: element, saturate: true });
            self.out.push(one_to_one(op, given, name.to_owned()));
        }
        Ok(())
    }

    /// A name that nothing has.
    fn fresh(&mut self, mut name: String) -> String {
        while !self.taken.insert(name.clone()) {
            name.push('_');
        }
        name
    }

    /// One ensemble of trees that look at the same rows.
    fn joined(
        &mut self,
        name: &str,
        all: &[(usize, Arc<LeafValues>)],
    ) -> Result<(String, Forest), ModelError> {
        let place = || GraphPlace::Node { name: name.to_owned(), operator: "TreeEnsemble".into() };
        let (mut roots, mut nodes, mut weights) = (Vec::new(), Vec::new(), Vec::new());
        let mut rows = String::new();
        for (tree, values) in all {
            let Some(tree) = self.trees.get(*tree) else { continue };
            rows.clone_from(&tree.rows);
            let own = tree.forest.nodes();
            self.nodes = self.nodes.checked_sub(own.len()).ok_or_else(|| {
                let what = format!("its trees have more than {TREE_NODES} nodes in all");
                ModelError::too_large(place(), what)
            })?;
            let (node, weight) = (nodes.len() as u32, weights.len() as u32);
            roots.extend(tree.forest.roots().iter().map(|root| root + node));
            nodes.extend(own.iter().map(|&own| moved(own, node, weight)));
            weights.extend(values.to_floats().into_iter().map(|value| (0, value)));
        }
        let trees = Trees {
            roots,
            nodes,
            weights,
            targets: 1,
            aggregate: Aggregate::Sum,
            base: Vec::new(),
        };
        let forest = Forest::new(trees).map_err(|what| ModelError::invalid(place(), what))?;
        Ok((rows, forest))
    }
}

fn one_to_one(op: Written, from: String, to: String) -> WrittenNode {
    Node { name: to.clone(), op, inputs: vec![Some(from)], outputs: vec![Some(to)] }
}

/// A node of a tree that stands behind other trees.
fn moved(node: TreeNode, by: u32, weights: u32) -> TreeNode {
    match node {
        TreeNode::Branch { feature, rule, value, missing_is_true, yes, no } => {
            let (yes, no) = (yes + by, no + by);
            TreeNode::Branch { feature, rule, value, missing_is_true, yes, no }
        }
        TreeNode::Leaf { from, to } => TreeNode::Leaf { from: from + weights, to: to + weights },
    }
}

/// The same tree, of rows that have these columns among others.
fn with_columns(forest: &Forest, columns: &[u32]) -> Option<Forest> {
    let node = |node: &TreeNode| match *node {
        TreeNode::Branch { feature, rule, value, missing_is_true, yes, no } => {
            let feature = *columns.get(feature as usize)?;
            Some(TreeNode::Branch { feature, rule, value, missing_is_true, yes, no })
        }
        leaf => Some(leaf),
    };
    let nodes = forest.nodes().iter().map(node).collect::<Option<_>>()?;
    let (roots, weights) = (forest.roots().to_vec(), forest.weights().to_vec());
    let trees =
        Trees { roots, nodes, weights, targets: 1, aggregate: Aggregate::Sum, base: Vec::new() };
    Forest::new(trees).ok()
}
