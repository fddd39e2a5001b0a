//! How the numbers of a model are really computed here, layer by layer, whatever the file is called.
//!
//! An engine goes in; words for `inspect` and for those who refuse a fallback come out.

use std::collections::BTreeMap;

use serde::Serialize;

use super::engine::Engine;

/// How one layer is computed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LayerArithmetic {
    /// The name of the node that it came of.
    pub layer: String,
    /// Such as `int8 VNNI` or `f32 AVX-512`.
    pub arithmetic: String,
    /// Why quantised numbers are computed in f32, where they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// How a model is computed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Arithmetic {
    /// `native` or `tract`.
    pub engine: &'static str,
    /// Why it is not the native engine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// Whether the file quantises anything.
    pub quantised: bool,
    /// The layers that compute, in the order in which they run; none where tract runs the model.
    pub layers: Vec<LayerArithmetic>,
}

impl Arithmetic {
    pub(super) fn of(engine: &Engine, quantised: bool) -> Self {
        match engine {
            Engine::Native(plan) => {
                let program = plan.program();
                let because = |name: &str| {
                    let float = plan.floats().iter().find(|(layer, _)| layer == name);
                    float.map(|(_, why)| why.clone())
                };
                let layers = program.steps().iter().filter_map(|step| {
                    let arithmetic = step.layer().arithmetic(program.tier())?;
                    let because = because(step.name()).filter(|_| !arithmetic.starts_with("int8"));
                    let (layer, arithmetic) = (step.name().to_owned(), arithmetic.to_owned());
                    Some(LayerArithmetic { layer, arithmetic, because })
                });
                let mut layers: Vec<LayerArithmetic> = layers.collect();
                layers.dedup();
                Arithmetic { engine: "native", because: None, quantised, layers }
            }
            #[cfg(feature = "tract")]
            Engine::Tract { because, .. } => {
                let because = Some(format!("{}: {}", because.place, because.why));
                Arithmetic { engine: "tract", because, quantised, layers: Vec::new() }
            }
        }
    }

    /// In a line, such as `native: int8 VNNI x10`.
    pub fn summary(&self) -> String {
        if let Some(because) = &self.because {
            let how = if self.quantised { ", quantised as the file says" } else { "" };
            return format!("f32 tract{how}, because {because}");
        }
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for layer in &self.layers {
            *counts.entry(layer.arithmetic.as_str()).or_default() += 1;
        }
        let counts: Vec<String> = counts
            .iter()
            .rev()
            .map(|(arithmetic, count)| format!("{arithmetic} x{count}"))
            .collect();
        match counts.is_empty() {
            true => "native: nothing is computed".into(),
            false => format!("native: {}", counts.join(", ")),
        }
    }

    /// Where it is computed in f32, and why; `None` where it all runs in int8.
    pub fn float_fallback(&self) -> Option<String> {
        if !self.quantised {
            return Some("the file quantises nothing".into());
        }
        if let Some(because) = &self.because {
            return Some(because.clone());
        }
        let float = self.layers.iter().find(|layer| layer.arithmetic.starts_with("f32"))?;
        let LayerArithmetic { layer, arithmetic, because } = float;
        let because = because.as_ref().map(|why| format!(", because {why}")).unwrap_or_default();
        Some(format!("layer `{layer}` runs in {arithmetic}{because}"))
    }
}
