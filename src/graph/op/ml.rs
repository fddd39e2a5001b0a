//! Operators of the domain `ai.onnx.ml`: what scikit-learn and libraries of trees are exported as.
//!
//! Plain data, and the trees of an ensemble, which cannot be wrong once they are made. Nothing is run
//! here. Semantics are those of the operators' specification and, where that is silent, onnxruntime's.

use std::sync::Arc;

/// An operator of `ai.onnx.ml`, which others make up.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ml {
    /// A number for each target.
    Trees {
        forest: Arc<Forest>,
        post: PostTransform,
    },
    /// A number for each class, as the second output.
    TreeClasses {
        forest: Arc<Forest>,
        post: PostTransform,
        pair: Option<Pair>,
    },
    /// `(x - offset) * scale`, one for all features or for each.
    Scaler {
        offset: Vec<f32>,
        scale: Vec<f32>,
    },
    Normalizer(Norm),
    /// Puts values in the place of one, which may be what is no number.
    Imputer {
        values: Vec<f32>,
        replaced: f32,
    },
    /// 1 above the threshold, else 0.
    Binarizer {
        threshold: f32,
    },
    /// Picks features; which is the second input.
    FeatureExtractor,
    /// `x * coefficients + intercepts`, `[targets, features]`.
    Linear {
        coefficients: Vec<f32>,
        intercepts: Vec<f32>,
        targets: usize,
        post: PostTransform,
    },
    /// The same with a number for each class, as the second output.
    LinearClasses {
        coefficients: Vec<f32>,
        intercepts: Vec<f32>,
        post: PostTransform,
    },
    Svm(Box<Svm>),
    /// From one list of values to another.
    Labels(Arc<Labels>),
    /// From each row to each vector: `[N, vectors]`, or by vector `[vectors, N]`, as the second output.
    Distances {
        squared: bool,
        by_vector: bool,
    },
    /// A map of names to numbers: here the numbers alone.
    ZipMap,
}

impl Ml {
    /// Its name in an ONNX file.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Ml::Trees { .. } => "TreeEnsembleRegressor",
            Ml::TreeClasses { .. } => "TreeEnsembleClassifier",
            Ml::Scaler { .. } => "Scaler",
            Ml::Normalizer(_) => "Normalizer",
            Ml::Imputer { .. } => "Imputer",
            Ml::Binarizer { .. } => "Binarizer",
            Ml::FeatureExtractor => "ArrayFeatureExtractor",
            Ml::Linear { .. } => "LinearRegressor",
            Ml::LinearClasses { .. } => "LinearClassifier",
            Ml::Svm(_) => "SVMRegressor",
            Ml::Labels(_) => "LabelEncoder",
            Ml::Distances { by_vector: true, .. } => "Scan",
            Ml::Distances { .. } => "CDist",
            Ml::ZipMap => "ZipMap",
        }
    }
}

/// What becomes of the numbers at last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PostTransform {
    None,
    Logistic,
    Softmax,
}

/// How two classes are told by one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pair {
    /// A share `p`, beside which stands `1 - p`.
    Share,
    /// A number that may be below zero, beside which stands its negative.
    Signed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Norm {
    Max,
    L1,
    L2,
}

/// A support vector machine that gives one number.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Svm {
    pub kernel: Kernel,
    /// `[vectors, features]`; none of a linear one, whose coefficients are those of the features.
    pub vectors: Vec<f32>,
    pub coefficients: Vec<f32>,
    pub rho: f32,
    /// Gives 1 above zero, else -1.
    pub one_class: bool,
    pub post: PostTransform,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kernel {
    Linear,
    Poly { gamma: f32, coef0: f32, degree: f32 },
    Rbf { gamma: f32 },
    Sigmoid { gamma: f32, coef0: f32 },
}

/// A LabelEncoder of numbers. Keys are sorted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Labels {
    pub keys: Keys,
    pub values: Vec<f32>,
    /// For what is no key.
    pub default: f32,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Keys {
    Integers(Vec<i64>),
    Floats(Vec<f32>),
}

/// How the trees' answers become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aggregate {
    Sum,
    Average,
    Min,
    Max,
}

/// What a branch asks of a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    AtMost,
    Below,
    AtLeast,
    Above,
    Equal,
    Unequal,
}

impl Rule {
    pub(crate) fn holds(self, feature: f32, value: f32) -> bool {
        match self {
            Rule::AtMost => feature <= value,
            Rule::Below => feature < value,
            Rule::AtLeast => feature >= value,
            Rule::Above => feature > value,
            Rule::Equal => feature == value,
            Rule::Unequal => feature != value,
        }
    }
}

/// A place in a tree. Branches and leaves are told by their index in the forest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum TreeNode {
    Branch {
        feature: u32,
        rule: Rule,
        value: f32,
        /// Where a feature goes that is no number, if the rule does not hold.
        missing_is_true: bool,
        yes: u32,
        no: u32,
    },
    /// Its part of the weights.
    Leaf { from: u32, to: u32 },
}

/// Trees of which each gives a row of features to one of its leaves, whose weights go to targets. Every
/// way through a tree ends at a leaf.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Forest {
    roots: Vec<u32>,
    nodes: Vec<TreeNode>,
    /// Target and weight.
    weights: Vec<(u32, f32)>,
    targets: usize,
    aggregate: Aggregate,
    /// Added at the end, one for each target or none.
    base: Vec<f32>,
    /// One more than the highest feature that is asked for.
    features: usize,
    /// Steps that a row may take at most.
    steps: u64,
}

/// What a forest is made of.
#[derive(Clone, Debug)]
pub(crate) struct Trees {
    pub roots: Vec<u32>,
    pub nodes: Vec<TreeNode>,
    pub weights: Vec<(u32, f32)>,
    pub targets: usize,
    pub aggregate: Aggregate,
    pub base: Vec<f32>,
}

impl Forest {
    /// Checks that these are trees.
    pub(crate) fn new(trees: Trees) -> Result<Self, &'static str> {
        let Trees { roots, nodes, weights, targets, aggregate, base } = trees;
        if roots.is_empty() || targets == 0 {
            return Err("it has no tree or no target");
        }
        if u32::try_from(nodes.len()).is_err() || u32::try_from(weights.len()).is_err() {
            return Err("it has too many nodes");
        }
        if weights.iter().any(|&(target, _)| target as usize >= targets) {
            return Err("a leaf gives to a target that there is not");
        }
        if !base.is_empty() && base.len() != targets {
            return Err("`base_values` must be one for each target");
        }
        let steps = steps(&roots, &nodes, weights.len())?;
        let feature = |node: &TreeNode| match node {
            TreeNode::Branch { feature, .. } => *feature as usize + 1,
            TreeNode::Leaf { .. } => 0,
        };
        let features = nodes.iter().map(feature).max().unwrap_or(0);
        Ok(Self { roots, nodes, weights, targets, aggregate, base, features, steps })
    }

    pub(crate) fn roots(&self) -> &[u32] {
        &self.roots
    }

    pub(crate) fn nodes(&self) -> &[TreeNode] {
        &self.nodes
    }

    pub(crate) fn weights(&self) -> &[(u32, f32)] {
        &self.weights
    }

    pub(crate) fn targets(&self) -> usize {
        self.targets
    }

    pub(crate) fn aggregate(&self) -> Aggregate {
        self.aggregate
    }

    pub(crate) fn base(&self) -> &[f32] {
        &self.base
    }

    pub(crate) fn features(&self) -> usize {
        self.features
    }

    /// Branches that a row meets at most.
    pub(crate) fn steps(&self) -> u64 {
        self.steps
    }

    /// The weights of a forest of one tree whose every leaf has one.
    pub(crate) fn single(&self) -> Option<Vec<f32>> {
        let one_each = |node: &TreeNode| match *node {
            TreeNode::Leaf { from, to } => to == from + 1,
            TreeNode::Branch { .. } => true,
        };
        let plain = self.roots.len() == 1 && self.targets == 1 && self.base.is_empty();
        let plain = plain && self.nodes.iter().all(one_each);
        plain.then(|| self.weights.iter().map(|&(_, weight)| weight).collect())
    }
}

/// Walks all trees, and counts the longest way through each: every node has one parent, or is a root and
/// has none, so the walk ends.
fn steps(roots: &[u32], nodes: &[TreeNode], weights: usize) -> Result<u64, &'static str> {
    const RANGE: &str = "a branch leads to a node that there is not";
    let mut seen = vec![false; nodes.len()];
    let mut all = 0u64;
    let mut open: Vec<(u32, u64)> = Vec::new();
    for &root in roots {
        open.push((root, 0));
        let mut deepest = 0;
        while let Some((at, depth)) = open.pop() {
            let first = seen.get_mut(at as usize).ok_or(RANGE)?;
            if std::mem::replace(first, true) {
                return Err("a node has two parents, or is its own");
            }
            match *nodes.get(at as usize).ok_or(RANGE)? {
                TreeNode::Branch { yes, no, .. } => {
                    open.extend([(yes, depth + 1), (no, depth + 1)])
                }
                TreeNode::Leaf { from, to } if from <= to && to as usize <= weights => {
                    deepest = deepest.max(depth + u64::from(to - from));
                }
                TreeNode::Leaf { .. } => return Err("a leaf has weights that there are not"),
            }
        }
        all += deepest;
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn branch(yes: u32, no: u32) -> TreeNode {
        let (feature, rule, value) = (2, Rule::AtMost, 0.5);
        TreeNode::Branch { feature, rule, value, missing_is_true: false, yes, no }
    }

    fn leaf(at: u32) -> TreeNode {
        TreeNode::Leaf { from: at, to: at + 1 }
    }

    fn forest(roots: &[u32], nodes: &[TreeNode]) -> Result<Forest, &'static str> {
        Forest::new(Trees {
            roots: roots.to_vec(),
            nodes: nodes.to_vec(),
            weights: vec![(0, 1.0), (0, 2.0)],
            targets: 1,
            aggregate: Aggregate::Sum,
            base: Vec::new(),
        })
    }

    #[test]
    fn what_is_no_tree_is_refused() {
        let good = forest(&[0], &[branch(1, 2), leaf(0), leaf(1)]).unwrap();
        assert_eq!((good.features(), good.steps()), (3, 2));
        assert_eq!(good.single(), Some(vec![1.0, 2.0]));
        let own = forest(&[0], &[branch(0, 1), leaf(0)]);
        assert!(own.is_err_and(|what| what.contains("two parents")));
        assert!(forest(&[0], &[branch(1, 1), leaf(0)]).is_err());
        assert!(forest(&[0, 1], &[branch(1, 2), leaf(0), leaf(1)]).is_err());
        assert!(forest(&[0], &[branch(1, 7), leaf(0)]).is_err());
        assert!(forest(&[0], &[leaf(2)]).is_err());
        assert!(forest(&[], &[]).is_err());
    }
}
