//! Which values hold quantised numbers as f32 from here on.
//!
//! An operator whose inputs must be of one type gets them all in f32 when one of them is.

use std::collections::{HashMap, HashSet};

use crate::graph::{Binary, ElementType, Fact, ModelError, Node, Op, QuantisedSteps, Unfolded};

/// Where a value was quantised, and how.
#[derive(Clone, Debug)]
pub(super) struct Quantised {
    /// The value before.
    pub from: String,
    pub steps: QuantisedSteps,
}

/// The values that are carried in f32, and what the graph said of all values.
pub(super) struct Carried {
    facts: HashMap<String, Fact>,
    names: HashSet<String>,
    quantised: HashMap<String, Quantised>,
}

impl Carried {
    /// None yet.
    pub(super) fn of(facts: HashMap<String, Fact>) -> Self {
        Carried { facts, names: HashSet::new(), quantised: HashMap::new() }
    }

    /// The axes of a value.
    pub(super) fn dims(&self, name: &str) -> Vec<usize> {
        self.facts.get(name).map(|fact| fact.dims.clone()).unwrap_or_default()
    }

    /// The elements of a value that is known before running.
    pub(super) fn known(&self, name: &str) -> Option<&[f64]> {
        let known = self.facts.get(name).and_then(|fact| fact.known.as_ref());
        known.map(|known| known.data.as_slice())
    }

    /// The element type that the file gives a value.
    pub(super) fn element(&self, name: &str) -> Option<ElementType> {
        self.facts.get(name).and_then(|fact| fact.element)
    }

    /// Whether it holds numbers of that type as f32.
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    pub(super) fn insert(&mut self, name: &str) {
        self.names.insert(name.to_owned());
    }

    /// Remembers how a value was quantised.
    pub(super) fn quantise(&mut self, name: &str, quantised: Quantised) {
        self.insert(name);
        self.quantised.insert(name.to_owned(), quantised);
    }

    /// How a value was quantised, if in steps that are known.
    pub(super) fn quantised(&self, name: &str) -> Option<&Quantised> {
        self.quantised.get(name)
    }

    /// What the node gives is carried where its first input is.
    pub(super) fn follow(&mut self, node: &Node) {
        if node.input(0).is_some_and(|name| self.has(name)) {
            self.names.extend(node.outputs.iter().flatten().cloned());
        }
    }

    /// Gives a node all its inputs in f32 where one of them is carried and they must be of one type.
    pub(super) fn join(
        &mut self,
        node: &mut Node,
        graph: &mut Unfolded<'_>,
    ) -> Result<(), ModelError> {
        if !node.inputs.iter().flatten().any(|name| self.has(name)) {
            return Ok(());
        }
        let together = match &node.op {
            Op::Binary(_) | Op::Variadic(_) | Op::Concat { .. } | Op::Mod { .. } | Op::PRelu => 0,
            Op::Clip { .. } => 0,
            Op::Where => 1,
            // The axes, which come last, are no elements.
            Op::Pad { .. } if node.inputs.len() < 4 => 2,
            &Op::Cast { to, .. } => return self.cast(node, to, graph),
            _ => usize::MAX,
        };
        for name in node.inputs.iter_mut().skip(together).flatten() {
            let whole = matches!(
                self.element(name),
                Some(
                    ElementType::U8
                        | ElementType::I8
                        | ElementType::U16
                        | ElementType::I16
                        | ElementType::I32
                )
            );
            if whole && !self.names.contains(name.as_str()) {
                let wide = graph.fresh(format!("{name}/f32"));
                graph.push(Node {
                    name: wide.clone(),
                    op: Op::Cast { to: ElementType::F32, saturate: true },
                    inputs: vec![Some(std::mem::replace(name, wide.clone()))],
                    outputs: vec![Some(wide)],
                })?;
            }
        }
        self.is_exact(node)?;
        let narrow = node.outputs.iter().flatten().filter(|name| {
            !matches!(self.element(name), Some(ElementType::Bool | ElementType::F32))
        });
        let narrow: Vec<String> = narrow.cloned().collect();
        self.names.extend(narrow);
        Ok(())
    }

    /// Casts a carried value: to integers of its own kind or wider it stays as it is, to others for
    /// good.
    fn cast(
        &mut self,
        node: &mut Node,
        to: ElementType,
        graph: &mut Unfolded<'_>,
    ) -> Result<(), ModelError> {
        use ElementType::{Bool, I8, I16, I32, I64, U8, U16};
        let from = node.input(0).and_then(|name| self.element(name));
        let wider = from == Some(to)
            || to == I32
            || matches!((from, to), (Some(U8), U16 | I16) | (Some(I8), I16));
        if wider {
            node.op = Op::Cast { to: ElementType::F32, saturate: true };
            self.names.extend(node.outputs.iter().flatten().cloned());
            return Ok(());
        }
        match to {
            U8 | I8 | U16 | I16 => {
                let what =
                    "it cuts off quantised numbers, which is not supported; quantise again instead";
                Err(ModelError::unsupported(node.place(), what))
            }
            // By way of integers, as tract casts numbers that were never carried.
            I64 | Bool => {
                let whole = graph.fresh(format!("{}/whole", node.label()));
                graph.push(Node {
                    name: whole.clone(),
                    op: Op::Cast { to: I32, saturate: true },
                    inputs: node.inputs.clone(),
                    outputs: vec![Some(whole.clone())],
                })?;
                node.inputs = vec![Some(whole)];
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Refuses arithmetic on carried integers that in f32 would come out otherwise.
    fn is_exact(&self, node: &Node) -> Result<(), ModelError> {
        let narrow = |name: &String| self.has(name) && self.element(name) != Some(ElementType::I32);
        let differs = match &node.op {
            Op::Mod { .. } | Op::Binary(Binary::Div | Binary::Pow) => true,
            Op::Binary(Binary::Add | Binary::Sub | Binary::Mul) => {
                node.inputs.iter().flatten().any(narrow)
            }
            _ => false,
        };
        if differs {
            let what =
                "arithmetic on quantised numbers themselves is not supported; dequantise first";
            return Err(ModelError::unsupported(node.place(), what));
        }
        Ok(())
    }
}
