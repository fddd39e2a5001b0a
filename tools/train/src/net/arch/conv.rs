//! Convolutional networks over time or over pixels. A row of plain features counts as time with
//! one channel.

use super::builder::Builder;
use crate::net::error::NetError;
use crate::net::spec::{Activation, Axes, Growth};

/// What all layers share.
#[derive(Clone, Copy)]
pub(super) struct ConvPlan {
    pub kernel: usize,
    pub stride: usize,
    pub growth: Growth,
}

/// What the decoder must know.
pub(super) struct ConvPath<'a> {
    filters: &'a [usize],
    shape: ConvPlan,
    /// Channels of the input.
    channels: usize,
    /// Sizes of the axes before each layer.
    before: Vec<Vec<usize>>,
    /// Axes of the last layer's answer, filters first.
    last: Vec<usize>,
}

pub(super) fn encode<'a>(
    builder: &mut Builder<'_>,
    axes: Axes,
    filters: &'a [usize],
    shape: ConvPlan,
    between: Activation,
) -> Result<ConvPath<'a>, NetError> {
    match axes {
        Axes::Features(features) => builder.reshape(&[1, features]),
        Axes::Rows { .. } => builder.swap_axes(),
        Axes::Picture { .. } => {}
    }
    let channels = builder.axes().first().copied().unwrap_or_default();
    let mut before = Vec::with_capacity(filters.len());
    for (index, &count) in filters.iter().enumerate() {
        let sizes: Vec<usize> = builder.axes().iter().skip(1).copied().collect();
        if let Some(size) = sizes.iter().find(|&&size| size < shape.stride) {
            return Err(NetError::Spec(format!(
                "layer {} would shrink an axis of {size} by a stride of {}; use fewer layers, a \
                 smaller stride, or larger windows",
                index + 1,
                shape.stride
            )));
        }
        before.push(sizes);
        builder.conv(count, shape.kernel, shape.stride)?;
        builder.activation(between);
    }
    let last = builder.axes().to_vec();
    builder.flatten();
    Ok(ConvPath { filters, shape, channels, before, last })
}

pub(super) fn decode(
    builder: &mut Builder<'_>,
    axes: Axes,
    way: &ConvPath<'_>,
    between: Activation,
) -> Result<(), NetError> {
    let ConvPlan { kernel, stride, growth } = way.shape;
    builder.linear(way.last.iter().product())?;
    builder.activation(between);
    builder.reshape(&way.last);
    for (index, to) in way.before.iter().enumerate().rev() {
        let below = index.checked_sub(1).and_then(|below| way.filters.get(below));
        let filters = below.copied().unwrap_or(way.channels);
        match growth {
            Growth::Transposed => builder.conv_transposed(filters, kernel, stride, to)?,
            Growth::Resize => {
                builder.resize(stride, to);
                builder.conv(filters, kernel, 1)?;
            }
        }
        if below.is_some() {
            builder.activation(between);
        }
    }
    match axes {
        Axes::Features(features) => builder.reshape(&[features]),
        Axes::Rows { .. } => builder.swap_axes(),
        Axes::Picture { .. } => {}
    }
    Ok(())
}
