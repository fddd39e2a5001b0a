//! What an engine does not compute again where the windows of a stream overlap.
//!
//! A model, the order of its axes and a hop go in; for `inspect`, layers and reasons come out. Nothing is
//! run.

use oddity_kernels::program::{Ends, Stream};
use serde::Serialize;

use super::engine::Engine;
use super::network::Model;
use oddity_core::profile::Layout;

/// A layer that is computed only where a window differs from an earlier one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OverlapLayer {
    /// The name of the node that it came of.
    pub layer: String,
    /// Places that are computed of a window.
    pub computed: usize,
    /// All its places.
    pub places: usize,
    /// How many windows before the one lies that the rest is taken from.
    pub windows_back: usize,
}

/// The first layer that computes all of each window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OverlapEnd {
    /// Its name; none where the model runs on the other engine.
    pub layer: Option<String>,
    /// Why.
    pub because: &'static str,
}

/// How a model runs windows of a stream that overlap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Overlapping {
    /// Rows from one window to the next.
    pub hop: usize,
    /// The layers that take something over, in the order in which they run.
    pub layers: Vec<OverlapLayer>,
    /// The first that does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends: Option<OverlapEnd>,
}

impl Model {
    /// What is not computed again of windows of this layout, `hop` rows apart; `None` where they do not
    /// overlap. The share holds for windows that run in one go with those before them.
    pub fn overlapping(&self, layout: Layout, hop: usize) -> Option<Overlapping> {
        let stream = self.stream(layout, hop)?;
        if stream.hop == 0 || stream.hop >= stream.rows {
            return None;
        }
        let program = match &self.0.engine {
            Engine::Native(plan) => plan.program(),
            #[cfg(feature = "tract")]
            Engine::Tract { .. } => {
                let ends = OverlapEnd { layer: None, because: "tract runs the model" };
                return Some(Overlapping { hop, layers: Vec::new(), ends: Some(ends) });
            }
        };
        let overlap = program.overlap(stream)?;
        let name = |step: usize| program.steps().get(step).map(|step| step.name().to_owned());
        let mut layers: Vec<OverlapLayer> = Vec::new();
        for part in overlap.layers() {
            let layer = name(part.step).unwrap_or_default();
            match layers.last_mut().filter(|last| last.layer == layer) {
                // Groups, or the phases of a transposed convolution.
                Some(last) => {
                    last.computed += part.computed;
                    last.places += part.places;
                }
                None => layers.push(OverlapLayer {
                    layer,
                    computed: part.computed,
                    places: part.places,
                    windows_back: part.back,
                }),
            }
        }
        let ends = overlap
            .ends()
            .map(|(step, ends)| OverlapEnd { layer: name(step), because: because(ends) });
        Some(Overlapping { hop, layers, ends })
    }

    /// How the windows of a stream lie; `None` where windows have no rows.
    pub(super) fn stream(&self, layout: Layout, hop: usize) -> Option<Stream> {
        if layout.is_picture() {
            return None;
        }
        let (rows, channels) = self.rows_and_channels(layout)?;
        let (width, planes) =
            if layout.is_channels_first() { (1, channels) } else { (channels, 1) };
        Some(Stream { rows, width, planes, hop })
    }
}

fn because(ends: Ends) -> &'static str {
    match ends {
        Ends::Mixes => "it mixes all of time",
        Ends::Stride => "its stride does not go with the hop",
        Ends::Borders => "padding or new rows reach each of its places",
        Ends::Little => "too little would be saved",
        Ends::Alone => "its windows are so large that they run one by one",
    }
}
