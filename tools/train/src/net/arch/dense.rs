//! Fully connected networks.

use super::builder::Builder;
use crate::net::error::NetError;
use crate::net::spec::{Activation, Axes};

pub(super) fn encode(
    builder: &mut Builder<'_>,
    hidden: &[usize],
    between: Activation,
) -> Result<(), NetError> {
    builder.flatten();
    for &width in hidden {
        builder.linear(width)?;
        builder.activation(between);
    }
    Ok(())
}

pub(super) fn decode(
    builder: &mut Builder<'_>,
    axes: Axes,
    hidden: &[usize],
    between: Activation,
) -> Result<(), NetError> {
    for &width in hidden.iter().rev() {
        builder.linear(width)?;
        builder.activation(between);
    }
    builder.linear(axes.len())?;
    builder.reshape(&axes.sizes());
    Ok(())
}
