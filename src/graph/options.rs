//! How a file is read: what whoever loads it may choose.
//!
//! Plain data. Nothing is read here.

use super::error::{GraphPlace, ModelError};

/// Largest model file that is loaded within the default limits, in bytes.
pub const MOST_BYTES: usize = 64 << 20;
/// Memory is so many times the largest file: the file, the tensors in it, and what an engine makes
/// of them.
const FILES_IN_MEMORY: u64 = 8;

/// What a model may take. Both bound a whole run; a file that needs more is refused, and says how
/// much it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the values that live at once in a run, the model's stored tensors among them.
    pub memory: u64,
    /// Multiply-adds of a run.
    pub multiply_adds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { memory: 512 << 20, multiply_adds: 64_000_000_000 }
    }
}

impl Limits {
    /// Largest file that is loaded, with the data that lie beside it.
    pub fn file_bytes(&self) -> u64 {
        (self.memory / FILES_IN_MEMORY).max(MOST_BYTES as u64)
    }

    /// Refuses a file of so many bytes, where that is too much.
    ///
    /// # Errors
    /// Says how much it is, and what allows it.
    pub fn check_file(&self, bytes: u64) -> Result<(), ModelError> {
        let limit = self.file_bytes();
        if bytes <= limit {
            return Ok(());
        }
        let memory = bytes.saturating_mul(FILES_IN_MEMORY).div_ceil(1 << 20);
        let what = format!(
            "it has {bytes} bytes, the limit is {limit}; `--model-memory {memory}M` raises it"
        );
        Err(ModelError::too_large(GraphPlace::File, what))
    }
}

/// How a file is read.
///
/// ```
/// use oddity::graph::{Graph, Limits, ReadOptions};
///
/// let bytes = std::fs::read("models/pump.onnx")?;
/// let limits = Limits { memory: 1 << 10, ..Limits::default() };
/// let refused = Graph::from_bytes_with(&bytes, &ReadOptions { limits, ..ReadOptions::default() });
/// assert!(refused.is_err_and(|error| error.to_string().contains("--model-memory")));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadOptions {
    /// What the model may take.
    pub limits: Limits,
    /// How long the axes of a window are that the file leaves free. Not asked for where it leaves none.
    pub free_axes: Option<FreeAxes>,
    /// What stands for numbers that the file draws at random [default: as it says itself, else the mean].
    pub sampling: Option<Sampling>,
    /// Whether a model is refused of which any layer would be computed in floating point.
    pub strict_int8: bool,
}

/// Lengths for axes that a file leaves free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FreeAxes {
    /// One axis: the time.
    Rows(usize),
    /// Two axes: those of a picture.
    Size {
        /// In pixels.
        height: usize,
        /// In pixels.
        width: usize,
    },
}

/// What stands for numbers that a file draws at random.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sampling {
    /// Their mean.
    Mean,
    /// Noise of this seed, the same for each window.
    Seed(u64),
}
