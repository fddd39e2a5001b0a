//! The engine tract: a checked graph goes in, optimised plans come out, and run windows.
//!
//! The only folder of the program that names tract's types. Nothing is read from disk. Whatever tract
//! does wrong, panics among it, becomes an error in its own words; what it would do wrong without a
//! word is said otherwise by [`lower`].

mod dynamic;
mod forest;
mod lower;
mod proto;
mod steps;

use std::sync::Arc;

use tract_onnx::pb::ModelProto;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::gru_seq::GruSeq;
use tract_onnx::tract_core::ops::scan::Scan;
use tract_onnx::tract_core::optim::Optimizer;

use super::catch;
use crate::graph::{
    Batch, Forest, Graph, GraphInput, GraphOutput, GraphOutputs, ModelError, ModelGraph, Node, Op,
    shown,
};
use oddity_core::types::Reconstruction;

/// Windows in one go of a plan for any batch: beyond that nothing is won.
const GO: usize = 128;
/// Steps of the optimiser, which takes some hundreds and could go round for ever. What it has done
/// by then is right, if not fast.
const STEPS: usize = 20_000;

/// Nodes from which on slices are no longer pushed up, nor axes moved: each makes new nodes, and looks
/// at all of them again. It saves a large model most of its time to load and wins it nothing.
const MANY: usize = 1000;

/// What the engine does last before it runs.
const OPTIMISE: &str = "optimise";

/// An optimised plan.
type Runnable = Arc<TypedSimplePlan>;

/// A model as tract runs it.
#[derive(Debug)]
pub(super) struct TractPlan {
    /// For `batch` windows at a time.
    fixed: Runnable,
    /// For up to `go` windows at a time, where that gives the same bits as one by one.
    many: Option<Runnable>,
    /// At most [`GO`], and no more than a run may need memory and work for.
    go: usize,
    batch: usize,
    /// The input's axes after the first.
    window: Vec<usize>,
    /// What comes out of the plans, in this order.
    outputs: GraphOutputs,
}

/// The states of the plans, and a batch that is filled up.
#[derive(Debug)]
pub(super) struct TractState {
    fixed: Option<TypedSimpleState>,
    many: Option<TypedSimpleState>,
    padded: Vec<f32>,
}

impl TractPlan {
    /// Translates and optimises a simplified graph.
    pub(super) fn new(model: ModelGraph) -> Result<Self, ModelError> {
        let ModelGraph { graph, outputs, .. } = model;
        let GraphInput { batch, window, .. } = graph.input.clone();
        let go = graph.windows_in_a_run().min(GO);
        let graph = lower::lower(graph)?;
        let row_by_row = graph.nodes.iter().all(|node| node.op.keeps_rows_apart());
        let forests = forests(&graph);
        let proto = proto::hand_over(graph);
        let fixed = plan(&proto, &forests, None)?;
        check_outputs(&fixed, batch.count(), &outputs)?;
        // One plan for any batch is faster where rows do not meet; without it all still works.
        let any = batch == Batch::Any && row_by_row && go > 1;
        let many = any.then(|| plan(&proto, &forests, Some(&window)).ok()).flatten();
        Ok(TractPlan { fixed, many, go, batch: batch.count(), window, outputs })
    }

    pub(super) fn joins_windows(&self) -> bool {
        self.many.is_some()
    }

    pub(super) fn at_once(&self) -> usize {
        if self.many.is_some() { self.go } else { self.batch }
    }

    pub(super) fn part_windows(&mut self) {
        self.many = None;
    }

    pub(super) fn state(&self) -> Result<TractState, ModelError> {
        let fixed = Some(tried("start", || self.fixed.spawn())?);
        Ok(TractState { fixed, many: None, padded: Vec::new() })
    }

    /// Adds the answers to `n` windows to `out`.
    pub(super) fn run(
        &self,
        state: &mut TractState,
        input: &[f32],
        n: usize,
        out: &mut Reconstruction,
    ) -> Result<(), ModelError> {
        let window: usize = self.window.iter().product();
        if let Some(plan) = self.many.as_ref().filter(|_| n > 1) {
            for part in input.chunks(self.go * window) {
                let count = part.len() / window;
                self.step(plan, &mut state.many, part, (count, count), out)?;
            }
            return Ok(());
        }
        for part in input.chunks(self.batch * window) {
            let count = part.len() / window;
            let whole = if count == self.batch {
                part
            } else {
                state.padded.clear();
                state.padded.extend_from_slice(part);
                state.padded.resize(self.batch * window, 0.0);
                &state.padded
            };
            self.step(&self.fixed, &mut state.fixed, whole, (self.batch, count), out)?;
        }
        Ok(())
    }

    /// Runs `batch` windows and keeps the first `count` answers. A state that failed is thrown away.
    fn step(
        &self,
        plan: &Runnable,
        slot: &mut Option<TypedSimpleState>,
        input: &[f32],
        (batch, count): (usize, usize),
        out: &mut Reconstruction,
    ) -> Result<(), ModelError> {
        let mut state = match slot.take() {
            Some(state) => state,
            None => tried("start", || plan.spawn())?,
        };
        let answers = tried("run", || {
            let dims: Vec<usize> =
                std::iter::once(batch).chain(self.window.iter().copied()).collect();
            let tensor = Tensor::from_shape(&dims, input)?;
            state.run(tvec!(tensor.into_tvalue()))
        })?;
        *slot = Some(state);
        let GraphOutputs { values, latent, head } = &self.outputs;
        let wanted = [
            (Some(values), &mut out.values),
            (latent.as_ref(), &mut out.latent),
            (head.as_ref(), &mut out.head),
        ];
        let wanted = wanted.into_iter().filter_map(|(output, kept)| Some((output?.len, kept)));
        for (answer, (each, kept)) in answers.iter().zip(wanted) {
            tried("run", || {
                let view = answer.to_plain_array_view::<f32>()?;
                let all = view.as_slice().filter(|all| all.len() == batch * each);
                let all =
                    all.ok_or_else(|| TractError::msg("an answer has the wrong number of values"))?;
                kept.extend_from_slice(&all[..count * each]);
                Ok(())
            })?;
        }
        if answers.len() != self.outputs.iter().count() {
            return Err(ModelError::engine("run", "it gave the wrong number of answers"));
        }
        Ok(())
    }
}

/// The ensembles of trees in a graph, by the values that they give.
fn forests(graph: &Graph) -> Vec<(String, Arc<Forest>)> {
    let forest = |node: &Node| match &node.op {
        Op::Forest(forest) => Some((node.output(0)?.to_owned(), Arc::clone(forest))),
        _ => None,
    };
    graph.nodes.iter().filter_map(forest).collect()
}

/// Runs the engine; its errors and panics become text.
fn tried<T>(stage: &'static str, work: impl FnOnce() -> TractResult<T>) -> Result<T, ModelError> {
    match catch::catch(work) {
        Ok(Ok(value)) => Ok(value),
        // The chain of causes, outermost first: it names the node.
        Ok(Err(error)) => Err(ModelError::engine(stage, &format!("{error:#}"))),
        Err(panic) => Err(ModelError::engine(stage, &panic)),
    }
}

/// Translates and optimises; for any batch if `any` gives the axes after the first.
fn plan(
    proto: &ModelProto,
    forests: &[(String, Arc<Forest>)],
    any: Option<&[usize]>,
) -> Result<Runnable, ModelError> {
    match optimised(proto, forests, any, true) {
        // The last step fails on some sound graphs, such as a kernel that holds one number
        // throughout; without it they are slower, but run.
        Err(error @ ModelError::Engine { stage: OPTIMISE, .. }) => {
            optimised(proto, forests, any, false).map_err(|_| error)
        }
        done => done,
    }
}

/// The same, with the last step of the optimiser if `fast`.
fn optimised(
    proto: &ModelProto,
    forests: &[(String, Arc<Forest>)],
    any: Option<&[usize]>,
    fast: bool,
) -> Result<Runnable, ModelError> {
    let mut model = tried("translate", || {
        let mut onnx = tract_onnx::onnx().with_ignore_value_info(true);
        steps::register(&mut onnx.op_register);
        dynamic::register(&mut onnx.op_register);
        let mut model = onnx.model_for_proto_model(proto)?;
        forest::plant(&mut model, forests)?;
        Ok(model)
    })?;
    if let Some(window) = any {
        let mut dims: Vec<TDim> = vec![model.symbols.sym("N").into()];
        dims.extend(window.iter().map(|&dim| TDim::from(dim)));
        let fact = InferenceFact::dt_shape(f32::datum_type(), dims);
        tried("translate", || model.set_input_fact(0, fact))?;
    }
    let typed = tried("type", || {
        let mut typed = model.into_typed()?;
        forget_between_runs(&mut typed);
        Ok(typed)
    })?;
    tried(OPTIMISE, || {
        let mut typed = typed;
        declutter(typed.nodes().len()).stopping_at(STEPS).optimize(&mut typed)?;
        if fast {
            Optimizer::codegen().stopping_at(STEPS).optimize(&mut typed)?;
        }
        typed.into_runnable()
    })
}

/// What simplifies a graph of so many nodes.
fn declutter(nodes: usize) -> Optimizer {
    let mut optimizer = Optimizer::declutter();
    if nodes > MANY {
        // The passes have no names but those that they are printed by.
        let costly = ["PushSliceUp", "ChangeAxes"];
        let is_costly = |name: &str| costly.iter().any(|costly| name.starts_with(costly));
        optimizer.passes.retain(|pass| !is_costly(&format!("{pass:?}")));
    }
    optimizer
}

/// Recurrent layers come in with a state that outlives the run; ONNX wants a fresh one each time.
fn forget_between_runs(model: &mut TypedModel) {
    for node in model.nodes_mut() {
        if let Some(scan) = node.op_as_mut::<Scan>() {
            scan.reset_every_turn = true;
        }
        if let Some(gru) = node.op_as_mut::<GruSeq>() {
            gru.reset_every_turn = true;
        }
    }
}

fn check_outputs(plan: &Runnable, count: usize, outputs: &GraphOutputs) -> Result<(), ModelError> {
    for (index, GraphOutput { name, axes, .. }) in outputs.iter().enumerate() {
        let fact = tried("describe the outputs of", || plan.model().output_fact(index).cloned())?;
        let dims: Vec<usize> = std::iter::once(count).chain(axes.iter().copied()).collect();
        let shape = fact.shape.as_concrete();
        // One number of one window may have no axis at all.
        let fits = shape == Some(&dims[..]) || shape == Some(&[]) && dims == [1];
        if fact.datum_type != f32::datum_type() || !fits {
            let what = format!("its output `{}` is {fact:?}, not {dims:?} of f32", shown(name));
            return Err(ModelError::Misbehaves(what));
        }
    }
    Ok(())
}
