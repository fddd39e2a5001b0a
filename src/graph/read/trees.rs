//! The trees of an ensemble, out of the lists that a node says them with.
//!
//! Attributes go in; a [`Forest`] comes out, in which every way ends at a leaf, or an error that names the
//! node. Two ways of writing are read: one list entry a node (up to version 4 of the domain), and
//! branches and leaves apart (from version 5 on).

use std::collections::HashMap;

use super::attributes::Said;
use crate::graph::error::ModelError;
use crate::graph::op::{Aggregate, Forest, Rule, TreeNode, Trees};
use crate::graph::tensor::{ElementType, Tensor, words};

/// What the lists of the leaves are.
#[derive(Clone, Copy)]
pub(super) struct Leaves {
    /// Of their names.
    pub prefix: &'static str,
    pub targets: usize,
    /// Whatever targets they name are one.
    pub all_to_one: bool,
}

/// Trees of version 1 to 4.
pub(super) fn listed(
    said: &Said<'_>,
    own: Leaves,
    aggregate: Aggregate,
    base: Vec<f32>,
) -> Result<Forest, ModelError> {
    let ints = |name: &str| said.ints(name).map(Option::unwrap_or_default);
    let trees = ints("nodes_treeids")?;
    let ids = of_length(said, "nodes_nodeids", ints("nodes_nodeids")?, trees.len())?;
    let features = of_length(said, "nodes_featureids", ints("nodes_featureids")?, trees.len())?;
    let yes = of_length(said, "nodes_truenodeids", ints("nodes_truenodeids")?, trees.len())?;
    let no = of_length(said, "nodes_falsenodeids", ints("nodes_falsenodeids")?, trees.len())?;
    let values = said.floats("nodes_values")?.unwrap_or_default();
    let values = of_length(said, "nodes_values", values, trees.len())?;
    let modes = said.texts("nodes_modes")?.unwrap_or_default();
    let modes = of_length(said, "nodes_modes", modes, trees.len())?;
    let missing = match said.ints("nodes_missing_value_tracks_true")? {
        Some(list) if !list.is_empty() => {
            of_length(said, "nodes_missing_value_tracks_true", list, trees.len())?
        }
        _ => vec![0; trees.len()],
    };
    let mut places = HashMap::with_capacity(ids.len());
    for (at, key) in trees.iter().copied().zip(ids.iter().copied()).enumerate() {
        if places.insert(key, at as u32).is_some() {
            return Err(said.bad(format!("tree {} has node {} twice", key.0, key.1)));
        }
    }
    let (weights, ranges) = leaves(said, own, &places)?;
    let mut nodes = Vec::with_capacity(ids.len());
    let mut has_parent = vec![false; ids.len()];
    for (at, mode) in modes.iter().enumerate() {
        let Some(rule) = rule(said, mode)? else {
            let (from, to) = ranges.get(at).copied().unwrap_or_default();
            nodes.push(TreeNode::Leaf { from, to });
            continue;
        };
        let child = |list: &[i64]| {
            let key = trees.get(at).copied().zip(list.get(at).copied());
            let found = key.and_then(|key| places.get(&key).copied());
            found.ok_or_else(|| said.bad("a branch leads to a node that there is not"))
        };
        let (yes, no) = (child(&yes)?, child(&no)?);
        for child in [yes, no] {
            if let Some(has) = has_parent.get_mut(child as usize) {
                *has = true;
            }
        }
        nodes.push(TreeNode::Branch {
            feature: feature(said, features.get(at).copied())?,
            rule,
            value: values.get(at).copied().unwrap_or_default(),
            missing_is_true: missing.get(at).is_some_and(|&missing| missing != 0),
            yes,
            no,
        });
    }
    let roots: Vec<u32> =
        (0..).zip(&has_parent).filter(|(_, has)| !**has).map(|(at, _)| at).collect();
    let mut rooted: Vec<i64> =
        roots.iter().filter_map(|&root| trees.get(root as usize).copied()).collect();
    rooted.sort_unstable();
    if rooted.windows(2).any(|pair| pair.first() == pair.last()) {
        return Err(said.bad("a tree has two roots"));
    }
    let targets = own.targets;
    Forest::new(Trees { roots, nodes, weights, targets, aggregate, base })
        .map_err(|what| said.bad(what))
}

/// The weights of leaves, in the order of nodes, and which of them a node has.
#[allow(clippy::type_complexity)]
fn leaves(
    said: &Said<'_>,
    Leaves { prefix, targets, all_to_one }: Leaves,
    places: &HashMap<(i64, i64), u32>,
) -> Result<(Vec<(u32, f32)>, Vec<(u32, u32)>), ModelError> {
    let name = |what: &str| format!("{prefix}_{what}");
    let ints = |what: &str| said.ints(&name(what)).map(Option::unwrap_or_default);
    let trees = ints("treeids")?;
    let ids = of_length(said, "the leaves' ids", ints("nodeids")?, trees.len())?;
    let to = of_length(said, "the leaves' targets", ints("ids")?, trees.len())?;
    let weights = said.floats(&name("weights"))?.unwrap_or_default();
    let weights = of_length(said, "the leaves' weights", weights, trees.len())?;
    let mut found: Vec<(u32, u32, f32)> = Vec::with_capacity(trees.len());
    for (((tree, id), to), weight) in trees.into_iter().zip(ids).zip(to).zip(weights) {
        let Some(&at) = places.get(&(tree, id)) else {
            return Err(
                said.bad(format!("a leaf names node {id} of tree {tree}, which there is not"))
            );
        };
        let to = if all_to_one { 0 } else { to };
        let target = usize::try_from(to).ok().filter(|&target| target < targets);
        let target =
            target.ok_or_else(|| said.bad("a leaf gives to a target that there is not"))?;
        found.push((at, target as u32, weight));
    }
    // Stable: those of one leaf stay in their order.
    found.sort_by_key(|&(at, ..)| at);
    let mut ranges = vec![(0, 0); places.len()];
    for (index, &(at, ..)) in (0u32..).zip(&found) {
        if let Some(range) = ranges.get_mut(at as usize) {
            *range = match *range {
                (0, 0) => (index, index + 1),
                (from, _) => (from, index + 1),
            };
        }
    }
    Ok((found.into_iter().map(|(_, target, weight)| (target, weight)).collect(), ranges))
}

/// Trees of version 5: branches have children that are branches or leaves.
pub(super) fn apart(said: &mut Said<'_>, targets: usize) -> Result<Forest, ModelError> {
    let splits = floats(said, "nodes_splits")?;
    let modes = bytes(said, "nodes_modes")?;
    let leaf_weights = floats(said, "leaf_weights")?;
    let ints = |name: &str| said.ints(name).map(Option::unwrap_or_default);
    let count = splits.len();
    let modes = of_length(said, "nodes_modes", modes, count)?;
    let features = of_length(said, "nodes_featureids", ints("nodes_featureids")?, count)?;
    let yes = of_length(said, "nodes_truenodeids", ints("nodes_truenodeids")?, count)?;
    let no = of_length(said, "nodes_falsenodeids", ints("nodes_falsenodeids")?, count)?;
    let yes_leaf = of_length(said, "nodes_trueleafs", ints("nodes_trueleafs")?, count)?;
    let no_leaf = of_length(said, "nodes_falseleafs", ints("nodes_falseleafs")?, count)?;
    let missing = match said.ints("nodes_missing_value_tracks_true")? {
        Some(list) if !list.is_empty() => {
            of_length(said, "nodes_missing_value_tracks_true", list, count)?
        }
        _ => vec![0; count],
    };
    let to = of_length(said, "leaf_targetids", ints("leaf_targetids")?, leaf_weights.len())?;
    let target = |to: i64| {
        let target = usize::try_from(to).ok().filter(|&target| target < targets);
        target.map(|target| target as u32).ok_or_else(|| said.bad("a leaf has a target too high"))
    };
    let targets_of: Vec<u32> = to.into_iter().map(target).collect::<Result<_, _>>()?;
    let weights = targets_of.into_iter().zip(leaf_weights).collect::<Vec<_>>();
    // Each way to a leaf gets a leaf of its own, behind the branches.
    let mut ends: Vec<TreeNode> = Vec::new();
    let mut child = |is_leaf: Option<&i64>, id: Option<&i64>| -> Result<u32, ModelError> {
        let id = id.and_then(|&id| u32::try_from(id).ok());
        let id = id.ok_or_else(|| said.bad("a branch leads to a node that there is not"))?;
        if is_leaf.is_none_or(|&leaf| leaf == 0) {
            return Ok(id);
        }
        ends.push(TreeNode::Leaf { from: id, to: id.saturating_add(1) });
        Ok((count + ends.len() - 1) as u32)
    };
    let mut nodes = Vec::with_capacity(count);
    for at in 0..count {
        nodes.push(TreeNode::Branch {
            feature: feature(said, features.get(at).copied())?,
            rule: numbered(said, modes.get(at).copied())?,
            value: splits.get(at).copied().unwrap_or_default(),
            missing_is_true: missing.get(at).is_some_and(|&missing| missing != 0),
            yes: child(yes_leaf.get(at), yes.get(at))?,
            no: child(no_leaf.get(at), no.get(at))?,
        });
    }
    let root = |root: i64| u32::try_from(root).ok().filter(|&root| (root as usize) < count);
    let roots: Option<Vec<u32>> = ints("tree_roots")?.into_iter().map(root).collect();
    let roots = roots.ok_or_else(|| said.bad("`tree_roots` names a node that there is not"))?;
    // A tree of one leaf is a branch whose both ways lead to it.
    nodes.append(&mut ends);
    let aggregate = match said.int_or("aggregate_function", 1)? {
        0 => Aggregate::Average,
        1 => Aggregate::Sum,
        2 => Aggregate::Min,
        3 => Aggregate::Max,
        other => return Err(said.bad(format!("`aggregate_function` {other} is none of 0 to 3"))),
    };
    let base = Vec::new();
    Forest::new(Trees { roots, nodes, weights, targets, aggregate, base })
        .map_err(|what| said.bad(what))
}

fn of_length<T>(
    said: &Said<'_>,
    name: &str,
    list: Vec<T>,
    length: usize,
) -> Result<Vec<T>, ModelError> {
    match list.len() == length {
        true => Ok(list),
        false => Err(said.bad(format!("{name} has {} entries, not {length}", list.len()))),
    }
}

fn feature(said: &Said<'_>, feature: Option<i64>) -> Result<u32, ModelError> {
    let feature = feature.and_then(|feature| u32::try_from(feature).ok());
    let small = feature.filter(|&feature| feature < 1 << 20);
    small.ok_or_else(|| said.bad("a branch asks for a feature below 0 or above 2^20"))
}

/// `None` of a leaf.
fn rule(said: &Said<'_>, mode: &str) -> Result<Option<Rule>, ModelError> {
    Ok(Some(match mode {
        "LEAF" => return Ok(None),
        "BRANCH_LEQ" => Rule::AtMost,
        "BRANCH_LT" => Rule::Below,
        "BRANCH_GTE" => Rule::AtLeast,
        "BRANCH_GT" => Rule::Above,
        "BRANCH_EQ" => Rule::Equal,
        "BRANCH_NEQ" => Rule::Unequal,
        _ => return Err(said.unsupported("it has branches of a kind that is not supported")),
    }))
}

fn numbered(said: &Said<'_>, mode: Option<u8>) -> Result<Rule, ModelError> {
    Ok(match mode {
        Some(0) => Rule::AtMost,
        Some(1) => Rule::Below,
        Some(2) => Rule::AtLeast,
        Some(3) => Rule::Above,
        Some(4) => Rule::Equal,
        Some(5) => Rule::Unequal,
        _ => return Err(said.unsupported("it has branches of a kind that is not supported")),
    })
}

fn stored(said: &mut Said<'_>, name: &str) -> Result<Tensor, ModelError> {
    let place = super::attributes::place(said.node);
    let found = said.tensor(name, place)?;
    found.ok_or_else(|| said.bad(format!("attribute `{name}` is missing")))
}

fn floats(said: &mut Said<'_>, name: &str) -> Result<Vec<f32>, ModelError> {
    let tensor = stored(said, name)?;
    if tensor.element != ElementType::F32 {
        return Err(said.unsupported(format!("attribute `{name}` must hold f32")));
    }
    Ok(words::<4>(&tensor.bytes).map(f32::from_le_bytes).collect())
}

fn bytes(said: &mut Said<'_>, name: &str) -> Result<Vec<u8>, ModelError> {
    let tensor = stored(said, name)?;
    if tensor.element != ElementType::U8 {
        return Err(said.unsupported(format!("attribute `{name}` must hold u8")));
    }
    Ok(tensor.bytes)
}
