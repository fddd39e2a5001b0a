//! Where a network rounds to 8 bits, and to which steps: layers and windows go in, and a plan comes out
//! by which the same layers run and are exported in int8.
//!
//! What a layer with weights reads is rounded: windows at the door, then what each layer makes, after
//! its ReLU where one follows. Other activations read and give steps, so that they are tables. The last
//! product stays f32. Steps are fixed by the float network, before its weights learn to live with them.

use tch::Tensor;

use super::arch::{LatentLayers, Layers};
use super::error::NetError;
use super::graph::ExportGraph;
use super::grid::{Grid, Range};
use super::layer::Layer;
use super::spec::Activation;

/// The steps of a whole network.
#[derive(Debug)]
pub(super) struct Rounding {
    pub(super) encoder: Stretch,
    pub(super) latent: Stretch,
    pub(super) decoder: Stretch,
    pub(super) head: Option<Stretch>,
}

/// The steps of layers in a row.
#[derive(Clone, Debug)]
pub(super) struct Stretch {
    /// Of what comes in, where that is rounded already.
    start: Option<Grid>,
    /// Before each layer, and after the last.
    at: Vec<Option<Grid>>,
}

/// What a stretch begins or ends with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    /// Comes in as f32, goes out as steps.
    Door,
    /// Comes in and goes out as steps.
    Inside,
    /// Comes in as steps; the last product goes out as f32.
    Open,
}

impl Rounding {
    /// What `layers` range over when they run in f32 on these windows, a few at a time.
    pub(super) fn observe(layers: &Layers, windows: &Tensor, most: i64) -> Result<Self, NetError> {
        let LatentLayers::Plain(latent) = &layers.latent else {
            return Err(NetError::Spec("a variational latent is not computed in int8".into()));
        };
        let all = [&layers.encoder, latent, &layers.decoder];
        let recurrent = |layer: &Layer| matches!(layer, Layer::Recurrent(_));
        if all.iter().any(|layers| layers.iter().any(recurrent)) {
            return Err(NetError::Spec("recurrent layers are not computed in int8".into()));
        }
        let mut encoder = Seen::new(&layers.encoder, Ends::Door);
        let mut inner = Seen::new(latent, Ends::Inside);
        let mut decoder = Seen::new(&layers.decoder, Ends::Open);
        let mut head = layers.head.as_deref().map(|head| Seen::new(head, Ends::Open));
        for part in windows.f_split(most, 0)? {
            let code = inner.run(&encoder.run(&part)?)?;
            let _ = decoder.run(&code)?;
            let _ = head.as_mut().map(|head| head.run(&code)).transpose()?;
        }
        let encoder = encoder.fixed(None);
        let latent = inner.fixed(encoder.end());
        let (decoder, head) = (decoder.fixed(latent.end()), head.map(|h| h.fixed(latent.end())));
        Ok(Self { encoder, latent, decoder, head })
    }
}

/// Ranges that are being taken down.
struct Seen<'a> {
    layers: &'a [Layer],
    at: Vec<Option<Range>>,
    door: bool,
}

impl<'a> Seen<'a> {
    fn new(layers: &'a [Layer], ends: Ends) -> Self {
        let range = |rounded: bool| rounded.then(Range::default);
        let at = places(layers, ends).into_iter().map(range).collect();
        Self { layers, at, door: ends == Ends::Door }
    }

    fn run(&mut self, x: &Tensor) -> Result<Tensor, NetError> {
        let mut x = x.shallow_clone();
        let (at, layers) = (self.at.iter_mut(), self.layers.iter().map(Some).chain([None]));
        // Readings beyond the range of normal ones are cut off at the door, so none of these is.
        let mut moves = !self.door;
        for (range, layer) in at.zip(layers) {
            if let Some(range) = range {
                range.see(&x, moves)?;
                moves = true;
            }
            if let Some(layer) = layer {
                x = layer.forward(&x)?;
            }
        }
        Ok(x)
    }

    fn fixed(self, start: Option<Grid>) -> Stretch {
        Stretch { start, at: self.at.into_iter().map(|range| range.map(Range::grid)).collect() }
    }
}

/// Whether it is rounded before each layer, and after the last.
fn places(layers: &[Layer], ends: Ends) -> Vec<bool> {
    let first = layers.iter().position(Layer::is_weighted).unwrap_or(layers.len());
    let is_relu =
        |layer: Option<&Layer>| matches!(layer, Some(Layer::Activation(Activation::Relu)));
    let computes = |layer: &Layer| layer.is_weighted() || matches!(layer, Layer::Activation(_));
    let rounded = |place: usize| {
        let Some(before) = place.checked_sub(1).and_then(|place| layers.get(place)) else {
            return false;
        };
        let product = |layer: Option<&Layer>| layer.is_some_and(Layer::is_weighted);
        let two_before = place.checked_sub(2).and_then(|place| layers.get(place));
        let fused = is_relu(Some(before)) && product(two_before);
        let rest = layers.get(place..).unwrap_or_default();
        let last = ends == Ends::Open && !rest.iter().any(computes);
        match before {
            Layer::Activation(_) => !(last && fused),
            before if before.is_weighted() => !(last || is_relu(rest.first())),
            _ => false,
        }
    };
    let door = |place: usize| ends == Ends::Door && place == first;
    (0..=layers.len()).map(|place| door(place) || rounded(place)).collect()
}

impl Stretch {
    /// The steps of what comes out, where it is rounded.
    fn end(&self) -> Option<Grid> {
        self.at.iter().rev().flatten().next().copied().or(self.start)
    }

    /// Before each layer: the steps to round to there; and the layer, with the steps of what it reads.
    fn way<'a>(
        &'a self,
        layers: &'a [Layer],
    ) -> impl Iterator<Item = (Option<Grid>, Option<(&'a Layer, Option<Grid>)>)> {
        let mut on = self.start;
        let layers = layers.iter().map(Some).chain([None]);
        self.at.iter().zip(layers).map(move |(&grid, layer)| {
            on = grid.or(on);
            (grid, layer.map(|layer| (layer, on)))
        })
    }

    /// Runs `x` through the layers as int8 would.
    pub(super) fn forward(&self, layers: &[Layer], x: &Tensor) -> Result<Tensor, NetError> {
        let mut x = x.shallow_clone();
        for (grid, layer) in self.way(layers) {
            if let Some(grid) = grid {
                x = grid.round(&x)?;
            }
            x = match layer {
                Some((layer, Some(input))) => layer.forward_int8(&x, input)?,
                Some((layer, None)) => layer.forward(&x)?,
                None => x,
            };
        }
        Ok(x)
    }

    /// Rounds what comes in, for layers that stand alone.
    pub(super) fn export_start(&self, graph: &mut ExportGraph, name: &str, x: &str) -> String {
        match self.start {
            Some(grid) => grid.export(graph, &format!("{name}.door"), x),
            None => x.to_owned(),
        }
    }

    /// Adds the nodes of [`Stretch::forward`], named as those of f32 are.
    pub(super) fn export(
        &self,
        layers: &[Layer],
        graph: &mut ExportGraph,
        name: &str,
        x: &str,
    ) -> Result<String, NetError> {
        let mut x = x.to_owned();
        for (place, (grid, layer)) in self.way(layers).enumerate() {
            if let Some(grid) = grid {
                x = grid.export(graph, &format!("{name}.{place}.rounded"), &x);
            }
            let own = format!("{name}.{place}");
            x = match layer {
                Some((layer, Some(input))) => {
                    let y = layer.export_int8(graph, &own, &x, input)?;
                    match layer {
                        // So that it moves bytes, and others than oddity see that it does.
                        Layer::Resize(_) => input.export(graph, &format!("{own}.again"), &y),
                        _ => y,
                    }
                }
                Some((layer, None)) => layer.export(graph, &own, &x)?,
                None => x,
            };
        }
        Ok(x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::layer::Reshape;

    fn relu() -> Layer {
        Layer::Activation(Activation::Relu)
    }

    fn product() -> Layer {
        let store = tch::nn::VarStore::new(tch::Device::Cpu);
        let layer = crate::net::layer::LinearLayer::new(&store.root(), 2, 2, false);
        Layer::Linear(layer.unwrap())
    }

    fn moved() -> Layer {
        Layer::Reshape(Reshape { to: vec![2] })
    }

    #[test]
    fn products_read_steps_and_a_relu_belongs_to_its_product() {
        let layers = [moved(), product(), relu(), moved(), product()];
        let at = |ends| places(&layers, ends);
        assert_eq!(at(Ends::Door), [false, true, false, true, false, true]);
        assert_eq!(at(Ends::Inside), [false, false, false, true, false, true]);
        assert_eq!(at(Ends::Open), [false, false, false, true, false, false]);
        assert_eq!(places(&[], Ends::Door), [true]);
        assert_eq!(places(&[product(), relu(), moved()], Ends::Open), [false; 4]);
    }

    #[test]
    fn other_activations_read_and_give_steps() {
        let sigmoid = Layer::Activation(Activation::Sigmoid);
        let layers = [product(), moved(), sigmoid];
        assert_eq!(places(&layers, Ends::Open), [false, true, false, true]);
        // A ReLU that is not next to its product is one of them.
        assert_eq!(places(&[product(), moved(), relu()], Ends::Open), [false, true, false, true]);
    }
}
