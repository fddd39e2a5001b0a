//! Memory that starts at a cache line, seen as f32 or as bytes. It never grows after it has been made.

use alloc::vec;
use alloc::vec::Vec;

/// Bytes that can be read behind what was asked for: vector kernels may load past the last value.
pub const SLACK: usize = 64;

#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
struct Line([u8; 64]);

/// 64-byte aligned memory, zeroed when made.
#[derive(Clone, Debug, Default)]
pub struct Aligned {
    lines: Vec<Line>,
    bytes: usize,
}

impl Aligned {
    /// Memory for `bytes` bytes, with [`SLACK`] more behind them.
    pub fn new(bytes: usize) -> Self {
        Self { lines: vec![Line([0; 64]); bytes.saturating_add(SLACK).div_ceil(64)], bytes }
    }

    /// How many bytes were asked for.
    pub fn len(&self) -> usize {
        self.bytes
    }

    /// Whether no byte was asked for.
    pub fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// The memory as f32, the slack included.
    pub fn f32s(&self) -> &[f32] {
        // SAFETY: a line is 16 f32 without padding, aligned for more than f32; any bits are an f32.
        unsafe { core::slice::from_raw_parts(self.lines.as_ptr().cast(), self.lines.len() * 16) }
    }

    /// The memory as f32, the slack included.
    pub fn f32s_mut(&mut self) -> &mut [f32] {
        let (start, len) = (self.lines.as_mut_ptr(), self.lines.len() * 16);
        // SAFETY: as in `f32s`, and `self` is borrowed for as long; any f32 is valid bytes of a line.
        unsafe { core::slice::from_raw_parts_mut(start.cast(), len) }
    }

    /// The memory as bytes, the slack included.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: a line is 64 initialised bytes without padding.
        unsafe { core::slice::from_raw_parts(self.lines.as_ptr().cast(), self.lines.len() * 64) }
    }

    /// The memory as bytes, the slack included.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        let (start, len) = (self.lines.as_mut_ptr(), self.lines.len() * 64);
        // SAFETY: as in `bytes`, and `self` is borrowed for as long.
        unsafe { core::slice::from_raw_parts_mut(start.cast(), len) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_views_are_one_zeroed_memory_with_slack() {
        for bytes in [0, 1, 63, 64, 65] {
            let mut memory = Aligned::new(bytes);
            assert_eq!(memory.len(), bytes);
            assert!(memory.bytes().len() >= bytes + SLACK);
            assert_eq!(memory.f32s().len() * 4, memory.bytes().len());
            assert_eq!(memory.bytes().as_ptr() as usize % 64, 0);
            assert!(memory.bytes().iter().all(|&b| b == 0));
            memory.f32s_mut()[1] = 1.0;
            assert_eq!(memory.bytes()[4..8], 1f32.to_ne_bytes());
            memory.bytes_mut()[4..8].copy_from_slice(&2f32.to_ne_bytes());
            assert_eq!(memory.f32s()[1], 2.0);
        }
    }
}
