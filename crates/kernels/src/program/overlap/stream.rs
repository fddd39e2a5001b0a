//! The windows of a stream: how their values lie, and when one goes on where another is.

/// Values that are compared at a time.
const BLOCK: usize = 32;

/// How the windows of a stream lie, and how they follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Places along time in a window.
    pub rows: usize,
    /// Values that lie together in each: all channels, or 1 where the channels come first.
    pub width: usize,
    /// So often that lies one behind the other: once, or for each channel.
    pub planes: usize,
    /// Rows from one window to the next.
    pub hop: usize,
}

impl Stream {
    /// Values of a window.
    pub(super) fn window(&self) -> usize {
        self.rows.saturating_mul(self.width).saturating_mul(self.planes)
    }

    /// Whether a window has rows in common with the one `back` before.
    pub(super) fn overlaps(&self, back: usize) -> bool {
        self.hop > 0 && self.hop.checked_mul(back).is_some_and(|far| far < self.rows)
    }

    /// Whether the rows of `later` begin `hop` rows into `earlier`.
    pub(super) fn goes_on(&self, earlier: &[f32], later: &[f32]) -> bool {
        let (plane, far) = (self.rows * self.width, self.hop * self.width);
        let mut planes = earlier.chunks_exact(plane).zip(later.chunks_exact(plane));
        planes.all(|(earlier, later)| {
            let earlier = earlier.get(far..).unwrap_or_default();
            let later = later.get(..plane - far).unwrap_or_default();
            let mut blocks = earlier.chunks(BLOCK).zip(later.chunks(BLOCK));
            blocks.all(|(a, b)| {
                let apart = a.iter().zip(b).map(|(a, b)| a.to_bits() ^ b.to_bits());
                apart.fold(0, |all, bits| all | bits) == 0
            })
        })
    }
}
