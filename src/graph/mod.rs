//! From the untrusted bytes of an ONNX file to a typed graph.
//!
//! Bytes go in; a [`Graph`] comes out, in which every operator is one that engines run rightly, its
//! attributes are read, every shape is known, and memory and work are bounded; or a [`ModelError`]
//! that names the node. Nothing is run here, and nobody after it looks at an operator's name. In
//! order: reading, the input, operators that others make up with the shapes, memory and work; then the
//! outputs, and at last the graph is cut down to what is needed.

// What only an engine asks for is idle in a build without one.
#![cfg_attr(not(feature = "tract"), allow(dead_code, unused_imports))]

mod at;
mod budget;
mod build;
mod contents;
mod cut;
mod elements;
mod error;
mod expand;
mod external;
mod fact;
mod forest;
mod infer;
mod interface;
mod kernel;
mod layers;
mod notice;
mod op;
mod options;
mod other;
mod outputs;
mod parts;
mod picking;
mod planes;
// Generated.
#[allow(clippy::all, dead_code)]
mod proto;
#[cfg(feature = "learn")]
pub(crate) mod quantise;
mod read;
mod reshaping;
mod resize;
mod rewrite;
mod sample;
mod store;
mod tensor;
#[cfg(test)]
mod tests;
mod values;
pub mod write;

pub(crate) use at::At;
pub(crate) use build::{Part, Unfolded};
use contents::FileContents;
pub(crate) use error::shown;
pub use error::{GraphPlace, ModelError};
pub use external::{ExternalPart, merge_external};
pub(crate) use fact::Fact;
pub(crate) use infer::facts_before;
pub(crate) use interface::{GraphOutput, GraphOutputs};
pub use interface::{ModelKind, ModelPart};
pub(crate) use kernel::KernelGeometry;
pub use notice::Notice;
pub(crate) use op::{
    Aggregate, Attribute, AutoPad, Binary, ConvAttributes, CoordinateMode, Direction, Forest,
    GeluFormula, GemmAttributes, Interpolation, KernelAttributes, NearestMode, Op, PadMode,
    QuantisedSteps, QuantisedWay, RecurrentAttributes, RecurrentCell, ReduceAttributes, Reduction,
    ResizeAttributes, SliceAttributes, TreeNode, Unary, Variadic,
};
#[cfg(test)]
pub(crate) use op::{Rule, Trees};
pub use options::{FreeAxes, Limits, MOST_BYTES, ReadOptions, Sampling};
pub use parts::Graph;
pub(crate) use parts::{Batch, GraphInput, Node};
pub(crate) use planes::planes_last;
pub(crate) use read::LARGEST_BATCH;
pub use read::refuse_foreign;
pub(crate) use rewrite::keep_needed;
pub use sample::SAMPLE_KEY;
use sample::Sampler;
pub(crate) use tensor::{ElementType, Tensor};

impl Graph {
    /// The value under `key` in the file's `metadata_props`.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.metadata.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// Windows that one run may take, by the limits of memory and work: at least one, which was checked.
    pub(crate) fn windows_in_a_run(&self) -> usize {
        budget::windows_in_a_run(self)
    }

    /// Reads an ONNX file and checks all that can be checked of it without running it, except what
    /// its outputs are for. Within the limits of [`ReadOptions::default`].
    ///
    /// # Errors
    /// Says what is wrong, where in the file, and what to do.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        Self::from_bytes_with(bytes, &ReadOptions::default())
    }

    /// As [`Graph::from_bytes`], as these options say.
    ///
    /// # Errors
    /// As [`Graph::from_bytes`].
    pub fn from_bytes_with(bytes: &[u8], options: &ReadOptions) -> Result<Self, ModelError> {
        let read::OnnxFile {
            ir_version,
            opset,
            producer,
            metadata,
            nodes,
            mut constants,
            inputs,
            outputs,
            scores_are_lower,
            half,
        } = read::file(bytes, options)?;
        let contents = FileContents::of(
            nodes.iter().map(|node| &node.op),
            constants.iter().map(|constant| &constant.tensor),
        );
        let (input, noise) = read::inputs(&inputs, &constants, &nodes, options.free_axes)?;
        let sampling = sample::chosen(options.sampling, &metadata)?;
        let mut sampler = Sampler::new(sampling, input.batch.count());
        constants.extend(sampler.inputs(noise)?);
        let nodes = expand::fold_leaves(nodes, &constants, &outputs)?;
        let facts = infer::facts_before(&input, &constants);
        let mut graph = Unfolded::new(opset, &mut constants, facts, options.limits);
        expand::nodes(nodes, &mut graph, &mut sampler)?;
        let (nodes, facts, macs) = (graph.nodes, graph.facts, graph.tally.macs);
        let sampled = sampler.notice(options.sampling.is_some())?;
        let widened = half.then_some(Notice::Widened);
        let notices = Notice::fixed(&input.free, &input.window).into_iter();
        let notices = notices.chain(sampled).chain(widened).collect();
        let graph = Graph {
            ir_version,
            opset,
            producer,
            metadata,
            nodes,
            constants,
            input,
            scores_are_lower,
            contents,
            outputs,
            facts,
            macs,
            notices,
            limits: options.limits,
        };
        budget::check(&graph)?;
        Ok(graph)
    }
}

/// A graph that is safe to hand to an engine: an autoencoder, a part of one, or a model that gives a
/// score.
#[derive(Clone, Debug)]
pub(crate) struct ModelGraph {
    /// As the file has it; a decoder is cut out.
    pub graph: Graph,
    pub kind: ModelKind,
    pub outputs: GraphOutputs,
    /// Whether the file tells the distribution of its latent.
    pub variational: bool,
    /// Whether the file holds an autoencoder, not a decoder alone.
    pub whole: bool,
}

impl ModelGraph {
    /// Checks everything that can be checked of this part of a file without running it.
    pub(crate) fn read(
        bytes: &[u8],
        part: ModelPart,
        options: &ReadOptions,
    ) -> Result<Self, ModelError> {
        let graph = Graph::from_bytes_with(bytes, options)?;
        let unlike = interface::unlike_the_input(&graph);
        let graph = planes::align(graph, &unlike);
        match part {
            ModelPart::Whole | ModelPart::Encoder => Self::of(graph, part),
            ModelPart::Decoder => Self::decoder(graph),
        }
    }

    fn of(graph: Graph, part: ModelPart) -> Result<Self, ModelError> {
        let (kind, outputs) = interface::outputs(&graph, part)?;
        let variational = interface::is_variational(&graph);
        let whole = matches!(kind, ModelKind::Autoencoder | ModelKind::Score);
        Ok(ModelGraph { graph, kind, outputs, variational, whole })
    }

    /// The decoder in the file of an autoencoder, or a file that is nothing but one.
    fn decoder(graph: Graph) -> Result<Self, ModelError> {
        if cut::has_latent(&graph) {
            let (_, outputs) = interface::outputs(&graph, ModelPart::Whole)?;
            let variational = interface::is_variational(&graph);
            let decoder = cut::decoder(graph, outputs.values.name)?;
            let decoder = Self::of(decoder, ModelPart::Decoder)?;
            return Ok(ModelGraph { variational, whole: true, ..decoder });
        }
        let outputs = interface::outputs(&graph, ModelPart::Decoder);
        let window: usize = graph.input.window.iter().product();
        let is_decoder = |(_, outputs): (ModelKind, GraphOutputs)| {
            graph.input.name == parts::LATENT || outputs.values.len > window
        };
        if outputs.is_ok_and(is_decoder) {
            return Self::of(graph, ModelPart::Decoder);
        }
        // What is no autoencoder says what it is.
        let what = match interface::outputs(&graph, ModelPart::Whole)? {
            (ModelKind::Score, _) => {
                "it gives a score, one number for a window: there is no decoder in it"
            }
            _ => {
                "it has no value named `latent`, so where its decoder begins is not known; give the \
                 output of its encoder that name"
            }
        };
        Err(ModelError::unsupported(GraphPlace::File, what))
    }

    /// Cuts the graph down to what the outputs need; the graph's own outputs are then those, in
    /// order.
    pub(crate) fn simplified(mut self) -> Self {
        let names = self.outputs.iter().map(|output| output.name.clone()).collect();
        rewrite::simplify(&mut self.graph, names);
        self
    }
}
