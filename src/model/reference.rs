//! Holds the native program of a graph against tract on trial windows, before it is used.
//!
//! A graph and its program go in; nothing comes out, or the layer at which the two part. The graph has
//! one reading only, so two engines that differ by more than rounding mean that one of them is wrong.

use super::native::{NativePlan, NoLayer};
use super::tract::TractPlan;
use super::trial::noise;
use crate::graph::{GraphOutput, GraphOutputs, ModelError, ModelGraph, keep_needed, shown};
use oddity_core::types::Reconstruction;

/// Largest difference, relative to the largest value: of f32 arithmetic in another order.
const FLOAT: f32 = 1e-3;
/// The same where numbers are rounded to 8 bits on the way, some of them to the other side.
const ROUNDED: f32 = 5e-2;

/// Multiply-adds of a window that takes seconds on a small board.
const LARGE: u64 = 1_000_000_000;

/// What makes a program of a graph.
type Compile<'a> = &'a dyn Fn(&ModelGraph) -> Result<NativePlan, NoLayer>;

/// Compares all outputs.
pub(super) fn check(
    native: &NativePlan,
    model: ModelGraph,
    quantised: bool,
) -> Result<(), ModelError> {
    compare(native, model, quantised, &NativePlan::new)
}

fn compare(
    native: &NativePlan,
    model: ModelGraph,
    quantised: bool,
    compile: Compile<'_>,
) -> Result<(), ModelError> {
    let kept = model.clone();
    let Some(worst) = difference(native, model, quantised)? else { return Ok(()) };
    let at = first_to_differ(kept, quantised, compile);
    let at = at.map(|name| format!(", first at `{}`", shown(&name))).unwrap_or_default();
    Err(ModelError::Misbehaves(format!(
        "the native engine and tract give different answers, by {worst:.3} of the largest value{at}; \
         please report this model"
    )))
}

/// How far the answers to trial windows are apart, where that is too far.
fn difference(
    native: &NativePlan,
    model: ModelGraph,
    quantised: bool,
) -> Result<Option<f32>, ModelError> {
    let (len, macs) = (model.graph.input.window.iter().product(), model.graph.macs);
    let tract = TractPlan::new(model)?;
    let mut states = (native.state(None), tract.state()?);
    let windows = [noise(len, 1), noise(len, 2), vec![0.5; len]];
    // One will do where each takes seconds.
    let count = if macs > LARGE { 1 } else { windows.len() };
    for window in windows.into_iter().take(count) {
        let mut answers = [Reconstruction::default(), Reconstruction::default()];
        let [ours, theirs] = &mut answers;
        native.run(&mut states.0, &window, 1, ours)?;
        tract.run(&mut states.1, &window, 1, theirs)?;
        let pairs = [
            (&ours.values, &theirs.values),
            (&ours.latent, &theirs.latent),
            (&ours.head, &theirs.head),
        ];
        let limit = if quantised { ROUNDED } else { FLOAT };
        let worst = pairs.into_iter().map(|(ours, theirs)| apart(ours, theirs));
        let worst = worst.fold(0.0f32, f32::max);
        if worst > limit {
            return Ok(Some(worst));
        }
    }
    Ok(None)
}

/// The largest difference, relative to the largest value. Where the reference is not finite nothing is
/// compared.
fn apart(ours: &[f32], theirs: &[f32]) -> f32 {
    let finite = || ours.iter().zip(theirs).filter(|(_, theirs)| theirs.is_finite());
    let largest = finite().fold(1e-3f32, |largest, (_, value)| largest.max(value.abs()));
    let worst = finite().map(|(a, b)| if a.is_finite() { (a - b).abs() } else { f32::INFINITY });
    worst.fold(0.0f32, f32::max) / largest
}

/// The first value in the graph's order that differs, by halving: what lies behind it differs too.
fn first_to_differ(model: ModelGraph, quantised: bool, compile: Compile<'_>) -> Option<String> {
    let names: Vec<String> =
        model.graph.nodes.iter().filter_map(|node| node.output(0)).map(str::to_owned).collect();
    let differs = |index: usize| -> Option<bool> {
        let name = names.get(index)?;
        let part = up_to(&model, name)?;
        let native = compile(&part).ok()?;
        difference(&native, part, quantised).ok().map(|worst| worst.is_some())
    };
    let (mut same, mut other) = (0, names.len());
    while same < other {
        let middle = (same + other) / 2;
        // What is no f32 cannot be asked for: its neighbour can.
        let asked = (middle..other).find_map(|index| Some((index, differs(index)?)));
        match asked {
            Some((index, false)) => same = index + 1,
            Some((_, true)) | None => other = middle,
        }
    }
    names.get(same).cloned()
}

/// The graph that computes one of its values alone.
fn up_to(model: &ModelGraph, name: &str) -> Option<ModelGraph> {
    let fact = model.graph.facts.get(name).filter(|fact| fact.known.is_none())?;
    let axes = fact.dims.get(1..)?.to_vec();
    fact.dims.first().filter(|&&batch| batch == 1)?;
    let len = axes.iter().product();
    let mut part = model.clone();
    part.graph.outputs = vec![name.to_owned()];
    keep_needed(&mut part.graph, &[name.to_owned()]);
    let values = GraphOutput { name: name.to_owned(), axes, len };
    part.outputs = GraphOutputs { values, latent: None, head: None };
    Some(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{ModelPart, Op, ReadOptions, Tensor};

    fn pump() -> ModelGraph {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/models/pump.onnx");
        let bytes = std::fs::read(path).unwrap();
        let model = ModelGraph::read(&bytes, ModelPart::Whole, &ReadOptions::default()).unwrap();
        model.simplified()
    }

    /// A compiler that gets the weights of the second Gemm wrong.
    fn wrong(model: &ModelGraph) -> Result<NativePlan, NoLayer> {
        let mut model = model.clone();
        let gemms = model.graph.nodes.iter().filter(|node| matches!(node.op, Op::Gemm(_)));
        let second = gemms.skip(1).find_map(|node| node.input(1)).map(str::to_owned);
        let stored = model.graph.constants.iter_mut();
        for stored in stored.filter(|stored| Some(&stored.name) == second.as_ref()) {
            let values = stored.tensor.to_f32().unwrap();
            let values: Vec<f32> = values.iter().map(|value| value * 1.1).collect();
            stored.tensor = Tensor::floats(&stored.tensor.dims, &values);
        }
        NativePlan::new(&model)
    }

    #[test]
    fn a_program_that_differs_is_refused_by_the_name_of_its_layer() {
        let model = pump();
        check(&NativePlan::new(&model).unwrap(), model.clone(), false).unwrap();
        let native = wrong(&model).unwrap();
        let error = compare(&native, model.clone(), false, &wrong).unwrap_err().to_string();
        let second = model.graph.nodes.iter().filter(|node| matches!(node.op, Op::Gemm(_))).nth(1);
        let name = second.and_then(|node| node.output(0)).unwrap();
        assert!(error.contains("tract") && error.contains(&format!("`{name}`")), "{error}");
    }
}
