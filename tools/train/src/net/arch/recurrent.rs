//! Recurrent networks. A row of plain features counts as time with one channel.

use super::builder::Builder;
use crate::net::error::NetError;
use crate::net::layer::Cell;
use crate::net::spec::Axes;

/// What encoder and decoder share.
pub(super) struct RecurrentPlan {
    pub cell: Cell,
    pub hidden: usize,
    pub layers: usize,
}

pub(super) fn encode(
    builder: &mut Builder<'_>,
    axes: Axes,
    way: &RecurrentPlan,
) -> Result<(), NetError> {
    let (time, channels) = steps(axes);
    builder.reshape(&[time, channels]);
    builder.recurrent(way.cell, way.hidden, way.layers)?;
    builder.last_step();
    Ok(())
}

pub(super) fn decode(
    builder: &mut Builder<'_>,
    axes: Axes,
    way: &RecurrentPlan,
) -> Result<(), NetError> {
    let (time, channels) = steps(axes);
    builder.repeat(time);
    builder.recurrent(way.cell, way.hidden, way.layers)?;
    builder.linear(channels)?;
    builder.reshape(&axes.sizes());
    Ok(())
}

fn steps(axes: Axes) -> (usize, usize) {
    match axes {
        Axes::Rows { time, channels } => (time, channels),
        Axes::Features(_) | Axes::Picture { .. } => (axes.len(), 1),
    }
}
