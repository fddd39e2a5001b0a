//! What is computed and what is copied of each value, decided once from counts of multiply-adds.

use alloc::vec::Vec;

use super::known::{Ends, Same};
use super::parts::{Cut, Parts, cut, lowest, ranges};
use super::same::{Found, find};
use super::stream::Stream;
use crate::program::layer::Layer;
use crate::program::step::Step;
use crate::program::value::{Place, Value, ValueId};

/// Windows back that are looked at, at most: more would leave few of a go that have one.
const BACK: usize = 16;
/// A value is taken from earlier windows where that saves this part of the work that it takes.
const WORTH: usize = 8;

/// How a step runs for windows that have another `back` before them.
#[derive(Debug)]
pub(in crate::program) struct StepPlan {
    pub back: usize,
    pub parts: Parts,
    /// What is copied when it has run: it is the last that writes its value.
    pub copy: Option<Copy>,
}

/// What a window takes over from another.
#[derive(Debug)]
pub(in crate::program) struct Copy {
    /// How much further it lay in the earlier window.
    pub by: usize,
    /// Where each stretch begins, and how long it is.
    pub all: Vec<(usize, usize)>,
    /// What is read of it where all who read it compute their part alone.
    pub read: Vec<(usize, usize)>,
    /// They do where so many windows come before.
    pub back: usize,
}

/// How much of a layer is computed of a window that goes on where another is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerOverlap {
    /// Which step of the program it is.
    pub step: usize,
    /// How many windows before the one lies that the rest is taken from.
    pub back: usize,
    /// Places that are computed.
    pub computed: usize,
    /// All its places.
    pub places: usize,
}

/// All plans of a program, one for each step that has one, and what `inspect` tells.
#[derive(Debug)]
pub(super) struct Plan {
    pub steps: Vec<Option<StepPlan>>,
    pub layers: Vec<LayerOverlap>,
    pub ends: Option<(usize, Ends)>,
}

/// The best way for one value.
struct Choice {
    back: usize,
    by: usize,
    same: Vec<bool>,
    cuts: Vec<Cut>,
    saved: usize,
}

/// Plans for windows of a stream, `go` of which run together.
pub(super) fn plan(values: &[Value], steps: &[Step], stream: &Stream, go: usize) -> Plan {
    let mut founds = Vec::new();
    for back in 1..=BACK.min(go / 2) {
        if !stream.overlaps(back) {
            break;
        }
        let found = find(values, steps, stream, back);
        let enough = !found.unaligned;
        founds.push((back, found));
        if enough {
            break;
        }
    }
    let mut plans: Vec<Option<StepPlan>> = steps.iter().map(|_| None).collect();
    let mut layers = Vec::new();
    for value in 0..values.len() {
        let id = ValueId(value);
        let writers: Vec<usize> = at(steps, |step| step.writes.contains(&id));
        let Some(choice) = choose(values, steps, &founds, (id, &writers), go) else { continue };
        let Choice { back, by, same, cuts, .. } = choice;
        let all: Vec<_> = ranges(&same).collect();
        for (&step, cut) in writers.iter().zip(cuts) {
            if is_linear(steps.get(step)) {
                let (computed, places) = cut.places;
                layers.push(LayerOverlap { step, back, computed, places });
            }
            if let Some(slot) = plans.get_mut(step) {
                *slot = Some(StepPlan { back, parts: cut.parts, copy: None });
            }
        }
        if let Some(Some(plan)) = writers.last().and_then(|&last| plans.get_mut(last)) {
            plan.copy = Some(Copy { by, read: all.clone(), all, back });
        }
    }
    layers.sort_unstable_by_key(|layer| layer.step);
    let whole = |at: &usize| matches!(plans.get(*at), Some(None)) && is_linear(steps.get(*at));
    let first = (0..steps.len()).find(whole);
    let ends = first.map(|at| (at, why(&founds, at)));
    for value in 0..values.len() {
        shorten(values, steps, &mut plans, ValueId(value));
    }
    Plan { steps: plans, layers, ends }
}

/// Whether a layer is one that people know as one.
fn is_linear(step: Option<&Step>) -> bool {
    step.is_some_and(|step| {
        !matches!(
            step.layer,
            Layer::Fill { .. }
                | Layer::FillZero { .. }
                | Layer::Copy { .. }
                | Layer::Pick { .. }
                | Layer::Quantise { .. }
                | Layer::Dequantise { .. }
                | Layer::Steps { .. }
                | Layer::Table { .. }
                | Layer::Map { .. }
                | Layer::MapOver { .. }
                | Layer::Zip { .. }
                | Layer::Select { .. }
                | Layer::Pool { .. }
        )
    })
}

/// The steps for which something holds.
fn at(steps: &[Step], holds: impl Fn(&Step) -> bool) -> Vec<usize> {
    let all = steps.iter().enumerate().filter(|(_, step)| holds(step));
    all.map(|(at, _)| at).collect()
}

/// How a value is best taken from earlier windows, where that pays.
fn choose(
    values: &[Value],
    steps: &[Step],
    founds: &[(usize, Found)],
    (id, writers): (ValueId, &[usize]),
    go: usize,
) -> Option<Choice> {
    let (&first, &last) = (writers.first()?, writers.last()?);
    let between = steps.get(first + 1..last).unwrap_or_default();
    // Who reads what is not finished would find the rest missing.
    if between.iter().any(|step| step.reads.contains(&id)) {
        return None;
    }
    let choices = founds.iter().filter_map(|(back, found)| {
        let same = found.values.get(id.0).filter(|same| same.by != 0)?;
        let cuts = cuts(values, steps, found, writers, same, go)?;
        let whole: usize = cuts.iter().map(|cut| cut.whole).sum();
        let work: usize = cuts.iter().map(|cut| cut.work).sum();
        let copied = same.same.iter().filter(|&&same| same).count();
        let saved = whole.checked_sub(work.checked_add(copied)?)?.checked_mul(go - back)?;
        let worth = saved.checked_mul(WORTH)? >= whole.checked_mul(go)?;
        let (by, same) = (same.by, same.same.clone());
        worth.then_some(Choice { back: *back, by, same, cuts, saved })
    });
    choices.max_by_key(|choice| (choice.saved, core::cmp::Reverse(choice.back)))
}

fn cuts(
    values: &[Value],
    steps: &[Step],
    found: &Found,
    writers: &[usize],
    same: &Same,
    go: usize,
) -> Option<Vec<Cut>> {
    let cuts = writers.iter().map(|&at| {
        let step = steps.get(at).filter(|step| step.writes.len() == 1)?;
        cut(values, found, step, same, go)
    });
    cuts.collect()
}

/// Why a step computes all, as far as the largest distance tells.
fn why(founds: &[(usize, Found)], at: usize) -> Ends {
    let mut ends = founds.iter().map(|(_, found)| found.ends.get(at).copied().flatten());
    match ends.next_back() {
        Some(ends) => ends.unwrap_or(Ends::Little),
        None => Ends::Alone,
    }
}

/// Copies no more of a value than is read where all its readers compute a part alone.
fn shorten(values: &[Value], steps: &[Step], plans: &mut [Option<StepPlan>], id: ValueId) {
    let is_output = values.get(id.0).is_none_or(|value| matches!(value.place, Place::Output(_)));
    let (mut from, mut back) = (usize::MAX, 0);
    for (step, plan) in steps.iter().zip(plans.iter()) {
        for index in (0..step.reads.len()).filter(|&index| step.reads.get(index) == Some(&id)) {
            from = from.min(plan.as_ref().map_or(0, |plan| lowest(&plan.parts, index)));
            back = back.max(plan.as_ref().map_or(0, |plan| plan.back));
        }
    }
    let last = at(steps, |step| step.writes.contains(&id)).pop();
    let plan = last.and_then(|last| plans.get_mut(last)).and_then(Option::as_mut);
    let Some(copy) = plan.and_then(|plan| plan.copy.as_mut()).filter(|_| !is_output) else {
        return;
    };
    copy.back = copy.back.max(back);
    let cut = |&(start, len): &(usize, usize)| {
        let first = start.max(from);
        (start + len).checked_sub(first).filter(|&len| len > 0).map(|len| (first, len))
    };
    copy.read = copy.all.iter().filter_map(cut).collect();
}
