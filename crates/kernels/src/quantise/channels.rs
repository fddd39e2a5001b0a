//! Quantising with a scale and a zero point for each channel.

use alloc::vec::Vec;

use super::{Grid, from_bytes, to_bytes};
use crate::error::{KernelError, same_length};
use crate::multi::by_tier;
use crate::tier::FloatTier;
use crate::walk::holds;

by_tier! {
    fn to_bytes_by_channel(
        scales: &[f32], zeros: &[i32], ends: (i32, i32), x: &[f32], y: &mut [u8]
    ) = to_bytes_by_channel_body;
    fn from_bytes_by_channel(
        scales: &[f32], zeros: &[i32], x: &[u8], y: &mut [f32]
    ) = from_bytes_by_channel_body;
}

/// A scale and a zero point for each channel, over `[outer][channels][inner]`.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelGrid {
    scales: Vec<f32>,
    zeros: Vec<i32>,
    ends: (i32, i32),
    inner: usize,
}

impl ChannelGrid {
    /// One grid a channel, all of the same ends; `inner` elements of a channel lie side by side.
    ///
    /// # Errors
    /// There is no channel, nothing lies side by side, or the steps are not those of a byte.
    pub fn new(grids: &[Grid], inner: usize) -> Result<Self, KernelError> {
        let ends = grids.first().map_or((1, 0), |grid| (grid.low, grid.high));
        holds(!grids.is_empty() && inner > 0, "a quantiser by channel has no channel")?;
        holds(grids.iter().all(|g| (g.low, g.high) == ends), "the channels differ in their ends")?;
        grids.iter().try_for_each(Grid::is_bytes)?;
        Ok(Self {
            scales: grids.iter().map(|g| g.scale).collect(),
            zeros: grids.iter().map(|g| g.zero).collect(),
            ends,
            inner,
        })
    }

    fn whole(&self, len: usize) -> Result<(), KernelError> {
        let size = self.scales.len().saturating_mul(self.inner);
        holds(len.is_multiple_of(size), "a quantiser by channel works on whole sets of channels")
    }

    /// Each channel by a grid of its own.
    fn grids(&self) -> impl Iterator<Item = Grid> + '_ {
        let (low, high) = self.ends;
        self.scales.iter().zip(&self.zeros).map(move |(&scale, &zero)| Grid {
            scale,
            zero,
            low,
            high,
        })
    }

    /// Rounds each number to its step.
    ///
    /// # Errors
    /// The slices differ in length, or do not hold whole sets of channels.
    pub fn quantise(&self, tier: FloatTier, x: &[f32], y: &mut [u8]) -> Result<(), KernelError> {
        same_length("the output of a quantiser", x.len(), y.len())?;
        self.whole(x.len())?;
        if self.inner == 1 {
            to_bytes_by_channel(tier, &self.scales, &self.zeros, self.ends, x, y);
            return Ok(());
        }
        let blocks = x.chunks_exact(self.inner).zip(y.chunks_exact_mut(self.inner));
        for ((x, y), index) in blocks.zip((0..self.scales.len()).cycle()) {
            if let Some(grid) = self.grids().nth(index) {
                to_bytes(tier, &grid, x, y);
            }
        }
        Ok(())
    }

    /// The number that each step stands for.
    ///
    /// # Errors
    /// The slices differ in length, or do not hold whole sets of channels.
    pub fn dequantise(&self, tier: FloatTier, x: &[u8], y: &mut [f32]) -> Result<(), KernelError> {
        same_length("the output of a dequantiser", x.len(), y.len())?;
        self.whole(x.len())?;
        if self.inner == 1 {
            from_bytes_by_channel(tier, &self.scales, &self.zeros, x, y);
            return Ok(());
        }
        let blocks = x.chunks_exact(self.inner).zip(y.chunks_exact_mut(self.inner));
        for ((x, y), index) in blocks.zip((0..self.scales.len()).cycle()) {
            if let Some(grid) = self.grids().nth(index) {
                from_bytes(tier, &grid, x, y);
            }
        }
        Ok(())
    }
}

#[inline(always)]
fn to_bytes_by_channel_body(
    scales: &[f32],
    zeros: &[i32],
    (low, high): (i32, i32),
    x: &[f32],
    y: &mut [u8],
) {
    for (y, x) in y.chunks_exact_mut(scales.len()).zip(x.chunks_exact(scales.len())) {
        for (((y, &x), &scale), &zero) in y.iter_mut().zip(x).zip(scales).zip(zeros) {
            *y = Grid { scale, zero, low, high }.step(x) as u8;
        }
    }
}

#[inline(always)]
fn from_bytes_by_channel_body(scales: &[f32], zeros: &[i32], x: &[u8], y: &mut [f32]) {
    for (y, x) in y.chunks_exact_mut(scales.len()).zip(x.chunks_exact(scales.len())) {
        for (((y, &x), &scale), &zero) in y.iter_mut().zip(x).zip(scales).zip(zeros) {
            *y = (i32::from(x) - zero) as f32 * scale;
        }
    }
}
