//! What a network learns from: windows, their labels, and which of them are normal. Only data.

use tch::{TchError, Tensor};

/// Windows to learn from.
#[derive(Debug)]
pub struct Examples {
    /// `[n, axes...]`.
    pub windows: Tensor,
    /// `[n]`: number of the class, or normalised quantity; NaN where there is none.
    pub labels: Option<Tensor>,
    /// `[n]`: where false, a window counts for the head only.
    pub normal: Option<Tensor>,
}

impl Examples {
    /// How many there are.
    pub fn count(&self) -> i64 {
        self.windows.size().first().copied().unwrap_or(0)
    }

    pub(super) fn pick(&self, at: &Tensor) -> Result<Self, TchError> {
        let pick = |tensor: &Option<Tensor>| {
            tensor.as_ref().map(|tensor| tensor.f_index_select(0, at)).transpose()
        };
        Ok(Self {
            windows: self.windows.f_index_select(0, at)?,
            labels: pick(&self.labels)?,
            normal: pick(&self.normal)?,
        })
    }
}
