//! A network goes in, the bytes of an ONNX file come out: opset 17, IR 8, a free batch `N`, and the
//! names that oddity knows (`input`, `latent`, `reconstruction`, ...).

use oddity::graph::write::{DeclaredValue, int, value};

use super::arch::LatentLayers;
use super::check::verify;
use super::graph::ExportGraph;
use super::layer::{self, Layer};
use super::rounding::Stretch;
use super::{ExportPart, Head, NetError, Network};

pub(super) fn export(network: &Network, part: ExportPart) -> Result<Vec<u8>, NetError> {
    let (spec, layers) = (&network.spec, &network.layers);
    let steps = network.rounding.as_ref();
    let window = spec.axes.sizes();
    let latent = || value("latent", &[spec.latent]);
    let mut graph = ExportGraph::default();
    let mut outputs = Vec::new();
    if part != ExportPart::Encoder {
        outputs.push(value("reconstruction", &window));
    }
    if part != ExportPart::Decoder {
        let encoder = steps.map(|steps| &steps.encoder);
        let features = add(&layers.encoder, encoder, &mut graph, ("encoder", "input"))?;
        outputs.push(latent());
        if export_latent(&layers.latent, steps.map(|s| &s.latent), &mut graph, &features)? {
            outputs.extend(["mu", "logvar"].map(|name| value(name, &[spec.latent])));
        }
    }
    if part != ExportPart::Encoder {
        let decoder = steps.map(|steps| &steps.decoder);
        let code = match (part, decoder) {
            (ExportPart::Decoder, Some(steps)) => {
                steps.export_start(&mut graph, "decoder", "latent")
            }
            _ => "latent".to_owned(),
        };
        let last = add(&layers.decoder, decoder, &mut graph, ("decoder", &code))?;
        graph.name(&last, "reconstruction");
    }
    if let (ExportPart::Whole, Some(kind), Some(head)) = (part, spec.head, &layers.head) {
        let steps = steps.and_then(|steps| steps.head.as_ref());
        let last = add(head, steps, &mut graph, ("head", "latent"))?;
        outputs.push(export_head(kind, &mut graph, &last));
    }
    let input = if part == ExportPart::Decoder { latent() } else { value("input", &window) };
    let onnx = graph.finish(input, outputs);
    verify(&onnx)?;
    Ok(onnx)
}

/// Adds the latent, named `latent`. Gives whether `mu` and `logvar` are there too.
fn export_latent(
    latent: &LatentLayers,
    steps: Option<&Stretch>,
    graph: &mut ExportGraph,
    features: &str,
) -> Result<bool, NetError> {
    match latent {
        LatentLayers::Plain(layers) => {
            let last = add(layers, steps, graph, ("latent", features))?;
            graph.name(&last, "latent");
            Ok(false)
        }
        LatentLayers::Variational { mu, logvar } => {
            for (layers, name) in [(mu, "mu"), (logvar, "logvar")] {
                let last = layer::export(layers, graph, name, features)?;
                graph.name(&last, name);
            }
            graph.add("Identity", "latent", &["mu"], vec![]);
            Ok(true)
        }
    }
}

/// Adds layers called `name`, in int8 where they have steps, which read the value `x`.
fn add(
    layers: &[Layer],
    steps: Option<&Stretch>,
    graph: &mut ExportGraph,
    (name, x): (&str, &str),
) -> Result<String, NetError> {
    match steps {
        Some(steps) => steps.export(layers, graph, name, x),
        None => layer::export(layers, graph, name, x),
    }
}

fn export_head(kind: Head, graph: &mut ExportGraph, last: &str) -> DeclaredValue {
    match kind {
        Head::Classes(classes) => {
            graph.add("Softmax", "class", &[last], vec![int("axis", 1)]);
            value("class", &[classes])
        }
        Head::Estimate => {
            graph.name(last, "estimate");
            value("estimate", &[1])
        }
    }
}
