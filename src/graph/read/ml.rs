//! The operators of the domain `ai.onnx.ml` that a model may use, and how their attributes are read.
//!
//! The defaults are those of the specification (onnx.ai/onnx/operators). Strings and maps of them are
//! nothing that a window of sensors is made of: operators of these are not here.

use std::sync::Arc;

use super::attributes::{ML_DOMAIN as DOMAIN, Said};
use super::distances;
use super::operator::{Operator, STANDARD, composite};
use super::trees::{self, Leaves};
use crate::graph::error::{ModelError, shown};
use crate::graph::op::{
    Aggregate, Composite, Kernel, Keys, Labels, Ml, Norm, Pair, PostTransform, Svm,
};
use crate::graph::proto::NodeProto;

type Parsed = Result<Composite, ModelError>;

pub(super) const OPERATORS: &[Operator] = &[
    // What neighbours are found by.
    composite(STANDARD, "Scan", (2, 2), (2, 2), &["body", "num_scan_inputs"], distances::scan),
    composite("com.microsoft", "CDist", (2, 2), (1, 1), &["metric"], distances::cdist),
    composite(
        DOMAIN,
        "TreeEnsembleRegressor",
        (1, 1),
        (1, 1),
        &[
            "nodes_falsenodeids",
            "nodes_featureids",
            "nodes_hitrates",
            "nodes_missing_value_tracks_true",
            "nodes_modes",
            "nodes_nodeids",
            "nodes_treeids",
            "nodes_truenodeids",
            "nodes_values",
            "aggregate_function",
            "base_values",
            "n_targets",
            "post_transform",
            "target_ids",
            "target_nodeids",
            "target_treeids",
            "target_weights",
        ],
        tree_regressor,
    ),
    composite(
        DOMAIN,
        "TreeEnsembleClassifier",
        (1, 1),
        (2, 2),
        &[
            "nodes_falsenodeids",
            "nodes_featureids",
            "nodes_hitrates",
            "nodes_missing_value_tracks_true",
            "nodes_modes",
            "nodes_nodeids",
            "nodes_treeids",
            "nodes_truenodeids",
            "nodes_values",
            "base_values",
            "class_ids",
            "class_nodeids",
            "class_treeids",
            "class_weights",
            "classlabels_int64s",
            "classlabels_strings",
            "post_transform",
        ],
        tree_classifier,
    ),
    composite(
        DOMAIN,
        "TreeEnsemble",
        (1, 1),
        (1, 1),
        &[
            "nodes_falsenodeids",
            "nodes_featureids",
            "nodes_hitrates",
            "nodes_missing_value_tracks_true",
            "nodes_modes",
            "nodes_truenodeids",
            "aggregate_function",
            "leaf_targetids",
            "leaf_weights",
            "n_targets",
            "nodes_falseleafs",
            "nodes_splits",
            "nodes_trueleafs",
            "post_transform",
            "tree_roots",
        ],
        tree_ensemble,
    ),
    composite(DOMAIN, "Scaler", (1, 1), (1, 1), &["offset", "scale"], scaler),
    composite(DOMAIN, "Normalizer", (1, 1), (1, 1), &["norm"], normalizer),
    composite(
        DOMAIN,
        "Imputer",
        (1, 1),
        (1, 1),
        &["imputed_value_floats", "replaced_value_float"],
        imputer,
    ),
    composite(DOMAIN, "Binarizer", (1, 1), (1, 1), &["threshold"], binarizer),
    composite(DOMAIN, "ArrayFeatureExtractor", (2, 2), (1, 1), &[], feature_extractor),
    composite(
        DOMAIN,
        "LinearRegressor",
        (1, 1),
        (1, 1),
        &["coefficients", "intercepts", "post_transform", "targets"],
        linear_regressor,
    ),
    composite(
        DOMAIN,
        "LinearClassifier",
        (1, 1),
        (2, 2),
        &[
            "classlabels_ints",
            "classlabels_strings",
            "coefficients",
            "intercepts",
            "multi_class",
            "post_transform",
        ],
        linear_classifier,
    ),
    composite(
        DOMAIN,
        "SVMRegressor",
        (1, 1),
        (1, 1),
        &[
            "coefficients",
            "kernel_params",
            "kernel_type",
            "n_supports",
            "one_class",
            "post_transform",
            "rho",
            "support_vectors",
        ],
        svm_regressor,
    ),
    composite(
        DOMAIN,
        "LabelEncoder",
        (1, 1),
        (1, 1),
        &["default_float", "keys_floats", "keys_int64s", "values_floats"],
        label_encoder,
    ),
    composite(
        DOMAIN,
        "ZipMap",
        (1, 1),
        (1, 1),
        &["classlabels_int64s", "classlabels_strings"],
        zip_map,
    ),
];

/// Why an operator of this domain that is not here is refused.
pub(super) fn refused(node: &NodeProto) -> Option<String> {
    if node.domain != DOMAIN {
        return None;
    }
    if !node.op_type.ends_with("Classifier") {
        let what = "this operator is not supported: it works on texts or maps of them, or is not what \
                    scikit-learn's outlier detectors are exported as";
        return Some(what.to_owned());
    }
    let labels = node.attribute.iter().filter(|said| said.name.starts_with("classlabels"));
    let classes = labels.map(|said| said.ints.len().max(said.strings.len())).max().unwrap_or(0);
    Some(format!(
        "a classifier: it tells {classes} classes apart, not what is odd from what is normal; export \
         an autoencoder, or a model that gives one number for a window"
    ))
}

fn ml(ml: Ml) -> Parsed {
    Ok(Composite::Ml(ml))
}

fn post_transform(said: &Said<'_>) -> Result<PostTransform, ModelError> {
    let post = said.text("post_transform")?;
    named_post(said, post.as_deref().unwrap_or("NONE"))
}

fn named_post(said: &Said<'_>, name: &str) -> Result<PostTransform, ModelError> {
    match name {
        "NONE" => Ok(PostTransform::None),
        "LOGISTIC" => Ok(PostTransform::Logistic),
        "SOFTMAX" => Ok(PostTransform::Softmax),
        other => {
            let what = format!("its `post_transform` `{}` is not supported", shown(other));
            Err(said.unsupported(what))
        }
    }
}

fn count(said: &Said<'_>, name: &str, default: i64) -> Result<usize, ModelError> {
    let count = said.int_or(name, default)?;
    let count = usize::try_from(count).ok().filter(|count| (1..=4096).contains(count));
    count.ok_or_else(|| said.bad(format!("attribute `{name}` must be 1 to 4096")))
}

fn tree_regressor(said: &mut Said<'_>) -> Parsed {
    let targets = count(said, "n_targets", 1)?;
    let aggregate = match said.text("aggregate_function")?.as_deref() {
        None | Some("SUM") => Aggregate::Sum,
        Some("AVERAGE") => Aggregate::Average,
        Some("MIN") => Aggregate::Min,
        Some("MAX") => Aggregate::Max,
        Some(other) => {
            let what = format!("its `aggregate_function` `{}` is not supported", shown(other));
            return Err(said.unsupported(what));
        }
    };
    let base = said.floats("base_values")?.unwrap_or_default();
    let leaves = Leaves { prefix: "target", targets, all_to_one: false };
    let forest = Arc::new(trees::listed(said, leaves, aggregate, base)?);
    ml(Ml::Trees { forest, post: post_transform(said)? })
}

fn tree_ensemble(said: &mut Said<'_>) -> Parsed {
    let targets = count(said, "n_targets", 1)?;
    let post = match said.int_or("post_transform", 0)? {
        0 => PostTransform::None,
        1 => PostTransform::Softmax,
        2 => PostTransform::Logistic,
        other => {
            return Err(said.unsupported(format!("its `post_transform` {other} is not supported")));
        }
    };
    ml(Ml::Trees { forest: Arc::new(trees::apart(said, targets)?), post })
}

/// How many classes there are, by their labels.
fn classes(said: &Said<'_>, integers: &str) -> Result<usize, ModelError> {
    let integers = said.ints(integers)?.map_or(0, |list| list.len());
    let strings = said.texts("classlabels_strings")?.map_or(0, |list| list.len());
    match integers.max(strings) {
        classes @ 2..=4096 => Ok(classes),
        classes => {
            Err(said.unsupported(format!("it has {classes} classes; 2 to 4096 are supported")))
        }
    }
}

/// Two classes may be told by one number: then all weights are those of one class.
fn tree_classifier(said: &mut Said<'_>) -> Parsed {
    let classes = classes(said, "classlabels_int64s")?;
    let post = post_transform(said)?;
    let ids = said.ints("class_ids")?.unwrap_or_default();
    let mut base = said.floats("base_values")?.unwrap_or_default();
    let one = ids.first().is_some_and(|first| ids.iter().all(|id| id == first));
    if one && classes == 2 {
        let weights = said.floats("class_weights")?.unwrap_or_default();
        let all_positive = weights.iter().all(|&weight| weight >= 0.0);
        let pair = if all_positive { Pair::Share } else { Pair::Signed };
        // Of two, the second is that of the class that has the weights.
        base = base.last().map(|&base| vec![base]).unwrap_or_default();
        let leaves = Leaves { prefix: "class", targets: 1, all_to_one: true };
        let forest = Arc::new(trees::listed(said, leaves, Aggregate::Sum, base)?);
        return ml(Ml::TreeClasses { forest, post, pair: Some(pair) });
    }
    let leaves = Leaves { prefix: "class", targets: classes, all_to_one: false };
    let forest = Arc::new(trees::listed(said, leaves, Aggregate::Sum, base)?);
    ml(Ml::TreeClasses { forest, post, pair: None })
}

fn scaler(said: &mut Said<'_>) -> Parsed {
    let list = |name: &str| said.floats(name).map(Option::unwrap_or_default);
    ml(Ml::Scaler { offset: list("offset")?, scale: list("scale")? })
}

fn normalizer(said: &mut Said<'_>) -> Parsed {
    ml(Ml::Normalizer(match said.text("norm")?.as_deref() {
        None | Some("MAX") => Norm::Max,
        Some("L1") => Norm::L1,
        Some("L2") => Norm::L2,
        Some(other) => {
            return Err(said.unsupported(format!("its norm `{}` is not supported", shown(other))));
        }
    }))
}

fn imputer(said: &mut Said<'_>) -> Parsed {
    let values = said.floats("imputed_value_floats")?.unwrap_or_default();
    if values.is_empty() {
        return Err(said.bad("attribute `imputed_value_floats` is missing"));
    }
    ml(Ml::Imputer { values, replaced: said.float_or("replaced_value_float", 0.0)? })
}

fn binarizer(said: &mut Said<'_>) -> Parsed {
    ml(Ml::Binarizer { threshold: said.float_or("threshold", 0.0)? })
}

fn feature_extractor(_: &mut Said<'_>) -> Parsed {
    ml(Ml::FeatureExtractor)
}

fn linear_regressor(said: &mut Said<'_>) -> Parsed {
    let coefficients = said.floats("coefficients")?.unwrap_or_default();
    let intercepts = said.floats("intercepts")?.unwrap_or_default();
    let (targets, post) = (count(said, "targets", 1)?, post_transform(said)?);
    ml(Ml::Linear { coefficients, intercepts, targets, post })
}

fn linear_classifier(said: &mut Said<'_>) -> Parsed {
    let classes = classes(said, "classlabels_ints")?;
    let coefficients = said.floats("coefficients")?.unwrap_or_default();
    let intercepts = said.floats("intercepts")?.unwrap_or_default();
    if intercepts.len() != classes {
        return Err(said.unsupported("it must have an intercept for each class"));
    }
    ml(Ml::LinearClasses { coefficients, intercepts, post: post_transform(said)? })
}

fn svm_regressor(said: &mut Said<'_>) -> Parsed {
    let params = said.floats("kernel_params")?.unwrap_or_default();
    let param = |at: usize| params.get(at).copied().unwrap_or_default();
    let (gamma, coef0, degree) = (param(0), param(1), param(2));
    let kernel = match said.text("kernel_type")?.as_deref() {
        None | Some("LINEAR") => Kernel::Linear,
        Some("POLY") => Kernel::Poly { gamma, coef0, degree },
        Some("RBF") => Kernel::Rbf { gamma },
        Some("SIGMOID") => Kernel::Sigmoid { gamma, coef0 },
        Some(other) => {
            return Err(said.unsupported(format!("its kernel `{}` is not supported", shown(other))));
        }
    };
    let coefficients = said.floats("coefficients")?.unwrap_or_default();
    let supports = said.int_or("n_supports", 0)?;
    // Without support vectors it is linear, whatever it says.
    let kernel = if supports == 0 { Kernel::Linear } else { kernel };
    let vectors = match supports {
        0 => Vec::new(),
        _ => said.floats("support_vectors")?.unwrap_or_default(),
    };
    let supports = usize::try_from(supports).ok();
    if supports != Some(0) && supports != Some(coefficients.len()) {
        return Err(said.bad("it must have a coefficient for each of its `n_supports` vectors"));
    }
    let rho = said.floats("rho")?.and_then(|rho| rho.first().copied());
    ml(Ml::Svm(Box::new(Svm {
        kernel,
        vectors,
        coefficients,
        rho: rho.unwrap_or_default(),
        one_class: said.int_or("one_class", 0)? != 0,
        post: post_transform(said)?,
    })))
}

fn label_encoder(said: &mut Said<'_>) -> Parsed {
    let values = said.floats("values_floats")?.unwrap_or_default();
    let default = said.float_or("default_float", 0.0)?;
    let (integers, floats) = (said.ints("keys_int64s")?, said.floats("keys_floats")?);
    let unequal = || said.bad("it must have one value for each key, of numbers");
    // Sorted by the key; where one is given twice, the first counts.
    let (keys, values): (Keys, Vec<f32>) = match (integers, floats) {
        (Some(keys), None) if keys.len() == values.len() => {
            let mut pairs: Vec<(i64, f32)> = keys.into_iter().zip(values).collect();
            pairs.sort_by_key(|(key, _)| *key);
            pairs.dedup_by_key(|(key, _)| *key);
            let (keys, values) = pairs.into_iter().unzip();
            (Keys::Integers(keys), values)
        }
        (None, Some(keys)) if keys.len() == values.len() => {
            let mut pairs: Vec<(f32, f32)> = keys.into_iter().zip(values).collect();
            pairs.sort_by(|(a, _), (b, _)| a.total_cmp(b));
            pairs.dedup_by(|(a, _), (b, _)| a == b);
            let (keys, values) = pairs.into_iter().unzip();
            (Keys::Floats(keys), values)
        }
        _ => return Err(unequal()),
    };
    ml(Ml::Labels(Arc::new(Labels { keys, values, default })))
}

fn zip_map(_: &mut Said<'_>) -> Parsed {
    ml(Ml::ZipMap)
}
