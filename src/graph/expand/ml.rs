//! Operators of `ai.onnx.ml`, made up of sums, products and comparisons.
//!
//! Where the specification leaves something open, it is as onnxruntime does it.

use std::sync::Arc;

use crate::graph::build::Part;
use crate::graph::error::ModelError;
use crate::graph::op::{
    Binary, Forest, GemmAttributes, Kernel, Ml, Norm, Op, Pair, PostTransform, Reduction, Svm,
    Unary,
};
use crate::graph::tensor::{ElementType, volume};

pub(super) fn expand(part: &mut Part<'_, '_>, ml: &Ml) -> Result<(), ModelError> {
    let x = part.input(0)?;
    let (index, value) = match ml {
        Ml::Trees { forest, post } => {
            let sums = trees(part, x, forest)?;
            (0, transformed(part, sums, *post)?)
        }
        Ml::TreeClasses { forest, post, pair } => {
            let sums = trees(part, x, forest)?;
            (1, classes(part, sums, *post, *pair)?)
        }
        Ml::Scaler { offset, scale } => {
            let (offset, scale) = (list(part, x, offset)?, list(part, x, scale)?);
            let moved = part.binary(Binary::Sub, x, &offset)?;
            (0, part.binary(Binary::Mul, &moved, &scale)?)
        }
        Ml::Normalizer(norm) => (0, normalized(part, x, *norm)?),
        Ml::Imputer { values, replaced } => (0, imputed(part, x, values, *replaced)?),
        Ml::Binarizer { threshold } => {
            let threshold = part.float(*threshold);
            let above = part.binary(Binary::Greater, x, &threshold)?;
            (0, to_floats(part, &above)?)
        }
        Ml::FeatureExtractor => (0, picked(part, x)?),
        Ml::Linear { coefficients, intercepts, targets, post } => {
            let sums = linear(part, x, (coefficients, intercepts), *targets)?;
            (0, transformed(part, sums, *post)?)
        }
        Ml::LinearClasses { coefficients, intercepts, post } => {
            let sums = linear(part, x, (coefficients, intercepts), intercepts.len())?;
            (1, transformed(part, sums, *post)?)
        }
        Ml::Svm(svm) => (0, machine(part, x, svm)?),
        Ml::Labels(_) => {
            let what = "it is supported where it names the leaves of a tree, and there alone";
            return Err(part.unsupported(what));
        }
        Ml::Distances { squared, by_vector } => {
            let vectors = part.input(1)?;
            let (features, dims) = (features(part, x)?, part.dims(vectors)?);
            let &[count, same] = dims.as_slice() else {
                return Err(part.bad(format!("its vectors are {dims:?}, not a list of rows")));
            };
            if same != features {
                return Err(misfit(part, same, features));
            }
            let vectors = part.reshape(vectors, &[1, count, features])?;
            let mut apart = squared_distances(part, x, &vectors)?;
            if !squared {
                apart = part.unary(Unary::Sqrt, &apart)?;
            }
            match by_vector {
                true => (1, part.transpose(&apart, &[1, 0])?),
                false => (0, apart),
            }
        }
        Ml::ZipMap => (0, x.to_owned()),
    };
    part.give(index, value);
    Ok(())
}

fn trees(part: &mut Part<'_, '_>, x: &str, forest: &Arc<Forest>) -> Result<String, ModelError> {
    part.add(Op::Forest(Arc::clone(forest)), &[x])
}

fn transformed(
    part: &mut Part<'_, '_>,
    x: String,
    post: PostTransform,
) -> Result<String, ModelError> {
    match post {
        PostTransform::None => Ok(x),
        PostTransform::Logistic => part.unary(Unary::Sigmoid, &x),
        PostTransform::Softmax => part.add(Op::Softmax { axis: 1 }, &[&x]),
    }
}

/// A number for each class; of two that are told by one number, both.
fn classes(
    part: &mut Part<'_, '_>,
    sums: String,
    post: PostTransform,
    pair: Option<Pair>,
) -> Result<String, ModelError> {
    let (first, second) = match (pair, post) {
        (None, _) => return transformed(part, sums, post),
        (Some(Pair::Share), _) => {
            let one = part.float(1.0);
            (part.binary(Binary::Sub, &one, &sums)?, sums)
        }
        (Some(Pair::Signed), PostTransform::Logistic) => {
            let negative = part.unary(Unary::Neg, &sums)?;
            (part.unary(Unary::Sigmoid, &negative)?, part.unary(Unary::Sigmoid, &sums)?)
        }
        (Some(Pair::Signed), _) => (part.unary(Unary::Neg, &sums)?, sums),
    };
    part.add(Op::Concat { axis: 1 }, &[&first, &second])
}

/// One number for all features, or one for each.
fn list(part: &mut Part<'_, '_>, x: &str, values: &[f32]) -> Result<String, ModelError> {
    let features = features(part, x)?;
    match values.len() {
        1 => Ok(part.floats(&[1], values)),
        count if count == features => Ok(part.floats(&[count], values)),
        count => Err(part.bad(format!("it has {count} numbers for {features} features"))),
    }
}

/// The length of the last of two axes.
fn features(part: &Part<'_, '_>, x: &str) -> Result<usize, ModelError> {
    match part.dims(x)?.as_slice() {
        &[_, features] => Ok(features),
        dims => Err(part.bad(format!("it needs rows of features, its input is {dims:?}"))),
    }
}

fn to_floats(part: &mut Part<'_, '_>, x: &str) -> Result<String, ModelError> {
    part.add(Op::Cast { to: ElementType::F32, saturate: true }, &[x])
}

/// A row of zeros stays what it is.
fn normalized(part: &mut Part<'_, '_>, x: &str, norm: Norm) -> Result<String, ModelError> {
    features(part, x)?;
    let length = match norm {
        Norm::Max => part.reduce(Reduction::Max, x, &[1])?,
        Norm::L1 => {
            let sizes = part.unary(Unary::Abs, x)?;
            part.reduce(Reduction::Sum, &sizes, &[1])?
        }
        Norm::L2 => {
            let squares = part.binary(Binary::Mul, x, x)?;
            let sum = part.reduce(Reduction::Sum, &squares, &[1])?;
            part.unary(Unary::Sqrt, &sum)?
        }
    };
    let (zero, one) = (part.floats(&[1, 1], &[0.0]), part.floats(&[1, 1], &[1.0]));
    let none = part.binary(Binary::Equal, &length, &zero)?;
    let length = part.add(Op::Where, &[&none, &one, &length])?;
    part.binary(Binary::Div, x, &length)
}

fn imputed(
    part: &mut Part<'_, '_>,
    x: &str,
    values: &[f32],
    replaced: f32,
) -> Result<String, ModelError> {
    let values = list(part, x, values)?;
    // What is no number is not even equal to itself.
    if replaced.is_nan() {
        let is_number = part.binary(Binary::Equal, x, x)?;
        return part.add(Op::Where, &[&is_number, x, &values]);
    }
    let replaced = part.float(replaced);
    let is_missing = part.binary(Binary::Equal, x, &replaced)?;
    part.add(Op::Where, &[&is_missing, &values, x])
}

fn picked(part: &mut Part<'_, '_>, x: &str) -> Result<String, ModelError> {
    features(part, x)?;
    let which = part.input(1)?;
    let count = volume(&part.dims(which)?).unwrap_or(usize::MAX);
    // As one list, also where it is a row of one.
    let which = part.reshape(which, &[count])?;
    part.add(Op::Gather { axis: 1 }, &[x, &which])
}

fn linear(
    part: &mut Part<'_, '_>,
    x: &str,
    (coefficients, intercepts): (&[f32], &[f32]),
    targets: usize,
) -> Result<String, ModelError> {
    let features = features(part, x)?;
    let bias_fits = intercepts.is_empty() || intercepts.len() == targets;
    if coefficients.len() != targets * features || !bias_fits {
        return Err(part.bad(format!("its numbers do not fit {features} features")));
    }
    let weights = part.floats(&[targets, features], coefficients);
    let (alpha, beta, trans_a, trans_b) = (1.0, 1.0, false, true);
    let gemm = Op::Gemm(GemmAttributes { alpha, beta, trans_a, trans_b });
    if intercepts.is_empty() {
        return part.add(gemm, &[x, &weights]);
    }
    let bias = part.floats(&[targets], intercepts);
    part.add(gemm, &[x, &weights, &bias])
}

/// The sum over all support vectors of the kernel between them and a row, each with its coefficient.
fn machine(part: &mut Part<'_, '_>, x: &str, svm: &Svm) -> Result<String, ModelError> {
    let features = features(part, x)?;
    let rho = part.floats(&[1], &[svm.rho]);
    let sums = if svm.vectors.is_empty() {
        let near = nearness(part, x, (&svm.coefficients, 1), features, svm.kernel)?;
        part.binary(Binary::Add, &near, &rho)?
    } else {
        let count = svm.coefficients.len();
        let near = nearness(part, x, (&svm.vectors, count), features, svm.kernel)?;
        let weights = part.floats(&[count, 1], &svm.coefficients);
        let sums = part.add(Op::MatMul, &[&near, &weights])?;
        part.binary(Binary::Add, &sums, &rho)?
    };
    if !svm.one_class {
        return transformed(part, sums, svm.post);
    }
    let (zero, one, minus) = (part.float(0.0), part.float(1.0), part.float(-1.0));
    let above = part.binary(Binary::Greater, &sums, &zero)?;
    part.add(Op::Where, &[&above, &one, &minus])
}

/// The kernel between each row and each of `count` vectors: `[N, count]`.
fn nearness(
    part: &mut Part<'_, '_>,
    x: &str,
    (vectors, count): (&[f32], usize),
    features: usize,
    kernel: Kernel,
) -> Result<String, ModelError> {
    if vectors.len() != count * features {
        return Err(misfit(part, vectors.len(), features));
    }
    if let Kernel::Rbf { gamma } = kernel {
        let vectors = part.floats(&[1, count, features], vectors);
        let sums = squared_distances(part, x, &vectors)?;
        let gamma = part.floats(&[1], &[-gamma]);
        let scaled = part.binary(Binary::Mul, &sums, &gamma)?;
        return part.unary(Unary::Exp, &scaled);
    }
    let vectors = part.floats(&[count, features], vectors);
    let (alpha, beta, trans_a, trans_b) = (1.0, 1.0, false, true);
    let gemm = Op::Gemm(GemmAttributes { alpha, beta, trans_a, trans_b });
    let dot = part.add(gemm, &[x, &vectors])?;
    let mut line = |gamma: f32, coef0: f32| {
        let (gamma, coef0) = (part.floats(&[1], &[gamma]), part.floats(&[1], &[coef0]));
        let scaled = part.binary(Binary::Mul, &dot, &gamma)?;
        part.binary(Binary::Add, &scaled, &coef0)
    };
    match kernel {
        Kernel::Poly { gamma, coef0, degree } => {
            let base = line(gamma, coef0)?;
            let degree = part.floats(&[1], &[degree]);
            part.binary(Binary::Pow, &base, &degree)
        }
        Kernel::Sigmoid { gamma, coef0 } => {
            let inner = line(gamma, coef0)?;
            part.unary(Unary::Tanh, &inner)
        }
        Kernel::Linear | Kernel::Rbf { .. } => Ok(dot),
    }
}

/// From each row to each of the vectors, `[1, count, features]`: `[N, count]`. The difference first: far
/// from zero the difference of squares would lose it.
fn squared_distances(
    part: &mut Part<'_, '_>,
    x: &str,
    vectors: &str,
) -> Result<String, ModelError> {
    let axes = part.integers(&[1]);
    let rows = match part.opset() {
        ..13 => part.add(Op::Unsqueeze { axes: Some(vec![1]) }, &[x])?,
        _ => part.add(Op::Unsqueeze { axes: None }, &[x, &axes])?,
    };
    let apart = part.binary(Binary::Sub, &rows, vectors)?;
    let squares = part.binary(Binary::Mul, &apart, &apart)?;
    let sums = part.reduce(Reduction::Sum, &squares, &[2])?;
    let axes = part.integers(&[2]);
    match part.opset() {
        ..13 => part.add(Op::Squeeze { axes: Some(vec![2]) }, &[&sums]),
        _ => part.add(Op::Squeeze { axes: None }, &[&sums, &axes]),
    }
}

fn misfit(part: &Part<'_, '_>, numbers: usize, features: usize) -> ModelError {
    part.bad(format!("its {numbers} numbers do not fit {features} features"))
}
