//! Runs an export the way a device will, and compares with libtorch.
//!
//! A network, its export and windows go in; the largest difference comes out. Twice: by plain tract
//! without hints about the batch, and, but for a lone encoder, by oddity's own loader.

use std::panic::{AssertUnwindSafe, catch_unwind};

use oddity::graph::Graph;
use oddity::graph::write::{IR_VERSION, OPSET};
use oddity::model::{Model, ModelError, ModelPart, ReadOptions};
use oddity::types::Reconstruction;
use tch::Tensor;
use tract_onnx::prelude::{
    Framework, InferenceModelExt, IntoRunnable, IntoTValue, TractResult, tvec,
};

use super::graph::values;
use super::{Head, NetError, NetOutput, Network};

/// Largest difference between libtorch and tract that [`check`] lets pass.
const TOLERANCE: f32 = 1e-4;
/// The same of a network in int8, as a share of the largest value of an output: a number that lies
/// between two steps may be rounded to either, and moves what follows. It is what oddity lets pass.
const TOLERANCE_INT8: f32 = 5e-2;

/// Largest difference between `network` and its exports that [`check`] lets pass.
pub fn tolerance(network: &Network) -> f32 {
    if network.is_int8() { TOLERANCE_INT8 } else { TOLERANCE }
}

/// Loads an export the way a device does, runs `windows` (`[n, axes]`) through it and through the
/// network, and gives the largest difference of any output: absolute up to 1, relative above.
///
/// The export may be any [`super::ExportPart`]; a decoder gets the latents of the windows. One in int8 is
/// run by oddity alone, a lone encoder not at all; its differences are shares of the largest value.
///
/// # Errors
/// When the file breaks a rule of ONNX, tract or oddity refuses it, an answer is more than
/// [`tolerance`] away, or a layer of an autoencoder in int8 would run in f32.
pub fn check(network: &Network, onnx: &[u8], windows: &Tensor) -> Result<f32, NetError> {
    let graph = verify(onnx)?;
    let (from, outputs) = (graph.input_name(), graph.output_names());

    let windows = windows.f_to_device(network.device())?;
    let wanted = tch::no_grad(|| network.forward(&windows, false))?;
    let input = if from == "latent" { &wanted.latent } else { &windows };
    let mut largest: f32 = 0.0;
    if !network.is_int8() {
        let answers = bare(onnx, input)?;
        for (name, got) in outputs.iter().zip(&answers) {
            let wanted = output(network, &wanted, name)?;
            largest = largest.max(compare(name, &values(&wanted)?, got)?);
        }
    }
    if outputs.iter().any(|name| name == "reconstruction") {
        largest = largest.max(by_oddity(onnx, from, network, &windows, &wanted)?);
    }
    Ok(largest)
}

/// Reads an export as oddity does, which checks names, order, sizes, types and operators, and checks
/// what exports have beyond that: their versions, a free batch, and no tensor that nobody reads.
///
/// # Errors
/// When the file breaks a rule of ONNX, or oddity refuses it.
pub(super) fn verify(onnx: &[u8]) -> Result<Graph, NetError> {
    let graph = Graph::from_bytes(onnx).map_err(|error| match error {
        ModelError::NotOnnx(_) | ModelError::Invalid { .. } => NetError::Rules(error.to_string()),
        refused => NetError::Model(refused),
    })?;
    let broken = |what: String| Err(NetError::Rules(what));
    if graph.ir_version() != IR_VERSION {
        return broken(format!("its IR version is {}", graph.ir_version()));
    }
    if graph.opset() != OPSET {
        return broken(format!("its operator set is {}", graph.opset()));
    }
    if !graph.has_free_batch() {
        return broken(format!("`{}` is not declared with a free batch", graph.input_name()));
    }
    if let Some(name) = graph.unread_tensor() {
        return broken(format!("nothing reads tensor `{name}`"));
    }
    if graph.output_names().is_empty() {
        return broken("it has no output".into());
    }
    Ok(graph)
}

/// What ONNX calls `name`, computed by libtorch.
fn output(network: &Network, output: &NetOutput, name: &str) -> Result<Tensor, NetError> {
    let found = match (name, &output.mu_logvar, &output.head) {
        ("reconstruction", ..) => output.reconstruction.shallow_clone(),
        ("latent", ..) => output.latent.shallow_clone(),
        ("mu", Some((mu, _)), _) => mu.shallow_clone(),
        ("logvar", Some((_, logvar)), _) => logvar.shallow_clone(),
        ("class", _, Some(logits)) if matches!(network.spec().head, Some(Head::Classes(_))) => {
            logits.f_softmax(1, None)?
        }
        ("estimate", _, Some(estimate)) => estimate.shallow_clone(),
        _ => return Err(NetError::Rules(format!("the network has no output `{name}`"))),
    };
    Ok(found)
}

/// All outputs by tract, which learns nothing that is not in the file.
fn bare(onnx: &[u8], input: &Tensor) -> Result<Vec<Vec<f32>>, NetError> {
    let dims: Vec<usize> = input.size().iter().map(|&dim| dim as usize).collect();
    let data = values(input)?;
    let plan = tried("load", || {
        let mut bytes = onnx;
        tract_onnx::onnx().model_for_read(&mut bytes)?.into_optimized()?.into_runnable()
    })?;
    tried("run", || {
        let tensor = tract_onnx::prelude::Tensor::from_shape(&dims, &data)?;
        let answers = plan.run(tvec!(tensor.into_tvalue()))?;
        let numbers = answers
            .iter()
            .map(|answer| Ok(answer.to_plain_array_view::<f32>()?.iter().copied().collect()));
        numbers.collect()
    })
}

/// By oddity's guarded loader: the whole file, where it reads windows, and its decoder.
fn by_oddity(
    onnx: &[u8],
    from: &str,
    network: &Network,
    windows: &Tensor,
    wanted: &NetOutput,
) -> Result<f32, NetError> {
    let count = windows.size().first().copied().unwrap_or_default() as usize;
    let run = |model: &Model, input: &Tensor| {
        let mut got = Reconstruction::default();
        model.session()?.run(&values(input)?, count, &mut got).map_err(NetError::from)?;
        Ok::<_, NetError>(got)
    };
    let compare = match network.is_int8() {
        true => compare_int8,
        false => compare,
    };
    let reconstruction = values(&wanted.reconstruction)?;
    let decoded = run(&Model::decoder_from_bytes(onnx)?, &wanted.latent)?;
    let mut largest = compare("reconstruction", &reconstruction, &decoded.values)?;
    if from == "latent" {
        return Ok(largest);
    }
    // The probabilities of a head are f32.
    let strict_int8 = network.is_int8() && network.spec().head.is_none();
    let options = ReadOptions { strict_int8, ..ReadOptions::default() };
    let model = Model::part_from_bytes(onnx, ModelPart::Whole, &options)?;
    let got = run(&model, windows)?;
    largest = largest.max(compare("reconstruction", &reconstruction, &got.values)?);
    largest = largest.max(compare("latent", &values(&wanted.latent)?, &got.latent)?);
    if let Some(name) = model.head_name() {
        let head = values(&output(network, wanted, name)?)?;
        largest = largest.max(compare(name, &head, &got.head)?);
    }
    let (spec, variational) = (network.spec(), model.is_variational());
    if model.head_name().is_some() != spec.head.is_some() || variational != spec.variational {
        return Err(NetError::Rules("oddity does not see its head or its distribution".into()));
    }
    Ok(largest)
}

/// Absolute up to 1, relative above.
fn compare(name: &str, wanted: &[f32], got: &[f32]) -> Result<f32, NetError> {
    furthest(name, (wanted, got), |wanted| wanted.abs().max(1.0), TOLERANCE)
}

/// As a share of the largest value.
fn compare_int8(name: &str, wanted: &[f32], got: &[f32]) -> Result<f32, NetError> {
    let largest = wanted.iter().fold(f32::MIN_POSITIVE, |most, value| most.max(value.abs()));
    furthest(name, (wanted, got), |_| largest, TOLERANCE_INT8)
}

fn furthest(
    name: &str,
    (wanted, got): (&[f32], &[f32]),
    unit: impl Fn(f32) -> f32,
    limit: f32,
) -> Result<f32, NetError> {
    if wanted.len() != got.len() {
        let (got, wanted) = (got.len(), wanted.len());
        return Err(NetError::Rules(format!("`{name}` has {got} values, not {wanted}")));
    }
    let apart = |(&a, &b): (&f32, &f32)| {
        if a.to_bits() == b.to_bits() { 0.0 } else { (a - b).abs() / unit(a) }
    };
    // f32::max would pass over a NaN.
    let worse = |most: f32, next: f32| if most.is_nan() || next <= most { most } else { next };
    let difference = wanted.iter().zip(got).map(apart).fold(0.0, worse);
    if difference <= limit {
        return Ok(difference);
    }
    Err(NetError::Differs { output: name.to_owned(), difference, limit })
}

/// Errors and panics of the engine become text.
fn tried<T>(stage: &'static str, work: impl FnOnce() -> TractResult<T>) -> Result<T, NetError> {
    let what = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(error)) => format!("{error:#}"),
        Err(_) => "it panicked".into(),
    };
    Err(NetError::Engine { stage, what })
}

#[cfg(test)]
mod tests {
    use super::*;
    use oddity::graph::write::{GraphWriter, int, ints, value};

    /// `latent = input * w`, `reconstruction = latent * w`, after `spoil`.
    fn verified(spoil: fn(&mut GraphWriter), outputs: &[&str]) -> String {
        let mut graph = GraphWriter::new();
        graph.floats("w", &[2, 2], [1.0, 0.0, 0.0, 1.0]);
        graph.node("Gemm", "a", &["input", "w"], &["latent"], vec![int("transB", 1)]);
        spoil(&mut graph);
        graph.node("Gemm", "b", &["latent", "w"], &["reconstruction"], vec![]);
        let outputs = outputs.iter().map(|name| value(name, &[2])).collect();
        let onnx = graph.finish("g", value("input", &[2]), outputs, ("test", "1"), "");
        verify(&onnx).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn each_broken_rule_is_told() {
        type Spoil = fn(&mut GraphWriter);
        let whole: &[&str] = &["reconstruction", "latent"];
        assert_eq!(verified(|_| {}, whole), "");
        let spoils: [(Spoil, &str); 5] = [
            (|g| g.node("Relu", "c", &["later"], &["c"], vec![]), "is not computed before it"),
            (|g| g.node("Relu", "c", &["input"], &["latent"], vec![]), "is computed twice"),
            (|g| g.floats("w", &[2], [1.0; 2]), "a name of its own"),
            (|g| g.floats("v", &[2, 3], [1.0; 2]), "do not fill its dimensions"),
            (|g| g.integers("i", &[1]), "nothing reads tensor `i`"),
        ];
        for (spoil, told) in spoils {
            let error = verified(spoil, whole);
            assert!(error.contains(told), "{error}");
        }
        // What no output needs is not looked at.
        let flawed: Spoil =
            |g| g.node("Gemm", "c", &["input", "w"], &["c"], vec![ints("transB", vec![1])]);
        let told = "attribute `transB` is of the wrong type";
        assert!(verified(flawed, &["reconstruction", "c"]).contains(told));
        assert!(verified(|_| {}, &["other"]).contains("nothing computes it"));
        assert!(verified(|_| {}, &["latent", "latent"]).contains("is named twice"));
        assert!(verified(|_| {}, &[]).contains("no output"));
    }

    #[test]
    fn differences_are_absolute_then_relative_and_a_nan_is_one() {
        assert_eq!(compare("x", &[0.0, 1.0], &[0.0, 1.0]).unwrap(), 0.0);
        let near = compare("x", &[0.5, 2048.0], &[0.5, 2048.125]).unwrap();
        assert!((near - 0.125 / 2048.0).abs() < 1e-9, "{near}");
        assert!(compare("x", &[0.5], &[0.501]).is_err());
        assert!(compare("x", &[0.5, 0.1], &[f32::NAN, 0.1]).is_err());
        assert!(compare("x", &[0.5], &[]).is_err());
    }
}
