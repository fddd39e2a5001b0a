//! Adds layers one after the other, and keeps track of the axes between them.

use tch::nn;

use crate::net::error::NetError;
use crate::net::layer::{
    Cell, Conv, LastStep, Layer, LinearLayer, Recurrent, Repeat, Reshape, Resize, SwapAxes,
};
use crate::net::spec::Activation;

/// Layers that grow. The weights of layer `i` are under `path.i`.
pub(super) struct Builder<'a> {
    path: nn::Path<'a>,
    /// Sizes after the batch.
    axes: Vec<usize>,
    layers: Vec<Layer>,
}

impl<'a> Builder<'a> {
    /// Nothing yet, for inputs `[N, axes]`.
    pub(super) fn new(path: nn::Path<'a>, axes: Vec<usize>) -> Self {
        Self { path, axes, layers: Vec::new() }
    }

    /// Sizes of what the layers give, after the batch.
    pub(super) fn axes(&self) -> &[usize] {
        &self.axes
    }

    pub(super) fn finish(self) -> Vec<Layer> {
        self.layers
    }

    fn next(&self) -> nn::Path<'a> {
        self.path.sub(self.layers.len())
    }

    fn push(&mut self, layer: Layer, axes: Vec<usize>) {
        self.layers.push(layer);
        self.axes = axes;
    }

    /// Other axes for the same values; nothing where they are so already.
    pub(super) fn reshape(&mut self, to: &[usize]) {
        if self.axes != to {
            self.push(Layer::Reshape(Reshape { to: to.to_vec() }), to.to_vec());
        }
    }

    /// One axis.
    pub(super) fn flatten(&mut self) {
        let values = self.axes.iter().product();
        self.reshape(&[values]);
    }

    pub(super) fn swap_axes(&mut self) {
        let axes = self.axes.iter().rev().copied().collect();
        self.push(Layer::SwapAxes(SwapAxes), axes);
    }

    pub(super) fn activation(&mut self, activation: Activation) {
        if activation != Activation::Identity {
            let axes = std::mem::take(&mut self.axes);
            self.push(Layer::Activation(activation), axes);
        }
    }

    /// Fully connected, over the last axis.
    pub(super) fn linear(&mut self, width: usize) -> Result<(), NetError> {
        let mut axes = self.axes.clone();
        let steps = axes.len() > 1;
        let inputs = axes.pop().unwrap_or_default();
        axes.push(width);
        let layer = LinearLayer::new(&self.next(), inputs, width, steps)?;
        self.push(Layer::Linear(layer), axes);
        Ok(())
    }

    /// Convolution over all axes but the first, which become `ceil(size / stride)`.
    pub(super) fn conv(
        &mut self,
        filters: usize,
        kernel: usize,
        stride: usize,
    ) -> Result<(), NetError> {
        let (channels, sizes) = self.channels();
        let shrunk = sizes.iter().map(|size| size.div_ceil(stride));
        let axes = std::iter::once(filters).chain(shrunk).collect();
        let conv = Conv::new(&self.next(), (channels, filters), sizes.len(), (kernel, stride))?;
        self.push(Layer::Conv(conv), axes);
        Ok(())
    }

    /// Transposed convolution to axes of size `to`.
    pub(super) fn conv_transposed(
        &mut self,
        filters: usize,
        kernel: usize,
        stride: usize,
        to: &[usize],
    ) -> Result<(), NetError> {
        let (channels, from) = self.channels();
        let conv =
            Conv::transposed(&self.next(), (channels, filters), (&from, to), (kernel, stride))?;
        self.push(Layer::Conv(conv), std::iter::once(filters).chain(to.iter().copied()).collect());
        Ok(())
    }

    /// Nearest-neighbour enlargement of all axes but the first, to size `to`.
    pub(super) fn resize(&mut self, factor: usize, to: &[usize]) {
        let (channels, from) = self.channels();
        if from != to {
            let axes = std::iter::once(channels).chain(to.iter().copied()).collect();
            self.push(Layer::Resize(Resize { factor, from, to: to.to_vec() }), axes);
        }
    }

    /// Recurrent layers over `[time, width]`.
    pub(super) fn recurrent(
        &mut self,
        cell: Cell,
        hidden: usize,
        layers: usize,
    ) -> Result<(), NetError> {
        let mut axes = self.axes.clone();
        let width = axes.pop().unwrap_or_default();
        axes.push(hidden);
        let layer = Recurrent::new(&self.next(), cell, width, hidden, layers)?;
        self.push(Layer::Recurrent(layer), axes);
        Ok(())
    }

    /// The last step of `[time, width]`.
    pub(super) fn last_step(&mut self) {
        if let [time, width] = *self.axes {
            self.push(Layer::LastStep(LastStep { time }), vec![width]);
        }
    }

    /// `[width]` at each of `time` steps.
    pub(super) fn repeat(&mut self, time: usize) {
        if let [width] = *self.axes {
            self.push(Layer::Repeat(Repeat { time, width }), vec![time, width]);
        }
    }

    fn channels(&self) -> (usize, Vec<usize>) {
        match self.axes.split_first() {
            Some((&channels, sizes)) => (channels, sizes.to_vec()),
            None => (0, Vec::new()),
        }
    }
}
